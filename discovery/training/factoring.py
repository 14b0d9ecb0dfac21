"""The compiled loops of iALS: least squares of one side while the other is held."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

Factors = NDArray[np.float32]
_SWEEPS: Final = 3


@njit(cache=True, nogil=True, fastmath=True)
def solve_all(starts: Any, items: Any, other: Factors, gram: Factors, ridges: Factors, out: Factors) -> None:
    """For each row u solves (α₀ G + Σ_i y_i y_iᵀ + λ_u I) x = Σ_i y_i over its items i, into `out`, from what is there.

    `gram` is α₀ YᵀY. Conjugate gradients, a few sweeps from the last solution: as good as exact between two epochs.
    Source: Takács, Pilászy, Tikk, "Applications of the conjugate gradient method for implicit feedback", RecSys 2011.
    """
    dim = other.shape[1]
    residual, way, image = np.empty(dim, np.float32), np.empty(dim, np.float32), np.empty(dim, np.float32)
    for u in range(starts.size - 1):
        low, high = starts[u], starts[u + 1]
        if low == high:
            out[u] = 0.0
            continue
        _image(other, items, low, high, gram, ridges[u], out[u], image)
        for d in range(dim):
            residual[d] = -image[d]
        for j in range(low, high):
            for d in range(dim):
                residual[d] += other[items[j], d]
        rest = np.float32(0.0)
        for d in range(dim):
            way[d] = residual[d]
            rest += residual[d] * residual[d]
        for _ in range(_SWEEPS):
            if rest < 1e-10:
                break
            _image(other, items, low, high, gram, ridges[u], way, image)
            along = np.float32(0.0)
            for d in range(dim):
                along += way[d] * image[d]
            step, before = rest / along, rest
            rest = np.float32(0.0)
            for d in range(dim):
                out[u, d] += step * way[d]
                residual[d] -= step * image[d]
                rest += residual[d] * residual[d]
            turn = rest / before
            for d in range(dim):
                way[d] = residual[d] + turn * way[d]


@njit(cache=True, nogil=True, fastmath=True)
def _image(
    other: Factors, items: Any, low: int, high: int, gram: Factors, ridge: Any, x: Factors, out: Factors
) -> None:
    dim = other.shape[1]
    for d in range(dim):
        out[d] = ridge * x[d]
    for e in range(dim):
        for d in range(dim):
            out[d] += gram[e, d] * x[e]
    for j in range(low, high):
        along = np.float32(0.0)
        for d in range(dim):
            along += other[items[j], d] * x[d]
        for d in range(dim):
            out[d] += along * other[items[j], d]


@njit(cache=True, nogil=True)
def count_together(starts: Any, items: Any, most: int, out: Factors) -> None:
    """Adds 1 to `out[i, j]` for each two items of a row, every item with itself as well. Of a row with more than `most`
    items at most so many count, evenly taken."""
    for u in range(starts.size - 1):
        low, high = starts[u], starts[u + 1]
        step = max(1, (high - low + most - 1) // most)
        for i in range(low, high, step):
            line = out[items[i]]
            for j in range(low, high, step):
                line[items[j]] += np.float32(1.0)
