"""Feeds: what discovery found, hydrated for the viewer, with reasons that a person understands."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from discovery import reasons
from discovery.candidate import FeedPage, ReasonRef
from domain import limits
from domain.errors import Conflict, Invalid
from domain.ids import BoardN, PinN, TopicN, UserN
from domain.model import Board, Pin, PinFilter, Source, Topic, User
from domain.page import PageArgs
from graph import pictures
from resolvers import find, hydrate, inputs, uploads
from resolvers.context import Context
from resolvers.hydrate import NOTHING, Wants
from resolvers.uploads import ImageSource, Taken

_ROUNDING: Final = 1e-6  # What fractions of whole pixels add up to beside 1.


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a Pin is shown: in words, and what they name as far as the viewer may see it."""

    source: Source
    score: float
    text: str
    pin: Pin | None
    board: Board | None
    user: User | None
    topic: Topic | None


@dataclass(frozen=True, slots=True)
class Entry:
    """One place in a feed. `reasons` are best first, at least one."""

    pin: Pin
    cursor: str
    score: float
    weak: bool
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Feed:
    """Consecutive entries of a feed. `degraded` names the sources that did not answer in time."""

    entries: tuple[Entry, ...] = ()
    has_next: bool = False
    has_previous: bool = False
    degraded: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What a search is narrowed to, as the client said it."""

    topic_id: str | None = None
    board_id: str | None = None
    creator_id: str | None = None
    color: str | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Crop:
    """A part of a picture, in fractions of it: where its left upper corner is, and how large it is."""

    x: float
    y: float
    width: float
    height: float

    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom. Raises Invalid for a part that lies outside, or is smaller than CROP_SIDE_MIN."""
        inside = all(at >= 0 and at + size <= 1 + _ROUNDING for at, size in self._sides())
        if not inside:
            raise Invalid("The part must lie inside the picture: x, y, x + width and y + height in 0..1.", ("crop",))
        if not all(size >= limits.CROP_SIDE_MIN for _, size in self._sides()):
            raise Invalid(f"The part is too small: give at least {limits.CROP_SIDE_MIN:g} of each side.", ("crop",))
        return self.x, self.y, min(1.0, self.x + self.width), min(1.0, self.y + self.height)

    def _sides(self) -> tuple[tuple[float, float], tuple[float, float]]:
        return (self.x, self.width), (self.y, self.height)


async def home(ctx: Context, first: int, after: str | None, wants: Wants = NOTHING) -> Feed:
    """What the viewer may love next; signed out: trending and fresh."""
    args = PageArgs(first)
    return await _hydrated(ctx, await ctx.feeds.home(ctx.viewer.n, first=args.first, after=after), wants)


async def following(ctx: Context, first: int, after: str | None, wants: Wants = NOTHING) -> Feed:
    """What the viewer follows, newest first; empty signed out."""
    args = PageArgs(first)
    return await _hydrated(ctx, await ctx.feeds.following(ctx.viewer.n, first=args.first, after=after), wants)


async def trending(ctx: Context, first: int, after: str | None, topic_id: str | None, wants: Wants = NOTHING) -> Feed:
    """What is saved much these days, of one topic if given; an unknown topic has nothing."""
    args = PageArgs(first)
    topic: TopicN | None = None
    if topic_id is not None:
        key = inputs.topic_id(topic_id)
        found = await ctx.loaders.topic_by_id.load(key) if key else None
        if found is None:
            return Feed()
        topic = found.n
    page = await ctx.feeds.trending(ctx.viewer.n, topic=topic, first=args.first, after=after)
    return await _hydrated(ctx, page, wants)


async def related(ctx: Context, pin: Pin, first: int, after: str | None, wants: Wants = NOTHING) -> Feed:
    """Pins that go with this one: saved together, or alike."""
    args = PageArgs(first)
    return await _hydrated(ctx, await ctx.feeds.related(ctx.viewer.n, pin.n, first=args.first, after=after), wants)


