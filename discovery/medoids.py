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
    clusters = [[i] for i in range(len(vectors))]
    means = [np.asarray(row, np.float64) for row in vectors]
    while len(clusters) > 1:
        cost, i, j = _cheapest(means, [len(c) for c in clusters])
        if cost > _MERGE_BELOW and len(clusters) <= CLUSTERS_MAX:
            break
        size_i, size_j = len(clusters[i]), len(clusters[j])
        means[i] = (means[i] * size_i + means[j] * size_j) / (size_i + size_j)
        clusters[i] += clusters.pop(j)
        means.pop(j)
    mass = np.asarray(weights, np.float64)
    chosen = []
    for rows in clusters:
        mean = (vectors[rows] * mass[rows, None]).sum(axis=0)
        best = max(rows, key=lambda row: (float(vectors[row] @ mean), -row))
        chosen.append((best, float(mass[rows].sum())))
    return sorted(chosen, key=lambda pair: (-pair[1], pair[0]))


def _cheapest(
    means: Sequence[np.ndarray[tuple[int], np.dtype[np.float64]]], sizes: list[int]
) -> tuple[float, int, int]:
    points, n = np.stack(means), np.asarray(sizes, np.float64)
    squares = (points**2).sum(axis=1)
    distance = np.maximum(squares[:, None] + squares[None, :] - 2 * points @ points.T, 0.0)
    cost = distance * (n[:, None] * n[None, :]) / (n[:, None] + n[None, :])
    cost[np.tril_indices(len(n))] = np.inf
    i, j = divmod(int(np.argmin(cost)), len(n))
    return float(cost[i, j]), i, j
