"""What every index of Pins by vector must keep to. A subclass supplies the fixture `index`: empty, DIM-dimensional."""

from __future__ import annotations

import numpy as np
import pytest

from domain.ids import PinN
from vectors.embedder import FloatArray, unit_rows
from vectors.index import HITS_MAX, VectorIndex

DIM = 16


def rows(count: int, seed: int = 1) -> FloatArray:
    """Random unit vectors."""
    return unit_rows(np.random.default_rng(seed).standard_normal((count, DIM)).astype(np.float32))


def pins(count: int, start: int = 1) -> list[PinN]:
    return [PinN(n) for n in range(start, start + count)]


class PinIndexContract:
    async def test_a_pin_is_its_own_nearest_at_once(self, index: VectorIndex) -> None:
        vectors = rows(20)
        await index.upsert(pins(20), vectors)

        found = await index.search(vectors[[4, 9]], 3)

        assert [hits[0].pin_n for hits in found] == [5, 10]
        assert [hits[0].score for hits in found] == pytest.approx([1.0, 1.0], abs=1e-5)
        assert all(len(hits) == 3 for hits in found)
        assert all(-1 <= hit.score <= 1 for hits in found for hit in hits)
        assert found[0] == sorted(found[0], key=lambda hit: -hit.score)

    async def test_scores_are_cosines(self, index: VectorIndex) -> None:
        vectors = rows(8)
        await index.upsert(pins(8), vectors)

        found = (await index.search(vectors[:1], 8))[0]

        expected = {n: float(vectors[0] @ vectors[n - 1]) for n in pins(8)}
        assert {hit.pin_n: hit.score for hit in found} == pytest.approx(expected, abs=1e-5)

    async def test_an_upsert_replaces(self, index: VectorIndex) -> None:
        vectors = rows(3)
        await index.upsert(pins(3), vectors)

        await index.upsert(pins(1), vectors[2:3])

        assert await index.count() == 3
        np.testing.assert_allclose((await index.fetch(pins(1)))[PinN(1)], vectors[2], atol=1e-6)
        assert {hit.pin_n for hit in (await index.search(vectors[2:3], 2))[0]} == {1, 3}

    async def test_a_deleted_pin_is_gone_at_once(self, index: VectorIndex) -> None:
        vectors = rows(5)
        await index.upsert(pins(5), vectors)

        await index.delete([PinN(2), PinN(999)])

        assert PinN(2) not in {hit.pin_n for hit in (await index.search(vectors[1:2], 10))[0]}
        assert await index.fetch([PinN(2)]) == {}
        assert await index.count() == 4

    async def test_what_is_excluded_is_made_up_for(self, index: VectorIndex) -> None:
        vectors = rows(30)
        await index.upsert(pins(30), vectors)
        best = [hit.pin_n for hit in (await index.search(vectors[:1], 10))[0]]

        found = await index.search(vectors[:1], 5, exclude=best[:5])

        assert [hit.pin_n for hit in found[0]] == best[5:]

    async def test_a_long_exclusion_leaves_the_rest(self, index: VectorIndex) -> None:
        vectors = rows(1_500)
        await index.upsert(pins(1_500), vectors)

        found = await index.search(vectors[:2], 10, exclude=pins(1_497))

        assert [{hit.pin_n for hit in hits} for hits in found] == [{1498, 1499, 1500}] * 2

    async def test_within_ranks_only_those(self, index: VectorIndex) -> None:
        vectors = rows(50)
        await index.upsert(pins(50), vectors)

        found = await index.search(vectors[:1], 10, within=[PinN(3), PinN(40), PinN(41), PinN(777)], exclude=[PinN(40)])

        expected = sorted((3, 41), key=lambda n: -float(vectors[0] @ vectors[n - 1]))
        assert [hit.pin_n for hit in found[0]] == expected

    async def test_fetch_gives_those_that_there_are(self, index: VectorIndex) -> None:
        vectors = rows(4)
        await index.upsert(pins(4), vectors)

        fetched = await index.fetch([PinN(4), PinN(1), PinN(88)])

        assert set(fetched) == {1, 4}
        assert fetched[PinN(4)].dtype == np.float32
        np.testing.assert_allclose(fetched[PinN(4)], vectors[3], atol=1e-6)

    async def test_an_empty_index_answers_with_nothing(self, index: VectorIndex) -> None:
        assert await index.search(rows(2), 5) == [[], []]
        assert await index.search(rows(1), 5, within=[PinN(1)]) == [[]]
        assert await index.search(rows(0), 5) == []
        assert await index.fetch([]) == {}
        assert await index.count() == 0
        await index.delete([])
        await index.upsert([], rows(0))

    async def test_vectors_of_another_shape_are_a_bug(self, index: VectorIndex) -> None:
        with pytest.raises(ValueError, match="shape"):
            await index.upsert(pins(2), rows(3))
        with pytest.raises(ValueError, match="shape"):
            await index.upsert(pins(2), rows(2)[:, :8])

    async def test_too_many_hits_are_a_bug(self, index: VectorIndex) -> None:
        with pytest.raises(ValueError, match="hits"):
            await index.search(rows(1), HITS_MAX + 1)
