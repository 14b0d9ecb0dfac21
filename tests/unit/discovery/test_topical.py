"""Pixie's bias and pruning: against plain twins, and by the paper's definitions."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from discovery.walk import inclined, pixie, plain, pruning, stepping, topical, warming
from discovery.walk.arranged import Arranging
from discovery.walk.flat import Flat
from discovery.walk.live import LiveWalk
from discovery.walk.present import Present
from discovery.walk.pruning import PinTopics
from discovery.walk.topical import Bias
from domain.ids import BoardN, PinN, TopicN


@pytest.fixture(scope="module", autouse=True)
def _warm() -> None:
    warming.warm()


def flat_of(pairs: list[tuple[int, int]], *, wide: bool = False) -> Flat:
    table = np.array(pairs, np.int64).reshape(-1, 2)
    return Flat.build(table[:, 0].copy(), table[:, 1].copy(), wide=wide)


saves = st.sets(st.tuples(st.integers(0, 9), st.integers(0, 20)), min_size=1, max_size=80)
changes = st.lists(st.tuples(st.integers(0, 11), st.integers(0, 30), st.booleans()), max_size=60)
abouts = st.lists(st.integers(-1, 3), min_size=21, max_size=21)


@settings(max_examples=80, deadline=None)
@given(
    pairs=saves,
    about=abouts,
    changes=changes,
    seed=st.integers(0, 2**63 - 1),
    wide=st.booleans(),
)
def test_biased_steps_equal_their_plain_twin_exactly_also_after_live_changes(
    pairs: set[tuple[int, int]], about: list[int], changes: list[tuple[int, int, bool]], seed: int, *, wide: bool
) -> None:
    flat = flat_of(sorted(pairs), wide=wide)
    parts = topical.arranged(flat, np.array(about))
    for board, pin, add in changes:
        flat.edit(np.array([board]), np.array([pin]), np.array([add]))
    start = next((n for n in range(flat.pin_at.size) if flat.boards_of(n).size), None)
    if start is None:
        return
    bias = Bias(parts, TopicN(2))
    entries = np.zeros(4 * stepping.WALKERS, np.uint64)

    inclined.step(
        *(flat.words, np.uint64(flat.pin_at[start]), 4, np.uint64(1 << 31), np.uint64(seed), np.uint64(0), 1 << 40),
        *(np.zeros(0, np.uint64), np.uint64(0), 0, entries, np.zeros(entries.size, flat.words.dtype)),
        *(2, parts.pins.first, parts.pins.topics, parts.pins.ends),
        *(parts.boards.first, parts.boards.topics, parts.boards.ends),
    )

    nodes, visits = np.unique(entries >> np.uint64(24), return_counts=True)
    counted = dict(zip(nodes.tolist(), visits.tolist(), strict=True))
    assert counted == plain.steps(flat, PinN(start), 4, restart=1 << 31, seed=seed, bias=bias).visits
    assert sum(counted.values()) == 4 * stepping.WALKERS


@settings(max_examples=60, deadline=None)
@given(pairs=saves, about=abouts)
def test_arranging_keeps_every_list_and_puts_it_in_order_of_topic(
    pairs: set[tuple[int, int]], about: list[int]
) -> None:
    flat = flat_of(sorted(pairs))

    parts = topical.arranged(flat, np.array(about))

    held: dict[int, list[int]] = defaultdict(list)
    for board, pin in pairs:
        held[board].append(pin)
    for board, pins in held.items():
        now = flat.pins_of(board).tolist()
        assert sorted(now) == sorted(pins)
        topics = [about[pin] for pin in now]
        assert topics == sorted(topics, key=lambda topic: math.inf if topic < 0 else topic)
        low, high = int(parts.boards.first[board]), int(parts.boards.first[board + 1])
        assert parts.boards.topics[low:high].tolist() == sorted({topic for topic in topics if topic >= 0})
        ends = np.cumsum([Counter(topics)[topic] for topic in parts.boards.topics[low:high].tolist()])
        assert parts.boards.ends[low:high].tolist() == ends.tolist()


def test_a_biased_walk_stays_with_its_topic_and_an_unbiased_one_does_not() -> None:
    """Boards 0-9 hold gardens (Pins 0-19), boards 10-19 kitchens (20-39), and Pin 0 is on all of them."""
    pairs = [(b, p) for b in range(20) for p in range(20 * (b // 10), 20 * (b // 10) + 20)]
    flat = flat_of([*pairs, *((b, 0) for b in range(10, 20))])
    about = np.array([1] * 20 + [2] * 20)
    parts = topical.arranged(flat, about)

    plain_hits = pixie.recommend(flat, [(PinN(0), 1.0)], limit=60, steps=20_000)
    biased = pixie.recommend(flat, [(PinN(0), 1.0)], limit=60, steps=20_000, bias=Bias(parts, TopicN(2)))

    assert {int(about[h.pin_n]) for h in plain_hits} == {1, 2}
    assert {int(about[h.pin_n]) for h in biased} == {2}


def test_pixie_says_from_which_query_pins_and_through_which_boards() -> None:
    flat = flat_of([(0, 1), (0, 9), (1, 2), (1, 9), (2, 2), (2, 9), (2, 8)])

    hits = pixie.recommend(flat, [(PinN(1), 1.0), (PinN(2), 1.0)], limit=2, steps=20_000, seed=5, vias=3)

    nine = next(h for h in hits if h.pin_n == 9)
    assert {via.pin_n for via in nine.vias} == {1, 2}
    assert sum(via.share for via in nine.vias) == pytest.approx(1.0)
    assert [via.share for via in nine.vias] == sorted((via.share for via in nine.vias), reverse=True)
    assert all(hit.pin_n in flat.pins_of(via.board_n) for hit in hits for via in hit.vias)


def test_a_walk_about_a_topic_goes_everywhere_until_the_lists_are_arranged() -> None:
    walk = LiveWalk(flat_of(GARDENS_AND_KITCHENS))
    asked = [(PinN(0), 1.0)]
    before = walk.about(TopicN(2), asked, limit=60)

    walk.arrange(KITCHENS_ARE_2)

    assert before == walk.stepped(asked, limit=60)
    assert {ABOUT[h.pin_n] for h in before} == {1, 2}
    assert {ABOUT[h.pin_n] for h in walk.about(TopicN(2), asked, limit=60)} == {2}
    assert {ABOUT[h.pin_n] for h in walk.about(TopicN(1), asked, limit=60)} == {1}
    assert {ABOUT[h.pin_n] for h in walk.about(TopicN(3), asked, limit=60)} == {1, 2}


GARDENS_AND_KITCHENS = [
    *((b, p) for b in range(20) for p in range(20 * (b // 10), 20 * (b // 10) + 20)),
    *((b, 0) for b in range(10, 20)),
]
ABOUT = [1] * 20 + [2] * 20
KITCHENS_ARE_2 = PinTopics(np.arange(40), np.array(ABOUT), 3)


def arranged_pairs(walk: LiveWalk) -> set[tuple[int, int]]:
    assert walk._arranged is not None
    boards, pins = walk._arranged.flat.pairs(0, 10_000)
    return set(zip(boards.tolist(), pins.tolist(), strict=True))


@settings(max_examples=80, deadline=None)
@given(
    before=saves,
    about=st.sets(st.tuples(st.integers(0, 20), st.integers(0, 3)), min_size=1, max_size=40),
    meanwhile=changes,
    after=changes,
)
async def test_what_is_taken_off_leaves_the_arranged_copy_too_while_it_is_made_and_after(
    *,
    before: set[tuple[int, int]],
    about: set[tuple[int, int]],
    meanwhile: list[tuple[int, int, bool]],
    after: list[tuple[int, int, bool]],
) -> None:
    walk, named = LiveWalk(flat_of(sorted(before))), np.array(sorted(about), np.int64)
    topics, build = PinTopics(named[:, 0], named[:, 1], 4), Arranging.build
    state = dict.fromkeys(before, True)

    def late(making: Arranging) -> Flat:
        flat = build(making)
        for board, pin, add in meanwhile:  # The worst case: all of it after the lists were read.
            walk._apply(Present(pairs={(BoardN(board), PinN(pin)): add}))
        return flat

    with mock.patch.object(Arranging, "build", late):
        walk.arrange(topics)
    for board, pin, add in after:
        await walk.apply(Present(pairs={(BoardN(board), PinN(pin)): add}))

    state |= {(board, pin): add for board, pin, add in [*meanwhile, *after]}
    public, changed = {pair for pair, add in state.items() if add}, {(b, p) for b, p, _ in [*meanwhile, *after]}
    assert arranged_pairs(walk) <= public
    assert public & changed <= arranged_pairs(walk)
    assert not walk._rebuild


async def test_an_arranged_copy_is_made_anew_once_much_has_changed() -> None:
    walk = LiveWalk(flat_of(GARDENS_AND_KITCHENS))
    assert walk.unarranged

    walk.arrange(KITCHENS_ARE_2)
    assert not walk.unarranged
    await walk.apply(Present(pairs={(BoardN(50), PinN(n)): True for n in range(30)}))

    assert walk.unarranged
    walk.arrange(KITCHENS_ARE_2)
    assert not walk.unarranged


@settings(max_examples=80, deadline=None)
@given(
    pairs=saves,
    about=st.sets(st.tuples(st.integers(0, 20), st.integers(0, 3)), max_size=40),
    share=st.sampled_from([0.0, 0.2, 0.5]),
    delta=st.sampled_from([0.5, 0.91, 1.0]),
)
def test_pruning_drops_the_most_diffuse_boards_and_keeps_a_pins_likest(
    pairs: set[tuple[int, int]], about: set[tuple[int, int]], share: float, delta: float
) -> None:
    table, named = np.array(sorted(pairs)), np.array(sorted(about), np.int64).reshape(-1, 2)

    kept = pruning.kept(
        table[:, 0], table[:, 1], PinTopics(named[:, 0], named[:, 1], 4), diffuse_share=share, delta=delta
    )

    topics = {pin: [t for p, t in about if p == pin] for pin in range(21)}
    counts = {b: Counter(t for x, p in pairs if x == b for t in topics[p]) for b in {b for b, _ in pairs}}

    def entropy(board: int) -> float:
        whole = counts[board].total()
        return -sum(c / whole * math.log(c / whole) for c in counts[board].values()) if whole else 0.0

    def cosine(board: int, pin: int) -> float:
        length = math.sqrt(sum(c * c for c in counts[board].values())) * math.sqrt(len(topics[pin]))
        return sum(counts[board][t] for t in topics[pin]) / length if length else 0.0

    left = {(int(b), int(p)) for (b, p), keep in zip(table, kept, strict=True) if keep}
    with_topics = [b for b in counts if counts[b]]
    dropped = {b for b, _ in pairs} - {b for b, _ in left}
    expected = int(share * len(with_topics))
    assert len(dropped) >= expected
    edge = sorted((entropy(b) for b in with_topics), reverse=True)[expected - 1] if expected else math.inf
    most = {b for b in with_topics if entropy(b) > edge + 1e-9}
    assert most <= dropped
    for pin in {p for _, p in pairs}:
        mine = [b for b, p in left if p == pin]
        cut = [b for b, p in pairs if p == pin and b not in mine and not _diffuse(b, entropy, edge)]
        assert min((cosine(b, pin) for b in mine), default=9.0) >= max((cosine(b, pin) for b in cut), default=0) - 1e-9
    if share == 0.0:
        degrees = Counter(p for _, p in pairs)
        assert Counter(p for _, p in left) == {p: math.ceil(d**delta - 1e-9) for p, d in degrees.items()}


def _diffuse(board: int, entropy, edge: float) -> bool:  # type: ignore[no-untyped-def]
    return bool(entropy(board) >= edge - 1e-9)


@pytest.mark.parametrize(("share", "delta"), [(1.0, 1.0), (-0.1, 1.0), (0.1, 0.0), (0.1, 1.1)])
def test_pruning_by_shares_that_make_no_sense_is_refused(share: float, delta: float) -> None:
    with pytest.raises(ValueError, match="share"):
        pruning.kept(
            np.array([0]), np.array([0]), PinTopics(np.array([0]), np.array([0]), 1), diffuse_share=share, delta=delta
        )
