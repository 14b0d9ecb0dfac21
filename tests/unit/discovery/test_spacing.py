"""Sliding spectrum decomposition and soft spacing, against the plain twin and by what they promise."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from discovery import diversify
from discovery.candidate import Candidate, ReasonRef
from discovery.declared import EVERY_FEED, HOME
from discovery.facts import Known
from discovery.spacing import SpacedBy, Spacing
from domain.ids import BoardN, PinN, TopicN, UserN
from domain.limits import SPACING_WINDOW_MAX
from domain.model import Source
from tests.unit.discovery import plain_spacing
from vectors.embedder import unit_rows

CLASSES = dict.fromkeys(SpacedBy, 0.2) | {SpacedBy.COPY: 5.0}


def named(n: int, score: float) -> Candidate:
    return Candidate(PinN(n), (ReasonRef(Source.WALK, score),), score=score)


def worlds(count: int, seed: int) -> tuple[list[Candidate], dict[PinN, Known], dict[PinN, np.ndarray]]:
    """Pins of six families of looks, some of one picture, some without a look, a creator, a topic or a title."""
    rng = np.random.default_rng(seed)
    looks = unit_rows(
        (rng.standard_normal((6, 32))[rng.integers(0, 6, count)] * 2 + rng.standard_normal((count, 32))).astype("f4")
    )
    for n in range(10, count, 11):
        looks[n] = looks[n - 10]
    found = sorted((named(n, float(rng.random())) for n in range(count)), key=lambda c: -c.score)
    known = {
        PinN(n): Known(
            UserN(int(rng.integers(5))),
            BoardN(int(rng.integers(9))),
            topics=(TopicN(int(rng.integers(4))),) if n % 3 else (),
            untitled=n % 5 == 0,
        )
        for n in range(0, count, 2)
    }
    return found, known, {PinN(n): looks[n] for n in range(count) if n % 7}


@settings(max_examples=60, deadline=None)
@given(
    count=st.integers(0, 60),
    seed=st.integers(0, 10_000),
    window=st.integers(1, 10),
    ahead=st.sampled_from([1, 5, 64]),
    relevance=st.sampled_from([0.2, 0.5, 0.9, 1.0]),
    look=st.sampled_from([0.0, 1.0, 4.0]),
    seen=st.integers(0, 12),
)
def test_the_compiled_spacing_equals_gram_schmidt_over_the_vectors(
    *, count: int, seed: int, window: int, ahead: int, relevance: float, look: float, seen: int
) -> None:
    found, known, vectors = worlds(count + seen, seed)
    early = tuple(PinN(n) for n in range(count, count + seen))
    found = [c for c in found if c.pin_n < count]
    spacing = Spacing(relevance, look, window, ahead, CLASSES)

    fast = diversify.spaced(found, known, vectors, spacing, early)

    assert [c.pin_n for c in fast] == (
        plain_spacing.spaced(found, known, vectors, spacing, early) if count > 1 else [c.pin_n for c in found]
    )
    assert sorted(c.pin_n for c in fast) == list(range(count))


def test_with_relevance_alone_the_order_stays() -> None:
    found, known, vectors = worlds(80, 3)

    assert diversify.spaced(found, known, vectors, Spacing(relevance=1.0)) == found


def test_neighbours_are_less_alike_after_spacing() -> None:
    found, known, vectors = worlds(300, seed=4)

    def clashes(order: list[Candidate]) -> int:
        creators = [known[c.pin_n].creator_n if c.pin_n in known else None for c in order[:100]]
        return sum(a == b is not None for a, b in pairwise(creators))

    def likeness(order: list[Candidate]) -> float:
        rows = [vectors[c.pin_n] for c in order[:100] if c.pin_n in vectors]
        return float(np.mean([a @ b for a, b in pairwise(rows)]))

    spaced = diversify.spaced(found, known, vectors, HOME.spacing)
    assert clashes(spaced) < clashes(found) / 2
    assert likeness(spaced) < likeness(found) - 0.08


def test_copies_of_one_picture_do_not_stand_together() -> None:
    look = np.eye(1, 8, dtype=np.float32)[0]
    found = [named(n, 10.0 - n) for n in range(12)]
    others = unit_rows(np.random.default_rng(0).standard_normal((12, 8)).astype(np.float32))
    vectors = {PinN(n): look if n < 2 else others[n] for n in range(12)}

    order = [c.pin_n for c in diversify.spaced(found, {}, vectors, HOME.spacing)]

    assert order.index(PinN(1)) - order.index(PinN(0)) > HOME.spacing.window


def test_a_page_begins_unlike_what_the_viewer_saw_last() -> None:
    axes = np.eye(2, 8, dtype=np.float32)
    found = [named(n, 10.0 - n / 10) for n in range(6)]
    vectors = {PinN(n): axes[n % 2] for n in range(6)} | {PinN(90): axes[0]}
    known = {PinN(1): Known(UserN(4)), PinN(91): Known(UserN(4))}

    first = [diversify.spaced(found, known, vectors, HOME.spacing, seen)[0].pin_n for seen in ((), (PinN(90),))]
    close = [*found[1:], named(99, 0.0)]
    after_creator = diversify.spaced(close, known, {}, HOME.spacing, (PinN(91),))[0].pin_n

    assert first == [0, 1]
    assert after_creator == 2


@pytest.mark.parametrize(
    "bad",
    [
        {"relevance": 0.0},
        {"relevance": 1.1},
        {"look": -1.0},
        {"window": 0},
        {"window": SPACING_WINDOW_MAX + 1},
        {"ahead": 0},
        {"classes": {SpacedBy.TOPIC: -0.1}},
    ],
)
def test_spacing_that_makes_no_sense_is_refused(bad: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"relevance|window"):
        Spacing(**bad)  # type: ignore[arg-type]


def test_the_feeds_declare_how_they_are_spaced() -> None:
    assert all(feed.spacing.classes for feed in EVERY_FEED if any(step.part.startswith("space") for step in feed.steps))
