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


def counted(flat: Flat, start: int, rounds: int, seed: int, *, stop: tuple[int, int] = (1 << 40, 0)) -> dict[int, int]:
    visits, boards = np.zeros(1 << 10, np.uint64), np.empty(1 << 10, np.uint64)
    stepping.step(
        *(flat.words, np.uint64(flat.pin_at[start]), rounds, np.uint64(1 << 31), np.uint64(seed)),
        *(np.uint64(stop[1]), stop[0], visits, boards, np.uint64(64 - 10)),
    )
    return {int(entry) >> 24: int(entry) & 0xFFFFFF for entry in visits if entry}


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


def test_one_step_lands_where_the_graph_says_with_its_probabilities() -> None:
    """Chi-square over 64,000 first steps: at p < 1e-6 for a right walk; a bias of 3 % of a cell fails nearly always."""
    flat = flat_of([(0, 0), (0, 1), (1, 0), (1, 2), (1, 3), (1, 4)])
    expected = np.array([0.5 / 2 + 0.5 / 4, 0.5 / 2, 0.5 / 4, 0.5 / 4, 0.5 / 4])
    rounds = 1_000
    visits, boards = np.zeros(1 << 10, np.uint64), np.empty(1 << 10, np.uint64)

    stepping.step(
        *(flat.words, np.uint64(flat.pin_at[0]), rounds, np.uint64(1 << 32), np.uint64(11)),
        *(np.uint64(0), 1 << 40, visits, boards, np.uint64(64 - 10)),
    )

    found = {int(flat.words[(int(e) >> 24) - 2]): int(e) & 0xFFFFFF for e in visits if e}
    observed = np.array([found[n] for n in range(5)], float)
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