async def similar(
    ctx: Context, pin: Pin, first: int, after: str | None, *, min_score: float | None, wants: Wants = NOTHING
) -> Feed:
    """Pins that look like this one."""
    args = PageArgs(first)
    page = await ctx.feeds.similar(ctx.viewer.n, pin.n, min_score=min_score, first=args.first, after=after)
    return await _hydrated(ctx, page, wants)


async def like_part(
    ctx: Context,
    pin: Pin,
    first: int,
    after: str | None,
    *,
    crop: Crop,
    min_score: float | None,
    wants: Wants = NOTHING,
) -> Feed:
    """Pins that look like a part of this one. Raises Invalid for a part that lies outside or is too small."""
    args, box = PageArgs(first), crop.box()

    async def part() -> bytes:
        picture = (await pictures.of_pins(ctx.graph, [pin.n]))[pin.n]
        return await ctx.pictures.part(picture, box)

    key = ",".join(f"{side:.4f}" for side in box)
    page = await ctx.feeds.seen(ctx.viewer.n, key, part, pin=pin.n, min_score=min_score, first=args.first, after=after)
    return await _hydrated(ctx, page, wants)


async def like_image(
    ctx: Context,
    source: ImageSource,
    first: int,
    after: str | None,
    *,
    min_score: float | None,
    wants: Wants = NOTHING,
) -> Feed:
    """Pins that look like a Pin or a picture of the viewer's, of which nothing is kept.

    Raises NotFound for a Pin or upload that is not there for this viewer, and as `uploads.look` does.
    """
    if source.pin_id is not None:
        pin = await find.pin(ctx, source.pin_id, "image")
        return await similar(ctx, pin, first, after, min_score=min_score, wants=wants)
    args = PageArgs(first)
    looked_at: list[Taken] = []

    async def file() -> bytes:
        if after is not None:
            raise Conflict("This search is over: the picture is not kept. Give it again, without `after`.", ("after",))
        taken, first_rendition = await uploads.look(ctx, source)
        looked_at.append(taken)
        return first_rendition

    page = await ctx.feeds.seen(
        ctx.viewer.n, uploads.key_of(source), file, min_score=min_score, first=args.first, after=after
    )
    for taken in looked_at if not page.degraded else ():  # What could not be looked for may be tried again.
        await uploads.use_up(ctx, taken)
    return await _hydrated(ctx, page, wants)


async def more_ideas(ctx: Context, board: Board, first: int, after: str | None, wants: Wants = NOTHING) -> Feed:
    """Pins that would go on this board."""
    args = PageArgs(first)
    page = await ctx.feeds.more_ideas(ctx.viewer.n, board.n, first=args.first, after=after)
    return await _hydrated(ctx, page, wants)


async def search(
    ctx: Context, query: str, first: int, after: str | None, *, narrowed: Narrowed, wants: Wants = NOTHING
) -> Feed:
    """Pins that match the words. A filter that names what the viewer may not see matches nothing.

    Raises Invalid for a query that is empty or too long, or a colour that is none.
    """
    args = PageArgs(first)
    words = inputs.text(query, most=limits.SEARCH_CHARS_MAX, field=("query",), name="The query")
    chosen = await _filter(ctx, narrowed)
    if chosen is None:
        return Feed()
    page = await ctx.feeds.search(ctx.viewer.n, words, filter=chosen, first=args.first, after=after)
    return await _hydrated(ctx, page, wants)


