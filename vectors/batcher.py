"""Puts the calls of many callers together: one batch at a time goes to the model, and waits for nobody."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

import numpy as np

from domain.errors import Invalid, Unavailable
from vectors.embedder import FloatArray

Item = TypeVar("Item")


class Batcher(Generic[Item]):
    """Rows for items, computed in one thread, batch after batch.

    `work` gets up to `batch` items of any callers and returns a row for each, or an Invalid in the place of an item
    that it cannot read. What comes in while a batch is computed makes up the next one; a call of one item is a person
    who waits, and goes first. More than `queue` waiting items: Unavailable, at once.
    """

    def __init__(
        self, work: Callable[[list[Item]], Sequence[FloatArray | Invalid]], *, batch: int, queue: int, name: str
    ) -> None:
        self._work = work
        self._batch = batch
        self._queue = queue
        self._waiting: deque[tuple[Item, asyncio.Future[FloatArray]]] = deque()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._running: asyncio.Task[None] | None = None

    async def rows(self, items: Sequence[Item]) -> FloatArray:
        """One row per item, in order; `items` is not empty. Raises the Invalid of the first item that has one."""
        if len(self._waiting) + len(items) > self._queue:
            raise Unavailable("The embedder is over-full; try again in a moment.")
        loop = asyncio.get_running_loop()
        futures = [loop.create_future() for _ in items]
        if len(items) == 1:
            self._waiting.appendleft((items[0], futures[0]))
        else:
            self._waiting.extend(zip(items, futures, strict=True))
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._drain())
        try:
            results = await asyncio.gather(*futures, return_exceptions=True)
        finally:
            for future in futures:
                future.cancel()  # The caller went away: what is not computed yet need not be.
        for position, result in enumerate(results):
            if isinstance(result, Invalid):
                raise Invalid(result.message, ("pictures", str(position)))
            if isinstance(result, BaseException):
                raise result
        return np.stack([row for row in results if not isinstance(row, BaseException)])

    @property
    def waiting(self) -> int:
        """How many items wait for a batch."""
        return len(self._waiting)

    async def close(self) -> None:
        """Who waits is told that nothing comes."""
        for _, future in self._waiting:
            if not future.done():
                future.set_exception(Unavailable("The embedder is stopping."))
        self._waiting.clear()
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _drain(self) -> None:
        while self._waiting:
            taken: list[tuple[Item, asyncio.Future[FloatArray]]] = []
            while self._waiting and len(taken) < self._batch:
                item, future = self._waiting.popleft()
                if not future.done():
                    taken.append((item, future))
            if taken:
                await self._compute(taken)

    async def _compute(self, taken: list[tuple[Item, asyncio.Future[FloatArray]]]) -> None:
        results: Sequence[FloatArray | Invalid | Unavailable] = [Unavailable("The model failed.") for _ in taken]
        try:
            loop = asyncio.get_running_loop()
            results = await loop.run_in_executor(self._thread, self._work, [item for item, _ in taken])
        except (RuntimeError, MemoryError) as error:
            # How torch says that it cannot compute this batch: its callers hear of it, the next batch may do better.
            results = [Unavailable(f"The model failed: {error}") for _ in taken]
        finally:
            for (_, future), result in zip(taken, results, strict=True):
                if future.done():
                    continue
                if isinstance(result, BaseException):
                    future.set_exception(result)
                else:
                    future.set_result(result)
