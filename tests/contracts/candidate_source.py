"""What every candidate source must keep to. A subclass supplies `source` and `query`, which finds at least three."""

from __future__ import annotations

from dataclasses import replace

from discovery.candidate import CandidateSource, FeedQuery


class CandidateSourceContract:
    async def test_it_finds_something(self, source: CandidateSource, query: FeedQuery) -> None:
        assert len(await source.fetch(query)) >= 3

    async def test_it_respects_the_limit(self, source: CandidateSource, query: FeedQuery) -> None:
        for limit in (1, 2, 3):
            assert len(await source.fetch(replace(query, limit=limit))) <= limit

    async def test_each_pin_comes_once_with_one_reason_of_this_source(
        self, source: CandidateSource, query: FeedQuery
    ) -> None:
        found = await source.fetch(query)

        assert len({c.pin_n for c in found}) == len(found)
        assert all([r.source for r in c.reasons] == [source.source] for c in found)

    async def test_the_same_query_gives_the_same_answer(self, source: CandidateSource, query: FeedQuery) -> None:
        assert await source.fetch(query) == await source.fetch(query)
