"""Numbers that identify: leased blocks of `n`, and the unique, time-ordered sort key `k`."""

from __future__ import annotations

from domain.ids import BoardN, PinN, TopicN, UserN


def ms_of(k: int) -> int:
    """The milliseconds since 1970 in a sort key."""
    return k >> 20


class Keys:
    """Hands out `n`s from leased blocks, and sort keys. One per process."""

    async def pin(self) -> PinN:
        raise NotImplementedError

    async def board(self) -> BoardN:
        raise NotImplementedError

    async def user(self) -> UserN:
        raise NotImplementedError

    async def topic(self) -> TopicN:
        raise NotImplementedError

    async def pins(self, count: int) -> list[PinN]:
        """`count` numbers at once, for imports."""
        raise NotImplementedError

    async def boards(self, count: int) -> list[BoardN]:
        raise NotImplementedError

    async def users(self, count: int) -> list[UserN]:
        raise NotImplementedError

    def k(self, now_ms: int | None = None) -> int:
        """A sort key greater than every one before: milliseconds << 20 | process (10 bits) | counter (10 bits)."""
        raise NotImplementedError
