"""The object that answers the feeds declared in discovery/declared.py."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from discovery import diversify, pipeline, variants
from discovery.candidate import Candidate, CandidateSource, FeedPage, FeedQuery
from discovery.declared import (
    EVERY_FEED,
    FOLLOWING,
    HOME,
    HOME_SIGNED_OUT,
    MORE_IDEAS,
    RELATED,
    SEARCH,
    SEEN,
    SIMILAR,
    TRENDING,
    TRENDING_IN_TOPIC,
    VARIANTS,
)
from discovery.facts import KnownPins, Memory, Neighbours, lookups_of
from discovery.last_seen import LastSeen, Notes
from discovery.leaning_store import KeptLeanings
from discovery.pipeline import Feed, Parts, Run
from discovery.queries import NO_START, Queries, Start
from discovery.slate_parts import Shelf
from discovery.slates import Slate, Slates, kind_of
from discovery.sources.about import WalkedAbout
from discovery.sources.central import Central, Centroids
from discovery.sources.explore import Explore
from discovery.sources.followed import Followed
from discovery.sources.fresh import Fresh
from discovery.sources.meaning import Meaning
from discovery.sources.popular import Popular, Popularity
from discovery.sources.remembering import Remembering
from discovery.sources.resembling import Resembling
from discovery.sources.seen import PictureEmbedder, Seen
from discovery.sources.similar import Similar
from discovery.sources.topic import OfTopics
from discovery.sources.walked import Walked
from discovery.sources.words import Matches, OnBoards, Words
from discovery.stages import INFORMED, WEIGHING, Stages
from discovery.training.store import KeptModel
from discovery.walk.live import LiveWalk
from domain.calls import FEED, Caches, Call
from domain.errors import Invalid
from domain.ids import SIGNED_OUT, BoardN, PinN, TopicN, UserN
from domain.limits import PAGE_ITEMS_DEFAULT, SEARCH_CHARS_MAX, SPACING_WINDOW_MAX
from domain.model import ANY_PIN, PinFilter, Source
from domain.page import PageArgs
from graph.client import Graph
from vectors.embedder import TextEmbedder
from vectors.index import VectorIndex

_PATIENCE: Final = 8.0
_FRESH_FOR_MS: Final = 2_000
_POPULAR_FOR_MS: Final = 5_000
_CENTROIDS_FOR_MS: Final = 600_000
_CENTROIDS_MAX: Final = 500
Ask = Callable[[Sequence[PinN]], Awaitable[FeedQuery]]

EXPLAINED: Final = tuple(feed.name for feed in EVERY_FEED if feed.name not in {HOME_SIGNED_OUT.name, SEEN.name})
"""The feeds that can be explained by name; home is HOME_SIGNED_OUT where nobody is signed in, SEEN needs a picture."""

_PLACED: Final[tuple[tuple[Feed, dict[str, object]], ...]] = ((HOME, {}), (FOLLOWING, {}), (TRENDING, {"topic": None}))


@dataclass(frozen=True, slots=True)
class Shown:
    """Where a Pin stood: the feed, its slate in hex, the position from 0; what each source had added, or None."""

    feed: str
    slate: str
    position: int
    parts: bytes | None = None


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


class Feeds:
    """The feeds of one process.

    Each method gives the page of at most `first` entries (1..100) after the cursor `after`; Invalid for another
    `first`, or for a cursor that is tampered with, of another feed, of other arguments or of another viewer. A source
    that is late or Unavailable is named in the page's `degraded`. `viewer` is SIGNED_OUT for nobody. Unavailable when
    the graph does not answer.
    """

    def __init__(
        self,
        *,
        graph: Graph,
        walk: LiveWalk,
        model: KeptModel | None = None,
        leanings: KeptLeanings | None = None,
        look: VectorIndex | None,
        text: VectorIndex | None,
        embedder: TextEmbedder | None,
        pictures: PictureEmbedder | None = None,
        secret: bytes,
        shelf: Shelf | None = None,
        notes: Notes | None = None,
        now_ms: Callable[[], int] = _now_ms,
        seed: Callable[[], int] = lambda: secrets.randbits(63),
    ) -> None:
        """`look` and `text` are the indexes of pictures and words, None when off; `embedder` turns a search's words
        into the vectors of `text`, `pictures` files into those of `look`; `secret` (≥ 16 bytes, the same in every
        process) seals the cursors; on `shelf` the processes find each other's slates, by `notes` they know what
        viewers saw last. Raises BadFeed when a declared feed cannot run."""
        looks = None if look is None else Neighbours(look, now_ms)
        told = None if text is None else Neighbours(text, now_ms)
        popular: Memory[tuple[TopicN | None, int], Popularity] = Memory(200, _POPULAR_FOR_MS, now_ms)
        fresh: Memory[int, list[tuple[PinN, int]]] = Memory(20, _FRESH_FOR_MS, now_ms)
        known, matches, self._about = KnownPins(graph, now_ms), Matches(graph), WalkedAbout(graph, walk)
        sources: dict[str, CandidateSource] = {
            "walked": Walked(walk, model=model),
            "walked_here": Walked(walk, saved=False),
            "walked_plain": Walked(walk),
            "walked_pixie": Walked(walk, model=model, pixie=True),
            "walked_about": self._about,
            "followed": Followed(graph),
            "topics": OfTopics(graph),
            "fresh": Fresh(graph, fresh),
            "popular": Popular(graph, popular),
            "popular_here": Popular(graph, popular, by_topic=True),
            "explore": Explore(walk),
            "words": Words(matches),
            "boards": OnBoards(graph),
        }
        if looks is not None:
            sources |= {"alike": Similar(looks), "alike_now": Similar(looks, fresh=True)}
            sources["resembling"] = Resembling(matches, looks)
        if look is not None and pictures is not None:
            sources["seen"] = Seen(pictures, look)
        if told is not None:
            sources["described"] = Similar(told, Source.TEXT, clusters=2)
            sources["central_words"] = Central(graph, told, Centroids(_CENTROIDS_MAX, _CENTROIDS_FOR_MS, now_ms))
        if looks is not None:
            sources["central_looks"] = Central(graph, looks, Centroids(_CENTROIDS_MAX, _CENTROIDS_FOR_MS, now_ms))
        if text is not None and embedder is not None:
            sources["meaning"] = Meaning(graph, embedder, text)
        self._parts = Parts(sources, Stages(graph, known, looks, leanings).by_name(), WEIGHING, INFORMED)
        variants.check(VARIANTS, EVERY_FEED)
        declared = (*EVERY_FEED, *(variant.feed for variant in VARIANTS))
        present = [feed.of_sources(sources) for feed in declared]
        self._feeds = {feed.name: feed for feed in present if feed.has_sources}
        for feed in self._feeds.values():
            pipeline.check(feed, self._parts)
        self.neighbours = told or looks
        """Which Pins are near each other: by words, else by look; None when both are off."""
        self._queries = Queries(graph, now_ms, seed)
        self._slates = Slates(secret, now_ms, shelf=shelf)
        self.last_seen = LastSeen(now_ms, notes)
        """What each viewer saw last."""
        kept = {"facts": known.lookups, "popular": popular.lookups, "fresh": fresh.lookups}
        self.caches: Caches = {**kept, **lookups_of(look=looks, text=told), "slates": self._slates.lookups}
        self.patient = False
        """Whether steps get more time: while the graph has not planned its statements yet."""

    def places(self, viewer: UserN, cursors: Iterable[str]) -> dict[str, Shown]:
        """Where the edges of these cursors stood, of those in the viewer's home, following or trending feed."""
        left, found = set(cursors), dict[str, Shown]()
        for feed, args in _PLACED:
            of_feed = self._slates.where(kind_of(feed.name, viewer, args), left)
            found |= {
                c: Shown(feed.name, s.hex(), max(0, n - 1), parts or None) for c, (s, n, parts) in of_feed.items()
            }
            left -= of_feed.keys()
        return found

    async def warm(self) -> None:
        """Loads the compiled spacing, so that no request waits for that."""
        await asyncio.to_thread(diversify.warm)

    async def home(self, viewer: UserN, *, first: int = PAGE_ITEMS_DEFAULT, after: str | None = None) -> FeedPage:
        """What the viewer may love next; signed out: trending and fresh."""
        feed = HOME_SIGNED_OUT if viewer == SIGNED_OUT else HOME
        return await self._page(
            feed, viewer, {}, lambda shown: self._queries.home(viewer, shown), first=first, after=after
        )

    async def explained(
        self, viewer: UserN, feed: str | None = None, *, variant: str | None = None, start: Start = NO_START
    ) -> tuple[Run, list[Candidate]]:
        """A page made now for this viewer, with what each step was given and passed on. Nobody scrolls it.

        By default of their home; `feed` is one of EXPLAINED, `start` what that one starts from. As this viewer gets
        it; or as `variant` makes it, which may be the feed itself. Raises Invalid for what does not fit together."""
        base, name = variants.named(VARIANTS, EXPLAINED, feed, variant)
        if viewer == SIGNED_OUT and base == HOME.name:
            base, name = HOME_SIGNED_OUT.name, "" if name == base else name
        name = name or variants.arm(VARIANTS, base, viewer)
        if name not in self._feeds:
            raise Invalid(f"All that {name} draws from is switched off here.", ("feed",))
        if any(step.part == "walked_about" for step in self._feeds[name].steps):
            await self._about.arranged()
        query = await self._after(viewer, self._queries.of(base, viewer, start))
        # Nobody waits for it: a source that is late on a busy machine explains nothing.
        found, run = await pipeline.run(self._feeds[name], self._parts, query, patience=_PATIENCE, explaining=True)
        return run, found

    async def tried(self, viewer: UserN, feeds: Sequence[Feed]) -> list[tuple[Run, list[Candidate]]]:
        """Pages made now by feeds that are not declared, all from one question of this viewer's home: each source is
        asked once, so that they differ by their steps alone. Raises BadFeed if one cannot run."""
        query = await self._queries.home(viewer, ())
        parts = Parts({name: Remembering(source) for name, source in self._parts.sources.items()}, self._parts.stages)
        made = []
        for feed in feeds:
            present = feed.of_sources(parts.sources)
            pipeline.check(present, parts)
            found, run = await pipeline.run(present, parts, query, patience=_PATIENCE)
            made.append((run, found))
        return made

    async def following(self, viewer: UserN, *, first: int = PAGE_ITEMS_DEFAULT, after: str | None = None) -> FeedPage:
        """What followed users created and followed boards saved, newest first, each Pin once. Empty signed out."""
        return await self._page(
            FOLLOWING,
            viewer,
            {},
            lambda shown: self._queries.topic(viewer, None, shown),
            first=first,
            after=after,
            by_time=True,
        )

    async def trending(
        self, viewer: UserN, *, topic: TopicN | None = None, first: int = PAGE_ITEMS_DEFAULT, after: str | None = None
    ) -> FeedPage:
        """Pins by their recent public saves, decayed by time; of one topic, if given."""
        feed = TRENDING if topic is None else TRENDING_IN_TOPIC
        ask: Ask = lambda shown: self._queries.topic(viewer, topic, shown)  # noqa: E731 - one line reads better here
        return await self._page(feed, viewer, {"topic": topic}, ask, first=first, after=after)

    async def related(
        self, viewer: UserN, pin: PinN, *, first: int = PAGE_ITEMS_DEFAULT, after: str | None = None
    ) -> FeedPage:
        """Pins saved together with this one, and ones that look or read like it. The Pin must be visible."""
        return await self._page(
            RELATED, viewer, {"pin": pin}, lambda shown: self._queries.pin(viewer, pin, shown), first=first, after=after
        )

    async def similar(
        self,
        viewer: UserN,
        pin: PinN,
        *,
        min_score: float | None = None,
        first: int = PAGE_ITEMS_DEFAULT,
        after: str | None = None,
    ) -> FeedPage:
        """Pins that look like this one, by cosine, at least `min_score` (-1..1). Empty until the Pin is indexed."""
        args = {"pin": pin, "min": min_score}
        ask: Ask = lambda shown: self._queries.pin(viewer, pin, shown, min_score=min_score)  # noqa: E731 - as above
        return await self._page(SIMILAR, viewer, args, ask, first=first, after=after)

    async def seen(
        self,
        viewer: UserN,
        key: str,
        picture: Callable[[], Awaitable[bytes]],
        *,
        pin: PinN | None = None,
        min_score: float | None = None,
        first: int = PAGE_ITEMS_DEFAULT,
        after: str | None = None,
    ) -> FeedPage:
        """Pins that look like a picture, by cosine, at least `min_score` (-1..1).

        `key` names the picture; `picture` gives its file (Pillow reads it), and is asked only when there is no slate
        to read on in: what it raises is raised. `pin` is the Pin that it is a part of, if it is: never shown.
        """
        args = {"key": key, "pin": pin, "min": min_score}

        async def ask(shown: Sequence[PinN]) -> FeedQuery:
            return await self._queries.picture(viewer, await picture(), shown, pin=pin, min_score=min_score)

        return await self._page(SEEN, viewer, args, ask, first=first, after=after)

    async def more_ideas(
        self, viewer: UserN, board: BoardN, *, first: int = PAGE_ITEMS_DEFAULT, after: str | None = None
    ) -> FeedPage:
        """Pins for this board: a walk and looks from the board's own Pins, without those. The board must be visible."""
        return await self._page(
            MORE_IDEAS,
            viewer,
            {"board": board},
            lambda shown: self._queries.board(viewer, board, shown),
            first=first,
            after=after,
        )

    async def search(
        self,
        viewer: UserN,
        query: str,
        *,
        filter: PinFilter | None = None,
        first: int = PAGE_ITEMS_DEFAULT,
        after: str | None = None,
    ) -> FeedPage:
        """Pins that match the words, lexically or by meaning; `weak` ones after the good ones.

        Invalid when the query is empty or longer than SEARCH_CHARS_MAX.
        """
        words, wanted = query.strip(), filter or ANY_PIN
        if not 1 <= len(words) <= SEARCH_CHARS_MAX:
            raise Invalid(f"Search for 1 to {SEARCH_CHARS_MAX} characters.", ("query",))
        ask: Ask = lambda shown: self._queries.words(viewer, words, wanted, shown)  # noqa: E731 - as above
        return await self._page(SEARCH, viewer, {"words": words, "filter": wanted}, ask, first=first, after=after)

    async def _page(
        self,
        feed: Feed,
        viewer: UserN,
        args: Mapping[str, object],
        ask: Ask,
        *,
        first: int,
        after: str | None,
        by_time: bool = False,
    ) -> FeedPage:
        """The page of the scroll's slate; of a new one at the start, or when the slate is lost."""
        first = PageArgs(first).first
        if feed.name not in self._feeds:  # All that it draws from is switched off.
            return FeedPage(degraded=tuple(feed.weights))
        kind = kind_of(feed.name, viewer, args)
        place = None if after is None else self._slates.read(kind, after)
        slate = None if place is None else await self._slates.find(kind, place)
        start = 0 if slate is None or place is None else place.position
        if slate is None:
            shown = () if place is None else place.shown
            before_k = place.last_k if place is not None and by_time else None
            query = await self._after(viewer, ask(shown), shown)
            run, found = await self._run(feed, replace(query, before_k=before_k))
            slate = self._slates.keep(
                *(kind, found), degraded=run.degraded, before=shown, complete=not by_time, last_k=run.least_k
            )
        while not slate.complete and len(slate.candidates) <= start + first:
            await self._more(feed, slate, ask, start + first)
        page = self._slates.page(slate, first, place)
        self.last_seen.note(viewer, [entry.pin_n for entry in page.entries])
        return page

    async def _after(self, viewer: UserN, asked: Awaitable[FeedQuery], shown: Sequence[PinN] = ()) -> FeedQuery:
        """The query with what the viewer saw last: as it is remembered, or as the cursor says."""
        query, remembered = await asyncio.gather(asked, self.last_seen.of(viewer))
        return replace(query, seen=remembered or tuple(shown[-SPACING_WINDOW_MAX:]))

    async def _more(self, feed: Feed, slate: Slate, ask: Ask, wanted: int) -> None:
        """Appends what is older to a feed by time, unless another request has done so meanwhile."""
        async with slate.turn:
            await self._slates.refresh(slate)
            if slate.complete or len(slate.candidates) > wanted:
                return
            query = await ask([*slate.before, *(c.pin_n for c in slate.candidates)])
            run, found = await self._run(feed, replace(query, before_k=slate.last_k))
            over = run.least_k is None or bool(run.degraded)
            await self._slates.extend(slate, found, complete=over, last_k=run.least_k)

    async def _run(self, feed: Feed, query: FeedQuery) -> tuple[Run, list[Candidate]]:
        patience = _PATIENCE if self.patient else 1.0
        name = variants.arm(VARIANTS, feed.name, query.viewer)
        with Call(FEED, name) as call:
            found, run = await pipeline.run(self._feeds[name], self._parts, query, patience=patience)
            call.count = len(found)
        return run, found
