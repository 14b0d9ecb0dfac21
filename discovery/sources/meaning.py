"""Pins whose words are close in meaning to a search's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from discovery.candidate import Candidate, FeedQuery, ReasonRef
from domain.model import Source
from graph import narrowing
from graph.client import Graph
from vectors.embedder import FloatArray, TextEmbedder
from vectors.index import HITS_MAX, Hit, VectorIndex

_GOOD: Final = 0.45
"""The cosine from which a match by meaning is shown among the good ones; set for MiniLM over short texts."""
_LEAST: Final = 0.25
"""Below this cosine texts have nothing to do with each other."""
_RANK_OFFSET: Final = 60
_WEIGHT: Final = 0.3
"""What a place by meaning counts, against one by the words themselves: it decides among what they match alike, and
brings what they do not match at all."""


def by_rank(place: int) -> float:
    """A place's share in reciprocal rank fusion, 1/(60 + rank). Source: Cormack, Clarke, Büttcher, SIGIR 2009."""
    return 1.0 / (_RANK_OFFSET + place + 1)


@dataclass(frozen=True, slots=True)
class Meaning:
    """The nearest texts by vector."""

    graph: Graph
    embedder: TextEmbedder
    index: VectorIndex
    source: Source = Source.TEXT

    async def fetch(self, query: FeedQuery) -> list[Candidate]:
        """Scored by a share of the reciprocal rank; the reason's score is the cosine.

        Under a filter the nearest of those that it lets pass: of up to 10,000 such Pins, else of the 10,000 nearest.
        """
        if not query.words:
            return []
        words = await self.index.pinned()  # Query and collection are of one model, also while another takes over.
        vectors = await self.embedder.texts([query.words], model=words.label)
        if query.filter.empty:
            (hits,) = await words.index.search(vectors, query.limit)
        else:
            hits = await self._narrowed(words.index, vectors, query)
        return [
            Candidate(
                hit.pin_n,
                (ReasonRef(self.source, hit.score, words=query.words),),
                score=_WEIGHT * by_rank(place),
                weak=hit.score < _GOOD,
            )
            for place, hit in enumerate(hits)
            if hit.score >= _LEAST
        ]

    async def _narrowed(self, index: VectorIndex, vectors: FloatArray, query: FeedQuery) -> list[Hit]:
        members = await narrowing.members(self.graph, query.viewer, query.filter)
        if members is not None:
            (hits,) = await index.search(vectors, query.limit, within=members)
            return hits
        (near,) = await index.search(vectors, HITS_MAX)
        like = [hit for hit in near if hit.score >= _LEAST]
        passed = await narrowing.narrowed(self.graph, query.viewer, [hit.pin_n for hit in like], query.filter)
        return [hit for hit in like if hit.pin_n in passed][: query.limit]
