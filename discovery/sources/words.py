"""Pins that a search's words match, by their letters."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from discovery.candidate import Candidate, FeedQuery, ReasonRef
from discovery.sources.meaning import by_rank
from domain.model import Source
from graph import search
from graph.client import Graph
from graph.search import Match

MATCHES_MAX: Final = 400
GOOD: Final = 1.0
"""The lexical score from which every word has matched."""
_BOARDS_WEIGHT: Final = 0.5
"""What a place by a board's title counts, against one by the Pin's own words."""


class Matches:
    """What the words of a search match, asked once for all sources of one request."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._under_way: dict[object, asyncio.Task[list[Match]]] = {}

    async def of(self, query: FeedQuery) -> list[Match]:
        """The best 400 matches, best first. Raises Unavailable."""
        key = query.viewer, query.words, query.filter, query.seed
        task = self._under_way.get(key)
        if task is None:
            asking = search.pins(self._graph, query.viewer, query.words or "", MATCHES_MAX, query.filter)
            task = self._under_way[key] = asyncio.create_task(asking)
            task.add_done_callback(lambda done: self._forget(key, done))
        return await asyncio.shield(task)  # A source that is late takes nothing from the other.

    def _forget(self, key: object, done: asyncio.Task[list[Match]]) -> None:
        self._under_way.pop(key, None)
        if not done.cancelled():
            done.exception()  # Seen: whoever still waits is told of it.


@dataclass(frozen=True, slots=True)
class Words:
    """Full-text matches. A match of only some of the words is weak."""

    found: Matches
    source: Source = Source.TEXT

    async def fetch(self, query: FeedQuery) -> list[Candidate]:
        """Scored by reciprocal rank, equal matches alike, and by that of the colour's nearness where one is asked for;
        the reason's score is the search's own."""
        if not query.words:
            return []
        matches = (await self.found.of(query))[: query.limit]
        shades = _by_color(matches)
        first = {match.score: place for place, match in reversed(list(enumerate(matches)))}
        return [
            Candidate(
                match.pin_n,
                (ReasonRef(self.source, match.score, words=query.words),),
                score=by_rank(first[match.score]) + shades.get(place, 0.0),
                weak=match.score < GOOD,
            )
            for place, match in enumerate(matches)
        ]


@dataclass(frozen=True, slots=True)
class OnBoards:
    """The newest Pins of boards whose title or description matches all of the words."""

    graph: Graph
    source: Source = Source.TEXT

    async def fetch(self, query: FeedQuery) -> list[Candidate]:
        """Scored by half the reciprocal rank; the reason names the board, its score is the board's."""
        if not query.words:
            return []
        found = await search.on_boards(self.graph, query.viewer, query.words, query.limit, query.filter)
        return [
            Candidate(
                held.pin_n,
                (ReasonRef(self.source, held.score, board_n=held.board_n, words=query.words),),
                score=_BOARDS_WEIGHT * by_rank(place),
            )
            for place, held in enumerate(found)
        ]


def _by_color(matches: Sequence[Match]) -> dict[int, float]:
    """For the places of the matches, the reciprocal rank of each by the nearness of its colours."""
    known = [(match.color_distance, place) for place, match in enumerate(matches) if match.color_distance is not None]
    return {place: by_rank(rank) for rank, (_, place) in enumerate(sorted(known))}
