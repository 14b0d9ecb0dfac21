"""Pins of the topics that the viewer cares for."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from discovery.candidate import Candidate, FeedQuery, ReasonRef
from domain.ids import PinN, TopicN
from domain.model import Source
from graph import taste
from graph.client import Graph

_MOMENTUM_SHARE: Final = 0.6


@dataclass(frozen=True, slots=True)
class OfTopics:
    """The newest public Pins of the query's topics; the topics that the newest saves share get most of the room."""

    graph: Graph
    source: Source = Source.TOPIC

    async def fetch(self, query: FeedQuery) -> list[Candidate]:
        """Scored 2 for a topic of the newest saves, else 1, less a little by place."""
        others = [topic for topic in query.topics if topic not in query.momentum]
        share = int(query.limit * _MOMENTUM_SHARE) if others else query.limit
        now, rest = await asyncio.gather(
            self._read(query.momentum, share),
            self._read(others, query.limit - share if query.momentum else query.limit),
        )
        found: dict[PinN, Candidate] = {}
        for worth, items in ((2.0, now), (1.0, rest)):
            for place, (n, topic, k) in enumerate(items):
                score = worth - place / (2 * query.limit)
                if n not in query.excluded:
                    found.setdefault(n, Candidate(n, (ReasonRef(self.source, score, topic_n=topic),), k=k))
        return sorted(found.values(), key=lambda c: (-c.reasons[0].score, c.pin_n))[: query.limit]

    async def _read(self, topics: Collection[TopicN], limit: int) -> list[tuple[PinN, TopicN, int]]:
        return await taste.topic_pins(self.graph, topics, limit) if topics and limit > 0 else []
