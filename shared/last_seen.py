"""What each viewer saw last, for the other processes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.client import Shared


class LastSeen:
    """A few bytes per viewer, the latest ones, gone after a while."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared

    async def put(self, viewer: int, what: bytes, *, life_ms: int) -> None:
        """Takes the place of what was there. Raises Unavailable."""
        await self._shared.ask("SET", self._key(viewer), what, "PX", max(1, life_ms))

    async def get(self, viewer: int) -> bytes | None:
        """What was put there last by any process; None when that is too long ago. Raises Unavailable."""
        found: bytes | None = await self._shared.ask("GET", self._key(viewer))
        return found

    def _key(self, viewer: int) -> str:
        return self._shared.key("seen", str(viewer))
