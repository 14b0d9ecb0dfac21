"""The sources that need no server, over the exact index and a small walk."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np
import pytest

from discovery.candidate import CandidateSource, FeedQuery, QueryPin
from discovery.facts import Neighbours
from discovery.sources.explore import Explore
from discovery.sources.similar import Similar
from discovery.sources.walked import Walked
from discovery.walk.flat import Flat
from discovery.walk.live import LiveWalk
from domain.ids import PinN
from domain.model import Source
from tests.contracts.candidate_source import CandidateSourceContract
from tests.unit.discovery.conftest import Clock
from vectors.embedder import FloatArray, unit_rows
from vectors.exact import ExactIndex
from vectors.index import Hit

DIM = 8


@pytest.fixture
def query() -> FeedQuery:
    return FeedQuery(query_pins=(QueryPin(PinN(1), 1.0), QueryPin(PinN(2), 0.8)), limit=20, seed=7)


@pytest.fixture
def walk() -> LiveWalk:
    pairs = np.array([(b, p) for b in range(6) for p in range(b, b + 5)])
    return LiveWalk(Flat.build(pairs[:, 0].copy(), pairs[:, 1].copy()))


@pytest.fixture
async def index() -> ExactIndex:
    index = ExactIndex(DIM)
    vectors = unit_rows(np.random.default_rng(3).standard_normal((12, DIM)).astype(np.float32))
    await index.upsert([PinN(n) for n in range(12)], vectors)
    return index


class TestWalked(CandidateSourceContract):
    @pytest.fixture
    def source(self, walk: LiveWalk) -> CandidateSource:
        return Walked(walk)

    async def test_it_starts_from_nothing_with_nothing(self, source: CandidateSource, query: FeedQuery) -> None:
        assert await source.fetch(replace(query, query_pins=())) == []

    async def test_its_reason_names_the_saved_pin_and_the_board(
        self, source: CandidateSource, query: FeedQuery
    ) -> None:
        for candidate in await source.fetch(query):
            reason = candidate.reasons[0]
            assert reason.pin_n in {1, 2}
            assert reason.board_n in range(6)


class TestSimilar(CandidateSourceContract):
    @pytest.fixture
    def source(self, index: ExactIndex, clock: Clock) -> CandidateSource:
        return Similar(Neighbours(index, clock))

    async def test_one_query_pin_gives_its_neighbourhood_by_cosine(
        self, source: CandidateSource, query: FeedQuery, index: ExactIndex
    ) -> None:
        alone = replace(query, query_pins=(QueryPin(PinN(4), 1.0),), min_score=0.1)
        vector = (await index.fetch([PinN(4)]))[PinN(4)]

        found = await source.fetch(alone)

        near = [h for h in (await index.search(vector[None], 12))[0] if h.pin_n != 4 and h.score >= 0.1]
        assert [(c.pin_n, c.reasons[0].score) for c in found] == [(h.pin_n, pytest.approx(h.score)) for h in near]
        assert {c.reasons[0].pin_n for c in found} == {4}

    async def test_excluded_pins_are_left_out(self, source: CandidateSource, query: FeedQuery) -> None:
        found = await source.fetch(replace(query, excluded=frozenset({PinN(5), PinN(6)})))

        assert not {c.pin_n for c in found} & {1, 2, 5, 6}

    async def test_pins_without_a_vector_are_no_start(self, source: CandidateSource, query: FeedQuery) -> None:
        assert await source.fetch(replace(query, query_pins=(QueryPin(PinN(99), 1.0),))) == []


class TestExplore(CandidateSourceContract):
    @pytest.fixture
    def source(self, walk: LiveWalk) -> CandidateSource:
        return Explore(walk)


class Counting(ExactIndex):
    """The exact index, counting what it is asked."""

    searches = fetches = 0

    async def search(
        self,
        vectors: FloatArray,
        limit: int,
        *,
        exclude: Collection[PinN] = (),
        within: Sequence[PinN] | None = None,
    ) -> list[list[Hit]]:
        self.searches += 1
        return await super().search(vectors, limit, exclude=exclude, within=within)

    async def fetch(self, ns: Sequence[PinN], *, fresh: bool = False) -> dict[PinN, FloatArray]:
        self.fetches += 1
        return await super().fetch(ns, fresh=fresh)


async def test_neighbours_are_asked_for_once_and_anew_after_their_time(clock: Clock) -> None:
    index = Counting(DIM)
    await index.upsert([PinN(1), PinN(2)], np.eye(2, DIM, dtype=np.float32))
    neighbours = Neighbours(index, clock)

    for _ in range(3):
        await neighbours.near([PinN(1), PinN(2)], 5)
    assert (index.searches, index.fetches) == (1, 1)

    clock.ms += 600_000
    await neighbours.near([PinN(1)], 5)
    await neighbours.near([PinN(1)], 5, fresh=True)
    assert (index.searches, index.fetches) == (3, 1)


async def test_a_pin_that_just_got_its_vector_is_found_when_fresh(clock: Clock) -> None:
    index = ExactIndex(DIM)
    neighbours = Neighbours(index, clock)
    similar = Similar(neighbours, fresh=True)
    query = FeedQuery(query_pins=(QueryPin(PinN(1), 1.0),))
    assert await similar.fetch(query) == []

    await index.upsert([PinN(1), PinN(2)], np.eye(2, DIM, dtype=np.float32))

    assert [c.pin_n for c in await similar.fetch(query)] == [2]
    assert similar.source is Source.VISUAL
