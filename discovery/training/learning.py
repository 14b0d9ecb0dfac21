"""What the worker trains: the models and their weights in the blend, from the public saves."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from discovery.training import ials
from discovery.training.blending import SHORTLIST, Floats, best_weights, trial
from discovery.training.ials import Ials, Recipe
from discovery.walk import deposit
from discovery.walk.flat import Flat
from domain.ids import PinN

HELD_OUT: Final = 5_000
"""At most so many boards each keep one Pin from the training, to learn the blend by."""
_HELD_OUT_SHARE: Final = 0.02
"""And at most this share of all saves: too few for the model to miss them."""
_ON_MIN: Final = 3
RECIPES: Final = (
    Recipe(factors=128, ridge=0.003, unobserved=0.1),
    Recipe(factors=128, ridge=0.012, unobserved=0.03),
)
"""One that knows the head well, and one that is smoother and knows the tail: docs/feeds.md."""
WEIGHTS_DEFAULT: Final = (0.5, 0.5)


@dataclass(frozen=True, slots=True)
class Learnt:
    """Models, their weights against the walk's 1, and how many saves there were."""

    models: tuple[Ials, ...]
    weights: tuple[float, ...]
    saves: int

    @property
    def pins(self) -> int:
        """How many Pins the models know."""
        return self.models[0].ns.size if self.models else 0

    def opinions(
        self, saved: NDArray[np.int64], weights: NDArray[np.float64], asked: NDArray[np.int64]
    ) -> Floats | None:
        """(models, asked): what each model thinks of each asked Pin for somebody who saved these. None when none of
        them knows anything of it; one that does not thinks the same of all."""
        found = [model.scores(saved, weights, asked) for model in self.models]
        if all(one is None for one in found):
            return None
        return np.stack([np.zeros(asked.size) if one is None else one for one in found])


def learn(boards: NDArray[Any], pins: NDArray[Any], *, seed: int = 0, cores: int = 2) -> Learnt:
    """Trains on all pairs (board, Pin), each once, but for the few held out, by which the weights are chosen."""
    rng = np.random.default_rng(seed)
    held = _held_out(boards, rng)
    keep = np.ones(boards.size, np.bool_)
    keep[held] = False
    models = tuple(ials.train(boards[keep], pins[keep], recipe=recipe, seed=seed, cores=cores) for recipe in RECIPES)
    untried = Learnt(models, WEIGHTS_DEFAULT, int(boards.size))
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
    """What the walk and the models say of the wanted Pin and its rivals; None when the walk did not reach it, or no
    model knows the board."""
    on = flat.pins_of(board)
    ranking = deposit.ranked(flat, [(PinN(int(n)), 1.0) for n in on], limit=SHORTLIST, hops_max=1)
    at = np.flatnonzero(ranking.pins == wanted)
    if not at.size:
        return None
    opinions = learnt.opinions(on, np.ones(on.size), ranking.pins)
    return None if opinions is None else trial(ranking.scores, opinions, int(at[0]), rng)


def warm() -> None:
    """Compiles the loops of training, or reads them from numba's cache."""
    boards, pins = np.indices((8, 8)).reshape(2, -1)
    ials.train(boards, pins, epochs=1, cores=1)
