"""Blends what the walk reached with what models think of it, and learns the models' weights against the walk's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SHORTLIST: Final = 2_000
"""So many of the walk's best are blended: of the first hundred alone little of the gain comes."""
RIVALS: Final = 100
"""Candidates of the shortlist, by chance, that the wanted one of a trial is held against."""
TRIALS_MIN: Final = 50
WEIGHT_MAX: Final = 4.0
_PRIOR: Final = 1e-3
_TURNS: Final = 30
_HALVINGS: Final = 20
_LEAST: Final = 1e-12


@dataclass(frozen=True, slots=True)
class Blend:
    """z(√walk) + Σ weightᵢ · z(modelᵢ), each standardised over the same shortlist.

    The square root tames the long tail of the walk's scores without losing what stands out. Where a model does not know
    a candidate (NaN) it counts as an average one of the shortlist. `means` and `spreads` have
    an entry for the walk and one for each model, `weights` one for each model.
    """

    means: Floats
    spreads: Floats
    weights: Floats

    @classmethod
    def over(cls, walk: Floats, models: Floats, weights: Sequence[float]) -> Blend:
        """The blend of a shortlist's scores: walk (pins,), models (models, pins). What is all alike counts for
        nothing."""
        columns = _columns(walk, models)
        count = np.maximum((~np.isnan(columns)).sum(axis=1), 1)
        means = np.nansum(columns, axis=1) / count
        spreads = np.sqrt(np.nansum((columns - means[:, None]) ** 2, axis=1) / count)
        spreads[spreads <= _LEAST] = np.inf
        return cls(means, spreads, np.asarray(weights, np.float64))

    def parts(self, walk: Floats, models: Floats) -> Floats:
        """(1 + models, pins): z(√walk) and each z(model) of these; 0 in `walk` where it did not reach one."""
        parts = (_columns(walk, models) - self.means[:, None]) / self.spreads[:, None]
        return np.nan_to_num(parts, copy=False, nan=0.0)

    def scores(self, walk: Floats, models: Floats) -> Floats:
        """The blended scores of these candidates; 0 in `walk` where it did not reach one."""
        parts = self.parts(walk, models)
        return np.asarray(parts[0] + self.weights @ parts[1:])


def blended(walk: Floats, models: Floats, weights: Sequence[float]) -> Floats:
    """The blended scores of a shortlist itself."""
    return Blend.over(walk, models, weights).scores(walk, models)


def trial(walk: Floats, models: Floats, wanted: int, rng: np.random.Generator) -> Floats:
    """(1 + models, 1 + RIVALS): z(√walk) and each z(model) of the shortlist's candidate at `wanted`, then of others by
    chance."""
    others = rng.integers(0, walk.size, RIVALS)
    return np.asarray(Blend.over(walk, models, [0.0] * len(models)).parts(walk, models)[:, [wanted, *others]])


def best_weights(trials: Sequence[Floats], default: Sequence[float]) -> tuple[float, ...]:
    """Each model's weight, against the walk's 1, under which the wanted candidates are likeliest; from 0 to WEIGHT_MAX.

    A conditional logit: the wanted one is chosen among its rivals with probability exp(u) / Σ exp(u), u = a · z(√walk)
    + Σ bᵢ · z(modelᵢ). Its likelihood is concave, every trial counts with all its scores, and rivals drawn by chance
    leave the estimate right: it does not jump as ranks do. The weights are bᵢ / a; a model that would weigh less than
    nothing is left out, and the others are weighed anew. Fewer than TRIALS_MIN give `default`.
    Source: McFadden, "Modelling the choice of residential location", 1978.
    """
    if len(trials) < TRIALS_MIN:
        return tuple(default)
    table = np.stack(trials)
    weights, left = np.zeros(len(default)), list(range(len(default)))
    while left:
        walk, *models = _likeliest(table[:, [0, *(1 + i for i in left)]])
        if walk <= _LEAST:
            return tuple(WEIGHT_MAX for _ in default) if max(models) > 0 else tuple(default)
        if (least := min(models)) < 0:
            left.pop(models.index(least))
            continue
        weights[left] = np.minimum(np.array(models) / walk, WEIGHT_MAX)
        break
    return tuple(weights.tolist())


def _likeliest(table: Floats) -> Floats:
    """The coefficients of the conditional logit of (trials, columns, candidates), the first candidate chosen: Newton's
    method, each step halved until the likelihood grows (far from the best a whole step may leap past it), with a weak
    normal prior for data that any size of coefficients would fit."""
    prior = _PRIOR * len(table) * np.eye(table.shape[1])
    found = np.zeros(table.shape[1])
    likely, chance = _chances(table, found, prior)
    for _ in range(_TURNS):
        mean = np.einsum("tcj,tj->tc", table, chance)
        slope = (table[:, :, 0] - mean).sum(axis=0) - prior @ found
        bend = np.einsum("tcj,tdj,tj->cd", table, table, chance, optimize=True) - mean.T @ mean + prior
        step = np.linalg.solve(bend, slope)
        for _ in range(_HALVINGS):
            ahead, chances = _chances(table, found + step, prior)
            if ahead >= likely:
                found, likely, chance = found + step, ahead, chances
                break
            step = step / 2
        else:
            break
        if np.abs(step).max() < 1e-9:
            break
    return found


def _chances(table: Floats, found: Floats, prior: Floats) -> tuple[float, Floats]:
    """The logarithm of the likelihood, with the prior's part, and each candidate's chance of being chosen."""
    worth = np.einsum("tcj,c->tj", table, found)
    worth -= worth.max(axis=1, keepdims=True)
    chance = np.exp(worth)
    whole = chance.sum(axis=1, keepdims=True)
    likely = float((worth[:, 0] - np.log(whole[:, 0])).sum() - found @ prior @ found / 2)
    return likely, chance / whole


def _columns(walk: Floats, models: Floats) -> Floats:
    return np.vstack([np.sqrt(np.maximum(walk, 0.0)), models])
