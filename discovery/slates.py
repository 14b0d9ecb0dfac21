"""A scroll: its slate, kept for an hour, and the cursors that go on in it even when the slate is lost.

The slate lies in the process that made it and, with Redis, on a shelf for the others. A cursor says by itself what was
shown, so that no Pin comes twice whoever answers and whatever is lost; the slate is what keeps the order.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import secrets
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from discovery.candidate import Candidate, FeedPage, SlateEntry
from discovery.slate_parts import Shelf, SlatePart, packed, unpacked
from domain.calls import Lookups
from domain.errors import Invalid, Unavailable
from domain.ids import PinN
from domain.limits import SLATE_LIFE_S, SLATE_PINS_MAX
from domain.model import Source
from domain.page import Cursors

ENTRIES_KEPT_MAX: Final = 200_000
"""Over all slates of a process, some half a kilobyte each: the slate longest unused goes first."""
_ID_BYTES: Final = 8
_NONCE_BYTES: Final = 12
_PARTS_MARK: Final = 0x80
"""In the last byte of a cursor's text: parts stand before it, as many bytes as the rest of it says. Without parts the
last byte is the end of a varint, which has not this bit."""


@dataclass(slots=True)
class Slate:
    """The ranked candidates of one scroll. `before` were shown by a slate that was lost.

    `complete` is False while more may be appended; `turn` lets one request do so at a time. `parts` is how many of its
    parts are on the shelf and in `candidates`, None when it is in this process alone.
    """

    id: bytes
    kind: str
    candidates: list[Candidate]
    expires_ms: int
    degraded: tuple[Source, ...] = ()
    before: tuple[PinN, ...] = ()
    complete: bool = True
    last_k: int | None = None
    parts: int | None = None
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    shelving: asyncio.Task[None] | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """What a cursor says: the slate, how many of its entries were shown, all Pins shown in the scroll, the last k."""

    slate: bytes
    position: int
    shown: tuple[PinN, ...]
    last_k: int | None


class Slates:
    """The slates of one process, and the cursors of all."""

    def __init__(
        self,
        secret: bytes,
        now_ms: Callable[[], int],
        *,
        shelf: Shelf | None = None,
        entries_max: int = ENTRIES_KEPT_MAX,
    ) -> None:
        """`shelf` is where the other processes find a slate and leave theirs; None: each keeps its own alone."""
        self._cursors = Cursors(secret)
        # Cursors are signed so that only ours are read, and encrypted so that the Pins in them tell a client nothing.
        self._cipher = AESGCM(hashlib.sha256(b"pinwalk feed cursors\0" + secret).digest())
        self._now_ms, self._shelf, self._entries_max = now_ms, shelf, entries_max
        self._slates: OrderedDict[bytes, Slate] = OrderedDict()
        self._entries = 0
        self.lookups = Lookups()

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
            *(secrets.token_bytes(_ID_BYTES), kind, list(candidates[:room]), self._now_ms() + SLATE_LIFE_S * 1000),
            *(degraded, tuple(before), complete, last_k),
        )
        self._remember(slate)
        return slate

    async def find(self, kind: str, place: Place) -> Slate | None:
        """The slate of a cursor, if this process still has it or finds it on the shelf."""
        slate = self._slates.get(place.slate)
        if slate is None:
            slate = await self._fetched(kind, place.slate)
        if slate is None or slate.kind != kind:
            self.lookups.misses += 1
            return None
        if slate.expires_ms <= self._now_ms():
            self.lookups.misses += 1
            self._forget(slate.id)
            return None
        self.lookups.hits += 1
        self._slates.move_to_end(slate.id)
        return slate

    async def refresh(self, slate: Slate) -> None:
        """Appends what other processes have appended meanwhile. Without a shelf, or while it is away: nothing."""
        await _settled(slate)
        if self._shelf is None or slate.parts is None:
            return
        try:
            found = await self._shelf.parts(slate.id, slate.parts)
        except Unavailable:
            return
        for part in map(unpacked, found):
            if part is None:
                return
            self._append(slate, part.candidates, complete=part.complete, last_k=part.last_k)
            slate.parts += 1

    async def extend(self, slate: Slate, more: Iterable[Candidate], *, complete: bool, last_k: int | None) -> None:
        """Appends candidates that the scroll has not shown, up to SLATE_PINS_MAX in all.

        When another process was first, what it has appended is taken instead.
        """
        await _settled(slate)
        seen = {c.pin_n for c in slate.candidates} | set(slate.before)
        room = SLATE_PINS_MAX - len(seen)
        fresh = [c for c in more if c.pin_n not in seen][: max(room, 0)]
        complete = complete or len(fresh) >= room
        if self._shelf is not None and slate.parts is not None:
            part = SlatePart(_digest(slate.kind), fresh, complete, last_k, slate.expires_ms)
            if not await self._laid(slate, part):
                length = len(slate.candidates)
                await self.refresh(slate)
                if len(slate.candidates) > length or slate.complete:
                    return
                slate.parts = None  # The shelf has lost it: from here on it is this process's own.
        self._append(slate, fresh, complete=complete, last_k=last_k)

    def page(self, slate: Slate, first: int, place: Place | None = None) -> FeedPage:
        """The next `first` entries after a place, each with the cursor that goes on after it; None: from the head.

        What the place's cursor says was shown is left out, also where the slate has it later: two processes that did
        not hear of each other may have gone on differently.
        """
        shown = slate.before if place is None else place.shown
        start = place.position if place is not None and place.slate == slate.id else 0
        seen, end = set(shown), start
        chosen: list[tuple[int, Candidate]] = []
        while end < len(slate.candidates) and len(chosen) < first:
            if slate.candidates[end].pin_n not in seen:
                chosen.append((end, slate.candidates[end]))
            end += 1
        earlier, now = _packed(shown), [c for _, c in chosen]
        entries = tuple(
            SlateEntry(c.pin_n, c.score, c.reasons, c.weak, self._seal(slate, at + 1, earlier, now[: i + 1]))
            for i, (at, c) in enumerate(chosen)
        )
        more = not slate.complete or any(c.pin_n not in seen for c in slate.candidates[end:])
        if more and self._shelf is not None and slate.parts is None and (not slate.shelving or slate.shelving.done()):
            # Behind the answer: it is there long before the client can ask for the next page.
            slate.shelving = asyncio.create_task(self._shelve(slate))
        return FeedPage(entries, more, place is not None, slate.degraded)

    def read(self, kind: str, cursor: str) -> Place:
        """What a cursor of this kind says. Raises Invalid for anything that is not ours."""
        plain = self._plain(kind, self._cursors.open(kind, cursor))
        numbers = _numbers(plain[_ID_BYTES:])
        position, last_k = next(numbers), next(numbers)
        shown = (*_unpacked(numbers), *_unpacked(numbers))
        return Place(plain[:_ID_BYTES], position, tuple(PinN(n) for n in shown), last_k or None)

    def where(self, kind: str, cursors: Iterable[str]) -> dict[str, tuple[bytes, int, bytes]]:
        """For those of the cursors that are of this kind the slate, how many of its entries were shown, and what each
        source had added to the last of these.

        `read` for many, without what takes longest to read.
        """
        opened, found = self._cursors.opener(kind), {}
        for cursor in cursors:
            with suppress(Invalid):
                plain = self._plain(kind, opened(cursor))
                found[cursor] = plain[:_ID_BYTES], next(_numbers(plain[_ID_BYTES:])), _parts_of(plain)
        return found

    def _plain(self, kind: str, body: bytes) -> bytes:
        nonce, sealed = body[:_NONCE_BYTES], body[_NONCE_BYTES:]
        try:
            return bytes(self._cipher.decrypt(nonce, sealed, kind.encode()))
        except (InvalidTag, ValueError):
            raise Invalid("This cursor is not one of this list. Start again without `after`.", ("after",)) from None

    def _seal(self, slate: Slate, position: int, earlier: bytes, now: Sequence[Candidate]) -> str:
        last_k = now[-1].k if now else 0
        plain = slate.id + _varint(position) + _varint(last_k) + earlier + _packed([c.pin_n for c in now])
        if now and now[-1].parts:
            plain += now[-1].parts + bytes([_PARTS_MARK | len(now[-1].parts)])
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return self._cursors.seal(slate.kind, nonce + self._cipher.encrypt(nonce, plain, slate.kind.encode()))

    async def _shelve(self, slate: Slate) -> None:
        """Lays a slate of this process on the shelf, as it is now."""
        count = len(slate.candidates)
        slate.parts = 0
        part = SlatePart(
            *(_digest(slate.kind), slate.candidates[:count], slate.complete, slate.last_k, slate.expires_ms),
            *(slate.degraded, slate.before),
        )
        if not await self._laid(slate, part):
            slate.parts = None

    async def _laid(self, slate: Slate, part: SlatePart) -> bool:
        """Whether the part is on the shelf now, as the slate's next one."""
        assert self._shelf is not None  # noqa: S101  Only asked where there is one.
        assert slate.parts is not None  # noqa: S101  Likewise.
        try:
            laid = await self._shelf.append(
                slate.id, slate.parts, packed(part), life_ms=slate.expires_ms - self._now_ms()
            )
        except Unavailable:
            return False
        slate.parts += laid
        return laid

    async def _fetched(self, kind: str, slate_id: bytes) -> Slate | None:
        """A slate that another process has laid on the shelf; kept from now on."""
        if self._shelf is None:
            return None
        try:
            parts = [unpacked(part) for part in await self._shelf.parts(slate_id, 0)]
        except Unavailable:
            return None
        if not parts or parts[0] is None or parts[0].kind != _digest(kind):
            return None
        head = parts[0]
        slate = Slate(slate_id, kind, [], head.expires_ms, head.degraded, head.before, parts=0)
        self._remember(slate)
        for part in parts:
            if part is None:
                break
            self._append(slate, part.candidates, complete=part.complete, last_k=part.last_k)
            slate.parts = (slate.parts or 0) + 1
        return slate

    def _append(self, slate: Slate, more: Sequence[Candidate], *, complete: bool, last_k: int | None) -> None:
        slate.candidates.extend(more)
        slate.complete, slate.last_k = complete, last_k
        if slate.id in self._slates:
            self._entries += len(more)
            self._make_room()

    def _remember(self, slate: Slate) -> None:
        if slate.id in self._slates:
            self._forget(slate.id)
        self._slates[slate.id] = slate
        self._entries += len(slate.candidates)
        self._make_room()

    def _make_room(self) -> None:
        while self._entries > self._entries_max and len(self._slates) > 1:
            self._forget(next(iter(self._slates)))

    def _forget(self, slate_id: bytes) -> None:
        self._entries -= len(self._slates.pop(slate_id).candidates)


async def _settled(slate: Slate) -> None:
    """Returns once it is known whether the slate is on the shelf."""
    if slate.shelving is not None:
        await asyncio.wait({slate.shelving})


def _digest(kind: str) -> str:
    """A kind as the shelf is told it: it may hold what somebody searched for."""
    return hashlib.sha256(kind.encode()).hexdigest()[:24]


def kind_of(feed: str, viewer: int, args: Mapping[str, object]) -> str:
    """The kind of a feed's cursors: no other feed, viewer or arguments can read them."""
    return f"feed.{feed}:{viewer}:{json.dumps(args, sort_keys=True, default=str)}"


def _parts_of(plain: bytes) -> bytes:
    """The parts at the end of a cursor's text; none where there are none."""
    count = plain[-1] & ~_PARTS_MARK if plain[-1] & _PARTS_MARK else 0
    return plain[-1 - count : -1] if count else b""


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
