"""Seeded chance, the same on every machine and in every version of the libraries."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")


class Chance:
    """Draws from one seed, by `Random.random` alone: the one method whose numbers Python promises to keep."""

    def __init__(self, seed: int) -> None:
        self._source = random.Random(seed)

    def share(self) -> float:
        """A number from 0 to below 1."""
        return self._source.random()

    def between(self, low: float, high: float) -> float:
        """A number from low to below high."""
        return low + (high - low) * self._source.random()

    def whole(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        return low + int(self._source.random() * (high - low + 1))

    def often(self, probability: float) -> bool:
        """True that often."""
        return self._source.random() < probability

    def pick(self, choices: Sequence[T]) -> T:
        """One of the choices."""
        return choices[int(self._source.random() * len(choices))]

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """The items in another order."""
        keyed = sorted((self._source.random(), index) for index in range(len(items)))
        return [items[index] for _, index in keyed]

    def bell(self) -> float:
        """A number from the standard normal distribution."""
        radius = math.sqrt(-2 * math.log(1 - self._source.random()))
        return radius * math.cos(math.tau * self._source.random())

    def grid(self, rows: int, columns: int) -> NDArray[np.float64]:
        """Independent numbers from 0 to below 1, shape (rows, columns)."""
        source = self._source.random
        return np.array([source() for _ in range(rows * columns)], dtype=np.float64).reshape(rows, columns)
