"""Pins from what the viewer follows."""

from __future__ import annotations

from dataclasses import dataclass

from discovery.candidate import Candidate, FeedQuery, ReasonRef
from domain.ids import SIGNED_OUT
from domain.model import Source
from graph import taste
from graph.client import Graph


@dataclass(frozen=True, slots=True)
class Followed:
    """What followed users created and followed boards saved, newest first; older than `query.before_k` if given."""

    graph: Graph
    source: Source = Source.FOLLOWED

    async def fetch(self, query: FeedQuery) -> list[Candidate]:
        """Scored by time, in milliseconds since 1970."""
        if query.viewer == SIGNED_OUT:
            return []
        items = await taste.following_head(self.graph, query.viewer, query.limit, query.before_k)
        found: dict[int, Candidate] = {}
        for item in items:
            reason = ReasonRef(self.source, float(item.k >> 20), board_n=item.board_n, user_n=item.user_n)
            found.setdefault(item.pin_n, Candidate(item.pin_n, (reason,), k=item.k))
        return list(found.values())
