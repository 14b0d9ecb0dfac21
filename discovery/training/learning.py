"""What the worker trains: the model and its weight in the blend, from the public saves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from discovery.training import ials
from discovery.training.blending import SHORTLIST, best_weight
from discovery.training.ials import Ials
from discovery.walk import deposit
from discovery.walk.flat import Flat
from domain.ids import PinN

HELD_OUT: Final = 1_500
"""Boards that each keep one Pin from the training, to judge the blend by. Too few for the model to miss them."""
_ON_MIN: Final = 3
WEIGHT_DEFAULT: Final = 0.6


@dataclass(frozen=True, slots=True)
class Learnt:
    """A model, its weight against the walk's 1, and how many saves there were."""

    model: Ials
    weight: float
    saves: int


def learn(boards: NDArray[Any], pins: NDArray[Any], *, seed: int = 0, cores: int = 2) -> Learnt:
    """Trains on all pairs (board, Pin), each once, but for the few held out, by which the weight is chosen."""
    held = _held_out(boards, np.random.default_rng(seed))
    keep = np.ones(boards.size, np.bool_)
    keep[held] = False
    model = ials.train(boards[keep], pins[keep], seed=seed, cores=cores)
    flat = Flat.build(boards[keep].astype(np.int64), pins[keep].astype(np.int64))
    trials = [trial for at in held.tolist() if (trial := _trial(flat, model, int(boards[at]), int(pins[at])))]
    return Learnt(model, best_weight(trials, WEIGHT_DEFAULT), int(boards.size))


def _held_out(boards: NDArray[Any], rng: np.random.Generator) -> NDArray[np.int64]:
    """The places of pairs: one by chance of each of some boards that have a few."""
    shuffled = rng.permutation(boards.size)
    _, first = np.unique(boards[shuffled], return_index=True)
    sizes = np.bincount(boards)
    one_each = shuffled[first]
    large = one_each[sizes[boards[one_each]] >= _ON_MIN]
    return np.sort(rng.permutation(large)[:HELD_OUT])


def _trial(flat: Flat, model: Ials, board: int, wanted: int) -> tuple[NDArray[Any], NDArray[Any], int] | None:
    """The walk's and the model's scores of the walk's best Pins, and where the wanted one stands among them."""
    on = flat.pins_of(board)
    ranking = deposit.ranked(flat, [(PinN(int(n)), 1.0) for n in on], limit=SHORTLIST, hops_max=1)
    rows, known = model.rows(ranking.pins)
    at = np.flatnonzero(ranking.pins[known] == wanted)
    if not at.size:
        return None
    own, there = model.rows(on)
    scores = model.pins[rows[known]] @ model.folded(own[there].tolist())
    return ranking.scores[known], scores.astype(np.float64), int(at[0])
