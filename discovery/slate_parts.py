"""A slate as bytes for the other processes: parts of it, each with what follows it in order."""

from __future__ import annotations

import json
import sys
import zlib
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Final, Protocol

from discovery import parts as parts_of
from discovery.candidate import Candidate, ReasonRef
from domain.ids import BoardN, PinN, TopicN, UserN
from domain.model import Source

_FORM: Final = 2
_BYTES_MAX: Final = 4 << 20
_NONE: Final = -1
_PARTS_CHARS: Final = 2 * len(parts_of.SOURCES)
_NAMED: Final = ("pin_n", "board_n", "user_n", "topic_n")
_SOURCES: Final = tuple(Source)
_PLACES: Final = {source.name: place for place, source in enumerate(_SOURCES)}


class Shelf(Protocol):
    """Where slates lie for every process: per slate a list of parts, appended to, gone when its time is over."""

    async def append(self, slate: bytes, index: int, part: bytes, *, life_ms: int) -> bool:
        """Lays the part there as the `index`-th (from 0); False when another was first. Raises Unavailable."""

    async def parts(self, slate: bytes, index: int) -> list[bytes]:
        """The parts from the `index`-th on; none of an unknown slate. Raises Unavailable."""


@dataclass(frozen=True, slots=True)
class SlatePart:
    """Some consecutive candidates of a slate, and what its keeper must know to go on after them.

    `kind` is the digest of the slate's kind; `degraded` and `before` are said by the first part alone.
    """

    kind: str
    candidates: Sequence[Candidate]
    complete: bool
    last_k: int | None
    expires_ms: int
    degraded: tuple[Source, ...] = ()
    before: tuple[PinN, ...] = ()


def packed(part: SlatePart) -> bytes:
    """The part as bytes, some 30 a candidate: a line of JSON, then whole columns, which costs a third of JSON alone."""
    found, reasons = part.candidates, [reason for candidate in part.candidates for reason in candidate.reasons]
    words = list(dict.fromkeys(reason.words for reason in reasons if reason.words is not None))
    line = [
        *(_FORM, part.kind, part.complete, part.last_k, part.expires_ms),
        *([source.value for source in part.degraded], part.before, words, len(found), len(reasons)),
        "".join(c.parts.hex().ljust(_PARTS_CHARS, "-") for c in found) if any(c.parts for c in found) else "",
    ]
    numbers = array("q")
    numbers.extend([c.pin_n for c in found])
    numbers.extend([c.k for c in found])
    numbers.extend([len(c.reasons) * 2 + c.weak for c in found])
    numbers.extend([_PLACES[r.source.name] for r in reasons])
    for name in _NAMED:
        numbers.extend([_NONE if n is None else n for n in map(attrgetter(name), reasons)])
    numbers.extend([_NONE if r.words is None else words.index(r.words) for r in reasons])
    scores = array("d", [c.score for c in found])
    scores.extend([r.score for r in reasons])
    columns = (numbers, scores)
    if sys.byteorder == "big":
        for column in columns:
            column.byteswap()
    body = b"".join((json.dumps(line).encode(), b"\n", *(column.tobytes() for column in columns)))
    return zlib.compress(body, 1)


def unpacked(data: bytes) -> SlatePart | None:
    """What was packed; None for what another version has packed, or is no part at all."""
    try:
        line, _, body = zlib.decompressobj().decompress(data, _BYTES_MAX).partition(b"\n")
        form, kind, complete, last_k, expires_ms, degraded, before, words, count, reasons, parts = json.loads(line)
        if form != _FORM:
            return None
        numbers, scores = array("q"), array("d")
        split = (3 * count + (2 + len(_NAMED)) * reasons) * numbers.itemsize
        numbers.frombytes(body[:split])
        scores.frombytes(body[split:])
        if sys.byteorder == "big":
            numbers.byteswap()
            scores.byteswap()
        candidates = _candidates(numbers, scores, words, count, reasons)
        if parts:
            told = (parts[i : i + _PARTS_CHARS].rstrip("-") for i in range(0, len(parts), _PARTS_CHARS))
            candidates = [c._replace(parts=bytes.fromhex(t)) for c, t in zip(candidates, told, strict=True)]
        sources = tuple(Source(name) for name in degraded)
        return SlatePart(kind, candidates, complete, last_k, expires_ms, sources, tuple(PinN(n) for n in before))
    except (zlib.error, ValueError, TypeError, LookupError):
        return None


def _candidates(
    numbers: array[int], scores: array[float], words: list[str], count: int, reasons: int
) -> list[Candidate]:
    starts = [3 * count + i * reasons for i in range(2 + len(_NAMED))]
    columns = [numbers[start : start + reasons] for start in starts]
    sources, *named, said = columns
    whys = [
        ReasonRef(
            *(_SOURCES[source], score),
            *(None if pin == _NONE else PinN(pin), None if board == _NONE else BoardN(board)),
            *(None if user == _NONE else UserN(user), None if topic == _NONE else TopicN(topic)),
            None if word == _NONE else words[word],
        )
        for source, score, pin, board, user, topic, word in zip(sources, scores[count:], *named, said, strict=True)
    ]
    found, at = [], 0
    for pin_n, k, shape, score in zip(
        numbers[:count], numbers[count : 2 * count], numbers[2 * count : 3 * count], scores[:count], strict=True
    ):
        end = at + shape // 2
        found.append(Candidate(PinN(pin_n), tuple(whys[at:end]), score, k, bool(shape % 2)))
        at = end
    return found
