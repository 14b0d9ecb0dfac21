"""EASE: a linear model in closed form, for the most popular Pins only: its cost grows with their number cubed.

B = I − P · diag(P)^-1 with P = (XᵀX + λI)^-1, the diagonal zero; a user's scores are the sum of the rows of B of their
Pins. Source: Steck, "Embarrassingly shallow autoencoders for sparse data", WWW 2019.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from discovery.training import known
from discovery.training.factoring import Factors

HEAD: Final = 5_000
"""Twice as many take eight times as long to learn, and 1.2 GB instead of 0.3."""
NEIGHBOURS: Final = 200
RIDGE: Final = 300.0


@dataclass(frozen=True, slots=True)
class Ease:
    """A trained model: a row and a column of `weights` for each Pin of `ns`, the most popular ones."""

    ns: NDArray[np.int64]
    weights: Factors

    def scores(self, rows: NDArray[np.int64]) -> Factors:
        """The score of every Pin of `ns` for a user who saved those of these rows."""
        return np.asarray(self.weights[rows].sum(axis=0), np.float32)

    def thinned(self, neighbours: int = NEIGHBOURS) -> Thinned:
        """The same with the strongest weights of each Pin alone: a fiftieth of the memory, nearly as good."""
        kept = min(neighbours, self.ns.size)
        strength = np.abs(self.weights)
        columns = np.sort(np.argpartition(-strength, kept - 1, axis=1)[:, :kept] if kept else strength, axis=1)
        columns = columns.astype(np.int32)
        return Thinned(self.ns, columns, np.take_along_axis(self.weights, columns, axis=1))


@dataclass(frozen=True, slots=True)
class Thinned:
    """For each Pin of `ns` those that it speaks most for or against, as places in `ns`, and how much: `columns` and
    `weights` (Pins, neighbours), int32 and float32."""

    ns: NDArray[np.int64]
    columns: NDArray[np.int32]
    weights: Factors

    def scores(
        self, saved: NDArray[np.int64], weights: NDArray[np.float64], asked: NDArray[np.int64]
    ) -> NDArray[np.float64] | None:
        """What it thinks of each asked Pin for somebody who saved these, NaN of one that it does not know.
        None when it knows none of the saved or of the asked."""
        own, there = known.rows(self.ns, saved)
        at, heard = known.rows(self.ns, asked)
        if not there.any() or not heard.any():
            return None
        rows = own[there]
        said = self.weights[rows] * weights[there][:, None]
        found = np.bincount(self.columns[rows].ravel(), weights=said.ravel(), minlength=self.ns.size)
        return known.only(found[at], heard)


def train(boards: NDArray[Any], pins: NDArray[Any], *, head: int = HEAD, ridge: float = RIDGE) -> Ease:
    """A model of the pairs (board, Pin), each once, over the `head` Pins on most boards. 5,000 Pins take 0.3 GB."""
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
