"""How much more or less than declared each source of a feed counts, learnt from what viewers took of what they saw.

A feed's blend adds up what its sources say of a Pin, by declared weights. Each impression keeps these parts; here they
are held against what was taken, and each source's weight gets a factor.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from discovery import newton
from discovery.parts import SOURCES
from domain.acts import PROPENSITY_LEAST
from domain.model import Source

Floats = NDArray[np.float64]

TAKEN_MIN: Final = 300
"""With fewer Pins taken, or fewer people who took one than VIEWERS_MIN, the declared weights stay."""
VIEWERS_MIN: Final = 20
SLATES_EACH_MAX: Final = 40
"""Of each viewer the newest so many pages count: nobody teaches alone."""
FACTOR_MAX: Final = 3.0
"""No weight becomes more than so many times what is declared, or less than one so many-th."""
_SPREAD: Final = 0.5
"""The prior of each factor: normal around 1, of this deviation."""
_SCALE_MIN: Final = 1e-3
_SCALE_MAX: Final = 20.0
_ROUNDS: Final = 6
_HELD_OUT: Final = 5
"""One viewer of so many is kept out of the learning, to see whether what was learnt is true of others."""
_FIXED: Final = frozenset({Source.EXPLORE})
"""What explores is not to learn that it explores in vain."""


@dataclass(frozen=True, slots=True)
class Exposures:
    """What viewers were shown, a row each: arrays of one length.

    `slates` names what was shown together, `viewers` to whom. `parts` (rows, sources) is what each source had added by
    the declared weights, in the order of SOURCES; `looked` how likely the place is looked at, above 0; `taken` what the
    strongest act says of taste (domain/acts.py), 0 where nothing was done.
    """

    slates: NDArray[np.int64]
    viewers: NDArray[np.int64]
    parts: Floats
    looked: Floats
    taken: Floats


@dataclass(frozen=True, slots=True)
class Leanings:
    """What was learnt: by source the factor of its declared weight, 1 where none is named.

    From `taken` Pins of `viewers`. `gain` is how much likelier, in nats a Pin, the factors make what viewers took who
    were kept out of the learning; where they make it no likelier, there are none.
    """

    factors: Mapping[Source, float] = field(default_factory=dict)
    taken: int = 0
    viewers: int = 0
    gain: float = 0.0
    learnt_ms: int = 0


def learn(shown: Exposures, *, now_ms: int, corrected: bool = True) -> Leanings | None:
    """The factors under which what was taken is likeliest; None with too little to learn from.

    A conditional logit: of what a slate showed, a Pin was taken with probability exp(u) / Σ exp(u), u the scaled sum of
    factor · part. What was taken counts by its act and by the inverse of how likely its place is looked at, clipped
    (PROPENSITY_LEAST): so a Pin that stood low and was taken speaks for those that nobody scrolled down to. The prior
    holds each factor at 1 until there is enough that says otherwise; the sum of the weights is the effective number of
    Pins taken, so that few heavy ones are not taken for many. `corrected=False` forgets the places, for comparison.

    Sources: McFadden 1974 (the logit); Joachims, Swaminathan, Schnabel, WSDM 2017 (inverse propensity); Kish 1965 (the
    effective number).
    """
    whole = _Trials.of(shown, corrected=corrected)
    viewers = np.unique(whole.viewers[whole.weights > 0])
    count = int((whole.weights > 0).sum())
    if count < TAKEN_MIN or viewers.size < VIEWERS_MIN:
        return None
    held = np.isin(shown.viewers, viewers[::_HELD_OUT])
    others = _fitted(_Trials.of(_those(shown, ~held), corrected=corrected))
    kept = _Trials.of(_those(shown, held), corrected=corrected)
    gain = (_best_scale(kept, others)[1] - _best_scale(kept, np.ones_like(others))[1]) / kept.weights.sum()
    factors = _fitted(whole) if gain > 0 else np.ones_like(others)
    named = {source: round(float(f), 3) for source, f in zip(SOURCES, factors, strict=True) if abs(f - 1) >= 1e-3}
    return Leanings(named, count, int(viewers.size), round(float(gain), 5), now_ms)


@dataclass(frozen=True, slots=True)
class _Trials:
    """The slates of which something was taken: rows in order of slate, `starts` where each begins."""

    parts: Floats
    weights: Floats
    viewers: NDArray[np.int64]
    starts: NDArray[np.int64]
    sizes: NDArray[np.int64]

    @classmethod
    def of(cls, shown: Exposures, *, corrected: bool) -> _Trials:
        order = np.argsort(shown.slates, kind="stable")
        slates, taken = shown.slates[order], shown.taken[order]
        _, codes, sizes = np.unique(slates, return_inverse=True, return_counts=True)
        some = np.bincount(codes, taken) > 0 if codes.size else np.zeros(0, np.bool_)
        keep = some[codes] & (sizes[codes] > 1)
        rows = order[keep]
        weights = taken[keep]
        if corrected:
            weights = weights / np.maximum(PROPENSITY_LEAST, shown.looked[rows])
        total = float(weights.sum())
        if total > 0:
            weights = weights * (total / float((weights**2).sum()))
        _, starts, sizes = np.unique(slates[keep], return_index=True, return_counts=True)
        return cls(shown.parts[rows], weights, shown.viewers[rows], starts, sizes)

    def told(self, table: Floats, found: Floats) -> tuple[float, Floats, Floats]:
        """The weighted log-likelihood of utilities table @ found, its slope and its negative curvature."""
        if not self.starts.size:
            return 0.0, np.zeros(found.size), np.zeros((found.size, found.size))
        worth = table @ found
        worth = worth - np.repeat(np.maximum.reduceat(worth, self.starts), self.sizes)
        chance = np.exp(worth)
        sums = np.add.reduceat(chance, self.starts)
        chance /= np.repeat(sums, self.sizes)
        each = np.add.reduceat(self.weights, self.starts)
        mean = np.add.reduceat(chance[:, None] * table, self.starts, axis=0)
        value = float(self.weights @ worth - each @ np.log(sums))
        slope = self.weights @ table - each @ mean
        spread = chance * np.repeat(each, self.sizes)
        bend = (table * spread[:, None]).T @ table - (mean * each[:, None]).T @ mean
        return value, np.asarray(slope), np.asarray(bend)


def _fitted(trials: _Trials) -> Floats:
    """The factor of each source, within its bounds."""
    sources = trials.parts.shape[1]
    prior = np.array([1e9 if source in _FIXED else _SPREAD**-2 for source in SOURCES])
    factors = np.ones(sources)
    for _ in range(_ROUNDS):
        scale, _ = _best_scale(trials, factors)
        found = _likeliest(trials, trials.parts * scale, np.ones(sources), prior, factors)
        moved, factors = float(np.abs(found - factors).max()), found
        if moved < 1e-3:
            break
    return np.clip(factors, 1 / FACTOR_MAX, FACTOR_MAX)


def _best_scale(trials: _Trials, factors: Floats) -> tuple[float, float]:
    """What the blended scores are multiplied with to be utilities, and how likely what was taken is then."""
    table = (trials.parts @ factors)[:, None]
    # Hardly held: where the scores say nothing of what is taken, it is this that falls, and no factor has to.
    found = _likeliest(trials, table, np.ones(1), np.full(1, 0.01), np.ones(1))
    scale = np.clip(found, _SCALE_MIN, _SCALE_MAX)
    return float(scale[0]), trials.told(table, scale)[0]


def _likeliest(trials: _Trials, table: Floats, centre: Floats, prior: Floats, found: Floats) -> Floats:
    """The coefficients of largest posterior, by Newton's method: it is concave."""

    def worth(at: Floats) -> newton.Told:
        value, slope, bend = trials.told(table, at)
        away = at - centre
        return value - 0.5 * float(prior @ away**2), slope - prior * away, bend + np.diag(prior)

    return newton.highest(worth, found)


def _those(shown: Exposures, which: NDArray[np.bool_]) -> Exposures:
    return Exposures(*(column[which] for column in _columns(shown)))


def _columns(shown: Exposures) -> tuple[NDArray[Any], ...]:
    return shown.slates, shown.viewers, shown.parts, shown.looked, shown.taken
