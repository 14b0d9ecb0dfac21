"""iALS: Pins and boards as vectors whose product tells what belongs together; a user is folded in from their saves.

Minimises Σ_(u,i)∈S (x_u·y_i − 1)² + α₀ Σ_(u,i) (x_u·y_i)² + Σ_u λ_u |x_u|² + Σ_i λ_i |y_i|², each λ scaled by
(frequency + α₀ · other side's size)^ν. Source: Rendle, Krichene, Zhang, Koren, "Revisiting the performance of iALS on
item recommendation benchmarks", RecSys 2022.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from discovery.training import factoring
from discovery.training.factoring import Factors

FACTORS: Final = 128
"""Alone little better than 64; blended with the walk clearly better: docs/feeds.md."""
EPOCHS: Final = 12
UNOBSERVED: Final = 0.1
"""α₀: the weight of a pair that is not saved, against 1."""
RIDGE: Final = 0.003
RIDGE_POWER: Final = 1.0
_PARTS: Final = 16


@dataclass(frozen=True, slots=True)
class Ials:
    """A trained model. `pins` (rows, FACTORS) float32: a row for each Pin of `ns`; `gram` is α₀ YᵀY."""

    ns: NDArray[np.int64]
    pins: Factors
    gram: Factors
    ridge: float

    def folded(self, rows: Sequence[int], weights: Sequence[float] | None = None) -> Factors:
        """A user's vector from the rows of the Pins that they saved, exactly; zeros for none. Under a millisecond."""
        held = self.pins[list(rows)]
        if not held.size:
            return np.zeros(self.pins.shape[1], np.float32)
        heed = np.ones(len(held), np.float32) if weights is None else np.asarray(weights, np.float32)
        unit = np.eye(self.pins.shape[1], dtype=np.float32)
        left = self.gram + (held * heed[:, None]).T @ held + self._ridge_of(len(held)) * unit
        return np.linalg.solve(left, held.T @ heed).astype(np.float32)

    def rows(self, ns: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """The row of each Pin, and whether it has one."""
        at = np.minimum(np.searchsorted(self.ns, ns), max(self.ns.size - 1, 0))
        return at, (self.ns[at] == ns) if self.ns.size else np.zeros(len(ns), np.bool_)

    def _ridge_of(self, frequency: int) -> np.float32:
        return np.float32(self.ridge * (frequency + UNOBSERVED * self.pins.shape[0]) ** RIDGE_POWER)


def train(
    boards: NDArray[Any],
    pins: NDArray[Any],
    *,
    factors: int = FACTORS,
    epochs: int = EPOCHS,
    ridge: float = RIDGE,
    seed: int = 0,
    cores: int = 2,
) -> Ials:
    """A model of the pairs (board, Pin), each once. 925k pairs take some 15 s of one core. Deterministic."""
    ns, columns = np.unique(pins, return_inverse=True)
    _, rows = np.unique(boards, return_inverse=True)
    rng = np.random.default_rng(seed)
    by_board, by_pin = _lists(rows, columns), _lists(columns, rows)
    x = np.zeros((by_board[0].size - 1, factors), np.float32)
    y = (rng.standard_normal((ns.size, factors)) * 0.1 / np.sqrt(factors)).astype(np.float32)
    with ThreadPoolExecutor(cores) as pool:
        for _ in range(epochs):
            _solve(pool, by_board, y, ridge, x)
            _solve(pool, by_pin, x, ridge, y)
    return Ials(ns.astype(np.int64), y, (UNOBSERVED * y.T @ y).astype(np.float32), ridge)


def _lists(owners: NDArray[Any], values: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    order = np.argsort(owners, kind="stable")
    starts = np.concatenate([[0], np.cumsum(np.bincount(owners))])
    return starts.astype(np.int64), values[order].astype(np.int32)


def _solve(
    pool: ThreadPoolExecutor,
    lists: tuple[NDArray[np.int64], NDArray[np.int32]],
    other: Factors,
    ridge: float,
    out: Factors,
) -> None:
    starts, items = lists
    gram = (UNOBSERVED * other.T @ other).astype(np.float32)
    ridges = (ridge * (np.diff(starts) + UNOBSERVED * other.shape[0]) ** RIDGE_POWER).astype(np.float32)
    bounds = np.linspace(0, starts.size - 1, _PARTS + 1).astype(np.int64)

    def part(i: int) -> None:
        low, high = bounds[i], bounds[i + 1]
        factoring.solve_all(starts[low : high + 1], items, other, gram, ridges[low:high], out[low:high])

    list(pool.map(part, range(_PARTS)))
