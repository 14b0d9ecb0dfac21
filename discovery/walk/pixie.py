"""Pixie's random walk with restarts (Eksombatchai et al., WWW 2018), for comparison and by choice.

N steps are shared among the query Pins q in proportion to w_q · s_q, s_q = |E(q)| · (C − log|E(q)|), C the largest
degree of a Pin (the paper's text; other readings take its logarithm). A step goes to a random board of the Pin, then
to a random Pin of the board, and back to q with probability α. Visits are boosted: V(p) = (Σ_q √V_q(p))². A query
Pin's walk ends early once n_p Pins have n_v visits each.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Final, Self

import numpy as np

from discovery.walk import depositing, inclined, stepping
from discovery.walk.flat import Flat
from discovery.walk.hits import Question, Ranking, Via, WalkHit, hits_of, question
from discovery.walk.kernels import Floats, Ints, Nodes
from discovery.walk.scratch import Scratch, table_for
from discovery.walk.topical import Bias
from domain.ids import BoardN, PinN

STEPS: Final = 100_000
RESTART: Final = 0.5
EARLY_STOP: Final = (2_000, 4)
"""The paper's: so many Pins with so many visits."""
_NEVER: Final = 1 << 40
_NO_POWERS: Final = np.ones(depositing.POWERS)

_own = threading.local()


@dataclass(frozen=True, slots=True)
class _Visits:
    """One query Pin's visits: nodes in order, how often each was reached, the board that last led there."""

    nodes: Nodes
    counts: Ints
    boards: Nodes

    @classmethod
    def of(cls, table: Nodes, boards: Nodes) -> Self:
        """A copy of what a walk's tables hold."""
        full = np.flatnonzero(table)
        nodes = table[full] >> np.uint64(24)
        order = np.argsort(nodes)
        counts = (table[full] & stepping.VISITS_MASK).astype(np.int64)
        return cls(nodes[order], counts[order], boards[full][order])


def recommend(
    flat: Flat,
    query_pins: Sequence[tuple[PinN, float]],
    *,
    limit: int,
    exclude: Collection[PinN] = (),
    seed: int = 0,
    steps: int = STEPS,
    restart: float = RESTART,
    early_stop: tuple[int, int] | None = None,
    bias: Bias | None = None,
    vias: int = 1,
) -> list[WalkHit]:
    """At most `limit` Pins by boosted visits, best first, ties by smaller `n`, without the query Pins and `exclude`.

    Each names at most `vias` of the query Pins that led there, what gave most first, with a board and the share of its
    visits. `early_stop` is (n_p, n_v), in the paper (2000, 4). With a `bias` steps keep to its topic where they can.
    Deterministic for one layout and seed; query Pins are treated as by `deposit.recommend`.
    """
    return hits_of(
        ranked(
            *(flat, query_pins),
            limit=limit,
            exclude=exclude,
            seed=seed,
            steps=steps,
            restart=restart,
            early_stop=early_stop,
            bias=bias,
            vias=vias,
        )
    )


