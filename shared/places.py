"""A bounded number of places per key, such as the open sockets of one account, counted over all processes."""

from __future__ import annotations

import secrets
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from domain.errors import Unavailable

if TYPE_CHECKING:
    from shared.client import Shared

# A place is a member whose score is when it lapses: a process that was killed leaves nothing behind for long.
_ENTER: Final = """
local now = redis.call('TIME')
now = now[1] * 1000 + math.floor(now[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if not redis.call('ZSCORE', KEYS[1], ARGV[1]) and redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) then return 0 end
redis.call('ZADD', KEYS[1], now + ARGV[3], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1"""


class Places:
    """At most `most` places per key. With Redis over all processes; without, and while it is away, in each."""

    def __init__(self, name: str, most: int, life_ms: int, shared: Shared | None = None) -> None:
        """A place lapses `life_ms` after it was taken or kept for the last time."""
        self._name, self._most, self._life_ms = name, most, life_ms
        self._shared = shared
        self._here: dict[str, set[str]] = {}

    async def enter(self, key: str) -> str | None:
        """A place, to be kept with `keep` and given back with `leave`; None when all are taken."""
        here = self._here.setdefault(key, set())
        place = secrets.token_hex(8)
        if len(here) >= self._most:
            return None
        here.add(place)  # Before anything is awaited: two at once must not both find the last one free.
        if not await self._there(key, place):
            self._forget(key, place)
            return None
        return place

    async def keep(self, key: str, place: str) -> None:
        """Says that the place is still in use. One that Redis has lost is taken again, while there is one free."""
        await self._there(key, place)

    async def leave(self, key: str, place: str) -> None:
        """Gives the place back. Twice is harmless."""
        self._forget(key, place)
        if self._shared is not None:
            there = self._shared.key("places", self._name, key)
            with suppress(Unavailable):  # It lapses.
                await self._shared.ask("ZREM", there, place)

    async def _there(self, key: str, place: str) -> bool:
        if self._shared is None:
            return True
        there = self._shared.key("places", self._name, key)
        try:
            given = await self._shared.ask("EVAL", _ENTER, 1, there, place, self._most, self._life_ms)
        except Unavailable:
            return True
        return bool(given)

    def _forget(self, key: str, place: str) -> None:
        here = self._here.get(key)
        if here is not None:
            here.discard(place)
            if not here:
                del self._here[key]


class Seat:
    """One caller's place among Places, for as long as they stay."""

    def __init__(self, places: Places, key: str) -> None:
        self._places, self._key = places, key
        self._place: str | None = None

    async def enter(self) -> bool:
        """Whether the caller may stay: they have a place."""
        self._place = await self._places.enter(self._key)
        return self._place is not None

    async def keep(self) -> None:
        """Says that the caller is still there."""
        if self._place is not None:
            await self._places.keep(self._key, self._place)

    async def leave(self) -> None:
        """Gives the place back. Twice is harmless."""
        if self._place is not None:
            place, self._place = self._place, None
            await self._places.leave(self._key, place)