async def _filter(ctx: Context, narrowed: Narrowed) -> PinFilter | None:
    """The filter with ids as `n`s; None when one of them names nothing for this viewer."""
    topic_id, board_id = inputs.topic_id(narrowed.topic_id or ""), inputs.board_id(narrowed.board_id or "")
    creator_id = inputs.user_id(narrowed.creator_id or "")
    topic = await ctx.loaders.topic_by_id.load(topic_id) if topic_id else None
    board = await ctx.loaders.board_by_id.load(board_id) if board_id else None
    creator = await ctx.loaders.user_by_id.load(creator_id) if creator_id else None
    asked = (narrowed.topic_id, topic), (narrowed.board_id, board), (narrowed.creator_id, creator)
    if any(given is not None and found is None for given, found in asked):
        return None
    return PinFilter(
        topic_n=topic.n if topic else None,
        board_n=board.n if board else None,
        creator_n=creator.n if creator else None,
        color=inputs.color(narrowed.color) if narrowed.color is not None else None,
        created_after=narrowed.created_after,
        created_before=narrowed.created_before,
    )


@dataclass(frozen=True, slots=True)
class _Named:
    """What the reasons of a page name, as far as the viewer may see it."""

    pins: dict[PinN, Pin]
    boards: dict[BoardN, Board]
    users: dict[UserN, User]
    topics: dict[TopicN, Topic]


async def _hydrated(ctx: Context, page: FeedPage, wants: Wants) -> Feed:
    """The page with its Pins and what their reasons name; whatever the viewer may not see (any more) is left out."""
    refs = [ref for entry in page.entries for ref in entry.reasons]
    ns = [entry.pin_n for entry in page.entries]
    # A scroll goes on in what was found at its start; what was hidden since is shown no more.
    going_on = page.has_previous and ctx.viewer.signed_in
    found, named, hid = await asyncio.gather(
        hydrate.pins(ctx, ns, wants), _named(ctx, refs), ctx.loaders.viewer_hid.load_many(ns if going_on else [])
    )
    hidden = {n for n, yes in zip(ns if going_on else [], hid, strict=True) if yes}
    entries: list[Entry] = []
    for entry, pin in zip(page.entries, found, strict=True):
        told = tuple(reason for ref in entry.reasons if (reason := _reason(ref, named)) is not None)
        if pin is not None and pin.n not in hidden and told:
            entries.append(Entry(pin, entry.cursor, entry.score, entry.weak, told))
    return Feed(tuple(entries), page.has_next, page.has_previous, page.degraded)


async def _named(ctx: Context, refs: Iterable[ReasonRef]) -> _Named:
    pin_ns = list(dict.fromkeys(ref.pin_n for ref in refs if ref.pin_n is not None))
    board_ns = list(dict.fromkeys(ref.board_n for ref in refs if ref.board_n is not None))
    user_ns = list(dict.fromkeys(ref.user_n for ref in refs if ref.user_n is not None))
    topic_ns = list(dict.fromkeys(ref.topic_n for ref in refs if ref.topic_n is not None))
    pins, boards, users, topics = await asyncio.gather(
        hydrate.pins(ctx, pin_ns),
        hydrate.boards(ctx, board_ns),
        hydrate.users(ctx, user_ns),
        hydrate.topics(ctx, topic_ns),
    )
    return _Named(
        pins={pin.n: pin for pin in pins if pin is not None},
        boards={board.n: board for board in boards if board is not None},
        users={user.n: user for user in users if user is not None},
        topics={topic.n: topic for topic in topics},
    )


def _reason(ref: ReasonRef, named: _Named) -> Reason | None:
    """The reason, or None when everything that it named is out of the viewer's sight."""
    pin = named.pins.get(ref.pin_n) if ref.pin_n is not None else None
    board = named.boards.get(ref.board_n) if ref.board_n is not None else None
    user = named.users.get(ref.user_n) if ref.user_n is not None else None
    topic = named.topics.get(ref.topic_n) if ref.topic_n is not None else None
    names_something = any(n is not None for n in (ref.pin_n, ref.board_n, ref.user_n, ref.topic_n))
    if names_something and not (pin or board or user or topic):
        return None
    text = reasons.text(
        ref,
        pin_title=pin.title if pin else None,
        board_title=board.title if board else None,
        user_name=user.display_name if user else None,
        topic_name=topic.name if topic else None,
    )
    return Reason(ref.source, ref.score, text, pin, board, user, topic)
