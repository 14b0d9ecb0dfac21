"""Which sessions were ended before their access tokens ran out: signed out, or by another password, or for good."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

import structlog

from domain.errors import Unavailable
from graph import sessions
from graph.client import Graph

log = structlog.get_logger(__name__)

LOOK_EVERY_S: Final = 1.0
_KNOWN_MAX: Final = 50_000


class EndedSessions:
    """What the graph says of sessions, asked at most once a second for each: requests in between cost no statement."""

    def __init__(self, graph: Graph, now_s: Callable[[], float] = time.monotonic) -> None:
        self._graph, self._now_s = graph, now_s
        self._known: OrderedDict[str, float] = OrderedDict()  # When each was last found not to be ended.

    async def ended(self, session: str) -> bool:
        """Whether the session has been ended; as it was at most a second ago. False while the graph does not answer."""
        seen = self._known.get(session)
        if seen is not None and self._now_s() - seen < LOOK_EVERY_S:
            return False
        asked = self._now_s()
        try:
            over = await sessions.ended(self._graph, session)
        except Unavailable as away:
            # Not known to be ended; the token runs out by itself, and without the graph nothing of theirs is shown.
            log.warning("session_not_looked_at", error=away.message)
            return False
        if over:
            self._known.pop(session, None)
            return True
        self._known[session] = asked
        self._known.move_to_end(session)
        while len(self._known) > _KNOWN_MAX:
            self._known.popitem(last=False)
        return False