def ranked(
    flat: Flat,
    query_pins: Sequence[tuple[PinN, float]],
    *,
    limit: int,
    exclude: Collection[PinN] = (),
    seed: int = 0,
    steps: int = STEPS,
    restart: float = RESTART,
    early_stop: tuple[int, int] | None = None,
    bias: Bias | None = None,
    vias: int = 1,
) -> Ranking:
    """What `recommend` gives, as arrays."""
    with flat.gate.walking():
        asked = question(flat, query_pins, exclude)
        if not asked.sources.size or limit <= 0:
            return Ranking(np.zeros(0, np.int64), np.zeros(0), [])
        shared = allocation(flat.degrees(asked.sources), asked.weights, flat.pin_degree_max, steps)
        rounds = np.maximum(1, shared // stepping.WALKERS)
        most = min(int(rounds.sum()) * stepping.WALKERS, flat.pin_at.size)
        scratch = Scratch.empty(most + asked.left_out.size)
        s = scratch
        s.count = depositing.enter(s.table, s.shift, s.keys, 0, asked.left_out)
        via_board = np.empty(s.keys.size, np.uint64)
        high_pins, high_visits = early_stop or (_NEVER, 0)
        seen: list[_Visits] = []
        for i, source in enumerate(asked.sources):
            visits, boards, shift = _tables(int(min(rounds[i] * stepping.WALKERS, flat.pin_at.size)))
            stream = np.uint64((int(seed) * 0x2545F4914F6CDD1D + i * 0x9E3779B97F4A7C15) & 0xFFFFFFFFFFFFFFFF)
            given = (
                *(flat.words, source, int(rounds[i]), np.uint64(restart * 2**32), stream),
                *(np.uint64(high_visits), high_pins, visits, boards, shift),
            )
            if bias is None:
                stepping.step(*given)
            else:
                pin_parts, board_parts = bias.parts.pins, bias.parts.boards
                inclined.step(
                    *(*given, int(bias.topic), pin_parts.first, pin_parts.topics, pin_parts.ends),
                    *(board_parts.first, board_parts.topics, board_parts.ends),
                )
            if vias > 1:
                seen.append(_Visits.of(visits, boards))
            s.count = stepping.collect(
                *(visits, boards, i, s.table, s.shift, s.keys, s.count, s.total, s.most, s.via, via_board)
            )
        depositing.settle(s.total, s.most, s.count, True, s.value)
        found = _answer(flat, scratch, asked, limit, via_board)
        return found if vias <= 1 else replace(found, vias=_explained(flat, asked, seen, found.pins, vias))


def allocation(degrees: Ints, weights: Floats, degree_max: int, steps: int) -> Ints:
    """How many of the steps each query Pin gets, by the paper's equations 1 and 2."""
    scale = degrees * (max(degree_max, 1) - np.log(np.maximum(degrees, 1)))
    share = weights * np.maximum(scale, 1e-9)
    return np.asarray(steps * share / share.sum()).astype(np.int64)


def _answer(flat: Flat, scratch: Scratch, asked: Question, limit: int, via_board: Nodes) -> Ranking:
    s, first = scratch, asked.left_out.size
    wanted = min(limit, scratch.count - first)
    slots, values, ns = np.empty(wanted, np.int64), np.empty(wanted), np.empty(wanted, np.int64)
    size = depositing.best(
        *(flat.words, s.keys, first, s.count, s.value, 0.0, _NO_POWERS, s.touched, s.score, slots, values, ns)
    )
    sources, boards = s.via[slots[:size]].tolist(), flat.words[via_board[slots[:size]] - np.uint64(2)].tolist()
    vias: list[tuple[Via, ...]] = [
        (Via(PinN(asked.source_ns[i]), BoardN(board)),) for i, board in zip(sources, boards, strict=True)
    ]
    return Ranking(ns[:size], values[:size], vias)


def _explained(flat: Flat, asked: Question, seen: Sequence[_Visits], ns: Ints, vias: int) -> list[tuple[Via, ...]]:
    """For each Pin the query Pins whose walks reached it, the most visits first, with their shares of all visits."""
    nodes = flat.nodes(flat.pin_at, ns)
    counts, boards = np.zeros((ns.size, len(seen)), np.int64), np.zeros((ns.size, len(seen)), np.uint64)
    for i, visits in enumerate(seen):
        at = np.minimum(np.searchsorted(visits.nodes, nodes), max(visits.nodes.size - 1, 0))
        there = visits.nodes[at] == nodes
        counts[there, i], boards[there, i] = visits.counts[at[there]], visits.boards[at[there]]
    order, whole = np.argsort(-counts, axis=1, kind="stable")[:, :vias], counts.sum(axis=1)
    return [
        tuple(
            Via(PinN(asked.source_ns[i]), BoardN(int(flat.words[boards[row, i] - np.uint64(2)])), n / whole[row])
            for i in chosen
            if (n := int(counts[row, i]))
        )
        for row, chosen in enumerate(order.tolist())
    ]


def _tables(pins: int) -> tuple[Nodes, Nodes, np.uint64]:
    """An empty table for the visits of so many Pins, and one for their boards: the thread's own, left empty."""
    have: dict[int, tuple[Nodes, Nodes, np.uint64]] = getattr(_own, "tables", {})
    _own.tables = have
    size = (2 * pins + 4).bit_length()
    if size not in have:
        visits, shift = table_for(pins)
        have[size] = visits, np.empty(visits.size, np.uint64), shift
    return have[size]
