"""Blends what the walk reached with what the model thinks of it, and learns the weight of the one against the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from discovery import newton

Floats = NDArray[np.float64]

SHORTLIST: Final = 2_000
"""So many of the walk's best are blended: of the first hundred alone little of the gain comes."""
RIVALS: Final = 100
"""Candidates of the shortlist, by chance, that the wanted one of a trial is held against."""
TRIALS_MIN: Final = 50
WEIGHT_MAX: Final = 4.0
_PRIOR: Final = 1e-3
_LEAST: Final = 1e-12


@dataclass(frozen=True, slots=True)
class Blend:
    """z(√walk) + weight · z(model), both standardised over the same shortlist.

    The square root tames the long tail of the walk's scores without losing what stands out. A Pin that the model does
    not know (NaN) counts as an average one of the shortlist.
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

    def parts(self, walk: Floats, model: Floats) -> tuple[Floats, Floats]:
        """z(√walk) and z(model) of these candidates; 0 in `walk` where it did not reach one."""
        root = np.sqrt(np.maximum(walk, 0.0))
        thought = (model - self.model_mean) / self.model_spread
        return (root - self.walk_mean) / self.walk_spread, np.nan_to_num(thought, copy=False, nan=0.0)

    def scores(self, walk: Floats, model: Floats) -> Floats:
        """The blended scores of these candidates; 0 in `walk` where it did not reach one."""
        reached, thought = self.parts(walk, model)
        return np.asarray(reached + self.weight * thought)


def blended(walk: Floats, model: Floats, weight: float) -> Floats:
    """The blended scores of a shortlist itself."""
    return Blend.over(walk, model, weight).scores(walk, model)


def trial(walk: Floats, model: Floats, wanted: int, rng: np.random.Generator) -> Floats:
    """(2, 1 + RIVALS): z(√walk) and z(model) of the shortlist's candidate at `wanted`, then of others by chance."""
    others = rng.integers(0, walk.size, RIVALS)
    return np.stack(Blend.over(walk, model, 0.0).parts(walk, model))[:, [wanted, *others]]


def best_weight(trials: Sequence[Floats], default: float) -> float:
    """The model's weight, against the walk's 1, under which the wanted candidates are likeliest; from 0 to WEIGHT_MAX.

    A conditional logit: the wanted one is chosen among its rivals with probability exp(u) / Σ exp(u), u = a · z(√walk)
    + b · z(model). Its likelihood is concave, every trial counts with all its scores, and rivals drawn by chance leave
    the estimate right: it does not jump as ranks do. The weight is b / a. Fewer than TRIALS_MIN give `default`.
    Source: McFadden, "Modelling the choice of residential location", 1978.
    """
    if len(trials) < TRIALS_MIN:
        return default
    walk, model = _likeliest(np.stack(trials))
    if walk <= _LEAST:
        return WEIGHT_MAX if model > 0 else default
    return float(np.clip(model / walk, 0.0, WEIGHT_MAX))


def _likeliest(table: Floats) -> Floats:
    """The coefficients of the conditional logit of (trials, columns, candidates), the first candidate chosen, with a
    weak normal prior for data that any size of coefficients would fit."""
    prior = _PRIOR * len(table) * np.eye(table.shape[1])

    def told(at: Floats) -> newton.Told:
        worth = np.einsum("tcj,c->tj", table, at)
        worth -= worth.max(axis=1, keepdims=True)
        chance = np.exp(worth)
        whole = chance.sum(axis=1, keepdims=True)
        chance /= whole
        mean = np.einsum("tcj,tj->tc", table, chance)
        value = float((worth[:, 0] - np.log(whole[:, 0])).sum() - at @ prior @ at / 2)
        slope = (table[:, :, 0] - mean).sum(axis=0) - prior @ at
        bend = np.einsum("tcj,tdj,tj->cd", table, table, chance, optimize=True) - mean.T @ mean + prior
        return value, slope, bend

    return newton.highest(told, np.zeros(table.shape[1]))


def _scale(values: Floats) -> tuple[float, float]:
    known = values[~np.isnan(values)]
    if not known.size:
        return 0.0, np.inf
    spread = float(known.std())
    return float(known.mean()), spread if spread > _LEAST else np.inf
