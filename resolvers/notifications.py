"""What the viewer is told, and how."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from typing import Final

from domain import limits, notices
from domain.errors import Invalid, NotFound
from domain.events import Event, Kind
from domain.ids import EndpointId
from domain.model import Board, Pin, User
from domain.notices import Notification, NotificationKind, Preference, PushEndpoint
from graph import endpoints, notifications
from resolvers import hydrate, inputs
from resolvers.context import Context, require_viewer
from resolvers.pages import Listing, listing, page_args

_HEARD: Final = (Kind.NOTIFIED, Kind.PIN_READY)


async def page(ctx: Context, first: int, after: str | None, *, unread_only: bool) -> Listing[Notification]:
    """What the viewer is told, latest first. Raises NotSignedIn."""
    me = require_viewer(ctx)
    kind = f"notifications:{me}:{unread_only}"
    args = page_args(ctx, kind, first, after)
    return listing(ctx, kind, await notifications.page(ctx.graph, me, args, now=ctx.now(), unread_only=unread_only))


async def unread_count(ctx: Context) -> int:
    """How many the viewer has not read. Raises NotSignedIn."""
    return await notifications.unread_count(ctx.graph, require_viewer(ctx), now=ctx.now())


async def actors(ctx: Context, item: Notification) -> list[User]:
    """Whose acts it tells of, the latest first, as far as the viewer may see them."""
    return [user for user in await hydrate.users(ctx, item.actors) if user is not None]


async def pin(ctx: Context, item: Notification) -> Pin | None:
    """The Pin that it is about."""
    return await ctx.loaders.pin.load(item.pin_n) if item.pin_n is not None else None


async def board(ctx: Context, item: Notification) -> Board | None:
    """The board that it is about."""
    return await ctx.loaders.board.load(item.board_n) if item.board_n is not None else None


def event_id(item: Notification) -> str:
    """What `added` goes on from after this notification as it stands now."""
    return notifications.event_id(item)


async def text(ctx: Context, item: Notification) -> str:
    """What it says, for people."""
    who, what, where = await asyncio.gather(actors(ctx, item), pin(ctx, item), board(ctx, item))
    names = [user.display_name for user in who]
    return notices.text(
        item.kind, names, item.count, pin=what.title if what else None, board=where.title if where else None
    )


async def mark_read(ctx: Context, up_to: str | None) -> int:
    """How many are unread, once all up to this one (None: all) are read. Raises NotFound."""
    me = require_viewer(ctx)
    if up_to is None:
        newest = await notifications.since(ctx.graph, me, 0, 1, now=ctx.now())
        k = max([ctx.graph.keys.k(), *(item.k for item in newest)])
    else:
        found = await notifications.by_id(ctx.graph, me, up_to) if inputs.is_notification(up_to) else None
        if found is None:
            raise NotFound("There is no such notification among yours.", ("upTo",))
        k = found.k
    await notifications.mark_read(ctx.graph, me, k)
    return await notifications.unread_count(ctx.graph, me, now=ctx.now())


async def preferences(ctx: Context) -> list[Preference]:
    """What the viewer is told of, one for each kind. Raises NotSignedIn."""
    return await notifications.preferences(ctx.graph, require_viewer(ctx))


async def prefer(ctx: Context, wanted: Sequence[Preference]) -> list[Preference]:
    """The preferences with these kinds changed. Raises Invalid for a kind that is named twice."""
    me = require_viewer(ctx)
    if len({each.kind for each in wanted}) < len(wanted):
        raise Invalid("Name each kind once.", ("preferences",))
    return await notifications.prefer(ctx.graph, me, wanted)


async def added(ctx: Context, since: str | None) -> AsyncGenerator[Notification, None]:
    """Each notification that comes or grows while the viewer listens; what came after `since` first.

    Raises NotSignedIn, Invalid for a `since` that is not one of the viewer's.
    """
    me = require_viewer(ctx)
    last = None
    if since is not None:
        last = await notifications.place(ctx.graph, me, since) if inputs.is_told(since) else None
        if last is None:
            raise Invalid("`since` is too old or no notification of yours. Fetch anew.", ("since",))
    told: dict[str, int] = {}
    with ctx.bus.subscribe(_HEARD, wants=lambda e: e.kind is Kind.PIN_READY or e.target == me) as arriving:
        if last is not None:
            most = limits.PAGE_ITEMS_MAX
            for item in await notifications.since(ctx.graph, me, last, most, now=ctx.now()):
                told[item.id] = item.k
                yield item
        async for event in arriving:
            ctx.renew()
            heard = await _heard(ctx, event)
            if heard is not None and told.get(heard.id) != heard.k:
                told = {heard.id: heard.k, **dict(list(told.items())[: limits.PAGE_ITEMS_MAX])}
                yield heard


async def _heard(ctx: Context, event: Event) -> Notification | None:
    """The notification that this event tells of, as the viewer may see it now."""
    me = ctx.viewer.n
    if event.kind is Kind.NOTIFIED:
        return await notifications.by_id(ctx.graph, me, event.subject or "")
    if event.user is None or not await ctx.loaders.follows_user.load(event.user):
        return None
    newest = await notifications.since(ctx.graph, me, 0, limits.PAGE_ITEMS_MAX, now=ctx.now())
    news = (item for item in newest if item.kind is NotificationKind.NEW_PIN and event.user in item.actors)
    return next((item for item in news if item.pin_n == event.pin), None)


async def push_endpoints(ctx: Context) -> list[PushEndpoint]:
    """Where the viewer's notifications are sent outside. Raises NotSignedIn."""
    return await endpoints.of_viewer(ctx.graph, require_viewer(ctx))


async def add_endpoint(ctx: Context, url: str) -> tuple[PushEndpoint, str]:
    """The viewer's new endpoint and its signing key.

    Raises Invalid for an address that may not be asked, Taken for one that they have, Conflict for too many.
    """
    me = require_viewer(ctx)
    address = inputs.text(url, most=limits.LINK_CHARS_MAX, field=("url",), name="The address")
    try:
        ctx.internet.check_hook(address)
    except Invalid as refused:
        refused.field = ("url",)
        raise
    made = await endpoints.add(ctx.graph, me, address, now=ctx.now())
    return made, ctx.hooks.key(made.id)


async def remove_endpoint(ctx: Context, id: str) -> EndpointId:
    """The id of the viewer's endpoint, removed. Raises NotFound."""
    me = require_viewer(ctx)
    key = inputs.endpoint_id(id)
    if key is None:
        raise NotFound("There is no such endpoint among yours.", ("endpointId",))
    await endpoints.remove(ctx.graph, me, key)
    return key
