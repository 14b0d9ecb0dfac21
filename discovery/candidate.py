"""The values that travel through a feed: the question, its candidates, the entries of a page.

A feed makes some thousand of them: what comes in numbers is a NamedTuple, several times cheaper than a frozen class.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Protocol

from domain.ids import SIGNED_OUT, BoardN, PinN, TopicN, UserN
from domain.model import ANY_PIN, PinFilter, Source


class ReasonRef(NamedTuple):
    """Why a Pin is shown, as references: its text is made by `discovery.reasons.text` once their titles are known.

    WALK: `pin_n` is the saved query Pin (None where the viewer is looking at it) and `board_n` the board that led here.
    VISUAL: `pin_n` is the Pin it looks like. TEXT: `words` that it matches, or `pin_n` whose words are like its own.
    FOLLOWED: `user_n` or `board_n`.
    TOPIC, POPULAR: `topic_n` (POPULAR may have none). `score` is the source's own, larger is better.
    A viewer may have lost sight of what is named: hydrate each through the viewer's loaders and leave out what is gone.
    """

    source: Source
    score: float
    pin_n: PinN | None = None
    board_n: BoardN | None = None
    user_n: UserN | None = None
    topic_n: TopicN | None = None
    words: str | None = None


class Candidate(NamedTuple):
    """A Pin that might be shown: each source that named it has one reason, the blend's score comes later.

    `k` is a sort key for feeds that go by time. `weak` marks a search match to be shown after the good ones. `parts` is
    what each source added to a blended score by its declared weight (discovery/parts.py).
    """

    pin_n: PinN
    reasons: tuple[ReasonRef, ...]
    score: float = 0.0
    k: int = 0
    weak: bool = False
    parts: bytes = b""


VIEWED: Final = "viewed"
"""The `words` of a WALK's reason whose Pin the viewer has looked at and not saved."""


@dataclass(frozen=True, slots=True)
class QueryPin:
    """A Pin that a source starts from. `weight` is at most 1, the newest save's; `k` is the save's sort key.

    `viewed`: it was not saved, but opened, followed or looked at for a while.
    """

    pin_n: PinN
    weight: float
    k: int = 0
    viewed: bool = False


@dataclass(frozen=True, slots=True)
class FeedQuery:
    """The question that every source of one feed request is asked. `limit` is replaced by each source's own quota.

    `query_pins` are best first, at most QUERY_PINS_MAX. `excluded` Pins are never shown: sources may leave them out,
    the filters do. `topics` are asked for by name or interest, `momentum` those that the newest saves share, with the
    number of such saves in a row. `seen` is what the viewer was shown last, oldest first: what comes next is spaced
    from it. `saves` is how many saves of the viewer are known, for the shift from a cold start; `picture` the file that
    a search by image starts from. `looks` and `disliked` are what the viewer left alone and hid (discovery/heeding.py).
    """

    viewer: UserN = SIGNED_OUT
    limit: int = 100
    query_pins: tuple[QueryPin, ...] = ()
    excluded: frozenset[PinN] = frozenset()
    seen: tuple[PinN, ...] = ()
    topics: tuple[TopicN, ...] = ()
    momentum: Mapping[TopicN, int] = field(default_factory=dict)
    saves: int = 0
    words: str | None = None
    picture: bytes | None = None
    filter: PinFilter = ANY_PIN
    min_score: float | None = None
    before_k: int | None = None
    now_ms: int = 0
    seed: int = 0
    looks: Mapping[PinN, float] = field(default_factory=dict)
    disliked: tuple[PinN, ...] = ()


class CandidateSource(Protocol):
    """Produces candidates for a feed."""

    @property
    def source(self) -> Source:
        """What its candidates' reasons are named after, and what `degraded` says when it did not answer."""
        ...

    async def fetch(self, query: FeedQuery) -> list[Candidate]:
        """At most `query.limit` candidates, best first, each Pin once, each with one reason of this source.

        Empty when it has nothing to start from. Raises Unavailable when what it reads does not answer. The same
        query over the same state gives the same answer.
        """
        ...


class SlateEntry(NamedTuple):
    """One place of a feed's page. `reasons` are best first, at least one; `cursor` continues after this entry."""

    pin_n: PinN
    score: float
    reasons: tuple[ReasonRef, ...]
    weak: bool
    cursor: str


@dataclass(frozen=True, slots=True)
class FeedPage:
    """Consecutive entries of a slate. `degraded` names the sources that did not answer in time when it was made."""

    entries: tuple[SlateEntry, ...] = ()
    has_next: bool = False
    has_previous: bool = False
    degraded: tuple[Source, ...] = ()
