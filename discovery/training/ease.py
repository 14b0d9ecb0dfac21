"""EASE: a linear model in closed form, for the most popular Pins only: its cost grows with their number cubed.

B = I − P · diag(P)^-1 with P = (XᵀX + Λ)^-1, the diagonal zero; a user's scores are the sum of the rows of B of their
Pins. Λ = λI is Steck, "Embarrassingly shallow autoencoders for sparse data", WWW 2019; with p / (1 − p) · diag(XᵀX)
added it is what dropping each save with probability p comes to: Steck, "Autoencoders that don't overfit towards the
identity", NeurIPS 2020.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from discovery.training import factoring, known
from discovery.training.factoring import Factors

HEAD: Final = 10_000
"""A model of so many Pins is 200 MB, and takes 600 while it is learnt."""
TOGETHER_MAX: Final = 1_000
"""Of a larger board every so-manieth Pin is counted with the others: pairs grow with the square."""
_BLOCK: Final = 256


class Recipe(NamedTuple):
    """What a model is made by: its ridge λ, and the share p of saves that it learns to do without."""

    ridge: float
    dropout: float


PLAIN: Final = Recipe(ridge=300.0, dropout=0.0)
"""As others report it."""
BLENDED: Final = Recipe(ridge=100.0, dropout=0.5)
"""The best beside the walk and iALS of a dozen that were tried: docs/feeds.md."""


@dataclass(frozen=True, slots=True)
class Ease:
    """A trained model. `weights` (rows, rows) float16: a row and a column for each Pin of `ns`, the most popular."""

    ns: NDArray[np.int64]
    weights: NDArray[np.float16]

    def scores(
        self, saved: NDArray[np.int64], weights: NDArray[np.float64], asked: NDArray[np.int64]
    ) -> NDArray[np.float64] | None:
        """What it thinks of each asked Pin for somebody who saved these, NaN of one that it does not know.

        None when it knows none of the saved or of the asked.
        """
        return known.opinion(self.ns, saved, weights, asked, self._summed)

    def _summed(self, own: NDArray[np.int64], weights: NDArray[np.float64], at: NDArray[np.int64]) -> Factors:
        found = np.zeros(at.size, np.float32)
        for row, heed in zip(own.tolist(), weights.tolist(), strict=True):
            found += np.float32(heed) * self.weights[row][at]
        return found


def train(boards: NDArray[Any], pins: NDArray[Any], *, recipe: Recipe = PLAIN, head: int = HEAD) -> Ease:
    """A model of the pairs (board, Pin), each once, over the `head` Pins on most boards."""
    ns, columns = np.unique(pins, return_inverse=True)
    popular = np.sort(np.argsort(-np.bincount(columns), kind="stable")[:head])
    place = np.full(ns.size, -1, np.int64)
    place[popular] = np.arange(popular.size)
    kept = place[columns] >= 0
    gram = _together(boards[kept], place[columns][kept], popular.size)
    diagonal = np.diag_indices_from(gram)
    gram[diagonal] += recipe.ridge + recipe.dropout / (1 - recipe.dropout) * gram[diagonal]
    invert(gram)
    gram /= -gram[diagonal]
    gram[diagonal] = 0.0
    return Ease(ns[popular].astype(np.int64), gram.astype(np.float16))


def invert(matrix: Factors, block: int = _BLOCK) -> None:
    """Puts the inverse of a symmetric positive definite matrix in its place, with little memory beside it.

    Gauss and Jordan's elimination by blocks of rows: no exchange of rows is needed where all leading minors are
    positive. Source: Golub and Van Loan, "Matrix computations", 4th ed., section 4.2.
    """
    size = len(matrix)
    for low in range(0, size, block):
        own = slice(low, min(low + block, size))
        corner = np.linalg.inv(matrix[own, own])
        column, row = matrix[:, own].copy(), corner @ matrix[own]
        row[:, own] = corner
        matrix[:, own] = 0.0
        for at in range(0, size, block):
            matrix[at : at + block] -= column[at : at + block] @ row
        matrix[own] = row


def _together(rows: NDArray[Any], columns: NDArray[Any], size: int) -> Factors:
    """How many boards hold both of each two Pins."""
    order = np.argsort(rows, kind="stable")
    starts = np.concatenate([[0], np.flatnonzero(np.diff(rows[order])) + 1, [order.size]]).astype(np.int64)
    gram = np.zeros((size, size), np.float32)
    factoring.count_together(starts, columns[order].astype(np.int64), TOGETHER_MAX, gram)
    return gram
