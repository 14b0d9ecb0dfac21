"""iALS: Pins and boards as vectors whose product tells what belongs together; a user is folded in from their saves.

Minimises Σ_(u,i)∈S (x_u·y_i − 1)² + α₀ Σ_(u,i) (x_u·y_i)² + Σ_u λ_u |x_u|² + Σ_i λ_i |y_i|², each λ scaled by
(frequency + α₀ · other side's size)^ν. Source: Rendle, Krichene, Zhang, Koren, "Revisiting the performance of iALS on
item recommendation benchmarks", RecSys 2022.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from discovery.training import factoring, known
from discovery.training.factoring import Factors

EPOCHS: Final = 12
RIDGE_POWER: Final = 1.0
_PARTS: Final = 16


class Recipe(NamedTuple):
    """What a model is made by: its size, its ridge λ, and α₀, the weight of a pair that is not saved, against 1."""

    factors: int
    ridge: float
    unobserved: float


PLAIN: Final = Recipe(factors=64, ridge=0.003, unobserved=0.1)
"""As others report it."""
BLENDED: Final = Recipe(factors=128, ridge=0.006, unobserved=0.05)
"""The best beside the walk of a dozen that were tried: docs/feeds.md."""


@dataclass(frozen=True, slots=True)
class Ials:
    """A trained model. `pins` (rows, factors) float32: a row for each Pin of `ns`; `gram` is α₀ YᵀY."""

    ns: NDArray[np.int64]
    pins: Factors
    gram: Factors
    recipe: Recipe

    def scores(
        self, saved: NDArray[np.int64], weights: NDArray[np.float64], asked: NDArray[np.int64]
    ) -> NDArray[np.float64] | None:
        """What it thinks of each asked Pin for somebody who saved these, NaN of one that it does not know.

        None when it knows none of the saved or of the asked.
        """
        return known.opinion(
            self.ns, saved, weights, asked, lambda own, heed, at: self.pins[at] @ self.folded(own, heed)
        )

    def folded(self, rows: NDArray[Any], weights: NDArray[Any] | None = None) -> Factors:
        """A user's vector from the rows of the Pins that they saved, exactly; zeros for none. Under a millisecond."""
        held = self.pins[rows]
        if not held.size:
            return np.zeros(self.pins.shape[1], np.float32)
        heed = np.ones(len(held), np.float32) if weights is None else np.asarray(weights, np.float32)
        unit = np.eye(self.pins.shape[1], dtype=np.float32)
        left = self.gram + (held * heed[:, None]).T @ held + self._ridge_of(len(held)) * unit
        return np.linalg.solve(left, held.T @ heed).astype(np.float32)

    def _ridge_of(self, frequency: int) -> np.float32:
        return np.float32(self.recipe.ridge * (frequency + self.recipe.unobserved * len(self.pins)) ** RIDGE_POWER)


def train(
    boards: NDArray[Any],
    pins: NDArray[Any],
    *,
    recipe: Recipe = PLAIN,
    epochs: int = EPOCHS,
    seed: int = 0,
    cores: int = 2,
) -> Ials:
    """A model of the pairs (board, Pin), each once: 925k take 15 s of one core with 128 factors. Deterministic."""
    ns, columns = np.unique(pins, return_inverse=True)
    _, rows = np.unique(boards, return_inverse=True)
    rng = np.random.default_rng(seed)
    by_board, by_pin = _lists(rows, columns), _lists(columns, rows)
    x = np.zeros((by_board[0].size - 1, recipe.factors), np.float32)
    y = (rng.standard_normal((ns.size, recipe.factors)) * 0.1 / np.sqrt(recipe.factors)).astype(np.float32)
    with ThreadPoolExecutor(cores) as pool:
        for _ in range(epochs):
            _solve(pool, by_board, y, recipe, x)
            _solve(pool, by_pin, x, recipe, y)
    return Ials(ns.astype(np.int64), y, (recipe.unobserved * y.T @ y).astype(np.float32), recipe)


def _lists(owners: NDArray[Any], values: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    order = np.argsort(owners, kind="stable")
    starts = np.concatenate([[0], np.cumsum(np.bincount(owners))])
    return starts.astype(np.int64), values[order].astype(np.int32)


def _solve(
    pool: ThreadPoolExecutor,
    lists: tuple[NDArray[np.int64], NDArray[np.int32]],
    other: Factors,
    recipe: Recipe,
    out: Factors,
) -> None:
    starts, items = lists
    gram = (recipe.unobserved * other.T @ other).astype(np.float32)
    ridges = (recipe.ridge * (np.diff(starts) + recipe.unobserved * len(other)) ** RIDGE_POWER).astype(np.float32)
    bounds = np.linspace(0, starts.size - 1, _PARTS + 1).astype(np.int64)

    def part(i: int) -> None:
        low, high = bounds[i], bounds[i + 1]
        factoring.solve_all(starts[low : high + 1], items, other, gram, ridges[low:high], out[low:high])

    list(pool.map(part, range(_PARTS)))
