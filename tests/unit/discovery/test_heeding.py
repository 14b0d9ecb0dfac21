"""What a viewer left alone or hid sinks on their pages; all else keeps its place."""

from __future__ import annotations

import numpy as np
import pytest

from discovery.candidate import Candidate, ReasonRef
from discovery.heeding import ALIKE_COSTS, heeded
from domain.acts import WEIGHTS, Act, EngagementKind
from domain.ids import PinN
from domain.model import Source


def candidates(*scores: float) -> list[Candidate]:
    return [Candidate(PinN(n), (ReasonRef(Source.WALK, 1.0),), score=score) for n, score in enumerate(scores)]


def look(*values: float) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    found = np.array(values, np.float32)
    return np.asarray(found / np.linalg.norm(found))


def test_what_nothing_is_said_of_stays_as_it_is() -> None:
    given = candidates(3.0, 2.0, 2.0, 1.0)

    assert heeded(given, looks={}, disliked=(), vectors={}) == given
    assert heeded(given, looks={PinN(0): 1.0}, disliked=(PinN(9),), vectors={PinN(0): look(1, 0)}) == given


def test_what_was_looked_at_often_and_left_alone_sinks_and_one_look_is_free() -> None:
    found = heeded(candidates(3.0, 2.0, 1.0), looks={PinN(0): 3.0, PinN(1): 0.9}, disliked=(), vectors={})

    assert [(c.pin_n, c.score) for c in found] == [(1, 2.0), (0, 1.0), (2, 1.0)]


def test_what_looks_like_a_hidden_pin_sinks_by_how_alike_it_is() -> None:
    vectors = {
        PinN(0): look(1.0, 0.0),  # As the hidden one.
        PinN(1): look(0.85, (1 - 0.85**2) ** 0.5),
        PinN(2): look(0.0, 1.0),
        PinN(9): look(1.0, 0.0),
    }

    found = heeded(candidates(1.0, 1.0, 1.0), looks={}, disliked=(PinN(9),), vectors=vectors)

    assert [c.pin_n for c in found] == [2, 1, 0]
    assert [c.score for c in found] == pytest.approx([1.0, 1 - ALIKE_COSTS / 2, 1 - ALIKE_COSTS], abs=1e-5)


@pytest.mark.parametrize(("propensity", "times"), [(None, 1.0), (1.0, 1.0), (0.5, 2.0), (0.01, 4.0)])
def test_an_act_far_down_a_page_warms_more_but_no_more_than_four_times(propensity: float | None, times: float) -> None:
    act = Act(PinN(1), EngagementKind.CLICK, 0, propensity=propensity)

    assert act.warmth == pytest.approx(times * WEIGHTS[EngagementKind.CLICK])
