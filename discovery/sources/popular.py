"""Pins that are saved much these days."""

from __future__ import annotations

from dataclasses import dataclass

from discovery.candidate import Candidate, FeedQuery, ReasonRef
from discovery.facts import Memory
from domain.ids import PinN, TopicN
from domain.model import Source
from graph import taste
from graph.client import Graph

Popularity = list[tuple[PinN, float, int]]


@dataclass(frozen=True, slots=True)
class Popular:
    """Pins by their recent public saves, decayed by time; of one topic when `by_topic` and the query has one.

    The same for everybody and up to five seconds old.
    """

    graph: Graph
    memory: Memory[tuple[TopicN | None, int], Popularity]
    by_topic: bool = False
    source: Source = Source.POPULAR

    async def fetch(self, query: FeedQuery) -> list[Candidate]:
        """Scored by decayed saves."""
        topic = query.topics[0] if self.by_topic and query.topics else None
        found = self.memory.get((topic, query.limit))
        if found is None:
            found = await taste.popular(self.graph, topic, query.limit, query.now_ms)
            self.memory.put((topic, query.limit), found)
        return [
            Candidate(n, (ReasonRef(self.source, score, topic_n=topic),), k=k) for n, score, k in found[: query.limit]
        ]
