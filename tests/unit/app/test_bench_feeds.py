"""The figures of home pages: ways without a stage, and what is computed of pages."""

from __future__ import annotations

import numpy as np
import pytest

from app.bench.feeds import Page, figures, gini, ways, without
from discovery.candidate import CandidateSource
from discovery.declared import HOME
from discovery.pipeline import Parts, StepKind, check
from domain.ids import PinN


class _Any(dict[str, object]):
    def __contains__(self, name: object) -> bool:
        return True


def test_every_way_is_a_feed_that_can_run_and_lacks_what_it_says() -> None:
    anything: dict[str, CandidateSource] = _Any()  # type: ignore[assignment]
    for name, feed in ways().items():
        check(feed, Parts(anything, anything))  # type: ignore[arg-type]
        assert (name == "home") == (feed == HOME)

    names = {step.name for step in without(HOME, "one_picture").steps}
    assert names == {step.name for step in HOME.steps} - {"one_picture"}
    assert sum(name.startswith("without ") for name in ways()) == 5 + sum(
        step.kind is StepKind.SOURCE for step in HOME.steps
    )


def test_gini_is_nothing_for_equal_shares_and_nearly_one_for_one_that_has_all() -> None:
    assert gini(np.ones(50)) == pytest.approx(0)
    assert gini(np.array([0.0] * 99 + [7.0])) == pytest.approx(0.99)
    assert gini(np.zeros(4)) == 0
    assert gini(np.array([1.0, 2.0, 3.0])) == pytest.approx(2 / 9)


def test_figures_are_means_over_pages_and_count_what_nobody_was_shown() -> None:
    pages = [Page((PinN(1), PinN(2)), 0.5, 2, 2, 1), Page((PinN(1),), None, 1, 1, 1)]

    row = figures("home", pages, 4, {PinN(1): 1.0, PinN(2): 30.0}, {PinN(1): 6, PinN(2): 3})

    assert (row.pages, row.pins_each, row.unlike, row.creators) == (2, 1.5, 0.5, 1.5)
    assert row.coverage == 0.5
    assert row.gini == pytest.approx(gini(np.array([2.0, 1.0, 0.0, 0.0])))
    assert row.fresh == pytest.approx(2 / 3)
    assert row.age_days == 1.0
    assert row.saves_each == 5.0
