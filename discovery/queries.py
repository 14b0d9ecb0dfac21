"""What a feed starts from: the viewer's saves and topics, a Pin, or a board's Pins, as the question for its sources."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from discovery.candidate import FeedQuery, QueryPin
from domain.acts import WEIGHTS, EngagementKind
from domain.errors import Invalid
from domain.ids import SIGNED_OUT, BoardN, PinN, TopicN, UserN
from domain.limits import QUERY_PINS_MAX
from domain.model import ANY_PIN, PinFilter
from domain.page import PageArgs
from graph import board_pages, pins, taste
from graph.client import Graph

RECENCY: Final = 0.88
"""The weight of a query Pin is this to the power of its place: the newest three of twenty carry a third of all."""
VIEWED_MAX: Final = 8
"""So many of the Pins that a home page starts from may be ones that were looked at, not saved."""
MOMENTUM_MIN: Final = 3
"""So many newest saves in a row of one topic are what the viewer is after just now."""
_MOMENTUM_LIFE_MS: Final = 86_400_000
_TOPICS_MAX: Final = 3


@dataclass(frozen=True, slots=True)
class Start:
    """What a feed starts from beside its viewer: at most the one that it needs is given."""

    pin: PinN | None = None
    board: BoardN | None = None
    topic: TopicN | None = None
    words: str | None = None


NO_START: Final = Start()


class Queries:
    """Makes the question of each feed. Raises Unavailable when the graph does not answer."""

    def __init__(self, graph: Graph, now_ms: Callable[[], int], seed: Callable[[], int]) -> None:
        self._graph, self._now_ms, self._seed = graph, now_ms, seed

    async def of(self, feed: str, viewer: UserN, start: Start) -> FeedQuery:
        """The question of the declared feed of this name. Raises Invalid when it starts from something else."""
        given = (start.pin, start.board, start.topic, start.words)
        match feed, given:
            case "home" | "home_signed_out", (None, None, None, None):
                return await self.home(viewer, ())
            case "following" | "trending", (None, None, None, None):
                return await self.topic(viewer, None, ())
            case "trending_in_topic", (None, None, int(topic), None):
                return await self.topic(viewer, TopicN(topic), ())
            case "related" | "similar", (int(pin), None, None, None):
                return await self.pin(viewer, PinN(pin), ())
            case "more_ideas", (None, int(board), None, None):
                return await self.board(viewer, BoardN(board), ())
            case "search", (None, None, None, str(words)):
                return await self.words(viewer, words, ANY_PIN, ())
        raise Invalid(f"{feed} does not start from what was given.")

    async def home(self, viewer: UserN, shown: Sequence[PinN]) -> FeedQuery:
        """From the viewer's newest saves; without what they saved, made or hid. Two statements."""
        if viewer == SIGNED_OUT:
            return self._query(viewer, shown)
        found, kept = await asyncio.gather(
            taste.query_pins(self._graph, viewer, QUERY_PINS_MAX), taste.kept(self._graph, viewer)
        )
        saved = [(n, k) for n, k, _ in found]
        topics = {n: about for n, _, about in found}
        frequent = Counter(topic for n, _ in saved for topic in topics.get(n, ()))
        wanted = [*kept.interests, *(topic for topic, _ in frequent.most_common(_TOPICS_MAX))]
        query = self._query(
            viewer,
            [*shown, *kept.own, *kept.hidden],
            query_pins=starts(saved, kept.acts),
            topics=tuple(dict.fromkeys(wanted)),
            momentum=momentum(saved, topics, self._now_ms()),
            saves=min(QUERY_PINS_MAX, len(saved) + len(kept.acts) // 2),
        )
        return replace(query, looks=kept.looks, disliked=kept.disliked)

    async def pin(
        self, viewer: UserN, pin: PinN, shown: Sequence[PinN], *, min_score: float | None = None
    ) -> FeedQuery:
        """From one Pin, its topics beside it; without what the viewer hid."""
        hidden, topics = await asyncio.gather(self._hidden(viewer), pins.topics(self._graph, [pin]))
        return self._query(
            viewer,
            [*shown, *hidden],
            query_pins=(QueryPin(pin, 1.0),),
            topics=tuple(topics.get(pin, ())),
            saves=QUERY_PINS_MAX,
            min_score=min_score,
        )

    async def picture(
        self, viewer: UserN, picture: bytes, shown: Sequence[PinN], *, pin: PinN | None, min_score: float | None
    ) -> FeedQuery:
        """From a picture's file, a part of a Pin if one is given; without what the viewer hid."""
        return replace(
            self._query(
                viewer,
                [*shown, *await self._hidden(viewer)],
                query_pins=() if pin is None else (QueryPin(pin, 1.0),),
                min_score=min_score,
            ),
            picture=picture,
        )

    async def board(self, viewer: UserN, board: BoardN, shown: Sequence[PinN]) -> FeedQuery:
        """From the board's newest Pins, if the viewer may see it."""
        args = PageArgs(QUERY_PINS_MAX)
        hidden, pages = await asyncio.gather(
            self._hidden(viewer), board_pages.pins_pages(self._graph, viewer, [(board, args)])
        )
        held = [item.value for item in pages[board, args].items] if (board, args) in pages else []
        topics = await pins.topics(self._graph, [save.pin_n for save in held]) if held else {}
        frequent = Counter(topic for found in topics.values() for topic in found)
        return self._query(
            viewer,
            [*shown, *hidden],
            query_pins=tuple(QueryPin(save.pin_n, 0.95**place, save.k) for place, save in enumerate(held)),
            topics=tuple(topic for topic, _ in frequent.most_common(_TOPICS_MAX)),
            saves=QUERY_PINS_MAX,
            filter=PinFilter(board_n=board),
        )

    async def topic(self, viewer: UserN, topic: TopicN | None, shown: Sequence[PinN]) -> FeedQuery:
        """From a topic, or from nothing."""
        return self._query(viewer, [*shown, *await self._hidden(viewer)], topics=() if topic is None else (topic,))

    async def words(self, viewer: UserN, words: str, wanted: PinFilter, shown: Sequence[PinN]) -> FeedQuery:
        """From what somebody typed."""
        return self._query(viewer, [*shown, *await self._hidden(viewer)], words=words, filter=wanted)

    async def _hidden(self, viewer: UserN) -> set[PinN]:
        return set() if viewer == SIGNED_OUT else await pins.hidden(self._graph, viewer)

    def _query(
        self,
        viewer: UserN,
        excluded: Sequence[PinN],
        *,
        query_pins: tuple[QueryPin, ...] = (),
        topics: tuple[TopicN, ...] = (),
        momentum: Mapping[TopicN, int] | None = None,
        saves: int = 0,
        words: str | None = None,
        filter: PinFilter | None = None,
        min_score: float | None = None,
    ) -> FeedQuery:
        return FeedQuery(
            viewer=viewer,
            query_pins=query_pins,
            excluded=frozenset(excluded),
            topics=topics,
            momentum=momentum or {},
            saves=saves,
            words=words,
            filter=filter or ANY_PIN,
            min_score=min_score,
            now_ms=self._now_ms(),
            seed=self._seed(),
        )


def starts(saved: Sequence[tuple[PinN, int]], acts: Sequence[tuple[PinN, EngagementKind, int]]) -> tuple[QueryPin, ...]:
    """What a home page starts from: the newest saves, and among them by time what was done lately with other Pins.

    Acts weigh as WEIGHTS says, the strongest of each Pin counts, and at most VIEWED_MAX of them have a place.
    """
    known = {n for n, _ in saved}
    strongest: dict[PinN, tuple[float, int]] = {}
    for n, kind, at_ms in acts:
        if n not in known and WEIGHTS[kind] > strongest.get(n, (0.0, 0))[0]:
            strongest[n] = (WEIGHTS[kind], max(at_ms, strongest.get(n, (0.0, 0))[1]))
    viewed = sorted(strongest.items(), key=lambda item: -item[1][1])[:VIEWED_MAX]
    found = [(k, n, 1.0, False) for n, k in saved]
    found += [(at_ms << 20, n, weight, True) for n, (weight, at_ms) in viewed]
    found.sort(key=lambda each: -each[0])
    return tuple(
        QueryPin(n, weight * RECENCY**place, k, seen)
        for place, (k, n, weight, seen) in enumerate(found[:QUERY_PINS_MAX])
    )


def momentum(
    saved: Sequence[tuple[PinN, int]], topics: Mapping[PinN, Sequence[TopicN]], now_ms: int
) -> dict[TopicN, int]:
    """The topics that at least MOMENTUM_MIN newest saves of the last day share, with the number in a row."""
    recent = [n for n, k in saved if now_ms - (k >> 20) <= _MOMENTUM_LIFE_MS]
    streaks: dict[TopicN, int] = {}
    for topic in topics.get(recent[0], ()) if recent else ():
        streak = next((i for i, n in enumerate(recent) if topic not in topics.get(n, ())), len(recent))
        if streak >= MOMENTUM_MIN:
            streaks[topic] = streak
    return streaks
