"""Pins whose words are close in meaning to a search's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from discovery.candidate import Candidate, FeedQuery, ReasonRef
from domain.model import Source
from vectors.embedder import TextEmbedder
from vectors.index import VectorIndex

_GOOD: Final = 0.45
"""The cosine from which a match by meaning is shown among the good ones; set for MiniLM over short texts."""
_LEAST: Final = 0.25
"""Below this cosine texts have nothing to do with each other."""
_RANK_OFFSET: Final = 60


def by_rank(place: int) -> float:
    """A place's share in reciprocal rank fusion, 1/(60 + rank). Source: Cormack, Clarke, Büttcher, SIGIR 2009."""
    return 1.0 / (_RANK_OFFSET + place + 1)


@dataclass(frozen=True, slots=True)
class Meaning:
    """The nearest texts by vector."""

    embedder: TextEmbedder
    index: VectorIndex
    source: Source = Source.TEXT

    async def fetch(self, query: FeedQuery) -> list[Candidate]:
        """Scored by reciprocal rank; the reason's score is the cosine."""
        if not query.words:
            return []
        words = await self.index.pinned()  # Query and collection are of one model, also while another takes over.
        vectors = await self.embedder.texts([query.words], model=words.label)
        (hits,) = await words.index.search(vectors, query.limit)
        return [
            Candidate(
                hit.pin_n,
                (ReasonRef(self.source, hit.score, words=query.words),),
                score=by_rank(place),
                weak=hit.score < _GOOD,
            )
            for place, hit in enumerate(hits)
            if hit.score >= _LEAST
        ]
