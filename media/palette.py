"""The few colours that make up a picture."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from media.lab import hex_of, to_lab, to_rgb

COLOURS_MAX: Final = 6

_CLUSTERS: Final = 8
_ROUNDS: Final = 8
_SHARE_MIN: Final = 0.02
_ALIKE: Final = 9.0  # CIE76 difference under which two clusters read as one colour.
_BINS: Final = 16


def palette(pixels: NDArray[np.uint8]) -> tuple[str, ...]:
    """One to six colours "#rrggbb" of an RGB array (height, width, 3), the largest share first. Deterministic.

    Weighted k-means in CIELAB over a colour histogram; clusters that look alike are joined, specks left out.
    """
    points, weights = _histogram(pixels)
    centres = _spread(points, weights)
    nearest = np.zeros(len(points), dtype=np.intp)
    for _ in range(_ROUNDS):
        nearest = ((points[:, None, :] - centres[None, :, :]) ** 2).sum(axis=2).argmin(axis=1)
        shares = _sums(nearest, weights, len(centres))
        for axis in range(3):
            sums = _sums(nearest, weights * points[:, axis], len(centres))
            centres[:, axis] = np.where(shares > 0, sums / np.maximum(shares, 1e-12), centres[:, axis])
    shares = _sums(nearest, weights, len(centres))
    joined = _join(centres, shares)
    kept = [centre for centre, share in joined if share >= _SHARE_MIN] or [joined[0][0]]
    return tuple(hex_of(colour) for colour in to_rgb(np.array(kept[:COLOURS_MAX])))


def _sums(nearest: NDArray[np.intp], values: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """The values added up by the cluster that each belongs to."""
    return np.bincount(nearest, values, minlength=count).astype(np.float64)


def _histogram(pixels: NDArray[np.uint8]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The mean Lab colour and the share of each occupied bin of the RGB cube."""
    flat = pixels.reshape(-1, 3)
    coarse = (flat >> 4).astype(np.int64)
    bins = (coarse[:, 0] * _BINS + coarse[:, 1]) * _BINS + coarse[:, 2]
    counts = np.bincount(bins, minlength=_BINS**3)
    occupied = np.flatnonzero(counts)
    means = np.stack([np.bincount(bins, flat[:, axis], minlength=_BINS**3)[occupied] for axis in range(3)], axis=1)
    return to_lab(means / counts[occupied, None]), counts[occupied] / len(flat)


def _spread(points: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """First centres: the largest bin, then each time the point that is both common and far from those chosen."""
    chosen = [int(weights.argmax())]
    far = ((points - points[chosen[0]]) ** 2).sum(axis=1)
    while len(chosen) < min(_CLUSTERS, len(points)):
        best = int((far * weights).argmax())
        if far[best] <= 0:
            break
        chosen.append(best)
        far = np.minimum(far, ((points - points[best]) ** 2).sum(axis=1))
    return points[chosen].copy()


def _join(centres: NDArray[np.float64], shares: NDArray[np.float64]) -> list[tuple[NDArray[np.float64], float]]:
    """(colour, share), largest first, those that look alike under the largest of them."""
    joined: list[tuple[NDArray[np.float64], float]] = []
    for index in np.argsort(-shares, kind="stable"):
        for place, (centre, share) in enumerate(joined):
            if np.linalg.norm(centre - centres[index]) < _ALIKE:
                joined[place] = (centre, share + float(shares[index]))
                break
        else:
            joined.append((centres[index], float(shares[index])))
    return sorted(joined, key=lambda pair: -pair[1])
