"""Pixie's random walk with restarts (Eksombatchai et al., WWW 2018), for comparison and by choice.

N steps are shared among the query Pins q in proportion to w_q · s_q, s_q = |E(q)| · (C − log|E(q)|), C the largest
degree of a Pin (the paper's text; other readings take its logarithm). A step goes to a random board of the Pin, then
to a random Pin of the board, and back to q with probability α. Visits are boosted: V(p) = (Σ_q √V_q(p))². A query
Pin's walk ends early once n_p Pins have n_v visits each.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from discovery.walk import choosing, inclined, stepping
from discovery.walk.flat import Flat
from discovery.walk.hits import Question, Ranking, Via, WalkHit, hits_of, question
from discovery.walk.kernels import Floats, Ints, Nodes, Smalls, Words
from discovery.walk.scratch import Scratch, table_for
from discovery.walk.topical import Bias
from domain.ids import BoardN, PinN

STEPS: Final = 100_000
RESTART: Final = 0.5
EARLY_STOP: Final = (2_000, 4)
"""The paper's: so many Pins with so many visits."""
_NEVER: Final = 1 << 40
_NO_TABLE: Final = np.zeros(0, np.uint64)
_NO_POWERS: Final = np.ones(choosing.POWERS)


@dataclass(frozen=True, slots=True)
class _Trail:
    """A request's steps: what they reached, sorted, through which boards, and by round from which query Pin."""

    entries: Nodes
    boards: Words
    source_of: Smalls


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
    """What `recommend` gives, as arrays. Raises ValueError for more than STEPS_MAX steps."""
    if steps > stepping.STEPS_MAX:
        raise ValueError(f"a walk has at most {stepping.STEPS_MAX} steps")
    with flat.gate.walking():
        asked = question(flat, query_pins, exclude)
        if not asked.sources.size or limit <= 0:
            return Ranking(np.zeros(0, np.int64), np.zeros(0), [])
        rounds = _rounds(flat, asked, steps)
        s, trail = _walked(flat, asked, rounds, seed=seed, restart=restart, early_stop=early_stop, bias=bias)
        via_board = np.empty(s.keys.size, np.uint64)
        s.count = stepping.counted(
            *(trail.entries, trail.boards, trail.source_of, s.keys, s.value, s.via, via_board),
        )
        s.leave_out(asked.left_out)
        found = _answer(flat, s, asked, limit, via_board)
        return found if vias <= 1 else replace(found, vias=_explained(flat, asked, trail, found.pins, vias))


def allocation(degrees: Ints, weights: Floats, degree_max: int, steps: int) -> Ints:
    """How many of the steps each query Pin gets, by the paper's equations 1 and 2."""
    scale = degrees * (max(degree_max, 1) - np.log(np.maximum(degrees, 1)))
    share = weights * np.maximum(scale, 1e-9)
    return np.asarray(steps * share / share.sum()).astype(np.int64)


def _rounds(flat: Flat, asked: Question, steps: int) -> Ints:
    shared = allocation(flat.degrees(asked.sources), asked.weights, flat.pin_degree_max, steps)
    return np.maximum(1, shared // stepping.WALKERS)


def _walked(
    flat: Flat,
    asked: Question,
    rounds: Ints,
    *,
    seed: int,
    restart: float,
    early_stop: tuple[int, int] | None,
    bias: Bias | None,
) -> tuple[Scratch, _Trail]:
    """The walks from all query Pins, and room for as many Pins as they can have reached."""
    room = int(rounds.sum()) * stepping.WALKERS
    s = Scratch.of_entries(room)
    boards, source_of = np.empty(room, flat.words.dtype), np.empty(room // stepping.WALKERS, np.int32)
    high_pins, high_visits = early_stop or (_NEVER, 0)
    done = 0
    for i, source in enumerate(asked.sources):
        table, shift = _NO_TABLE, np.uint64(0)
        if early_stop:
            table, shift = table_for(int(min(rounds[i] * stepping.WALKERS, flat.pin_at.size)))
        stream = np.uint64((int(seed) * 0x2545F4914F6CDD1D + i * 0x9E3779B97F4A7C15) & 0xFFFFFFFFFFFFFFFF)
        given = (
            *(flat.words, source, int(rounds[i]), np.uint64(restart * 2**32), stream),
            *(np.uint64(high_visits), high_pins, table, shift, done * stepping.WALKERS, s.whole, boards),
        )
        if bias is None:
            made = stepping.step(*given)
        else:
            pin_parts, board_parts = bias.parts.pins, bias.parts.boards
            made = inclined.step(
                *(*given, int(bias.topic), pin_parts.first, pin_parts.topics, pin_parts.ends),
                *(board_parts.first, board_parts.topics, board_parts.ends),
            )
        source_of[done : done + made] = i
        done += made
    entries = s.whole[: done * stepping.WALKERS]
    entries.sort()
    return s, _Trail(entries, boards, source_of)


def _answer(flat: Flat, s: Scratch, asked: Question, limit: int, via_board: Nodes) -> Ranking:
    wanted = min(limit, s.count)
    slots, values, ns = np.empty(wanted, np.int64), np.empty(wanted), np.empty(wanted, np.int64)
    size = choosing.best(
        *(flat.words, s.keys, 0, s.count, s.value, 0.0, _NO_POWERS, s.touched, s.score, slots, values, ns)
    )
    sources, boards = s.via[slots[:size]].tolist(), flat.words[via_board[slots[:size]] - np.uint64(2)].tolist()
    vias: list[tuple[Via, ...]] = [
        (Via(PinN(asked.source_ns[i]), BoardN(board)),) for i, board in zip(sources, boards, strict=True)
    ]
    return Ranking(ns[:size], values[:size], vias)


def _explained(flat: Flat, asked: Question, trail: _Trail, ns: Ints, vias: int) -> list[tuple[Via, ...]]:
    """For each Pin the query Pins whose walks reached it, the most visits first, with their shares of all visits."""
    shape = ns.size, asked.sources.size
    counts, boards = np.zeros(shape, np.int64), np.zeros(shape, np.uint64)
    stepping.traced(trail.entries, trail.boards, trail.source_of, flat.nodes(flat.pin_at, ns), counts, boards)
    order, whole = np.argsort(-counts, axis=1, kind="stable")[:, :vias], counts.sum(axis=1)
    return [
        tuple(
            Via(PinN(asked.source_ns[i]), BoardN(int(flat.words[boards[row, i] - np.uint64(2)])), n / whole[row])
            for i in chosen
            if (n := int(counts[row, i]))
        )
        for row, chosen in enumerate(order.tolist())
    ]
