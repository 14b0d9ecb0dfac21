"""The newest public Pins."""

from __future__ import annotations

from dataclasses import dataclass

from discovery.candidate import Candidate, FeedQuery, ReasonRef
from discovery.facts import Memory
from domain.ids import PinN
from domain.model import Source
from graph import taste
from graph.client import Graph


@dataclass(frozen=True, slots=True)
class Fresh:
    """The newest public Pins, the same for everybody and up to two seconds old."""

    graph: Graph
    memory: Memory[int, list[tuple[PinN, int]]]
    source: Source = Source.FRESH

    async def fetch(self, query: FeedQuery) -> list[Candidate]:
        """Scored by time, in milliseconds since 1970."""
        newest = self.memory.get(query.limit)
        if newest is None:
            newest = await taste.fresh(self.graph, query.limit)
            self.memory.put(query.limit, newest)
        return [Candidate(n, (ReasonRef(self.source, float(k >> 20)),), k=k) for n, k in newest[: query.limit]]
