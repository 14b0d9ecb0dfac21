"""A scroll: its slate, kept for an hour, and the cursors that go on in it even when the slate is lost."""

from __future__ import annotations

import asyncio
import hashlib
import json
import secrets
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from discovery.candidate import Candidate, FeedPage, SlateEntry
from domain.errors import Invalid
from domain.ids import PinN
from domain.limits import SLATE_LIFE_S, SLATE_PINS_MAX
from domain.model import Source
from domain.page import Cursors

ENTRIES_KEPT_MAX: Final = 200_000
"""Over all slates of a process, some half a kilobyte each: the slate longest unused goes first."""
_ID_BYTES: Final = 8
_NONCE_BYTES: Final = 12


@dataclass(slots=True)
class Slate:
    """The ranked candidates of one scroll. `before` were shown by a slate that was lost.

    `complete` is False while more may be appended; `turn` lets one request do so at a time.
    """

    id: bytes
    kind: str
    candidates: list[Candidate]
    degraded: tuple[Source, ...] = ()
    before: tuple[PinN, ...] = ()
    complete: bool = True
    last_k: int | None = None
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass(frozen=True, slots=True)
class Place:
    """What a cursor says: the slate, how many of its entries were shown, all Pins shown in the scroll, the last k."""

    slate: bytes
    position: int
    shown: tuple[PinN, ...]
    last_k: int | None


class Slates:
    """The slates of one process, and the cursors of all."""

    def __init__(self, secret: bytes, now_ms: Callable[[], int], *, entries_max: int = ENTRIES_KEPT_MAX) -> None:
        self._cursors = Cursors(secret)
        # Cursors are signed so that only ours are read, and encrypted so that the Pins in them tell a client nothing.
        self._cipher = AESGCM(hashlib.sha256(b"pinwalk feed cursors\0" + secret).digest())
        self._now_ms, self._entries_max = now_ms, entries_max
        self._slates: OrderedDict[bytes, tuple[int, Slate]] = OrderedDict()
        self._entries = 0

    def keep(
        self,
        kind: str,
        candidates: Sequence[Candidate],
        *,
        degraded: tuple[Source, ...] = (),
        before: Sequence[PinN] = (),
        complete: bool = True,
        last_k: int | None = None,
    ) -> Slate:
        """A new slate, kept for SLATE_LIFE_S; the scroll ends at SLATE_PINS_MAX Pins, those shown before included."""
        room = max(0, SLATE_PINS_MAX - len(before))
        slate = Slate(
            secrets.token_bytes(_ID_BYTES), kind, list(candidates[:room]), degraded, tuple(before), complete, last_k
        )
        self._slates[slate.id] = (self._now_ms() + SLATE_LIFE_S * 1000, slate)
        self._entries += len(slate.candidates)
        while self._entries > self._entries_max and len(self._slates) > 1:
            self._forget(next(iter(self._slates)))
        return slate

    def find(self, kind: str, place: Place) -> Slate | None:
        """The slate of a cursor, if this process still has it."""
        expires, slate = self._slates.get(place.slate, (0, None))
        if slate is None or slate.kind != kind:
            return None
        if expires <= self._now_ms():
            self._forget(slate.id)
            return None
        self._slates.move_to_end(slate.id)
        return slate

    def extend(self, slate: Slate, more: Iterable[Candidate], *, complete: bool, last_k: int | None) -> None:
        """Appends candidates that the scroll has not shown, up to SLATE_PINS_MAX in all."""
        seen = {c.pin_n for c in slate.candidates} | set(slate.before)
        room = SLATE_PINS_MAX - len(seen)
        fresh = [c for c in more if c.pin_n not in seen][: max(room, 0)]
        slate.candidates.extend(fresh)
        slate.complete, slate.last_k = complete or len(fresh) >= room, last_k
        if slate.id in self._slates:
            self._entries += len(fresh)

    def page(self, slate: Slate, start: int, first: int, *, previous: bool) -> FeedPage:
        """`first` entries from `start` on, each with the cursor that goes on after it."""
        chosen = slate.candidates[start : start + first]
        earlier = _packed([*slate.before, *(c.pin_n for c in slate.candidates[:start])])
        entries = tuple(
            SlateEntry(c.pin_n, c.score, c.reasons, c.weak, self._seal(slate, start + i + 1, earlier, chosen[: i + 1]))
            for i, c in enumerate(chosen)
        )
        more = start + first < len(slate.candidates) or not slate.complete
        return FeedPage(entries, more, previous, slate.degraded)

    def read(self, kind: str, cursor: str) -> Place:
        """What a cursor of this kind says. Raises Invalid for anything that is not ours."""
        body = self._cursors.open(kind, cursor)
        nonce, sealed = body[:_NONCE_BYTES], body[_NONCE_BYTES:]
        try:
            plain = self._cipher.decrypt(nonce, sealed, kind.encode())
        except (InvalidTag, ValueError):
            raise Invalid("This cursor is not one of this list. Start again without `after`.", ("after",)) from None
        numbers = _numbers(plain[_ID_BYTES:])
        position, last_k = next(numbers), next(numbers)
        shown = (*_unpacked(numbers), *_unpacked(numbers))
        return Place(plain[:_ID_BYTES], position, tuple(PinN(n) for n in shown), last_k or None)

    def _seal(self, slate: Slate, position: int, earlier: bytes, now: Sequence[Candidate]) -> str:
        last_k = now[-1].k if now else 0
        plain = slate.id + _varint(position) + _varint(last_k) + earlier + _packed([c.pin_n for c in now])
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return self._cursors.seal(slate.kind, nonce + self._cipher.encrypt(nonce, plain, slate.kind.encode()))

    def _forget(self, slate_id: bytes) -> None:
        _, slate = self._slates.pop(slate_id)
        self._entries -= len(slate.candidates)


def kind_of(feed: str, viewer: int, args: Mapping[str, object]) -> str:
    """The kind of a feed's cursors: no other feed, viewer or arguments can read them."""
    return f"feed.{feed}:{viewer}:{json.dumps(args, sort_keys=True, default=str)}"


def _packed(ns: Iterable[int]) -> bytes:
    """How many, then the sorted differences, as varints: two or three bytes a Pin."""
    ordered = sorted(set(ns))
    return _varint(len(ordered)) + b"".join(
        _varint(n - before) for n, before in zip(ordered, [0, *ordered], strict=False)
    )


def _unpacked(numbers: Iterable[int]) -> list[int]:
    source = iter(numbers)
    values, at = [], 0
    for _ in range(next(source)):
        at += next(source)
        values.append(at)
    return values


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _numbers(data: bytes) -> Iterator[int]:
    value = shift = 0
    for byte in data:
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            yield value
            value = shift = 0
