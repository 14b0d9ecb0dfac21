"""The board-deposit walk: one hop from Pins over their boards, with the sampling taken out where it is not needed.

Query Pins' boards are visited, all when they fit in the budget, else a systematic sample without replacement; each
board b deposits 1/min(|b|, 64) on its Pins. With V_q the deposits from query Pin q, times its weight, a Pin scores
(Σ_q √V_q)² / degree^β: the multi-hit booster of Pixie (Eksombatchai et al., WWW 2018) over a degree normalisation as
in RP3β (Christoffel et al., RecSys 2015). When too few Pins are reached, the walk goes on from those that were.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from discovery.walk import kernels
from discovery.walk.kernels import Floats, Ints, Smalls
from discovery.walk.layout import Layout
from domain.ids import BoardN, PinN
from domain.limits import WALK_BOARDS_MAX

BETA_ENUMERATED: Final = 0.7
BETA_SAMPLED: Final = 0.55
"""Lower than when all boards are visited: a strong normalisation amplifies the noise of a sample."""
HOPS_MAX: Final = 4
HOP_SOURCES_MAX: Final = 256
HOP_CONTINUES: Final = 0.8
"""The share of the weight that a longer walk carries on at each hop."""


@dataclass(frozen=True, slots=True)
class WalkHit:
    """A Pin that the walk reached, with the query Pin and the board that contributed most."""

    pin_n: PinN
    score: float
    via_pin_n: PinN
    via_board_n: BoardN


@dataclass(slots=True)
class _Scratch:
    """A thread's own arrays, one place per Pin."""

    here: Floats
    near: Floats
    near_board: Smalls
    total: Floats
    best: Floats
    via_pin: Smalls
    via_board: Smalls
    touched_here: Smalls
    touched: Smalls


@dataclass(frozen=True, slots=True)
class _Reached:
    pins: Smalls
    scores: Floats
    via_pin: Smalls
    via_board: Smalls


_own = threading.local()


def recommend(
    layout: Layout,
    query_pins: Sequence[tuple[PinN, float]],
    *,
    limit: int,
    exclude: Collection[PinN],
    seed: int,
    boards_max: int = WALK_BOARDS_MAX,
    hops_max: int = HOPS_MAX,
) -> list[WalkHit]:
    """At most `limit` Pins near the query Pins, best first, ties by smaller `n`, without those and `exclude`.

    Deterministic for one layout and seed. Query Pins on no board are skipped; a repeated one counts once.
    """
    weights = {int(n): float(w) for n, w in query_pins if w > 0 and 0 <= n < layout.pins.size.size}
    left_out = np.fromiter({*(int(n) for n, _ in query_pins), *(int(n) for n in exclude)}, np.int64)
    found: list[_Reached] = []
    with layout.gate.walking():
        sizes = layout.pins.size
        sources = np.array([n for n in weights if sizes[n] > 0], np.int64)
        origins, mass = sources, np.array([weights[int(n)] for n in sources], np.float64)
        short, hop, walked = limit, 0, left_out
        while sources.size and short > 0 and hop < hops_max:
            takes, whole = shares(sizes[sources].astype(np.int64), mass, boards_max)
            beta = BETA_ENUMERATED if whole else BETA_SAMPLED
            reached = _hop(layout, sources, origins, mass, takes, seed=seed + hop, boosted=hop == 0, beta=beta)
            found.append(_without(reached, walked))
            short -= found[-1].pins.size
            walked = np.concatenate([walked, reached.pins.astype(np.int64)])
            sources, origins, mass = _onward(reached, sources, mass)
            hop += 1
    return _best(found, limit)


def shares(degrees: Ints, weights: Floats, boards_max: int) -> tuple[Ints, bool]:
    """How many boards to visit from each query Pin, and whether that is all of them.

    Without room for all, the budget is split by weight; what a Pin cannot use is split among the others.
    Every query Pin visits at least one board.
    """
    if int(degrees.sum()) <= boards_max:
        return degrees.copy(), True
    takes = np.zeros_like(degrees)
    open_, budget = np.ones(degrees.size, np.bool_), float(boards_max)
    while open_.any():
        fair = budget * weights / weights[open_].sum()
        filled = open_ & (degrees <= fair)
        if not filled.any():
            takes[open_] = np.maximum(1, np.floor(fair[open_])).astype(np.int64)
            break
        takes[filled] = degrees[filled]
        budget -= float(degrees[filled].sum())
        open_ &= ~filled
    return takes, False


def _hop(
    layout: Layout, sources: Ints, origins: Ints, mass: Floats, takes: Ints, *, seed: int, boosted: bool, beta: float
) -> _Reached:
    boards, pins = layout.boards, layout.pins
    s = _scratch(pins.size.size)
    count = kernels.deposit(
        *(boards.start, boards.size, boards.items, pins.start, pins.size, pins.items),
        *(sources, origins, mass, takes, np.uint64(seed & 0xFFFFFFFFFFFFFFFF), boosted),
        *(s.here, s.near, s.near_board, s.total, s.best, s.via_pin, s.via_board, s.touched_here, s.touched),
    )
    scores = np.empty(count, np.float64)
    kernels.settle(s.touched, count, pins.size, s.total, s.best, boosted, beta, scores)
    reached = s.touched[:count].copy()
    return _Reached(reached, scores, s.via_pin[reached], s.via_board[reached])


def _scratch(pins: int) -> _Scratch:
    have: _Scratch | None = getattr(_own, "scratch", None)
    if have is None or have.here.size < pins:
        here, near, total, best = np.zeros((4, pins), np.float64)
        near_board, via_pin, via_board, touched_here, touched = np.zeros((5, pins), np.int32)
        have = _Scratch(here, near, near_board, total, best, via_pin, via_board, touched_here, touched)
        _own.scratch = have
    return have


def _without(reached: _Reached, left_out: Ints) -> _Reached:
    keep = ~np.isin(reached.pins, left_out)
    return _Reached(reached.pins[keep], reached.scores[keep], reached.via_pin[keep], reached.via_board[keep])


def _onward(reached: _Reached, walked: Ints, mass: Floats) -> tuple[Ints, Ints, Floats]:
    """The next hop's sources: the best Pins reached that have not been one, each with its share of the weight."""
    ahead = _without(reached, walked)
    order = np.lexsort((ahead.pins, -ahead.scores))[:HOP_SOURCES_MAX]
    scores = ahead.scores[order]
    share = HOP_CONTINUES * mass.sum() * scores / max(float(scores.sum()), 1e-300)
    return ahead.pins[order].astype(np.int64), ahead.via_pin[order].astype(np.int64), share


def _best(found: Sequence[_Reached], limit: int) -> list[WalkHit]:
    if not found or limit <= 0:
        return []
    pins = np.concatenate([r.pins for r in found])
    scores = np.concatenate([r.scores for r in found])
    via_pin = np.concatenate([r.via_pin for r in found])
    via_board = np.concatenate([r.via_board for r in found])
    if pins.size > limit:
        cut = np.partition(scores, pins.size - limit)[pins.size - limit]
        keep = scores >= cut
        pins, scores, via_pin, via_board = pins[keep], scores[keep], via_pin[keep], via_board[keep]
    order = np.lexsort((pins, -scores))[:limit]
    columns = (pins[order].tolist(), scores[order].tolist(), via_pin[order].tolist(), via_board[order].tolist())
    return [WalkHit(PinN(p), s, PinN(q), BoardN(b)) for p, s, q, b in zip(*columns, strict=True)]
