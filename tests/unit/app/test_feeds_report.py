"""A declared feed as a picture."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.feeds_report import show
from app.learning import LEANINGS
from discovery import leaning_store
from discovery.declared import EVERY_FEED
from discovery.leanings import Leanings
from domain.errors import Invalid
from domain.model import Source


@pytest.mark.parametrize("feed", EVERY_FEED, ids=lambda feed: feed.name)
def test_every_step_of_a_feed_is_in_its_picture(feed) -> None:  # type: ignore[no-untyped-def]
    picture = show(feed.name)

    for step in feed.steps:
        assert f"[{step.name}" in picture
        assert f"{step.limit_ms} ms" in picture


def test_a_picture_stands_in_columns_and_shows_what_is_done_at_once() -> None:
    lines = show("home").splitlines()
    boxes = [line for line in lines if line.startswith("  [")]

    assert len({line.index("]") for line in boxes}) == 1
    (facts,) = (line for line in boxes if "[facts " in line)
    assert facts.endswith("at once with visible")
    assert "▼" not in lines[lines.index(facts) - 1]


def test_a_feed_that_learns_says_what_it_has_learnt(tmp_path: Path) -> None:
    before = show("home", tmp_path)
    leaning_store.write(Leanings({Source.VISUAL: 1.5}, 900, 40, 0.01, 5), tmp_path / LEANINGS)

    assert "Nothing is learnt yet" in before
    assert "VISUAL ×1.50 (from 900 pins that 40 viewers took" in show("home", tmp_path)
    assert "×1.50" not in show("related", tmp_path)


def test_an_unknown_feed_is_refused_with_those_there_are() -> None:
    with pytest.raises(Invalid, match="home"):
        show("nothing")
