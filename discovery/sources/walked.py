"""Pins that the walk reaches from the query Pins."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from discovery.candidate import Candidate, FeedQuery, ReasonRef
from discovery.walk.live import LiveWalk
from domain.model import Source


@dataclass(frozen=True, slots=True)
class Walked:
    """Pins saved together with the query Pins. `saved` says that the viewer saved those, which reasons then say."""

    walk: LiveWalk
    saved: bool = True
    source: Source = Source.WALK

    async def fetch(self, query: FeedQuery) -> list[Candidate]:
        """The best of the walk; the walk runs in a thread."""
        if not query.query_pins:
            return []
        hits = await asyncio.to_thread(
            self.walk.recommend,
            [(asked.pin_n, asked.weight) for asked in query.query_pins],
            limit=query.limit,
            exclude=query.excluded,
            seed=query.seed,
        )
        return [
            Candidate(
                hit.pin_n,
                (
                    ReasonRef(
                        self.source,
                        hit.score,
                        pin_n=hit.via_pin_n if self.saved else None,
                        board_n=hit.via_board_n,
                    ),
                ),
            )
            for hit in hits
        ]
