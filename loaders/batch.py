"""Reads by key, gathered over a whole operation: one statement for each kind of thing and step, at any length of page.

An operation's loaders answer in waves. What is asked while a wave is under way waits for it; the answers of a wave are
given out together; the next wave starts once nothing more is being asked. So how many statements an operation costs
follows from its selection alone, neither from how much it returns nor from which statement was faster.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import partial
from typing import Any, Final, Generic, Protocol, TypeVar

K = TypeVar("K")
T = TypeVar("T")

BATCH_KEYS_MAX: Final = 1_000
"""One statement answers at most so many keys; more are asked in further statements of the same wave."""

_QUIET_TURNS: Final = 3
"""So many turns of the event loop without a new question end a wave's gathering: a level of a selection takes two."""


Read = tuple[Awaitable[Any], Callable[[Any], None]]
"""A read, and what hands its answer, or what it raised, to those who asked."""


class _Asked(Protocol):
    def take(self) -> list[Read]:
        """The reads of what was asked so far."""
        ...


class Waves:
    """When the loaders of one operation read."""

    def __init__(self) -> None:
        self._asked: dict[int, _Asked] = {}
        self._questions = 0
        self._task: asyncio.Task[None] | None = None

    def ask(self, loader: _Asked) -> None:
        """Lets the loader read in the next wave."""
        self._asked[id(loader)] = loader
        self._questions += 1
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run())

    async def _run(self) -> None:
        try:
            while await self._gathered():
                loaders, self._asked = list(self._asked.values()), {}
                reads = [read for loader in loaders for read in loader.take()]
                answers = await asyncio.gather(*(read for read, _ in reads), return_exceptions=True)
                for (_, give), answer in zip(reads, answers, strict=True):
                    give(answer)
        finally:
            self._task = None

    async def _gathered(self) -> bool:
        """Whether anything is asked, once nothing more has been for a few turns of the event loop."""
        turns, seen = 0, self._questions
        while turns < _QUIET_TURNS:
            await asyncio.sleep(0)
            turns, seen = (turns + 1 if seen == self._questions else 0), self._questions
        return bool(self._asked)


class Loader(Generic[K, T]):
    """Values by key: each key is read once, together with the others of its wave.

    `read` answers keys in any order and leaves out what there is not: `missing` is answered for that, to everybody,
    so it must be immutable. What `read` raises is raised to each who asked.
    """

    def __init__(self, waves: Waves, read: Callable[[list[K]], Awaitable[Mapping[K, T]]], missing: T) -> None:
        self._waves = waves
        self._read = read
        self._missing = missing
        self._known: dict[K, asyncio.Future[T]] = {}
        self._asked: list[K] = []

    def load(self, key: K) -> asyncio.Future[T]:
        """The value of the key."""
        future = self._known.get(key)
        if future is None or future.cancelled():
            future = asyncio.get_running_loop().create_future()
            self._known[key] = future
            self._asked.append(key)
            self._waves.ask(self)
        return future

    def load_many(self, keys: Iterable[K]) -> asyncio.Future[list[T]]:
        """The values of the keys, in order."""
        return asyncio.gather(*map(self.load, keys))

    def prime(self, values: Mapping[K, T]) -> None:
        """Remembers values that were read otherwise, where none is known."""
        for key, value in values.items():
            if key not in self._known:
                self._known[key] = future = asyncio.get_running_loop().create_future()
                future.set_result(value)

    def take(self) -> list[Read]:
        """For `Waves`: the reads of what was asked and is still waited for."""
        keys = [key for key in self._asked if not self._known[key].done()]
        self._asked.clear()
        batches = [keys[i : i + BATCH_KEYS_MAX] for i in range(0, len(keys), BATCH_KEYS_MAX)]
        return [(self._read(batch), partial(self._give, batch)) for batch in batches]

    def _give(self, keys: list[K], answer: Mapping[K, T] | BaseException) -> None:
        for key in keys:
            future = self._known[key]
            if future.done():
                continue
            if isinstance(answer, asyncio.CancelledError):
                future.cancel()
            elif isinstance(answer, BaseException):
                future.set_exception(answer)
                future.exception()  # Seen: what a field that is no longer waited for would have got is no error.
            else:
                future.set_result(answer.get(key, self._missing))
