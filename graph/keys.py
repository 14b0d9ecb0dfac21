"""Numbers that identify: leased blocks of `n`, and the unique, time-ordered sort key `k`."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable
from typing import Final

from domain.ids import BoardN, PinN, TopicN, UserN

BLOCK: Final = 1_000
PROCESSES: Final = 1_024
_COUNTERS: Final = 1_024

Lease = Callable[[str, int], Awaitable[int]]


def new_key() -> str:
    """A random key of 128 bits, safe in a URL: what a Picture is served under."""
    return secrets.token_urlsafe(16)


def ms_of(k: int) -> int:
    """The milliseconds since 1970 in a sort key."""
    return k >> 20


class Keys:
    """Hands out `n`s from blocks that are leased in the graph, and sort keys. One per process.

    An `n` is unique per kind, neither gapless nor in the order of time. `lease(name, size)` gives the first number of a
    block that nobody else has.
    """

    def __init__(self, lease: Lease, process: int) -> None:
        self.process = process
        self._lease = lease
        self._blocks: dict[str, tuple[int, int]] = {}
        self._locks: dict[str, asyncio.Lock] = {}
        self._last = 0  # (milliseconds << 10 | counter) of the newest sort key
        self._past = 0  # counts the keys asked for in the past

    async def pin(self) -> PinN:
        """A number for a new Pin."""
        return PinN(await self._one("pin"))

    async def board(self) -> BoardN:
        """A number for a new Board."""
        return BoardN(await self._one("board"))

    async def user(self) -> UserN:
        """A number for a new User."""
        return UserN(await self._one("user"))

    async def topic(self) -> TopicN:
        """A number for a new Topic."""
        return TopicN(await self._one("topic"))

    async def pins(self, count: int) -> list[PinN]:
        """Numbers for that many new Pins at once."""
        return [PinN(n) for n in await self._many("pin", count)]

    async def boards(self, count: int) -> list[BoardN]:
        """Numbers for that many new Boards at once."""
        return [BoardN(n) for n in await self._many("board", count)]

    async def users(self, count: int) -> list[UserN]:
        """Numbers for that many new Users at once."""
        return [UserN(n) for n in await self._many("user", count)]

    def k(self, now_ms: int | None = None) -> int:
        """A new sort key: milliseconds << 20 | process (10 bits) | counter (10 bits).

        Keys of the present rise without exception. A given `now_ms` is for what happened in the past: its keys are
        unique among 1,024 asked for in a row.
        """
        if now_ms is not None:
            self._past = (self._past + 1) % _COUNTERS
            return (now_ms << 20) | (self.process << 10) | self._past
        self._last = max(time.time_ns() // 1_000_000 << 10, self._last + 1)
        return (self._last >> 10 << 20) | (self.process << 10) | (self._last % _COUNTERS)

    async def _one(self, name: str) -> int:
        async with self._locks.setdefault(name, asyncio.Lock()):
            start, end = self._blocks.get(name, (0, 0))
            if start == end:
                start = await self._lease(name, BLOCK)
                end = start + BLOCK
            self._blocks[name] = (start + 1, end)
            return start

    async def _many(self, name: str, count: int) -> range:
        if count <= 0:
            return range(0)
        start = await self._lease(name, count)
        return range(start, start + count)
