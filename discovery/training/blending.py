"""Blends what the walk reached with what the models think of it, and learns the weights of these against the walk's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from discovery import newton

Floats = NDArray[np.float64]
Bend = Callable[[Floats], Floats]

SHORTLIST: Final = 2_000
"""So many of the walk's best are blended: of the first hundred alone little of the gain comes."""
RIVALS: Final = 500
"""Candidates of the shortlist, by chance, that the wanted one of a trial is held against."""
TRIALS_MIN: Final = 50
WEIGHT_MAX: Final = 4.0
_PRIOR: Final = 1e-3
_LEAST: Final = 1e-12


class Scale(NamedTuple):
    """The mean and the spread that scores are standardised by. A spread of infinity: they count for nothing."""

    mean: float
    spread: float

    @classmethod
    def of(cls, scores: Floats) -> Scale:
        """That of these scores, NaN not counted; what is all alike counts for nothing."""
        told = scores[~np.isnan(scores)]
        spread = float(told.std()) if told.size else 0.0
        return cls(float(told.mean()), spread) if spread > _LEAST else cls(0.0, np.inf)

    def z(self, scores: Floats) -> Floats:
        """The scores, standardised."""
        return (scores - self.mean) / self.spread


_AS_IT_IS: Final = Scale(0.0, 1.0)


class Tamed(NamedTuple):
    """Scores standardised over a shortlist, bent, and standardised again."""

    first: Scale
    bend: Bend
    last: Scale

    @classmethod
    def over(cls, scores: Floats, first: Scale, bend: Bend) -> Tamed:
        """That of a shortlist's scores."""
        return cls(first, bend, Scale.of(bend(first.z(scores))))

    def z(self, scores: Floats) -> Floats:
        """These scores, tamed; 0 where there is none (NaN)."""
        return np.nan_to_num(self.last.z(self.bend(self.first.z(scores))), copy=False, nan=0.0)


def _rooted(scores: Floats) -> Floats:
    return np.sqrt(np.maximum(scores, 0.0))


def _evened(z: Floats) -> Floats:
    return np.sqrt(np.maximum(z + 3.0, 0.0))


def _spoken_for(z: Floats) -> Floats:
    return np.log1p(np.maximum(z, 0.0))


BENDS: Final[tuple[Bend, ...]] = (_evened, _evened, _spoken_for)
"""For each model, in order: iALS, iALS from another beginning, EASE."""


@dataclass(frozen=True, slots=True)
class Blend:
    """z(√walk) + Σ aᵢ · z(√(3 + z(iALSᵢ))) + b · z(log(1 + max(0, z(EASE)))), each z over the same shortlist.

    Roots and logarithm tame long tails without losing what stands out. Of EASE only what speaks for a Pin is heard:
    what it says of most others is the noise of Pins that never met. A Pin that a model does not know (NaN) counts as an
    average one of the shortlist.
    """

    columns: tuple[Tamed, ...]
    weights: Floats

    @classmethod
    def over(cls, walk: Floats, models: Floats, weights: Sequence[float]) -> Blend:
        """The blend of a shortlist's scores: `walk` (pins,), `models` (models, pins), `weights` one for each model."""
        columns = [Tamed.over(walk, _AS_IT_IS, _rooted)]
        columns += [Tamed.over(one, Scale.of(one), bend) for one, bend in zip(models, BENDS, strict=True)]
        return cls(tuple(columns), np.asarray(weights, np.float64))

    def parts(self, walk: Floats, models: Floats) -> Floats:
        """(1 + models, pins): what the walk and each model say of these candidates, tamed; 0 in `walk` where it did not
        reach one."""
        return np.stack([column.z(said) for column, said in zip(self.columns, (walk, *models), strict=True)])

    def scores(self, walk: Floats, models: Floats) -> Floats:
        """The blended scores of these candidates; 0 in `walk` where it did not reach one."""
        reached, *thought = self.parts(walk, models)
        return np.asarray(reached + self.weights @ np.stack(thought))


def blended(walk: Floats, models: Floats, weights: Sequence[float]) -> Floats:
    """The blended scores of a shortlist itself."""
    return Blend.over(walk, models, weights).scores(walk, models)


def trial(walk: Floats, models: Floats, wanted: int, rng: np.random.Generator) -> Floats:
    """(1 + models, 1 + RIVALS): what is said of the shortlist's candidate at `wanted`, then of others by chance."""
    others = rng.integers(0, walk.size, RIVALS)
    return Blend.over(walk, models, [0.0] * len(models)).parts(walk, models)[:, [wanted, *others]]


def best_weights(trials: Sequence[Floats], default: tuple[float, ...]) -> tuple[float, ...]:
    """Each model's weight, against the walk's 1, under which the wanted candidates are likeliest; from 0 to WEIGHT_MAX.

    A conditional logit: the wanted one is chosen among its rivals with probability exp(u) / Σ exp(u), u = a · walk +
    Σ bᵢ · modelᵢ. Its likelihood is concave, every trial counts with all its scores, and rivals drawn by chance leave
    the estimate right: it does not jump as ranks do. The weights are bᵢ / a; a model that would weigh less than nothing
    is left out and the others are weighed anew. Fewer than TRIALS_MIN give `default`.
    Source: McFadden, "Modelling the choice of residential location", 1978.
    """
    if len(trials) < TRIALS_MIN:
        return default
    table = np.stack(trials)
    weights, left = np.zeros(len(default)), list(range(len(default)))
    while left:
        walk, *models = _likeliest(table[:, [0, *(1 + i for i in left)]]).tolist()
        if (least := min(models)) < 0:
            left.pop(models.index(least))
        elif walk <= _LEAST:
            return default if max(models) <= 0 else tuple(WEIGHT_MAX if i in left else 0.0 for i in range(len(default)))
        else:
            weights[left] = np.minimum(np.array(models) / walk, WEIGHT_MAX)
            break
    return tuple(weights.tolist())


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
