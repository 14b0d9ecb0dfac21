"""What the worker trains: the model and its weight in the blend, from the public saves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from discovery.training import ials
from discovery.training.blending import SHORTLIST, Floats, best_weight, trial
from discovery.training.ials import Ials
from discovery.walk import deposit
from discovery.walk.flat import Flat
from domain.ids import PinN

HELD_OUT: Final = 5_000
"""At most so many boards each keep one Pin from the training, to learn the blend by."""
_HELD_OUT_SHARE: Final = 0.02
"""And at most this share of all saves: too few for the model to miss them."""
_ON_MIN: Final = 3
WEIGHT_DEFAULT: Final = 1.0


@dataclass(frozen=True, slots=True)
class Learnt:
    """A model, its weight against the walk's 1, and how many saves there were."""

    model: Ials
    weight: float
    saves: int


def learn(boards: NDArray[Any], pins: NDArray[Any], *, seed: int = 0, cores: int = 2) -> Learnt:
    """Trains on all pairs (board, Pin), each once, but for the few held out, by which the weight is chosen."""
    rng = np.random.default_rng(seed)
    held = _held_out(boards, rng)
    keep = np.ones(boards.size, np.bool_)
    keep[held] = False
    model = ials.train(boards[keep], pins[keep], recipe=ials.BLENDED, seed=seed, cores=cores)
    flat = Flat.build(boards[keep].astype(np.int64), pins[keep].astype(np.int64))
    tried = (_trial(flat, model, int(boards[at]), int(pins[at]), rng) for at in held.tolist())
    trials = [one for one in tried if one is not None]
    return Learnt(model, best_weight(trials, WEIGHT_DEFAULT), int(boards.size))


def _held_out(boards: NDArray[Any], rng: np.random.Generator) -> NDArray[np.int64]:
    """The places of pairs: one by chance of each of some boards that have a few."""
    shuffled = rng.permutation(boards.size)
    _, first = np.unique(boards[shuffled], return_index=True)
    sizes = np.bincount(boards)
    one_each = shuffled[first]
    large = one_each[sizes[boards[one_each]] >= _ON_MIN]
    return np.sort(rng.permutation(large)[: min(HELD_OUT, int(_HELD_OUT_SHARE * boards.size))])


def _trial(flat: Flat, model: Ials, board: int, wanted: int, rng: np.random.Generator) -> Floats | None:
    """What the walk and the model say of the wanted Pin and its rivals; None when the walk did not reach it, or the
    model does not know it."""
    on = flat.pins_of(board)
    ranking = deposit.ranked(flat, [(PinN(int(n)), 1.0) for n in on], limit=SHORTLIST, hops_max=1)
    at = np.flatnonzero(ranking.pins == wanted)
    scores = model.scores(on, np.ones(on.size), ranking.pins) if at.size else None
    if scores is None or np.isnan(scores[at[0]]):
        return None
    return trial(ranking.scores, scores, int(at[0]), rng)


def warm() -> None:
    """Compiles the loops of training, or reads them from numba's cache."""
    boards, pins = np.indices((8, 8)).reshape(2, -1)
    ials.train(boards, pins, epochs=1, cores=1)
