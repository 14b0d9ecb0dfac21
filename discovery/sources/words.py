"""Pins that a search's words match, by their letters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from discovery.candidate import Candidate, FeedQuery, ReasonRef
from discovery.sources.meaning import by_rank
from domain.model import Source
from graph import search
from graph.client import Graph

_GOOD: Final = 1.0
"""The lexical score from which every word has matched."""


@dataclass(frozen=True, slots=True)
class Words:
    """Full-text matches. A match of only some of the words is weak."""

    graph: Graph
    source: Source = Source.TEXT

    async def fetch(self, query: FeedQuery) -> list[Candidate]:
        """Scored by reciprocal rank; the reason's score is the search's own."""
        if not query.words:
            return []
        matches = await search.pins(self.graph, query.viewer, query.words, query.limit)
        return [
            Candidate(
                match.pin_n,
                (ReasonRef(self.source, match.score, words=query.words),),
                score=by_rank(place),
                weak=match.score < _GOOD,
            )
            for place, match in enumerate(matches[: query.limit])
        ]
