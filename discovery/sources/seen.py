"""Pins that look like a picture that is no Pin: an upload, an address, a part of a Pin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from discovery.candidate import Candidate, FeedQuery, ReasonRef
from domain.model import Source
from vectors.embedder import FloatArray
from vectors.index import VectorIndex


class PictureEmbedder(Protocol):
    """Turns picture files into vectors, by any of its models."""

    async def images(self, pictures: Sequence[bytes], *, model: str | None = None) -> FloatArray:
        """A unit row per file; `model` is a label, None: its own. Raises Unavailable, Invalid for a broken file."""


@dataclass(frozen=True, slots=True)
class Seen:
    """The nearest looks to that of `query.picture`."""

    embedder: PictureEmbedder
    index: VectorIndex
    source: Source = Source.VISUAL

    async def fetch(self, query: FeedQuery) -> list[Candidate]:
        """By cosine, at least `query.min_score`; the reason names the first query Pin, if there is one."""
        if query.picture is None:
            return []
        looks = await self.index.pinned()  # Query and collection are of one model, also while another takes over.
        vectors = await self.embedder.images([query.picture], model=looks.label)
        (hits,) = await looks.index.search(vectors, query.limit)
        least = -2.0 if query.min_score is None else query.min_score
        via = query.query_pins[0].pin_n if query.query_pins else None
        return [
            Candidate(hit.pin_n, (ReasonRef(self.source, hit.score, pin_n=via),))
            for hit in hits
            if hit.score >= least and hit.pin_n not in query.excluded
        ]
