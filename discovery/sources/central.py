"""Pins at the heart of the viewer's topics: what a newcomer with interests and no saves starts from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from discovery.candidate import Candidate, FeedQuery, ReasonRef
from discovery.facts import Memory, Neighbours
from domain.ids import PinN, TopicN
from domain.model import Source
from graph import taste
from graph.client import Graph
from vectors.embedder import FloatArray, unit_rows

Centroids = Memory[TopicN, FloatArray]

WARM_SAVES: Final = 10
"""From so many saves on, behaviour says more: then nothing is asked here."""
_TOPICS_MAX: Final = 5
_PINS_EACH: Final = 60
_PINS_MIN: Final = 3


@dataclass(frozen=True, slots=True)
class Central:
    """The Pins nearest to the centroid of each of the query's first five topics, in one space of vectors.

    A centroid is the mean of the vectors of the topic's newest 60 public Pins, up to ten minutes old; a topic with
    fewer than three has none.
    """

    graph: Graph
    neighbours: Neighbours
    centroids: Centroids
    source: Source = Source.TOPIC

    async def fetch(self, query: FeedQuery) -> list[Candidate]:
        """Scored 1, less a little by place, like the other Pins of topics."""
        if query.saves >= WARM_SAVES or not query.topics:
            return []
        known = [
            (topic, row) for topic in query.topics[:_TOPICS_MAX] if (row := await self._centroid(topic)) is not None
        ]
        if not known:
            return []
        near = await self.neighbours.toward(unit_rows(np.stack([row for _, row in known])), query.limit)
        best: dict[PinN, tuple[float, TopicN]] = {}
        for (topic, _), hits in zip(known, near, strict=True):
            for hit in hits:
                if hit.pin_n not in query.excluded and hit.score > best.get(hit.pin_n, (-2.0, topic))[0]:
                    best[hit.pin_n] = (hit.score, topic)
        order = sorted(best.items(), key=lambda item: (-item[1][0], item[0]))[: query.limit]
        return [
            Candidate(n, (ReasonRef(self.source, 1.0 - place / (2 * query.limit), topic_n=topic),))
            for place, (n, (_, topic)) in enumerate(order)
        ]

    async def _centroid(self, topic: TopicN) -> FloatArray | None:
        kept = self.centroids.get(topic)
        if kept is None:
            ns = [n for n, _, _ in await taste.topic_pins(self.graph, [topic], _PINS_EACH)]
            rows = list((await self.neighbours.vectors(ns)).values())
            kept = np.mean(rows, axis=0, dtype=np.float32) if len(rows) >= _PINS_MIN else np.zeros(0, np.float32)
            self.centroids.put(topic, kept)
        return kept if kept.size else None
