"""EASE: a linear model in closed form, for the most popular Pins only: its cost grows with their number cubed.

B = I − P · diag(P)^-1 with P = (XᵀX + λI)^-1, the diagonal zero; a user's scores are the sum of the rows of B of their
Pins. Source: Steck, "Embarrassingly shallow autoencoders for sparse data", WWW 2019.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from discovery.training.factoring import Factors

HEAD: Final = 10_000
RIDGE: Final = 300.0


@dataclass(frozen=True, slots=True)
class Ease:
    """A trained model: a row and a column of `weights` for each Pin of `ns`, the most popular ones."""

    ns: NDArray[np.int64]
    weights: Factors

    def scores(self, rows: NDArray[np.int64]) -> Factors:
        """The score of every Pin of `ns` for a user who saved those of these rows."""
        return np.asarray(self.weights[rows].sum(axis=0), np.float32)


def train(boards: NDArray[Any], pins: NDArray[Any], *, head: int = HEAD, ridge: float = RIDGE) -> Ease:
    """A model of the pairs (board, Pin), each once, over the `head` Pins on most boards. 10,000 Pins take 1.2 GB."""
    ns, columns = np.unique(pins, return_inverse=True)
    popular = np.sort(np.argsort(-np.bincount(columns), kind="stable")[:head])
    place = np.full(ns.size, -1, np.int64)
    place[popular] = np.arange(popular.size)
    kept = place[columns] >= 0
    gram = _together(np.unique(boards, return_inverse=True)[1][kept], place[columns][kept], popular.size)
    gram[np.diag_indices_from(gram)] += ridge
    weights = np.linalg.inv(gram)
    weights /= -np.diag(weights)
    weights[np.diag_indices_from(weights)] = 0.0
    return Ease(ns[popular].astype(np.int64), weights)


def _together(rows: NDArray[Any], columns: NDArray[Any], size: int) -> Factors:
    """How many boards hold both of each two Pins."""
    gram = np.zeros((size, size), np.float32)
    order = np.argsort(rows, kind="stable")
    ends = np.flatnonzero(np.diff(rows[order])) + 1
    for held in np.split(columns[order], ends):
        gram[held[:, None], held] += 1.0
    return gram
