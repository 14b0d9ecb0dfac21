"""The compiled walk, its plain twin, and the lists that it walks over."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
from contextlib import nullcontext
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from discovery.walk import choosing, deposit, plain, warming
from discovery.walk.flat import Flat
from discovery.walk.live import LiveWalk
from discovery.walk.present import Named, Present
from discovery.walk.rebuild import Rebuild
from domain.events import Event, Kind
from domain.ids import BoardN, EventId, PinN
from domain.limits import WALK_QUERY_PINS_MAX

Pairs = set[tuple[int, int]]


@pytest.fixture(scope="module", autouse=True)
def _warm() -> None:
    warming.warm()


def layout_of(pairs: list[tuple[int, int]], *, wide: bool = False) -> Flat:
    table = np.array(pairs, np.int64).reshape(-1, 2)
    return Flat.build(table[:, 0].copy(), table[:, 1].copy(), wide=wide)


def lists(layout: Flat) -> tuple[dict[int, list[int]], dict[int, list[int]]]:
    boards = {n: layout.pins_of(n).tolist() for n in range(layout.board_at.size)}
    pins = {n: layout.boards_of(n).tolist() for n in range(layout.pin_at.size)}
    return boards, pins


def pairs_of(layout: Flat) -> Pairs:
    boards, pins = lists(layout)
    by_board = {(b, p) for b, held in boards.items() for p in held}
    by_pin = {(b, p) for p, on in pins.items() for b in on}
    assert by_board == by_pin
    assert sum(map(len, boards.values())) == len(by_board) == sum(map(len, pins.values()))
    return by_board


saves = st.sets(st.tuples(st.integers(0, 12), st.integers(0, 25)), max_size=90)
queries = st.lists(st.tuples(st.integers(0, 30), st.floats(0.05, 1.0)), min_size=1, max_size=8)


@settings(max_examples=150, deadline=None)
@given(
    pairs=saves,
    query=queries,
    giant=st.sampled_from(["neither", "a giant board", "a giant Pin"]),
    gone=st.sets(st.tuples(st.integers(0, 12), st.integers(0, 25)), max_size=60),
    wide=st.booleans(),
    boards_max=st.sampled_from([3, 10, 3000]),
    limit=st.integers(1, 40),
    exclude=st.sets(st.integers(0, 30), max_size=6),
    seed=st.integers(0, 2**63 - 1),
    by_sorting=st.booleans(),
)
def test_the_compiled_walk_equals_its_plain_twin(
    *,
    pairs: Pairs,
    query: list[tuple[int, float]],
    giant: str,
    gone: Pairs,
    wide: bool,
    boards_max: int,
    limit: int,
    exclude: set[int],
    seed: int,
    by_sorting: bool,
) -> None:
    ordered = sorted(pairs)
    random.Random(seed).shuffle(ordered)
    ordered += [(13, p) for p in range(1500)] if giant == "a giant board" else []
    ordered += [(14 + b, 3) for b in range(700)] if giant == "a giant Pin" else []
    layout = layout_of(ordered, wide=wide)
    for board, pin in gone:  # Leaves Pins on no board, boards without Pins, and lists that are empty.
        layout.edit(np.array([board]), np.array([pin]), np.array([False]))
    asked = [(PinN(n), w) for n, w in query]

    with mock.patch.object(deposit, "SORTED_MIN", 0 if by_sorting else 1 << 40):
        fast = deposit.recommend(
            layout, asked, limit=limit, exclude={PinN(n) for n in exclude}, seed=seed, boards_max=boards_max
        )

    slow = plain.recommend(
        *lists(layout), asked, limit=limit, exclude={PinN(n) for n in exclude}, seed=seed, boards_max=boards_max
    )
    assert [h.score for h in fast] == pytest.approx([h.score for h in slow], rel=1e-9)
    exact = {h.pin_n: h for h in slow}
    edge = min((h.score for h in slow), default=0.0) * (1 + 1e-9)
    for hit in fast:
        if hit.score <= edge:
            continue  # At the cut, equal scores may fall either way by rounding.
        assert hit.score == pytest.approx(exact[hit.pin_n].score, rel=1e-9)
        assert hit.via_pin_n in {n for n, _ in query}
        assert {hit.pin_n} <= set(layout.pins_of(hit.via_board_n).tolist())


def test_one_hop_scores_by_the_formula() -> None:
    layout = layout_of([(0, 1), (0, 2), (1, 1), (1, 2), (1, 3), (2, 3), (2, 4)])

    hits = deposit.recommend(layout, [(PinN(1), 1.0)], limit=2, exclude=(), seed=0)

    assert [(h.pin_n, h.via_pin_n, h.via_board_n) for h in hits] == [(2, 1, 0), (3, 1, 1)]
    assert [h.score for h in hits] == pytest.approx([(1 / 2 + 1 / 3) / 2**0.7, (1 / 3) / 2**0.7])


def test_a_pin_near_several_query_pins_beats_one_near_a_single_one() -> None:
    layout = layout_of([(0, 1), (0, 9), (1, 2), (1, 9), (2, 1), (2, 8), (3, 1), (3, 8)])

    hits = deposit.recommend(layout, [(PinN(1), 1.0), (PinN(2), 1.0)], limit=2, exclude=(), seed=0)

    assert hits[0].pin_n == 9


def test_a_longer_walk_finds_more_when_candidates_run_short() -> None:
    chain = [(b, p) for b in range(4) for p in (b, b + 1)]
    layout = layout_of(chain)

    hits = deposit.recommend(layout, [(PinN(0), 1.0)], limit=10, exclude=(), seed=0)

    assert [h.pin_n for h in hits] == [1, 2, 3, 4]
    assert all(h.via_pin_n == 0 for h in hits)


def test_excluded_pins_and_pins_on_no_board_are_left_out() -> None:
    layout = layout_of([(0, 1), (0, 2), (0, 3)])

    assert [h.pin_n for h in deposit.recommend(layout, [(PinN(1), 1.0)], limit=5, exclude={PinN(2)}, seed=0)] == [3]
    assert deposit.recommend(layout, [(PinN(7), 1.0), (PinN(99), 1.0)], limit=5, exclude=(), seed=0) == []
    assert deposit.recommend(layout_of([]), [(PinN(1), 1.0)], limit=5, exclude=(), seed=0) == []


def test_a_sampled_walk_repeats_for_one_seed_and_differs_for_another() -> None:
    rng = random.Random(1)
    layout = layout_of(list({(rng.randrange(400), rng.randrange(300)) for _ in range(6000)}))
    ask = [(PinN(n), 1.0) for n in range(10)]

    once, again, other = (
        deposit.recommend(layout, ask, limit=50, exclude=(), seed=s, boards_max=40) for s in (5, 5, 6)
    )

    assert once == again
    assert once != other


def test_sorting_the_deposits_of_large_requests_changes_nothing_but_their_time() -> None:
    rng = np.random.default_rng(3)
    table = np.unique(np.column_stack([rng.integers(0, 3_000, 90_000), rng.zipf(1.6, 90_000) % 20_000]), axis=0)
    layout = Flat.build(table[:, 0].copy(), table[:, 1].copy())

    for seed in range(12):
        asked = [(PinN(int(n)), float(w)) for n, w in zip(rng.integers(0, 60, 12), rng.random(12), strict=True)]
        found = []
        for least in (0, 1 << 40):
            with mock.patch.object(deposit, "SORTED_MIN", least):
                found.append(
                    deposit.recommend(layout, asked, limit=(100, 1_000, 15_000)[seed % 3], exclude=(), seed=seed)
                )
        assert found[0] == found[1]


def test_the_budget_of_boards_goes_to_where_it_can_be_used() -> None:
    takes, whole = deposit.shares(np.array([2, 100, 100]), np.array([1.0, 1.0, 2.0]), 62)

    assert not whole
    assert takes.tolist() == [2, 20, 40]


edits = st.lists(st.tuples(st.integers(0, 8), st.integers(0, 40), st.booleans()), max_size=150)


@settings(max_examples=100, deadline=None)
@given(pairs=saves, changes=edits)
async def test_edits_give_the_lists_that_a_rebuild_would(pairs: Pairs, changes: list[tuple[int, int, bool]]) -> None:
    layout = layout_of(sorted(pairs))
    walk = LiveWalk(layout)
    expected = set(pairs)

    for board, pin, add in changes:
        await walk.apply(Present(pairs={(BoardN(board), PinN(pin)): add}))
        (expected.add if add else expected.discard)((board, pin))

    assert pairs_of(layout) == expected
    _same_walk(layout, layout_of(sorted(expected)))


@settings(max_examples=100, deadline=None)
@given(before=saves, after=saves, seed=st.integers(0, 1000))
async def test_what_is_applied_in_any_order_and_twice_comes_to_the_present_state(
    before: Pairs, after: Pairs, seed: int
) -> None:
    rng = random.Random(seed)
    layout = layout_of(sorted(before))
    walk = LiveWalk(layout)
    boards = sorted({b for b, _ in before | after})
    pins = sorted({p for _, p in before | after})
    parts = [Present(boards={BoardN(b): [PinN(p) for x, p in after if x == b]}) for b in boards]
    parts += [Present(pins={PinN(p): [BoardN(b) for b, x in after if x == p]}) for p in pins]
    parts += [Present(pairs={(BoardN(b), PinN(p)): (b, p) in after}) for b, p in before | after]
    parts += rng.sample(parts, len(parts) // 2)
    rng.shuffle(parts)

    for part in parts:
        await walk.apply(part)

    assert pairs_of(layout) == after
    _same_walk(layout, layout_of(sorted(after)))


def _same_walk(one: Flat, other: Flat) -> None:
    ask = [(PinN(n), 1.0) for n in range(0, 30, 3)]
    left, right = (
        {h.pin_n: h.score for h in deposit.recommend(g, ask, limit=100, exclude=(), seed=1)} for g in (one, other)
    )
    assert left == pytest.approx(right, rel=1e-9)


async def test_many_edits_of_one_board_move_it_and_pack_the_lists() -> None:
    layout = layout_of([(b, p) for b in range(20) for p in range(5)])
    walk = LiveWalk(layout)

    for p in range(4000):
        await walk.apply(Present(pairs={(BoardN(p % 20), PinN(p)): True}))
    await walk.apply(Present(boards={BoardN(b): [] for b in range(19)}))

    assert pairs_of(layout) == {(19, p) for p in range(4000) if p % 20 == 19} | {(19, p) for p in range(5)}


def test_walks_and_changes_at_once_leave_walks_whole() -> None:
    layout = layout_of([(b, p) for b in range(50) for p in range(b, b + 20)])
    stop = threading.Event()
    failures: list[str] = []

    def walking() -> None:
        while not stop.is_set():
            hits = deposit.recommend(layout, [(PinN(5), 1.0), (PinN(40), 1.0)], limit=50, exclude=(), seed=3)
            failures.extend(f"reached {hit.pin_n}" for hit in hits if not 0 <= hit.pin_n < 5000)

    threads = [threading.Thread(target=walking) for _ in range(2)]
    for thread in threads:
        thread.start()
    for p in range(1500):
        layout.edit(np.array([p % 60, 7]), np.array([p, p]), np.array([True, p % 2 == 0]))
    stop.set()
    for thread in threads:
        thread.join()

    assert failures == []


def _event(kind: Kind, **named: object) -> Event:
    return Event(id=EventId("event_1"), kind=kind, seq=1, **named)  # type: ignore[arg-type]


def test_events_name_what_is_read_anew() -> None:
    named = Named.of(
        [
            _event(Kind.SAVED, board=BoardN(1), pin=PinN(2)),
            _event(Kind.UNSAVED, board=BoardN(1), pin=PinN(2)),
            _event(Kind.SAVED, board=BoardN(3), pin=PinN(4)),
            _event(Kind.PRIVACY, board=BoardN(3)),
            _event(Kind.BOARD_DELETED, board=BoardN(5)),
            _event(Kind.PIN_DELETED, pin=PinN(6)),
            _event(Kind.IMPORTED, boards=(BoardN(8), BoardN(9)), pins=(PinN(1),)),
            _event(Kind.FOLLOWED, board=BoardN(77)),
            _event(Kind.PIN_READY, pin=PinN(55)),
        ]
    )

    assert named.pairs == {(1, 2)}
    assert named.boards == {3, 5, 8, 9}
    assert named.pins == {6}


@settings(max_examples=60, deadline=None)
@given(before=saves, changes=edits, wide=st.booleans())
def test_a_rebuild_keeps_every_change_made_while_it_runs(
    before: Pairs, changes: list[tuple[int, int, bool]], *, wide: bool
) -> None:
    layout = layout_of(sorted(before), wide=wide)
    writing = threading.Lock()
    rebuild = Rebuild(layout, writing)
    expected = set(before)
    built = rebuild.build()

    for board, pin, add in changes:
        change = np.array([board]), np.array([pin]), np.array([add])
        rebuild.note(*change)
        layout.edit(*change)
        (expected.add if add else expected.discard)((board, pin))
    rebuild.build = lambda: built  # type: ignore[method-assign]  # Made before the changes: the worst case.
    with rebuild.finished() as fresh:
        assert writing.locked()

    assert pairs_of(fresh) == pairs_of(layout) == expected
    assert fresh.saves == layout.saves == len(expected)
    assert fresh.words.dtype == layout.words.dtype


async def test_a_copy_that_outgrows_its_tail_is_rebuilt_and_nothing_removed_comes_back() -> None:
    walk = LiveWalk(layout_of([(b, p) for b in range(40) for p in range(30)]))
    expected = {(b, p) for b in range(40) for p in range(30)}
    rng = random.Random(9)

    for turn in range(60):
        pairs = {(BoardN(rng.randrange(4000)), PinN(rng.randrange(9000))): rng.random() < 0.8 for _ in range(2000)}
        pairs |= {(BoardN(b), PinN(turn % 30)): False for b in range(40)}
        await walk.apply(Present(pairs=pairs))
        expected -= {pair for pair, on in pairs.items() if not on}
        expected |= {pair for pair, on in pairs.items() if on}

    assert walk.rebuilt(timeout_s=60)
    assert walk.saves == len(expected)
    for board in range(0, 4000, 37):
        assert sorted(walk.pins_of(BoardN(board))) == sorted(p for b, p in expected if b == board)


def many(boards: range, pins: int = 120) -> dict[BoardN, list[PinN]]:
    """Boards that each hold Pins of their own: more than the tail of a small copy has room for."""
    return {BoardN(b): [PinN(b * pins + p) for p in range(pins)] for b in boards}


async def test_more_than_the_tail_has_room_for_is_all_there_once_the_rebuild_is_done() -> None:
    walk = LiveWalk(layout_of([(0, 1), (1, 1)]))
    build, entered, go_on = Rebuild.build, threading.Event(), threading.Event()

    def slow(rebuild: Rebuild) -> Flat:
        flat = build(rebuild)
        entered.set()
        go_on.wait(60)
        return flat

    with mock.patch.object(Rebuild, "build", slow):
        await walk.apply(Present(boards=many(range(2, 2_500))))
        assert entered.wait(60)
        # Several times what the fresh tail holds comes while it is built, and some of it goes again.
        await walk.apply(Present(boards=many(range(2_500, 7_500))))
        await walk.apply(Present(boards={BoardN(b): [] for b in range(100, 200)}, pins={PinN(1): []}))
        go_on.set()
        assert walk.rebuilt(timeout_s=60)

    expected = {b: pins for b, pins in many(range(2, 7_500)).items() if not 100 <= b < 200}
    assert walk.saves == sum(map(len, expected.values()))
    assert all(sorted(walk.pins_of(BoardN(b))) == expected.get(BoardN(b), []) for b in range(7_500))


async def test_what_waits_for_a_rebuild_that_fails_is_there_after_the_next_and_nothing_removed_comes_back() -> None:
    walk = LiveWalk(layout_of([(0, 1), (1, 1)]))
    with mock.patch.object(Rebuild, "build", side_effect=MemoryError("no memory")):
        await walk.apply(Present(boards=many(range(2, 3_500))))
        assert walk.rebuilt(timeout_s=60)
        await walk.apply(Present(boards={BoardN(3_400): []}, pairs={(BoardN(1), PinN(1)): False}))
        assert walk.rebuilt(timeout_s=60)
    missing = walk.saves

    await walk.apply(Present(pairs={(BoardN(3_499), PinN(7)): True}))
    assert walk.rebuilt(timeout_s=60)

    expected = many(range(2, 3_500)) | {BoardN(0): [PinN(1)], BoardN(1): [], BoardN(3_400): []}
    expected[BoardN(3_499)].insert(0, PinN(7))
    assert missing < walk.saves == sum(map(len, expected.values()))
    assert all(sorted(walk.pins_of(b)) == pins for b, pins in expected.items())


@settings(max_examples=40, deadline=None)
@given(
    before=saves,
    turns=st.lists(
        st.tuples(
            st.dictionaries(st.tuples(st.integers(0, 12), st.integers(0, 25)), st.booleans(), max_size=12),
            st.dictionaries(st.integers(0, 12), st.sets(st.integers(0, 25)), max_size=2),
            st.booleans(),
        ),
        max_size=12,
    ),
)
async def test_with_hardly_any_room_behind_the_lists_changes_come_to_the_same_and_removals_hold_at_once(
    before: Pairs, turns: list[tuple[dict[tuple[int, int], bool], dict[int, set[int]], bool]]
) -> None:
    expected = set(before)
    with mock.patch("discovery.walk.flat.TAIL_WORDS_MIN", 24):
        walk = LiveWalk(layout_of(sorted(before)))
        for pairs, boards, fails in turns:
            build = mock.patch.object(Rebuild, "build", side_effect=MemoryError) if fails else nullcontext()
            with build:
                await walk.apply(
                    Present(
                        pairs={(BoardN(b), PinN(p)): on for (b, p), on in pairs.items() if b not in boards},
                        boards={BoardN(b): [PinN(p) for p in sorted(held)] for b, held in boards.items()},
                    )
                )
                if fails:
                    assert walk.rebuilt(timeout_s=60)
            expected = {(b, p) for b, p in expected if b not in boards}
            expected |= {(b, p) for b, held in boards.items() for p in held}
            expected -= {pair for pair, on in pairs.items() if not on and pair[0] not in boards}
            expected |= {pair for pair, on in pairs.items() if on and pair[0] not in boards}
            assert {(b, p) for b in range(13) for p in walk.pins_of(BoardN(b))} <= expected
        await walk.apply(Present(pairs={(BoardN(12), PinN(25)): True}))
        assert walk.rebuilt(timeout_s=60)

    assert pairs_of(walk._flat) == expected | {(12, 25)}


async def test_a_rebuild_that_fails_in_any_way_is_not_the_last() -> None:
    walk = LiveWalk(layout_of([(0, 1), (1, 1)]))
    with mock.patch.object(Rebuild, "build", side_effect=RuntimeError("a mistake")), mock.patch("threading.excepthook"):
        await walk.apply(Present(boards=many(range(2, 3_500))))
        assert walk.rebuilt(timeout_s=60)

    await walk.apply(Present(pairs={(BoardN(9), PinN(3)): True}))

    assert walk.rebuilt(timeout_s=60)
    assert walk.saves == 3 + sum(map(len, many(range(2, 3_500)).values()))


def test_weights_that_are_no_positive_numbers_and_unknown_pins_are_skipped() -> None:
    layout = layout_of([(0, 1), (0, 2), (1, 3), (1, 4)])
    odd = [(PinN(3), float("nan")), (PinN(3), -1.0), (PinN(4), 0.0), (PinN(1), float("inf")), (PinN(-5), 1.0)]

    assert deposit.recommend(layout, odd, limit=5, exclude=(), seed=0) == []
    assert [h.pin_n for h in deposit.recommend(layout, [*odd, (PinN(1), 1.0)], limit=1, exclude=(), seed=0)] == [2]


def test_of_a_thousand_query_pins_the_heaviest_count() -> None:
    layout = layout_of([(b, p) for b in range(1000) for p in (b, 5000 + b)])
    asked = [(PinN(n), 1.0 + n) for n in range(1000)]

    found = {h.pin_n for h in deposit.recommend(layout, asked, limit=2000, exclude=(), seed=0, hops_max=1)}

    assert found == set(range(5000 + 1000 - WALK_QUERY_PINS_MAX, 6000))


def test_a_hit_names_the_query_pins_and_boards_that_led_to_it() -> None:
    layout = layout_of([(0, 1), (0, 9), (1, 2), (1, 9), (1, 8), (2, 2), (2, 9)])

    hit = next(
        h
        for h in deposit.recommend(layout, [(PinN(1), 1.0), (PinN(2), 1.0)], limit=5, exclude=(), seed=0, vias=3)
        if h.pin_n == 9
    )

    assert [(v.pin_n, v.board_n) for v in hit.vias] == [(2, 2), (1, 0)]
    assert [v.share for v in hit.vias] == pytest.approx([(1 / 2 + 1 / 3) / (4 / 3), (1 / 2) / (4 / 3)])


@settings(max_examples=100, deadline=None)
@given(
    size=st.integers(1, 9_000), limit=st.integers(1, 400), beta=st.sampled_from([0.0, 0.7]), seed=st.integers(0, 10_000)
)
def test_the_best_of_many_are_those_that_sorting_all_would_put_first(
    size: int, limit: int, beta: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    pins = rng.permutation(size)
    flat = Flat.build(np.zeros(size, np.int64), pins)
    keys = flat.pin_at[rng.permutation(size)].astype(np.uint64)
    value = rng.choice([0.0, *rng.random(int(rng.integers(1, 200)))], size)  # Many are equal, some are nothing.
    slots, values, ns = np.empty(limit, np.int64), np.empty(limit), np.empty(limit, np.int64)
    powers = np.maximum(np.arange(choosing.POWERS), 1.0) ** -beta

    found = choosing.best(
        *(flat.words, keys, 0, size, value, beta, powers),
        *(np.empty(size + 1, np.int64), np.empty(size + 1), slots, values, ns),
    )

    every = flat.words[keys - np.uint64(2)].astype(np.int64)
    order = np.lexsort((every, -value))[: min(limit, int((value > 0).sum()))]
    assert slots[:found].tolist() == order.tolist()
    assert values[:found].tolist() == value[order].tolist()
    assert ns[:found].tolist() == every[order].tolist()


@pytest.mark.parametrize("wide", [False, True])
def test_nothing_is_left_to_compile_once_the_loops_are_warm(tmp_path: Path, *, wide: bool) -> None:
    fresh = subprocess.run(
        [sys.executable, "-m", "tests.unit.discovery.fresh_walks", str(tmp_path / "a.walk"), str(int(wide))],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )

    assert fresh.returncode == 0, fresh.stderr
    assert fresh.stdout.splitlines()[-1] == "compiled or read after the loops were warm: []"
