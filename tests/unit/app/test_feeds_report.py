"""A declared feed as a picture."""

from __future__ import annotations

import pytest

from app.feeds_report import show
from discovery.declared import EVERY_FEED
from domain.errors import Invalid


@pytest.mark.parametrize("feed", EVERY_FEED, ids=lambda feed: feed.name)
def test_every_step_of_a_feed_is_in_its_picture(feed) -> None:  # type: ignore[no-untyped-def]
    picture = show(feed.name)

    for step in feed.steps:
        assert f"[{step.name}" in picture
        assert f"{step.limit_ms} ms" in picture


def test_an_unknown_feed_is_refused_with_those_there_are() -> None:
    with pytest.raises(Invalid, match="home"):
        show("nothing")
