"""The few Pins that stand for many: one for each cluster of looks, as PinnerSage does (Pal et al., KDD 2020)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from vectors.embedder import FloatArray

CLUSTERS_MAX: Final = 5
_MERGE_BELOW: Final = 0.6
"""Ward's cost above which two clusters are different interests. Two lone unit vectors cost half their squared distance:
they join when their cosine is above 0.4."""


def medoids(vectors: FloatArray, weights: Sequence[float]) -> list[tuple[int, float]]:
    """(row, weight) of each cluster's medoid, heaviest cluster first, at most CLUSTERS_MAX.

    `vectors` (n, dim) are unit rows, n ≤ some tens: clusters are joined by Ward's rule until joining costs too much and
    they are few enough. A medoid is the row nearest to its cluster's weighted mean; its weight is the cluster's sum.
    """
    count = len(vectors)
    clusters: list[list[int]] = [[i] for i in range(count)]
    # Ward's cost of joining, kept up by the formula of Lance and Williams: d(ij, k) from d(i, k), d(j, k) and d(i, j).
    cost = np.maximum(1.0 - vectors.astype(np.float64) @ vectors.T.astype(np.float64), 0.0)
    np.fill_diagonal(cost, np.inf)
    sizes = np.ones(count)
    left = count
    while left > 1:
        i, j = divmod(int(np.argmin(cost)), count)
        if cost[i, j] > _MERGE_BELOW and left <= CLUSTERS_MAX:
            break
        with np.errstate(invalid="ignore"):
            joined = (sizes[i] + sizes) * cost[i] + (sizes[j] + sizes) * cost[j] - sizes * cost[i, j]
            joined /= sizes[i] + sizes[j] + sizes
        joined[[i, j]] = np.inf
        joined[np.isinf(cost[i]) | np.isinf(cost[j])] = np.inf
        cost[i], cost[:, i] = joined, joined
        cost[j], cost[:, j] = np.inf, np.inf
        sizes[i] += sizes[j]
        clusters[i] += clusters[j]
        clusters[j] = []
        left -= 1
    mass = np.asarray(weights, np.float64)
    chosen = []
    for rows in filter(None, clusters):
        mean = (vectors[rows] * mass[rows, None]).sum(axis=0)
        best = max(rows, key=lambda row: (float(vectors[row] @ mean), -row))
        chosen.append((best, float(mass[rows].sum())))
    return sorted(chosen, key=lambda pair: (-pair[1], pair[0]))
