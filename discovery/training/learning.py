"""What the worker trains: the models and their weights in the blend, from the public saves."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from discovery.training import ease, ials
from discovery.training.blending import SHORTLIST, Floats, best_weights, trial
from discovery.training.ease import Ease
from discovery.training.ials import Ials
from discovery.walk import deposit
from discovery.walk.flat import Flat
from domain.ids import PinN

HELD_OUT: Final = 5_000
"""At most so many boards each keep one Pin from the training, to learn the blend by."""
_HELD_OUT_SHARE: Final = 0.02
"""And at most this share of all saves: too few for the model to miss them."""
_ON_MIN: Final = 3
BEGINNINGS: Final = 2
"""Models of iALS from so many random beginnings: what they do not agree on is chance."""
WEIGHTS_DEFAULT: Final = (0.5, 0.5, 0.0)


@dataclass(frozen=True, slots=True)
class Learnt:
    """The models, their weights against the walk's 1 in the same order, and how many saves there were."""

    ials: tuple[Ials, ...]
    ease: Ease
    weights: tuple[float, ...]
    saves: int

    @property
    def models(self) -> tuple[Ials | Ease, ...]:
        """All of them, in the order of their weights."""
        return (*self.ials, self.ease)

    @property
    def pins(self) -> int:
        """How many Pins iALS knows."""
        return int(self.ials[0].ns.size)

    def opinions(
        self, saved: NDArray[np.int64], weights: NDArray[np.float64], asked: NDArray[np.int64]
    ) -> Floats | None:
        """(models, asked): what each iALS and EASE think of each asked Pin for somebody who saved these, NaN where one
        does not know it. None when none knows anything of it."""
        found = [model.scores(saved, weights, asked) for model in self.models]
        if all(one is None for one in found):
            return None
        return np.stack([np.full(len(asked), np.nan) if one is None else one for one in found])


def learn(boards: NDArray[Any], pins: NDArray[Any], *, seed: int = 0, cores: int = 2, head: int = ease.HEAD) -> Learnt:
    """Trains on all pairs (board, Pin), each once, but for the few held out, by which the weights are chosen.

    EASE is of the `head` Pins on most boards.
    """
    rng = np.random.default_rng(seed)
    held = _held_out(boards, rng)
    keep = np.ones(boards.size, np.bool_)
    keep[held] = False
    untried = Learnt(
        tuple(
            ials.train(boards[keep], pins[keep], recipe=ials.BLENDED, seed=seed + i, cores=cores)
            for i in range(BEGINNINGS)
        ),
        ease.train(boards[keep], pins[keep], recipe=ease.BLENDED, head=head),
        WEIGHTS_DEFAULT,
        int(boards.size),
    )
    flat = Flat.build(boards[keep].astype(np.int64), pins[keep].astype(np.int64))
    tried = (_trial(flat, untried, int(boards[at]), int(pins[at]), rng) for at in held.tolist())
    trials = [one for one in tried if one is not None]
    return replace(untried, weights=best_weights(trials, WEIGHTS_DEFAULT))


def _held_out(boards: NDArray[Any], rng: np.random.Generator) -> NDArray[np.int64]:
    """The places of pairs: one by chance of each of some boards that have a few."""
    shuffled = rng.permutation(boards.size)
    _, first = np.unique(boards[shuffled], return_index=True)
    sizes = np.bincount(boards)
    one_each = shuffled[first]
    large = one_each[sizes[boards[one_each]] >= _ON_MIN]
    return np.sort(rng.permutation(large)[: min(HELD_OUT, int(_HELD_OUT_SHARE * boards.size))])


def _trial(flat: Flat, learnt: Learnt, board: int, wanted: int, rng: np.random.Generator) -> Floats | None:
    """What the walk and the models say of the wanted Pin and its rivals; None when the walk did not reach it, or iALS
    does not know it: nothing is learnt from a Pin that is on no other board."""
    on = flat.pins_of(board)
    ranking = deposit.ranked(flat, [(PinN(int(n)), 1.0) for n in on], limit=SHORTLIST, hops_max=1)
    at = np.flatnonzero(ranking.pins == wanted)
    opinions = learnt.opinions(on, np.ones(on.size), ranking.pins) if at.size else None
    if opinions is None or np.isnan(opinions[0, at[0]]):
        return None
    return trial(ranking.scores, opinions, int(at[0]), rng)


def warm() -> None:
    """Compiles the loops of training, or reads them from numba's cache."""
    boards, pins = np.indices((8, 8)).reshape(2, -1)
    ials.train(boards, pins, epochs=1, cores=1)
    ease.train(boards, pins)
