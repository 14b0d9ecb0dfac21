"""Where the slates of scrolls lie for the other processes: per slate a list of parts to which parts are appended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from shared.client import Shared


_APPEND: Final = """
if redis.call('LLEN', KEYS[1]) ~= tonumber(ARGV[1]) then return 0 end
redis.call('RPUSH', KEYS[1], ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1"""


class Shelf:
    """Slates by id. A part that lies there never changes, so a copy of the first parts is never wrong."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared

    async def append(self, slate: bytes, index: int, part: bytes, *, life_ms: int) -> bool:
        """Lays the part there as the `index`-th (from 0), for `life_ms`; False when it is not that one's turn.

        Then another process was first, or the slate is gone. Raises Unavailable.
        """
        key = self._key(slate)
        given = await self._shared.ask("EVAL", _APPEND, 1, key, index, part, max(1, life_ms))
        return bool(given)

    async def parts(self, slate: bytes, index: int) -> list[bytes]:
        """The parts from the `index`-th on, in order; none of an unknown slate. Raises Unavailable."""
        key = self._key(slate)
        found: list[bytes] = await self._shared.ask("LRANGE", key, index, -1)
        return found

    def _key(self, slate: bytes) -> str:
        return self._shared.key("slate", slate.hex())
