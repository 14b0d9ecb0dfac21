"""Whatever has an id, by its id."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence

from domain.access import PersonalToken
from domain.errors import TooLarge
from domain.ids import BoardId, CommentId, EndpointId, PinId, SectionId, TokenId, TopicId, UserId, prefix_of
from domain.limits import NODES_MAX
from domain.model import Board, Comment, Pin, Section, Topic, User
from domain.notices import Notification, PushEndpoint
from graph import access_tokens, endpoints, notifications
from resolvers.context import Context

Thing = Pin | Board | User | Topic | Comment | Section | Notification | PushEndpoint | PersonalToken


async def node(ctx: Context, id: str) -> Thing | None:
    """The thing of this id; None for an id that is malformed, unknown, or of something the viewer may not see."""
    loading: Awaitable[Thing | None]
    match prefix_of(id):
        case "pin":
            loading = ctx.loaders.pin_by_id.load(PinId(id))
        case "board":
            loading = ctx.loaders.board_by_id.load(BoardId(id))
        case "section":
            loading = ctx.loaders.section.load(SectionId(id))
        case "user":
            loading = ctx.loaders.user_by_id.load(UserId(id))
        case "topic":
            loading = ctx.loaders.topic_by_id.load(TopicId(id))
        case "comment":
            loading = ctx.loaders.comment_by_id.load(CommentId(id))
        case "notification" | "news":
            loading = notifications.by_id(ctx.graph, ctx.viewer.n, id)
        case "push":
            loading = endpoints.by_id(ctx.graph, ctx.viewer.n, EndpointId(id))
        case "token" if ctx.session is not None:
            loading = access_tokens.by_id(ctx.graph, ctx.viewer.n, TokenId(id))
        case _:
            return None
    return await loading


async def nodes(ctx: Context, ids: Sequence[str]) -> list[Thing | None]:
    """The things of these ids, in order, None where there is none. Raises TooLarge over NODES_MAX."""
    if len(ids) > NODES_MAX:
        raise TooLarge(f"`ids` may name at most {NODES_MAX} things at once.", ("ids",))
    return list(await asyncio.gather(*(node(ctx, each) for each in ids)))
