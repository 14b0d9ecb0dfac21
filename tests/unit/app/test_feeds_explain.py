"""What `pinwalk feeds explain` says of a page, and what it refuses before anything starts."""

from __future__ import annotations

import numpy as np
import pytest
from typer.testing import CliRunner

from app.cli_feeds import feeds
from app.feeds_explain import ABOUT, WHY, Names, checked, explained
from discovery import parts
from discovery.candidate import Candidate, FeedQuery, QueryPin, ReasonRef
from discovery.declared import EVERY_FEED, HOME, VARIANTS
from discovery.feeds import EXPLAINED
from discovery.pipeline import Run, SourceReport, StepKind
from domain.errors import Invalid
from domain.ids import PinN, TopicN
from domain.model import Source

WALK, EXPLORE = Source.WALK, Source.EXPLORE


def candidate(n: int, *said: ReasonRef, score: float = 0.0, **added: float) -> Candidate:
    row = np.array([[added.get(source.name, 0.0) for source in parts.SOURCES]])
    return Candidate(PinN(n), said, score=score, parts=parts.packed(row)[0] if added else b"")


def test_a_page_says_of_each_candidate_what_brought_dropped_and_placed_it() -> None:
    walked = [candidate(n, ReasonRef(WALK, n / 8, pin_n=PinN(9))) for n in (1, 2, 3, 4)]
    explored = [candidate(n, ReasonRef(EXPLORE, 0.0)) for n in (2, 5)]
    blended = [
        candidate(2, walked[1].reasons[0], explored[0].reasons[0], score=5.0, WALK=4.5, EXPLORE=0.25),
        candidate(3, walked[2].reasons[0], score=3.0, WALK=3.0),
        candidate(5, explored[1].reasons[0], score=0.5, EXPLORE=0.25),
    ]
    heeded = [blended[1], blended[0]._replace(score=1.25), blended[2]]
    query = FeedQuery(query_pins=(QueryPin(PinN(9), 1.0),), topics=(TopicN(4),))
    run = Run(HOME, query, factors={WALK: 1.0, EXPLORE: 2.0}, promised=frozenset({PinN(5)}))
    run.reports = [SourceReport("walked", WALK, 4), SourceReport("alike", Source.VISUAL, None)]
    run.brought = [("walked", c) for c in walked] + [("explore", c) for c in explored]
    run.passed = [
        ("unseen", [*walked, *explored], [*walked[1:], explored[1]]),
        ("blend", [*walked[1:], explored[1]], blended),
        ("heed", blended, heeded),
        ("space", heeded, [heeded[2], heeded[0], heeded[1]]),
        ("slate", [heeded[2], heeded[0], heeded[1]], [heeded[2], heeded[0]]),
    ]

    lines = explained(run, [heeded[2], heeded[0]], Names(pins={PinN(9): "Oak"}, topics={TopicN(4): "Trees"}))

    assert lines[:4] == [
        "home: 5 candidates, 2 in the slate",
        "starts from: pin 9 “Oak” ×1.00, topic 4 “Trees”",
        "sources: alike was late or away, walked 4",
        "learnt: WALK ×1.00, EXPLORE ×2.00",
    ]
    unseen = "the viewer saved, made or hid it, was shown it, or it is what the page starts from"
    told = {line[:13].strip(): line[13:].strip() for line in lines[7:]}
    assert list(told) == ["1  pin 5", "2  pin 3", "-  pin 1", "-  pin 4", "-  pin 2"]
    assert told["1  pin 5"] == (
        "score 0.5 of EXPLORE 0.50; led by EXPLORE; promised a place on the first page; blend 3, heed 3, space 1; "
        "brought by explore 0"
    )
    assert told["2  pin 3"] == (
        "score 3 of WALK 3.00; led by WALK from pin 9 “Oak”; blend 2, heed 1, space 2; brought by walked 0.375"
    )
    assert told["-  pin 1"] == f"dropped by unseen: {unseen}; brought by walked 0.125"
    assert told["-  pin 4"] == (
        "dropped by blend: its score is below those that the shortlist has room for; brought by walked 0.5"
    )
    assert told["-  pin 2"] == (
        "dropped by slate: the slate is full; score 1.25 of WALK 4.50 + EXPLORE 0.50; "
        "lowered to 25% for what the viewer left alone or hid; blend 1, heed 2, space 3; "
        "brought by walked 0.25, explore 0"
    )


def test_every_step_that_may_drop_something_says_why() -> None:
    declared = [*EVERY_FEED, *(variant.feed for variant in VARIANTS)]
    drops = {step.part for feed in declared for step in feed.steps if step.kind in {StepKind.FILTER, StepKind.CUT}}

    assert drops <= set(WHY)
    assert set(ABOUT) <= set(EXPLAINED)


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"feed": "nothing"}, "no feed 'nothing' to explain: there are home, related"),
        ({"variant": "nothing"}, "no variant 'nothing': there are home, .*related_about"),
        (
            {"feed": "home", "variant": "related_about"},
            "no variant 'related_about' of home: there are home, home_pixie",
        ),
        ({"feed": "related"}, "Of which pin"),
        ({"variant": "related_about"}, "Of which pin"),
        ({"feed": "trending", "about": "oak"}, "starts from nothing but its viewer"),
        ({"about": "oak"}, "starts from nothing but its viewer"),
    ],
)
def test_what_does_not_fit_together_is_refused_with_what_there_is(asked: dict[str, str], says: str) -> None:
    with pytest.raises(Invalid, match=says):
        checked(asked.get("feed"), asked.get("variant"), asked.get("about"))


def test_a_feed_that_is_not_there_is_refused_before_anything_is_started() -> None:
    for command in (["explain", "ana", "--feed", "moss"], ["compare", "moss"], ["show", "moss"]):
        ended = CliRunner().invoke(feeds, command)

        assert isinstance(ended.exception, Invalid), command
        assert "there are home, " in str(ended.exception)
