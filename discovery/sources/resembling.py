"""Pins that look like the best matches of a search: also such as nobody has described."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from discovery.candidate import Candidate, FeedQuery, ReasonRef
from discovery.facts import Neighbours
from discovery.sources.meaning import by_rank
from discovery.sources.words import GOOD, Matches
from domain.ids import PinN
from domain.model import Source

_MATCHES: Final = 3
_LEAST: Final = 0.5
"""Below this cosine pictures have little to do with each other; set for the look-alike embedder."""
_WEIGHT: Final = 0.25
"""What a place by look counts, against one by words."""


@dataclass(frozen=True, slots=True)
class Resembling:
    """The Pins nearest by look to the best that the words match; each is a weak match unless its words say more."""

    found: Matches
    looks: Neighbours
    source: Source = Source.VISUAL

    async def fetch(self, query: FeedQuery) -> list[Candidate]:
        """Scored by a quarter of the reciprocal rank; the reason names the match, its score is the cosine."""
        if not query.words:
            return []
        matches = (await self.found.of(query))[:_MATCHES]
        good = [match.pin_n for match in matches if match.score >= GOOD]
        near = await self.looks.near(good, query.limit) if good else {}
        best: dict[PinN, tuple[float, PinN]] = {}
        for via, hits in near.items():
            for hit in hits:
                if hit.score >= _LEAST and hit.score > best.get(hit.pin_n, (-1.0, via))[0]:
                    best[hit.pin_n] = (hit.score, via)
        order = sorted(best.items(), key=lambda item: (-item[1][0], item[0]))
        return [
            Candidate(n, (ReasonRef(self.source, score, pin_n=via),), score=_WEIGHT * by_rank(place), weak=True)
            for place, (n, (score, via)) in enumerate(order[: query.limit])
        ]
