"""Pixie's walk: its steps against the plain twin, its allocation, booster and early stop."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from discovery.walk import pixie, plain, stepping, warming
from discovery.walk.flat import Flat
from domain.ids import PinN


@pytest.fixture(scope="module", autouse=True)
def _warm() -> None:
    warming.warm()


def flat_of(pairs: list[tuple[int, int]], *, wide: bool = False) -> Flat:
    table = np.array(pairs, np.int64).reshape(-1, 2)
    return Flat.build(table[:, 0].copy(), table[:, 1].copy(), wide=wide)


def counted(flat: Flat, start: int, rounds: int, seed: int, *, stop: tuple[int, int] | None = None) -> dict[int, int]:
    table = np.zeros(1 << 10 if stop else 0, np.uint64)
    high_pins, high_visits = stop or (1 << 40, 0)
    entries = np.zeros(rounds * stepping.WALKERS, np.uint64)
    made = stepping.step(
        *(flat.words, np.uint64(flat.pin_at[start]), rounds, np.uint64(1 << 31), np.uint64(seed)),
        *(np.uint64(high_visits), high_pins, table, np.uint64(64 - 10)),
        *(0, entries, np.zeros(entries.size, flat.words.dtype)),
    )
    nodes, visits = np.unique(entries[: made * stepping.WALKERS] >> np.uint64(24), return_counts=True)
    return dict(zip(nodes.tolist(), visits.tolist(), strict=True))


@settings(max_examples=60, deadline=None)
@given(
    pairs=st.sets(st.tuples(st.integers(0, 12), st.integers(0, 25)), min_size=1, max_size=90),
    changes=st.lists(st.tuples(st.integers(0, 14), st.integers(0, 40), st.booleans()), max_size=80),
    seed=st.integers(0, 2**63 - 1),
    wide=st.booleans(),
)
def test_the_compiled_steps_equal_their_plain_twin_exactly(
    pairs: set[tuple[int, int]], changes: list[tuple[int, int, bool]], seed: int, *, wide: bool
) -> None:
    flat = flat_of(sorted(pairs), wide=wide)
    for board, pin, add in changes:
        flat.edit(np.array([board]), np.array([pin]), np.array([add]))
    start = next((n for n in range(flat.pin_at.size) if flat.boards_of(n).size), None)
    if start is None:
        return

    visits = counted(flat, start, 4, seed)

    assert visits == plain.steps(flat, PinN(start), 4, restart=1 << 31, seed=seed).visits
    assert sum(visits.values()) == 4 * stepping.WALKERS


@settings(max_examples=80, deadline=None)
@given(
    pairs=st.sets(st.tuples(st.integers(0, 9), st.integers(0, 20)), max_size=60),
    giant=st.sampled_from(["neither", "a giant board", "a giant Pin"]),
    query=st.lists(st.tuples(st.integers(0, 25), st.floats(0.05, 1.0)), min_size=1, max_size=6),
    exclude=st.sets(st.integers(0, 25), max_size=4),
    limit=st.integers(1, 40),
    seed=st.integers(0, 2**63 - 1),
)
def test_what_pixie_answers_equals_its_plain_twin_to_the_last_bit(
    *,
    pairs: set[tuple[int, int]],
    giant: str,
    query: list[tuple[int, float]],
    exclude: set[int],
    limit: int,
    seed: int,
) -> None:
    pairs |= {(10, p) for p in range(700)} if giant == "a giant board" else set()
    pairs |= {(b, 3) for b in range(700)} if giant == "a giant Pin" else set()
    flat = flat_of(sorted(pairs))
    asked, left_out = [(PinN(n), w) for n, w in query], {PinN(n) for n in exclude}

    fast = pixie.recommend(flat, asked, limit=limit, exclude=left_out, seed=seed, steps=2_000, vias=9)

    slow = plain.stepped(flat, asked, limit=limit, exclude=left_out, seed=seed, steps_max=2_000)
    assert [(h.pin_n, h.score, [(v.pin_n, v.share) for v in h.vias]) for h in fast] == slow
    assert all(h.pin_n in flat.pins_of(v.board_n) for h in fast for v in h.vias)
    once = pixie.recommend(flat, asked, limit=limit, exclude=left_out, seed=seed, steps=2_000)
    assert [(h.pin_n, h.score, h.via_pin_n) for h in once] == [(h.pin_n, h.score, h.via_pin_n) for h in fast]


def test_one_step_lands_where_the_graph_says_with_its_probabilities() -> None:
    """Chi-square over 64,000 first steps: at p < 1e-6 for a right walk; a bias of 3 % of a cell fails nearly always."""
    flat = flat_of([(0, 0), (0, 1), (1, 0), (1, 2), (1, 3), (1, 4)])
    expected = np.array([0.5 / 2 + 0.5 / 4, 0.5 / 2, 0.5 / 4, 0.5 / 4, 0.5 / 4])
    rounds = 1_000
    entries = np.zeros(rounds * stepping.WALKERS, np.uint64)

    stepping.step(
        *(flat.words, np.uint64(flat.pin_at[0]), rounds, np.uint64(1 << 32), np.uint64(11)),
        *(np.uint64(0), 1 << 40, np.zeros(0, np.uint64), np.uint64(0), 0, entries, np.zeros(entries.size, np.uint32)),
    )

    observed = np.bincount(flat.words[(entries >> np.uint64(24)) - np.uint64(2)], minlength=5).astype(float)
    total = rounds * stepping.WALKERS
    assert observed.sum() == total
    assert ((observed - total * expected) ** 2 / (total * expected)).sum() < 33.4


def test_steps_are_shared_by_the_papers_formula() -> None:
    degrees, weights = np.array([1, 10, 100]), np.array([1.0, 1.0, 2.0])

    shared = pixie.allocation(degrees, weights, 100, 10_000)

    scale = degrees * (100 - np.log(degrees)) * weights
    assert shared.tolist() == (10_000 * scale / scale.sum()).astype(int).tolist()


def test_a_pin_reached_from_several_query_pins_is_boosted() -> None:
    flat = flat_of([(0, 1), (0, 9), (1, 2), (1, 9), (2, 1), (2, 8), (3, 1), (3, 8)])

    hits = pixie.recommend(flat, [(PinN(1), 1.0), (PinN(2), 1.0)], limit=2, steps=20_000, seed=5)

    assert {h.pin_n for h in hits} == {8, 9}
    assert all(h.via_pin_n in flat.pins_of(h.via_board_n) for h in hits)


def test_a_walk_stops_early_once_enough_pins_have_enough_visits() -> None:
    rng = random.Random(2)
    flat = flat_of(sorted({(rng.randrange(30), rng.randrange(40)) for _ in range(300)}))

    early = counted(flat, 3, 1_000, 7, stop=(5, 4))

    assert sum(visits >= 4 for visits in early.values()) >= 5
    assert sum(early.values()) < sum(counted(flat, 3, 1_000, 7).values()) / 10


def test_the_same_seed_walks_the_same_way_and_another_one_differs() -> None:
    rng = random.Random(2)
    flat = flat_of(sorted({(rng.randrange(300), rng.randrange(400)) for _ in range(3000)}))
    ask = [(PinN(n), 1.0) for n in range(8)]

    once, again, other = (pixie.recommend(flat, ask, limit=30, steps=5_000, seed=s) for s in (1, 1, 2))

    assert once == again
    assert once != other
    assert pixie.recommend(flat, [(PinN(9_999), 1.0)], limit=5) == []
