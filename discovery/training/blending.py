"""Blends what the walk reached with what the model thinks of it, and learns the weight of the one against the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SHORTLIST: Final = 1_000
"""So many of the walk's best are blended: of the first hundred alone little of the gain comes."""
WEIGHTS: Final = (0.0, 0.15, 0.3, 0.45, 0.6, 0.8, 1.0, 1.3, 1.7, 2.2)
_JUDGED_MAX: Final = 100
_LEAST: Final = 1e-12


@dataclass(frozen=True, slots=True)
class Blend:
    """z(√walk) + weight · z(model), both standardised over the same shortlist.

    The square root tames the long tail of the walk's scores without losing what stands out.
    """

    walk_mean: float
    walk_spread: float
    model_mean: float
    model_spread: float
    weight: float

    @classmethod
    def over(cls, walk: Floats, model: Floats, weight: float) -> Blend:
        """The blend of a shortlist's scores. What is all alike counts for nothing."""
        if not walk.size:
            return cls(0.0, np.inf, 0.0, np.inf, weight)
        root = np.sqrt(np.maximum(walk, 0.0))
        return cls(*_scale(root), *_scale(model), weight)

    def scores(self, walk: Floats, model: Floats) -> Floats:
        """The blended scores of these candidates; 0 in `walk` where it did not reach one."""
        root = np.sqrt(np.maximum(walk, 0.0))
        return np.asarray(
            (root - self.walk_mean) / self.walk_spread + self.weight * ((model - self.model_mean) / self.model_spread)
        )


def blended(walk: Floats, model: Floats, weight: float) -> Floats:
    """The blended scores of a shortlist itself."""
    return Blend.over(walk, model, weight).scores(walk, model)


def best_weight(trials: Sequence[tuple[Floats, Floats, int]], default: float) -> float:
    """The weight under which the wanted candidates rank best: of each trial the walk's scores, the model's, and the
    place of the one that was held out. Judged by the mean of 1 / log₂(rank + 1) among the first 100."""
    totals = [sum(_gain(blended(walk, model, w), at) for walk, model, at in trials) for w in WEIGHTS]
    return WEIGHTS[int(np.argmax(totals))] if trials else default


def _gain(scores: Floats, wanted: int) -> float:
    rank = int((scores > scores[wanted]).sum()) + 1
    return float(1 / np.log2(rank + 1)) if rank <= _JUDGED_MAX else 0.0


def _scale(values: Floats) -> tuple[float, float]:
    spread = float(values.std())
    return float(values.mean()), spread if spread > _LEAST else np.inf
