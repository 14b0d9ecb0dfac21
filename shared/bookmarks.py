"""What each viewer wrote last, as the graph's bookmarks, for the process that answers them next."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from domain.errors import Unavailable
from domain.ids import UserN

if TYPE_CHECKING:
    from shared.client import Shared

_NOTE: Final = """
local now = redis.call('TIME')
for i = 3, #ARGV do redis.call('ZADD', KEYS[1], now[1] .. '.' .. string.format('%06d', now[2]), ARGV[i]) end
redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -1 - tonumber(ARGV[1]))
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 0"""


class ViewersBookmarks:
    """The newest bookmarks by viewer, kept while they may matter. Redis being away loses them, and fails nothing."""

    def __init__(self, shared: Shared, *, most: int, life_ms: int) -> None:
        self._shared, self._most, self._life_ms = shared, most, life_ms

    async def note(self, viewer: UserN, bookmarks: list[str]) -> None:
        """Adds what the viewer has just written; of too many the oldest go."""
        with suppress(Unavailable):
            await self._shared.ask("EVAL", _NOTE, 1, self._key(viewer), self._most, self._life_ms, *bookmarks)

    async def of(self, viewer: UserN) -> list[str]:
        """What the viewer wrote lately."""
        try:
            found: list[bytes] = await self._shared.ask("ZRANGE", self._key(viewer), 0, -1)
        except Unavailable:
            return []
        return [bookmark.decode("ascii", "replace") for bookmark in found]

    def _key(self, viewer: UserN) -> str:
        return self._shared.key("bookmarks", str(viewer))
