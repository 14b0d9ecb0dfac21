"""Variants of feeds: who gets which, what is refused, and how their figures are compared."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.feeds_compare import compared
from discovery import variants
from discovery.declared import EVERY_FEED, HOME, VARIANTS
from discovery.pipeline import BadFeed
from discovery.variants import Variant, arm
from domain.ids import SIGNED_OUT, UserN
from graph.samples import Acts


def variant(name: str, share: float, of: str = "home") -> Variant:
    return Variant(replace(HOME, name=name), of, share)


def test_each_viewer_always_gets_the_same_and_shares_hold() -> None:
    both = (variant("a", 0.2), variant("b", 0.3))
    users = [UserN(n) for n in range(20_000)]

    drawn = [arm(both, "home", user) for user in users]

    assert drawn == [arm(both, "home", user) for user in users]
    assert drawn.count("a") / 20_000 == pytest.approx(0.2, abs=0.015)
    assert drawn.count("b") / 20_000 == pytest.approx(0.3, abs=0.015)
    more = [arm((both[0], replace(both[1], share=0.6)), "home", user) for user in users]
    assert all(new in {old, "b"} for old, new in zip(drawn, more, strict=True))
    assert {arm(both, "related", user) for user in users} == {"related"}
    assert arm((variant("a", 1.0),), "home", SIGNED_OUT) == "home"
    assert arm((variant("a", 1.0),), "home", UserN(7)) == "a"


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ((variant("a", 0.1, of="nothing"),), "which is no feed"),
        ((variant("a", 1.1),), "not from 0 to 1"),
        ((variant("a", -0.1),), "not from 0 to 1"),
        ((variant("home", 0.1),), "share a name"),
        ((variant("a", 0.1), variant("a", 0.1)), "share a name"),
        ((variant("a", 0.6), variant("b", 0.5)), "more than 1"),
    ],
)
def test_variants_that_cannot_be_are_refused(bad: tuple[Variant, ...], says: str) -> None:
    variants.check(VARIANTS, EVERY_FEED)
    variants.check((variant("a", 0.5), variant("b", 0.5)), EVERY_FEED)

    with pytest.raises(BadFeed, match=says):
        variants.check(bad, EVERY_FEED)


def test_what_viewers_did_is_compared_by_the_arm_that_they_are_in() -> None:
    both = (variant("a", 0.5),)
    users = [UserN(n) for n in range(1, 2_001)]
    mine = {user: 3 if arm(both, "home", user) == "a" else 1 for user in users if user % 2}

    base, other = compared(Acts(users, mine, {users[0]: 5}), "home", both)

    assert (base.name, other.name) == ("home", "a")
    assert base.viewers + other.viewers == 2_000
    assert base.savers + other.savers == 1_000
    assert other.more_saves == pytest.approx(1.0, abs=0.2)
    assert other.more_saves_within is not None
    assert 0 < other.more_saves_within < 0.2
    assert base.more_saves is None
    assert base.hides_each + other.hides_each > 0


def test_a_feed_that_nobody_looked_at_has_figures_of_zero() -> None:
    base, other = compared(Acts([], {}, {}), "home", (variant("a", 0.5),))

    assert (base.viewers, base.saves_each, other.more_saves) == (0, 0.0, None)
