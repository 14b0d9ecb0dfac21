"""Pins that Pixie's walk reaches while it keeps to the topic that the query Pins are about."""

from __future__ import annotations

import asyncio
from typing import Final

import numpy as np
import structlog

from discovery.candidate import Candidate, FeedQuery, ReasonRef
from discovery.walk.hits import WalkHit
from discovery.walk.live import LiveWalk
from discovery.walk.pruning import PinTopics
from domain.errors import Unavailable
from domain.model import Source
from graph import pins
from graph.client import Graph

log = structlog.get_logger(__name__)

_PINS_A_READ: Final = 1_000


class WalkedAbout:
    """Pins saved together with the query Pins on boards about the query's first topic, by Pixie's walk.

    The first question has the lists put in order of topic, in the background; until that is done, for a query without
    a topic, and where the topic leads nowhere, the walk goes everywhere. They are put in order anew once many saves
    have come or gone.
    """

    source: Source = Source.WALK

    def __init__(self, graph: Graph, walk: LiveWalk) -> None:
        self._graph, self._walk = graph, walk
        self._arranging: asyncio.Task[None] | None = None

    async def fetch(self, query: FeedQuery) -> list[Candidate]:
        """The best of the walk; the walk runs in a thread."""
        if not query.query_pins:
            return []
        self._begin()
        hits = await asyncio.to_thread(self._hits, query)
        return [Candidate(h.pin_n, (ReasonRef(self.source, h.score, board_n=h.via_board_n),)) for h in hits]

    async def arranged(self) -> None:
        """Waits until the lists are in order, if nothing prevents that."""
        self._begin()
        if self._arranging is not None:
            await self._arranging

    def _begin(self) -> None:
        if self._walk.unarranged and (self._arranging is None or self._arranging.done()):
            self._arranging = asyncio.create_task(self._arrange())

    def _hits(self, query: FeedQuery) -> list[WalkHit]:
        asked = [(pin.pin_n, pin.weight) for pin in query.query_pins]
        if not query.topics:
            return self._walk.stepped(asked, limit=query.limit, exclude=query.excluded, seed=query.seed)
        return self._walk.about(query.topics[0], asked, limit=query.limit, exclude=query.excluded, seed=query.seed)

    async def _arrange(self) -> None:
        rows: list[tuple[int, int]] = []
        try:
            public = await asyncio.to_thread(self._walk.public)
            for low in range(0, len(public), _PINS_A_READ):
                some = public[low : low + _PINS_A_READ]
                found = await pins.topics(self._graph, some)
                rows += [(n, topic) for n in some for topic in found.get(n, ())]
        except Unavailable as error:
            log.warning("walk_not_arranged", error=str(error))
            return
        table = np.array(rows, np.int64).reshape(-1, 2)
        about = PinTopics(table[:, 0], table[:, 1], int(table[:, 1].max(initial=-1)) + 1)
        await asyncio.to_thread(self._walk.arrange, about)
