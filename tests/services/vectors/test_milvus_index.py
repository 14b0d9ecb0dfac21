from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import cast

import numpy as np
import pytest

from domain.errors import Invalid, Unavailable
from tests.conftest import Vectors
from tests.contracts.pin_index import DIM, PinIndexContract, pins, rows
from vectors import recall
from vectors.embedder import unit_rows
from vectors.exact import ExactIndex
from vectors.milvus import Kind, MilvusIndex


def own_kind() -> Kind:
    """A kind, and so an alias, that no other test and no program uses."""
    return cast("Kind", f"t{secrets.token_hex(5)}")


@pytest.fixture
async def index(vectors: Vectors) -> AsyncIterator[MilvusIndex]:
    index = await vectors.open(own_kind(), dim=DIM)
    yield index
    await index.drop()
    await index.close()


class TestMilvusIndex(PinIndexContract):
    pass


async def test_it_finds_what_the_exact_index_finds(index: MilvusIndex) -> None:
    vectors = rows(2_500, seed=3)
    ns = pins(2_500, start=10**12)
    twin = ExactIndex(DIM)
    for target in (index, twin):
        await target.upsert(ns, vectors)
        await target.delete(ns[100:400])
        await target.upsert(ns[:50], vectors[1_000:1_050])
    queries = rows(10, seed=5)

    for options in ({}, {"exclude": ns[500:600]}, {"exclude": ns[:1_500]}, {"within": ns[600:1_900]}):
        expected = await twin.search(queries, 100, **options)
        found = await index.search(queries, 100, **options)

        shared = [len({h.pin_n for h in a} & {h.pin_n for h in b}) for a, b in zip(expected, found, strict=True)]
        assert sum(shared) / sum(len(hits) for hits in expected) >= 0.99
        assert [len(hits) for hits in found] == [len(hits) for hits in expected]


async def test_many_vectors_are_fetched_in_parts(index: MilvusIndex) -> None:
    vectors = rows(5_000)
    await index.upsert(pins(5_000), vectors)

    fetched = await index.fetch(pins(5_000))

    assert len(fetched) == 5_000
    np.testing.assert_allclose(np.stack([fetched[n] for n in pins(5_000)]), vectors, atol=1e-6)


async def test_the_event_loop_only_waits(index: MilvusIndex) -> None:
    vectors = rows(3_000)
    longest = 0.0

    async def tick() -> None:
        nonlocal longest
        while True:
            before = time.perf_counter()
            await asyncio.sleep(0.001)
            longest = max(longest, time.perf_counter() - before)

    ticking = asyncio.create_task(tick())
    await index.upsert(pins(3_000), vectors)
    await index.search(vectors[:10], 100)
    ticking.cancel()

    assert longest < 0.25  # What a crowded machine may take from it; the calls themselves take seconds.


async def test_the_first_opening_creates_and_the_second_does_not(vectors: Vectors, index: MilvusIndex) -> None:
    again = await vectors.open(index._kind, dim=DIM)

    assert index.created
    assert not again.created
    assert again.mark == index.mark
    assert index.mark.startswith("some_model_1_0.")
    await again.close()


async def test_a_lost_collection_is_made_anew_under_another_mark(index: MilvusIndex) -> None:
    vectors = rows(2)
    await index.upsert(pins(2), vectors)
    before = index.mark

    await index.drop()
    with pytest.raises(Unavailable):
        await index.search(vectors, 1)
    await index.upsert(pins(1), vectors[:1])

    assert index.mark != before
    assert index.created
    assert await index.count() == 1


async def test_readers_follow_the_alias_when_it_moves(vectors: Vectors, index: MilvusIndex) -> None:
    reader = vectors.follow(index._kind)
    await index.upsert(pins(3), rows(3))
    assert await reader.count() == 3
    assert await reader.live_label() == "some_model_1_0"

    larger = unit_rows(np.eye(24, dtype=np.float32))
    successor = await vectors.open(index._kind, embedder="better", dim=24)
    await successor.upsert(pins(24), larger)
    assert await reader.count() == 3
    await successor.promote()
    await successor.promote()

    assert await reader.live_label() == "better_1_0"
    assert await reader.count() == 24
    assert (await reader.search(larger[5:6], 1))[0][0].pin_n == 6
    with pytest.raises(Unavailable):
        await reader.search(rows(1), 1)  # The old model's vectors have another dimension.
    for each in (successor, reader):
        if each is successor:
            await each.drop()
        await each.close()


async def test_a_reader_before_the_first_writer_is_unavailable(vectors: Vectors) -> None:
    reader = vectors.follow(own_kind())

    assert await reader.live_label() is None
    for call in (reader.count(), reader.search(rows(1), 1), reader.fetch(pins(1)), reader.upsert(pins(1), rows(1))):
        with pytest.raises(Unavailable):
            await call
    await reader.close()
    with pytest.raises(Unavailable):
        await reader.count()


async def test_another_dimension_under_the_same_version_is_refused(vectors: Vectors, index: MilvusIndex) -> None:
    with pytest.raises(Invalid, match="another version"):
        await vectors.open(index._kind, dim=DIM + 1)


async def test_two_openers_at_once_share_one_collection(vectors: Vectors) -> None:
    kind = own_kind()

    first, second = await asyncio.gather(vectors.open(kind, dim=DIM), vectors.open(kind, dim=DIM))

    await first.upsert(pins(1), rows(1))
    assert await second.count() == 1
    assert first.mark == second.mark
    await first.drop()
    await first.close()
    await second.close()


async def test_no_server_is_unavailable(vectors: Vectors) -> None:
    with pytest.raises(Unavailable):
        await replace(vectors, uri="http://127.0.0.1:9").open(own_kind(), dim=DIM)


async def test_recall_at_start_is_complete(vectors: Vectors) -> None:
    assert await recall.measure(vectors.uri, token=vectors.token, options=vectors.options) >= 0.99
