"""Public Pins by chance, so that what is shown is not only what was shown before."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from discovery.candidate import Candidate, FeedQuery, ReasonRef
from discovery.walk.live import LiveWalk
from domain.model import Source


@dataclass(frozen=True, slots=True)
class Explore:
    """Any public Pin is as likely as another."""

    walk: LiveWalk
    source: Source = Source.EXPLORE

    async def fetch(self, query: FeedQuery) -> list[Candidate]:
        """All scored alike."""
        chosen = await asyncio.to_thread(self.walk.sample, query.limit, seed=query.seed)
        return [Candidate(n, (ReasonRef(self.source, 0.0),)) for n in chosen if n not in query.excluded]
