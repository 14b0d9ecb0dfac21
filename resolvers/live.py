"""What happens while a client listens: new Pins, and a Pin being processed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from domain.errors import Invalid, TooLarge
from domain.events import Event, Kind
from domain.ids import BoardN, EventId, UserN, prefix_of
from domain.limits import EVENT_BATCH_MAX, EVENT_LIFE_DAYS
from domain.model import Board, BoardPrivacy, Pin, PinStatus, User
from events.bus import Subscription
from graph import announcing, outbox
from graph.announcing import Watched
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
    """A Pin that has come to something the viewer listens to: a public board that holds it, and who put it there if it
    came by a board."""

    event_id: EventId
    pin: Pin
    board_n: BoardN | None
    saver_n: UserN | None
    at: datetime


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
) -> Watched:
    for name, ids in (("boardIds", board_ids), ("userIds", user_ids), ("topicIds", topic_ids)):
        if ids is not None and len(ids) > WATCHED_MAX:
            raise TooLarge(f"`{name}` may name at most {WATCHED_MAX}.", (name,))
    if not (board_ids or user_ids or topic_ids):
        require_viewer(ctx)
        return Watched(follows=True)
    boards, users, topics = await asyncio.gather(
        asyncio.gather(*(find.board(ctx, each, "boardIds") for each in board_ids or ())),
        asyncio.gather(*(find.user(ctx, each, "userIds") for each in user_ids or ())),
        asyncio.gather(*(find.topic(ctx, each, "topicIds") for each in topic_ids or ())),
    )
    return Watched([board.n for board in boards], [user.n for user in users], [topic.n for topic in topics])


async def _in_order(
    ctx: Context, arriving: Subscription, since: str | None, watched: Watched
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


async def _meaning(ctx: Context, events: Sequence[Event], watched: Watched) -> list[Event]:
    """Those of the events that say something to this subscription: most of what was missed does not."""
    told = await announcing.meant(ctx.graph, ctx.viewer.n, events, watched)
    return [event for event in events if event.id in told]


async def _announced(ctx: Context, event: Event, watched: Watched) -> NewPin | None:
    """What this event means to this subscription, by the present state; None for nothing."""
    told = (await announcing.meant(ctx.graph, ctx.viewer.n, [event], watched)).get(event.id)
    if told is None:
        return None
    return NewPin(event.id, told.pin, told.board_n, told.saver_n, datetime.fromtimestamp(event.at_ms / 1000, UTC))


async def board(ctx: Context, new: NewPin) -> Board | None:
    """The public board that the Pin is on."""
    found = await ctx.loaders.board.load(new.board_n) if new.board_n is not None else None
    return found if found is not None and found.privacy is BoardPrivacy.PUBLIC else None


async def saved_by(ctx: Context, new: NewPin) -> User | None:
    """Who put the Pin there, as far as the viewer may see them."""
    return await ctx.loaders.user.load(new.saver_n) if new.saver_n is not None else None
