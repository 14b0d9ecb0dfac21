"""The board-deposit walk: one hop from Pins over their boards, with the sampling taken out where it is not needed.

Query Pins' boards are visited, all when they fit in the budget, else a systematic sample without replacement; each
board b deposits 1/min(|b|, 64) on its Pins. With V_q the deposits from query Pin q, times its weight, a Pin scores
(Σ_q √V_q)² / degree^β: the multi-hit booster of Pixie (Eksombatchai et al., WWW 2018) over a degree normalisation as
in RP3β (Christoffel et al., RecSys 2015). When too few Pins are reached, the walk goes on from those that were.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from discovery.walk import choosing, depositing, explaining, gathering
from discovery.walk.flat import Flat
from discovery.walk.hits import Question, Ranking, Via, WalkHit, hits_of, joined, question
from discovery.walk.kernels import Floats, Ints, Nodes
from discovery.walk.scratch import Scratch, table_for
from domain.ids import BoardN, PinN
from domain.limits import WALK_BOARDS_MAX

BETA_ENUMERATED: Final = 0.7
BETA_SAMPLED: Final = 0.55
"""Lower than when all boards are visited, the smaller the sample: a strong normalisation amplifies its noise."""
SORTED_MIN: Final = 10_000
"""From so many deposits on, sorting them is quicker than a hash table."""
HOPS_MAX: Final = 4
HOP_SOURCES_MAX: Final = 256
HOP_CONTINUES: Final = 0.8
"""The share of the weight that a longer walk carries on at each hop."""


@dataclass(frozen=True, slots=True)
class _Hop:
    """Boards visited from some sources; `vias` are those in turn reached from."""

    boards: Nodes
    seats: Nodes
    sizes: Ints
    ends: Ints
    mass: Floats
    vias: tuple[int, ...]
    seed: np.uint64
    beta: float

    @property
    def visits_max(self) -> int:
        return int(depositing.visits_of(self.seats.size))

    @property
    def deposits(self) -> int:
        return int(np.minimum(self.sizes, self.visits_max).sum())


def recommend(
    flat: Flat,
    query_pins: Sequence[tuple[PinN, float]],
    *,
    limit: int,
    exclude: Collection[PinN],
    seed: int,
    boards_max: int = WALK_BOARDS_MAX,
    hops_max: int = HOPS_MAX,
    vias: int = 1,
) -> list[WalkHit]:
    """At most `limit` Pins near the query Pins, best first, ties by smaller `n`, without those and `exclude`.

    Each names at most `vias` query Pins that led to it, with the board that did most, what gave most first.
    Deterministic for one layout and seed. Query Pins on no board, and weights that are not positive numbers, are
    skipped; a repeated Pin counts once; of more than WALK_QUERY_PINS_MAX the heaviest count.
    """
    ranking = ranked(
        flat, query_pins, limit=limit, exclude=exclude, seed=seed, boards_max=boards_max, hops_max=hops_max, vias=vias
    )
    return hits_of(ranking)


def ranked(
    flat: Flat,
    query_pins: Sequence[tuple[PinN, float]],
    *,
    limit: int,
    exclude: Collection[PinN] = (),
    seed: int = 0,
    boards_max: int = WALK_BOARDS_MAX,
    hops_max: int = HOPS_MAX,
    vias: int = 0,
) -> Ranking:
    """What `recommend` gives, as arrays."""
    with flat.gate.walking():
        asked = question(flat, query_pins, exclude)
        found: list[Ranking] = []
        sources, mass, origins = asked.sources, asked.weights, asked.source_ns
        scratch: Scratch | None = None
        short, hop = limit, 0
        while sources.size and short > 0 and hop < hops_max:
            visit = _visit(flat, sources, mass, origins, boards_max=boards_max, seed=seed + hop)
            if hop == 0 and (whole := _sorted(flat, asked, visit, limit)):
                scratch, (slots, scores, ns) = whole
            else:
                if scratch is None:
                    scratch = _opened(flat, asked, visit)
                else:
                    scratch = scratch.widened(min(scratch.count + visit.deposits, flat.pin_at.size + 1))
                first = scratch.count
                _deposited(flat, scratch, visit, boosted=hop == 0)
                slots, scores, ns = _best(flat, scratch, first, limit, visit.beta)
            found.append(Ranking(ns, scores, _explained(flat, scratch, visit, slots, vias)))
            short -= ns.size
            hop += 1
            if short > 0 and hop < hops_max:
                sources, origins, mass = _onward(flat, scratch, visit, sources, mass)
        return joined(found, limit)


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


def _visit(flat: Flat, sources: Nodes, mass: Floats, vias: tuple[int, ...], *, boards_max: int, seed: int) -> _Hop:
    degrees = flat.degrees(sources)
    takes, whole = shares(degrees, mass, boards_max)
    count = int(np.minimum(takes, degrees).sum())
    boards, seats, sizes = np.empty(count, np.uint64), np.empty(count, np.uint64), np.empty(count, np.int64)
    ends, stream = np.empty(sources.size, np.int64), np.uint64(int(seed) & 0xFFFFFFFFFFFFFFFF)
    depositing.visited(flat.words, sources, takes, stream, boards, seats, sizes, ends)
    beta = BETA_ENUMERATED if whole else beta_of(count / int(degrees.sum()))
    return _Hop(boards, seats, sizes, ends, mass, vias, stream, beta)


def beta_of(share: float) -> float:
    """The power of the degree for a sample of this share (0..1) of the boards, to two decimals."""
    return round(BETA_SAMPLED + share * (BETA_ENUMERATED - BETA_SAMPLED), 2)


def _opened(flat: Flat, asked: Question, visit: _Hop) -> Scratch:
    """Slots for the Pins that are left out come first: what stands before `count` is never found."""
    scratch = Scratch.empty(min(visit.deposits, flat.pin_at.size) + asked.left_out.size)
    scratch.count = depositing.enter(scratch.table, scratch.shift, scratch.keys, 0, asked.left_out)
    return scratch


def _sorted(flat: Flat, asked: Question, visit: _Hop, limit: int) -> tuple[Scratch, tuple[Ints, Floats, Ints]] | None:
    """The best of a large first hop, by sorting its deposits; None when it is small, or they fall short of `limit`."""
    size = visit.deposits
    if size < SORTED_MIN:
        return None
    s = Scratch.of_entries(min(size, flat.pin_at.size))
    if size > s.whole.size:
        return None
    source_of, amounts, entries = np.empty(visit.seats.size, np.int32), np.empty(visit.seats.size), s.whole[:size]
    gathering.gathered(
        *(flat.words, visit.seats, visit.sizes, visit.ends, visit.mass, visit.visits_max, visit.seed),
        *(source_of, amounts, entries),
    )
    entries.sort()
    s.count = gathering.summed(entries, visit.sizes, source_of, amounts, s.keys, s.value, s.via)
    s.leave_out(asked.left_out)
    best = _best(flat, s, 0, limit, visit.beta)
    return (s, best) if best[0].size == limit else None


def _deposited(flat: Flat, scratch: Scratch, visit: _Hop, *, boosted: bool) -> None:
    s = scratch
    s.count = depositing.deposit(
        *(flat.words, visit.seats, visit.sizes, visit.ends, visit.mass, visit.visits_max, visit.seed, boosted),
        *(s.table, s.shift, s.keys, s.count, s.here, s.near, s.total, s.most, s.via, s.touched),
    )
    depositing.settle(s.total, s.most, s.count, boosted, s.value)


def _best(flat: Flat, scratch: Scratch, first: int, wanted: int, beta: float) -> tuple[Ints, Floats, Ints]:
    s, wanted = scratch, min(wanted, scratch.count - first)
    slots, values, ns = np.empty(wanted, np.int64), np.empty(wanted), np.empty(wanted, np.int64)
    size = choosing.best(
        *(flat.words, s.keys, first, s.count, s.value, beta, _powers(beta), s.touched, s.score),
        *(slots, values, ns),
    )
    return slots[:size], values[:size], ns[:size]


def _explained(flat: Flat, scratch: Scratch, visit: _Hop, slots: Ints, vias: int) -> list[tuple[Via, ...]]:
    """For each slot what led to it: the sources' origins that gave most, each with its smallest board."""
    if vias <= 0 or not slots.size:
        return [()] * slots.size
    board_ns = flat.words[visit.boards - np.uint64(2)]
    if vias == 1:
        places = scratch.via[slots]
        sources = np.searchsorted(visit.ends, places, side="right")
        columns = zip(sources.tolist(), board_ns[places].tolist(), strict=True)
        return [(Via(PinN(visit.vias[i]), BoardN(board)),) for i, board in columns]
    given = np.zeros((slots.size, visit.ends.size))
    via = np.full((slots.size, visit.ends.size), -1, np.int64)
    table, shift = table_for(visit.boards.size)
    following = np.empty(visit.boards.size, np.int64)
    explaining.chained(visit.boards, table, shift, following)
    explaining.explain(
        *(flat.words, visit.boards, visit.seats, visit.sizes, visit.ends, visit.mass),
        *(table, shift, following, scratch.keys[slots], given, via),
    )
    order = np.argsort(-given, axis=1, kind="stable")[:, :vias]
    shares_ = given / np.maximum(given.sum(axis=1, keepdims=True), 1e-300)
    return [
        tuple(
            Via(PinN(visit.vias[i]), BoardN(int(board_ns[via[row, i]])), float(shares_[row, i]))
            for i in chosen
            if given[row, i] > 0
        )
        for row, chosen in enumerate(order.tolist())
    ]


def _onward(
    flat: Flat, scratch: Scratch, visit: _Hop, sources: Nodes, mass: Floats
) -> tuple[Nodes, tuple[int, ...], Floats]:
    """The next hop's sources: the best Pins reached, left out or not, that were none, with shares of the weight."""
    slots, scores, _ = _best(flat, scratch, 0, HOP_SOURCES_MAX + sources.size, visit.beta)
    nodes = scratch.keys[slots]
    new = np.flatnonzero(~np.isin(nodes, sources))[:HOP_SOURCES_MAX]
    ahead, values = nodes[new], scores[new]
    share = HOP_CONTINUES * mass.sum() * values / max(float(values.sum()), 1e-300)
    origins = tuple(int(via[0].pin_n) for via in _explained(flat, scratch, visit, slots[new], 1))
    return ahead, origins, share


@lru_cache(maxsize=16)
def _powers(beta: float) -> Floats:
    return np.asarray(np.maximum(np.arange(choosing.POWERS), 1.0) ** -beta)
