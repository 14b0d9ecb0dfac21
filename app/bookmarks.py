"""Carries the graph's bookmarks from one request of a client to its next, whichever process answers that.

Only where the graph is several servers (`neo4j://`): one server has what it has acknowledged. An answer to what wrote
has `extensions.bookmark`, opaque and signed; a request may carry it in its own `extensions.bookmark`. With Redis a
signed-in viewer's requests follow their own writes without that.
"""

from __future__ import annotations

import time
from collections.abc import Collection
from typing import TYPE_CHECKING, Final

from domain.errors import Invalid
from domain.ids import SIGNED_OUT, UserN
from domain.page import Cursors
from graph.bookmarks import CARRIED_MAX, Chain
from shared.bookmarks import ViewersBookmarks

if TYPE_CHECKING:
    from shared.client import Shared

LIFE_S: Final = 60
"""So long after a write it is followed: a server that is further behind than that is no use to anybody."""
_KIND: Final = "bookmark"


class CarriedBookmarks:
    """What an operation has to follow, and what the next one has to."""

    def __init__(self, cursors: Cursors, shared: Shared | None, *, routed: bool) -> None:
        """`routed`: the graph is several servers; if not, nothing is carried."""
        self._cursors = cursors
        self._routed = routed
        self._kept = ViewersBookmarks(shared, most=CARRIED_MAX, life_ms=LIFE_S * 1000) if shared and routed else None

    async def given(self, token: str | None, viewer: UserN) -> Collection[str]:
        """The bookmarks that a request follows. A token that is not ours, or old, carries nothing."""
        if not self._routed:
            return ()
        found = self._read(token) if token is not None else []
        if self._kept is not None and viewer != SIGNED_OUT:
            found += await self._kept.of(viewer)
        return found

    async def left(self, chain: Chain, viewer: UserN) -> str | None:
        """What the client may carry to its next request; None when nothing was written."""
        if not (self._routed and chain.writes):
            return None
        written = list(chain.writes)
        if self._kept is not None and viewer != SIGNED_OUT:
            await self._kept.note(viewer, written)
        return self._cursors.seal(_KIND, "\n".join((str(int(time.time())), *written)).encode())

    def _read(self, token: str) -> list[str]:
        try:
            at, *bookmarks = self._cursors.open(_KIND, token).decode("ascii").split("\n")
        except (Invalid, ValueError):
            return []
        return bookmarks if int(at) > time.time() - LIFE_S else []
