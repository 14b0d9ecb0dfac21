"""Every feed, declared on one page: its sources, steps, time limits, quotas and weights."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from discovery.pipeline import Feed, Step, StepKind
from discovery.spacing import SpacedBy, Spacing
from discovery.variants import Variant
from domain.model import Source

_S, _F, _R, _D, _C = StepKind.SOURCE, StepKind.FILTER, StepKind.RANK, StepKind.DIVERSIFY, StepKind.CUT


def _spaced(before: str, space: str = "space", *more: Step, visible: str = "") -> tuple[Step, ...]:
    """The end of every feed that is spaced: what is visible and what is known are read at once, `more` is done then."""
    return (
        Step("visible", _F, (before,), limit_ms=2_500, uses=visible),
        Step("facts", StepKind.FACTS, (before,), limit_ms=2_500),
        Step("one_picture", _F, ("visible", "facts"), limit_ms=200),
        *more,
        Step("space", _D, (more[-1].name if more else "one_picture",), limit_ms=1_000, uses=space),
        Step("slate", _C, ("space",), limit_ms=100, quota=500),
    )


_SPACED: Final = Spacing(
    relevance=0.5,
    look=3.0,
    window=8,
    classes={
        SpacedBy.CREATOR: 0.3,
        SpacedBy.BOARD: 0.15,
        SpacedBy.TOPIC: 0.05,
        SpacedBy.COPY: 100.0,
        SpacedBy.UNTITLED: 0.05,
    },
)

# Times are in milliseconds, quotas in candidates, weights the blend's (discovery/rank.py).
HOME: Final = Feed(
    "home",
    limit_ms=6_000,
    spacing=_SPACED,
    learns=True,
    weights={
        Source.WALK: 1.0,
        Source.VISUAL: 0.7,
        Source.FOLLOWED: 0.6,
        Source.TOPIC: 0.5,
        Source.TEXT: 0.35,
        Source.POPULAR: 0.3,
        Source.FRESH: 0.25,
        Source.EXPLORE: 0.05,
    },
    steps=(
        Step("walked", _S, limit_ms=800, quota=300),
        Step("alike", _S, limit_ms=800, quota=200),
        Step("described", _S, limit_ms=800, quota=100),
        Step("followed", _S, limit_ms=800, quota=100),
        Step("topics", _S, limit_ms=800, quota=100),
        Step("fresh", _S, limit_ms=800, quota=60),
        Step("popular", _S, limit_ms=800, quota=60),
        Step("explore", _S, limit_ms=800, quota=20),
        Step("central_looks", _S, limit_ms=800, quota=30),
        Step("central_words", _S, limit_ms=800, quota=30),
        Step(
            "unseen",
            _F,
            (
                *("walked", "alike", "described", "followed", "topics", "fresh", "popular", "explore"),
                *("central_looks", "central_words"),
            ),
            limit_ms=200,
        ),
        Step("blend", _R, ("unseen",), limit_ms=500),
        *_spaced("blend", "space_home", Step("heed", _R, ("one_picture",), limit_ms=200)),
    ),
)
HOME_SIGNED_OUT: Final = Feed(
    "home_signed_out",
    limit_ms=6_000,
    spacing=_SPACED,
    weights={Source.POPULAR: 1.0, Source.FRESH: 0.7, Source.EXPLORE: 0.05},
    steps=(
        Step("popular", _S, limit_ms=1_500, quota=400),
        Step("fresh", _S, limit_ms=1_500, quota=200),
        Step("explore", _S, limit_ms=800, quota=50),
        Step("unseen", _F, ("popular", "fresh", "explore"), limit_ms=200),
        Step("blend", _R, ("unseen",), limit_ms=500),
        *_spaced("blend"),
    ),
)
RELATED: Final = Feed(
    "related",
    limit_ms=6_000,
    spacing=_SPACED,
    weights={Source.WALK: 1.0, Source.VISUAL: 0.8, Source.TEXT: 0.4, Source.TOPIC: 0.15},
    steps=(
        Step("walked", _S, limit_ms=800, quota=400, uses="walked_here"),
        Step("alike", _S, limit_ms=800, quota=200),
        Step("described", _S, limit_ms=800, quota=100),
        Step("topics", _S, limit_ms=800, quota=100),
        Step("unseen", _F, ("walked", "alike", "described", "topics"), limit_ms=200),
        Step("blend", _R, ("unseen",), limit_ms=500),
        *_spaced("blend"),
    ),
)
MORE_IDEAS: Final = Feed(
    "more_ideas",
    limit_ms=8_000,
    spacing=_SPACED,
    weights={Source.WALK: 1.0, Source.VISUAL: 0.5, Source.TEXT: 0.3, Source.TOPIC: 0.15},
    steps=(
        Step("walked", _S, limit_ms=800, quota=500, uses="walked_here"),
        Step("alike", _S, limit_ms=800, quota=200),
        Step("described", _S, limit_ms=800, quota=100),
        Step("topics", _S, limit_ms=800, quota=100),
        Step("unseen", _F, ("walked", "alike", "described", "topics"), limit_ms=200),
        Step("blend", _R, ("unseen",), limit_ms=500),
        *_spaced("blend", visible="visible_off_board"),
    ),
)
SIMILAR: Final = Feed(
    "similar",
    limit_ms=6_000,
    weights={Source.VISUAL: 1.0},
    steps=(
        Step("alike", _S, limit_ms=1_500, quota=300, uses="alike_now"),
        Step("unseen", _F, ("alike",), limit_ms=200),
        Step("ranked", _R, ("unseen",), limit_ms=200, uses="leading"),
        Step("visible", _F, ("ranked",), limit_ms=2_500),
        Step("slate", _C, ("visible",), limit_ms=100, quota=300),
    ),
)
SEEN: Final = Feed(
    "seen",
    limit_ms=8_000,
    weights={Source.VISUAL: 1.0},
    steps=(
        Step("seen", _S, limit_ms=3_000, quota=300),
        Step("unseen", _F, ("seen",), limit_ms=200),
        Step("ranked", _R, ("unseen",), limit_ms=200, uses="leading"),
        Step("visible", _F, ("ranked",), limit_ms=2_500),
        Step("slate", _C, ("visible",), limit_ms=100, quota=300),
    ),
)
TRENDING: Final = Feed(
    "trending",
    limit_ms=6_000,
    weights={Source.POPULAR: 1.0, Source.FRESH: 0.0},
    steps=(
        Step("popular", _S, limit_ms=1_500, quota=600),
        Step("fresh", _S, limit_ms=1_500, quota=200),
        Step("unseen", _F, ("popular", "fresh"), limit_ms=200),
        Step("ranked", _R, ("unseen",), limit_ms=200, uses="leading"),
        Step("visible", _F, ("ranked",), limit_ms=2_500),
        Step("slate", _C, ("visible",), limit_ms=100, quota=500),
    ),
)
TRENDING_IN_TOPIC: Final = Feed(
    "trending_in_topic",
    limit_ms=6_000,
    weights={Source.POPULAR: 1.0, Source.TOPIC: 0.0},
    steps=(
        Step("popular", _S, limit_ms=1_500, quota=600, uses="popular_here"),
        Step("topics", _S, limit_ms=1_500, quota=200),
        Step("unseen", _F, ("popular", "topics"), limit_ms=200),
        Step("ranked", _R, ("unseen",), limit_ms=200, uses="leading"),
        Step("visible", _F, ("ranked",), limit_ms=2_500),
        Step("slate", _C, ("visible",), limit_ms=100, quota=500),
    ),
)
SEARCH: Final = Feed(
    "search",
    limit_ms=8_000,
    steps=(
        Step("words", _S, limit_ms=1_500, quota=400),
        Step("boards", _S, limit_ms=1_500, quota=100),
        Step("meaning", _S, limit_ms=1_500, quota=200),
        Step("resembling", _S, limit_ms=1_500, quota=60),
        Step("unseen", _F, ("words", "boards", "meaning", "resembling"), limit_ms=200),
        Step("ranked", _R, ("unseen",), limit_ms=200, uses="fused"),
        Step("narrow", _F, ("ranked",), limit_ms=2_500),
        Step("slate", _C, ("narrow",), limit_ms=100, quota=400),
    ),
)
FOLLOWING: Final = Feed(
    "following",
    limit_ms=6_000,
    steps=(
        Step("followed", _S, limit_ms=1_500, quota=100),
        # What is followed and seen is decided by the source's own statement: nothing is left for another to take out.
        Step("unseen", _F, ("followed",), limit_ms=200),
        Step("slate", _C, ("unseen",), limit_ms=100, quota=100),
    ),
)
EVERY_FEED: Final = (
    *(HOME, HOME_SIGNED_OUT, RELATED, MORE_IDEAS, SIMILAR, SEEN),
    *(TRENDING, TRENDING_IN_TOPIC, SEARCH, FOLLOWING),
)


def _using(feed: Feed, name: str, **uses: str) -> Feed:
    """The feed under another name, some of its steps done by other parts."""
    return replace(feed, name=name, steps=tuple(replace(s, uses=uses.get(s.name, s.uses)) for s in feed.steps))


VARIANTS: Final = (
    Variant(_using(HOME, "home_pixie", walked="walked_pixie"), of="home", share=0.0),
    Variant(_using(RELATED, "related_about", walked="walked_about"), of="related", share=0.0),
)
"""Other ways of a feed, each for a share of its viewers. `pinwalk feeds compare` says how they do."""
