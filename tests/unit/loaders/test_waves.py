from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from domain.errors import Unavailable
from loaders.batch import BATCH_KEYS_MAX, Loader, Waves


class Reads:
    """Doubles numbers, and remembers what it was asked at once."""

    def __init__(self, *, slow: int = 0) -> None:
        self.batches: list[list[int]] = []
        self._slow = slow

    async def __call__(self, keys: list[int]) -> Mapping[int, int]:
        self.batches.append(keys)
        for _ in range(self._slow):
            await asyncio.sleep(0)
        return {key: key * 2 for key in keys if key >= 0}


def loader(reads: Reads, waves: Waves | None = None) -> Loader[int, int]:
    return Loader(waves or Waves(), reads, -1)


async def test_what_is_asked_in_one_step_is_read_at_once_and_each_key_once() -> None:
    reads = Reads()
    twice = loader(reads)

    answers = await asyncio.gather(twice.load(1), twice.load(2), twice.load(1), twice.load_many([3, 1]))

    assert answers == [2, 4, 2, [6, 2]]
    assert reads.batches == [[1, 2, 3]]


async def test_what_there_is_not_is_answered_as_missing() -> None:
    assert await loader(Reads()).load(-5) == -1


async def test_a_known_key_is_not_read_again() -> None:
    reads = Reads()
    twice = loader(reads)
    twice.prime({1: 100})
    await twice.load(2)

    assert await twice.load_many([1, 2]) == [100, 4]
    assert reads.batches == [[2]]


async def test_the_number_of_reads_does_not_follow_from_which_read_was_faster() -> None:
    for slow in (0, 1, 7, 50):
        waves, first, second, then = Waves(), Reads(slow=slow), Reads(slow=3), Reads()
        one, two, three = loader(first, waves), loader(second, waves), loader(then, waves)

        async def chain(start: Loader[int, int], key: int, three: Loader[int, int] = three) -> int:
            return await three.load(await start.load(key))

        answers = await asyncio.gather(*(chain(one, i) for i in range(5)), *(chain(two, i) for i in range(5)))

        assert answers == [0, 4, 8, 12, 16] * 2
        assert [first.batches, second.batches] == [[[0, 1, 2, 3, 4]]] * 2
        assert then.batches == [[0, 2, 4, 6, 8]]


async def test_a_failure_reaches_each_who_asked_and_nobody_else() -> None:
    async def fails(keys: list[int]) -> Mapping[int, int]:
        raise Unavailable("The graph is away.")

    waves = Waves()
    broken: Loader[int, int] = Loader(waves, fails, 0)
    twice = loader(Reads(), waves)

    answers = await asyncio.gather(broken.load(1), broken.load(2), twice.load(1), return_exceptions=True)

    assert [type(answer) for answer in answers] == [Unavailable, Unavailable, int]


async def test_a_bug_is_raised_and_leaves_nobody_waiting() -> None:
    async def bug(keys: list[int]) -> Mapping[int, int]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await asyncio.wait_for(Loader(Waves(), bug, 0).load(1), 5)


async def test_what_nobody_waits_for_any_more_is_not_read() -> None:
    reads = Reads()
    twice = loader(reads)
    gone = twice.load(1)
    gone.cancel()

    assert await twice.load(2) == 4
    assert reads.batches == [[2]]
    assert await twice.load(1) == 2


async def test_a_batch_has_a_bound() -> None:
    reads = Reads()

    await loader(reads).load_many(range(BATCH_KEYS_MAX * 2 + 1))

    assert [len(batch) for batch in reads.batches] == [BATCH_KEYS_MAX, BATCH_KEYS_MAX, 1]
