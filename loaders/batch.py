"""A DataLoader over a read that answers rows in any order."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Mapping
from typing import Final, TypeVar

from strawberry.dataloader import DataLoader

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")
D = TypeVar("D")

BATCH_KEYS_MAX: Final = 1_000
"""One statement answers at most so many keys; more are asked in further statements."""


def by_key(read: Callable[[list[K]], Awaitable[Mapping[K, T]]], missing: D) -> DataLoader[K, T | D]:
    """A loader that asks `read` once for all keys of one turn of the event loop, and answers `missing` for the rest.

    `missing` is shared by all answers: pass an immutable value.
    """

    async def load(keys: list[K]) -> list[T | D]:
        found = await read(keys)
        return [found.get(key, missing) for key in keys]

    return DataLoader(load, max_batch_size=BATCH_KEYS_MAX)
