"""What happens while a client listens: new Pins, and a Pin being processed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from domain.errors import Invalid, TooLarge
from domain.events import Event, Kind
from domain.ids import SIGNED_OUT, BoardN, EventId, PinN, TopicN, UserN, prefix_of
from domain.limits import EVENT_BATCH_MAX, EVENT_LIFE_DAYS
from domain.model import Board, BoardPrivacy, Pin, PinStatus, User
from events.bus import Subscription
from graph import export, outbox, pins
from resolvers import find
from resolvers.context import Context, require_viewer

WATCHED_MAX: Final = 100
"""How many boards, users or topics one subscription may name."""

_ANNOUNCING: Final = (Kind.PIN_READY, Kind.SAVED, Kind.MOVED)
_SETTLING: Final = (Kind.PIN_READY, Kind.PIN_FAILED, Kind.PIN_DELETED)
_LOOK_AGAIN_S: Final = 5.0
_LOOKED_AT_TOGETHER: Final = 25


@dataclass(frozen=True, slots=True)
class NewPin:
    """A Pin that has come to something the viewer listens to. `board` is where, if it came by a board."""

    event_id: EventId
    pin: Pin
    board: Board | None
    saved_by: User | None
    at: datetime


@dataclass(frozen=True, slots=True)
class _Watched:
    """What one subscription listens to; `follows` means whatever the viewer follows at that moment."""

    boards: frozenset[BoardN]
    users: frozenset[UserN]
    topics: frozenset[TopicN]
    follows: bool


async def new_pins(
    ctx: Context,
    *,
    board_ids: Sequence[str] | None,
    user_ids: Sequence[str] | None,
    topic_ids: Sequence[str] | None,
    since: str | None,
) -> AsyncGenerator[NewPin, None]:
    """Each Pin that becomes ready, or is saved or moved once ready, on the given public boards, by the given users,
    about the given topics; with none of them, on and by what the viewer follows.

    `since` is the last event seen: what came after it comes first. Raises NotFound for an id that names nothing,
    NotSignedIn when what is followed is asked for signed out, Invalid for a `since` that is too old.
    """
    watched = await _watched(ctx, board_ids, user_ids, topic_ids)
    with ctx.bus.subscribe(_ANNOUNCING) as arriving:
        async for event in _in_order(ctx, arriving, since, watched):
            ctx.renew()
            announced = await _announced(ctx, event, watched)
            if announced is not None:
                yield announced


async def pin_processed(ctx: Context, pin_id: str) -> AsyncGenerator[Pin, None]:
    """The Pin as it is now, then at each change of its status; ends at READY or FAILED, or when it is gone.

    Raises NotFound.
    """
    n = (await find.pin(ctx, pin_id)).n
    with ctx.bus.subscribe(_SETTLING, wants=lambda event: event.pin == n) as settling:
        told: PinStatus | None = None
        while True:
            ctx.renew()
            pin = await ctx.loaders.pin.load(n)
            if pin is None:
                return
            if pin.status is not told:
                told = pin.status
                yield pin
            if pin.status is not PinStatus.PROCESSING:
                return
            try:
                async with asyncio.timeout(_LOOK_AGAIN_S):
                    await anext(settling)
            except TimeoutError:
                continue  # A Pin that was settled without an event is seen by looking again.
            except StopAsyncIteration:
                return


async def _watched(
    ctx: Context, board_ids: Sequence[str] | None, user_ids: Sequence[str] | None, topic_ids: Sequence[str] | None
) -> _Watched:
    for name, ids in (("boardIds", board_ids), ("userIds", user_ids), ("topicIds", topic_ids)):
        if ids is not None and len(ids) > WATCHED_MAX:
            raise TooLarge(f"`{name}` may name at most {WATCHED_MAX}.", (name,))
    if not (board_ids or user_ids or topic_ids):
        require_viewer(ctx)
        return _Watched(frozenset(), frozenset(), frozenset(), follows=True)
    boards, users, topics = await asyncio.gather(
        asyncio.gather(*(find.board(ctx, each, "boardIds") for each in board_ids or ())),
        asyncio.gather(*(find.user(ctx, each, "userIds") for each in user_ids or ())),
        asyncio.gather(*(find.topic(ctx, each, "topicIds") for each in topic_ids or ())),
    )
    return _Watched(
        frozenset(board.n for board in boards),
        frozenset(user.n for user in users),
        frozenset(topic.n for topic in topics),
        follows=False,
    )


async def _in_order(
    ctx: Context, arriving: Subscription, since: str | None, watched: _Watched
) -> AsyncGenerator[Event, None]:
    """What was missed since that event and means something here, then what arrives, each once."""
    seen = 0
    if since is not None:
        last = await outbox.by_id(ctx.graph, since) if prefix_of(since) == "event" else None
        if last is None:
            raise Invalid(
                f"`since` is too old or no event of ours: they are kept {EVENT_LIFE_DAYS} days. Fetch anew.", ("since",)
            )
        seen = last.seq or await outbox.last_seq(ctx.graph)  # One without a place yet is newer than all that have one.
        while missed := await outbox.after_of(ctx.graph, seen, _ANNOUNCING, EVENT_BATCH_MAX):
            for start in range(0, len(missed), _LOOKED_AT_TOGETHER):
                together = missed[start : start + _LOOKED_AT_TOGETHER]
                for event in await _meaning(ctx, together, watched):
                    yield event
            seen = missed[-1].seq
    async for event in arriving:
        if event.seq > seen:
            yield event


async def _meaning(ctx: Context, events: Sequence[Event], watched: _Watched) -> list[Event]:
    """Those of the events that say something to this subscription: most of what was missed does not."""
    ctx.renew()
    told = await asyncio.gather(*(_announced(ctx, event, watched) for event in events))
    return [event for event, new in zip(events, told, strict=True) if new is not None]


async def _announced(ctx: Context, event: Event, watched: _Watched) -> NewPin | None:
    """What this event means to this subscription, by the present state; None for nothing."""
    pin = await ctx.loaders.pin.load(event.pin) if event.pin is not None else None
    if pin is None or pin.status is PinStatus.PROCESSING:
        return None  # A Pin that is saved before it is ready is announced at READY.
    if ctx.viewer.signed_in and await ctx.loaders.viewer_hid.load(pin.n):
        return None
    if event.kind is Kind.PIN_READY:
        return await _ready(ctx, event, pin, watched)
    return await _saved(ctx, event, pin, watched)


async def _ready(ctx: Context, event: Event, pin: Pin, watched: _Watched) -> NewPin | None:
    """A Pin has become ready: if public, on a watched board, by a watched user or about a watched topic."""
    public = (await export.pin_boards(ctx.graph, [pin.n])).get(pin.n, [])
    if not public:
        return None
    creator = await ctx.loaders.user.load(pin.creator_n) if pin.creator_n is not None else None
    on = await _watched_board(ctx, public, watched)
    if on is not None:
        return _new(event, pin, on, creator)
    if await _by_watched(ctx, pin, watched) or await _about_watched(ctx, pin.n, watched):
        return _new(event, pin, await _public_board(ctx, public[0]), None)
    return None


async def _saved(ctx: Context, event: Event, pin: Pin, watched: _Watched) -> NewPin | None:
    """A ready Pin has been saved: on a watched public board, or by its watched creator as its first public save.

    Told only while the board holds it: what was taken off again, perhaps before the board was public, never came.
    """
    board = await _public_board(ctx, event.board) if event.board is not None else None
    if board is None or not await export.states(ctx.graph, [(board.n, pin.n)]):
        return None
    on = await _watched_board(ctx, [board.n], watched)
    if on is None:
        made = event.kind is Kind.SAVED and event.user == pin.creator_n
        first = made and (await pins.save_counts(ctx.graph, SIGNED_OUT, [pin.n])).get(pin.n) == 1
        if not (first and await _by_watched(ctx, pin, watched)):
            return None
    saver = await ctx.loaders.user.load(event.user) if event.user is not None else None
    return _new(event, pin, board, saver)


async def _watched_board(ctx: Context, public: Collection[BoardN], watched: _Watched) -> Board | None:
    """The first of these boards that is watched, if it is public and the viewer may see it."""
    if watched.follows:
        followed = await ctx.loaders.follows_board.load_many(public)
        chosen = next((n for n, yes in zip(public, followed, strict=True) if yes), None)
    else:
        chosen = next((n for n in public if n in watched.boards), None)
    return await _public_board(ctx, chosen) if chosen is not None else None


async def _public_board(ctx: Context, n: BoardN) -> Board | None:
    board = await ctx.loaders.board.load(n)
    return board if board is not None and board.privacy is BoardPrivacy.PUBLIC else None


async def _by_watched(ctx: Context, pin: Pin, watched: _Watched) -> bool:
    if pin.creator_n is None:
        return False
    return await ctx.loaders.follows_user.load(pin.creator_n) if watched.follows else pin.creator_n in watched.users


async def _about_watched(ctx: Context, n: PinN, watched: _Watched) -> bool:
    return bool(watched.topics) and not watched.topics.isdisjoint(await ctx.loaders.pin_topics.load(n))


def _new(event: Event, pin: Pin, board: Board | None, saved_by: User | None) -> NewPin:
    return NewPin(event.id, pin, board, saved_by, datetime.fromtimestamp(event.at_ms / 1000, UTC))
