from __future__ import annotations

import asyncio
import threading

import numpy as np
import pytest

from domain.errors import Invalid, Unavailable
from vectors.batcher import Batcher
from vectors.embedder import FloatArray


def _row(item: int) -> FloatArray | Invalid:
    return Invalid("odd") if item < 0 else np.full(2, item, dtype=np.float32)


class Recorder:
    """A model that notes its batches, and computes the first one only when it is let."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.go = threading.Event()
        self.computing = threading.Event()
        self.error: RuntimeError | None = None

    def __call__(self, items: list[int]) -> list[FloatArray | Invalid]:
        self.batches.append(items)
        self.computing.set()
        assert self.go.wait(10)
        if self.error is not None:
            raise self.error
        return [_row(item) for item in items]


async def _until_computing(recorder: Recorder) -> None:
    assert await asyncio.to_thread(recorder.computing.wait, 5)


async def test_what_comes_meanwhile_makes_up_the_next_batch() -> None:
    recorder = Recorder()
    batcher = Batcher(recorder, batch=8, queue=100, name="test")
    first = asyncio.create_task(batcher.rows([1]))
    await _until_computing(recorder)

    others = [asyncio.create_task(batcher.rows([n, n + 1])) for n in (10, 20, 30)]
    await asyncio.sleep(0)
    recorder.go.set()

    assert (await first).tolist() == [[1, 1]]
    assert [(await other)[:, 0].tolist() for other in others] == [[10, 11], [20, 21], [30, 31]]
    assert recorder.batches == [[1], [10, 11, 20, 21, 30, 31]]
    await batcher.close()


async def test_an_unreadable_item_fails_its_own_caller_alone() -> None:
    recorder = Recorder()
    recorder.go.set()
    batcher = Batcher(recorder, batch=8, queue=100, name="test")

    good, bad = await asyncio.gather(batcher.rows([1, 2]), batcher.rows([3, -1]), return_exceptions=True)

    assert isinstance(good, np.ndarray)
    assert isinstance(bad, Invalid)
    assert bad.field == ("pictures", "1")
    await batcher.close()


async def test_a_full_queue_refuses_at_once() -> None:
    recorder = Recorder()
    batcher = Batcher(recorder, batch=1, queue=3, name="test")
    first = asyncio.create_task(batcher.rows([1]))
    await _until_computing(recorder)
    second = asyncio.create_task(batcher.rows([2, 3]))
    await asyncio.sleep(0)

    with pytest.raises(Unavailable, match="over-full"):
        await batcher.rows([4, 5])

    recorder.go.set()
    await first
    assert (await second).shape == (2, 2)
    await batcher.close()


async def test_a_failing_model_fails_its_callers_and_no_later_one() -> None:
    recorder = Recorder()
    recorder.go.set()
    recorder.error = RuntimeError("out of memory")
    batcher = Batcher(recorder, batch=8, queue=100, name="test")

    with pytest.raises(Unavailable, match="out of memory"):
        await batcher.rows([1])
    recorder.error = None

    assert (await batcher.rows([2])).tolist() == [[2, 2]]
    await batcher.close()


async def test_who_waits_is_told_when_it_stops() -> None:
    recorder = Recorder()
    batcher = Batcher(recorder, batch=1, queue=10, name="test")
    first = asyncio.create_task(batcher.rows([1]))
    await _until_computing(recorder)
    waiting = asyncio.create_task(batcher.rows([2]))
    await asyncio.sleep(0)

    await batcher.close()

    with pytest.raises(Unavailable):
        await waiting
    recorder.go.set()
    await first


async def test_a_person_who_waits_goes_before_a_backlog() -> None:
    recorder = Recorder()
    batcher = Batcher(recorder, batch=2, queue=100, name="test")
    first = asyncio.create_task(batcher.rows([1, 2]))
    await _until_computing(recorder)

    backlog = asyncio.create_task(batcher.rows([10, 11, 12, 13]))
    await asyncio.sleep(0)
    search = asyncio.create_task(batcher.rows([7]))
    await asyncio.sleep(0)
    recorder.go.set()

    assert (await search).tolist() == [[7, 7]]
    assert len(await first) == 2
    assert len(await backlog) == 4
    assert recorder.batches[:2] == [[1, 2], [7, 10]]
    await batcher.close()
