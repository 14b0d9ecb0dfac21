"""A source that is asked the same more than once and answers from memory."""

from __future__ import annotations

from discovery.candidate import Candidate, CandidateSource, FeedQuery
from domain.model import Source


class Remembering:
    """The source, asked once for each `limit`: for the feeds that are tried with one question. No answer is kept when
    it raises."""

    def __init__(self, of: CandidateSource) -> None:
        self._of = of
        self._found: dict[int, list[Candidate]] = {}

    @property
    def source(self) -> Source:
        """The source's own."""
        return self._of.source

    async def fetch(self, query: FeedQuery) -> list[Candidate]:
        """What the source answered first."""
        if query.limit not in self._found:
            self._found[query.limit] = await self._of.fetch(query)
        return list(self._found[query.limit])
