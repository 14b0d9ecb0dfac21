"""What an id in a mutation names: the thing, if the viewer may see it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Final, TypeVar

import structlog

from domain import limits
from domain.errors import Forbidden, NotFound, ProductError, Unavailable
from domain.ids import BoardN, PinN, TopicId, UserN
from domain.model import Board, BoardRole, Pin, Topic, User
from resolvers import inputs
from resolvers.context import Context

T = TypeVar("T")
log = structlog.get_logger(__name__)

_TRIES: Final = 3


async def pin(ctx: Context, id: str, field: str = "pinId") -> Pin:
    """The Pin of this id. Raises NotFound when there is none for this viewer."""
    key = inputs.pin_id(id)
    found = await ctx.loaders.pin_by_id.load(key) if key else None
    if found is None:
        raise NotFound("There is no such Pin.", (field,))
    return found


async def board(ctx: Context, id: str, field: str = "boardId") -> Board:
    """The Board of this id. Raises NotFound when there is none for this viewer."""
    key = inputs.board_id(id)
    found = await ctx.loaders.board_by_id.load(key) if key else None
    if found is None:
        raise NotFound("There is no such board.", (field,))
    return found


async def user(ctx: Context, id: str, field: str = "userId") -> User:
    """The User of this id. Raises NotFound when there is none for this viewer."""
    key = inputs.user_id(id)
    found = await ctx.loaders.user_by_id.load(key) if key else None
    if found is None:
        raise NotFound("There is no such user.", (field,))
    return found


async def topic(ctx: Context, id: str, field: str = "topicId") -> Topic:
    """The Topic of this id. Raises NotFound when there is none."""
    key = inputs.topic_id(id)
    found = await ctx.loaders.topic_by_id.load(key) if key else None
    if found is None:
        raise NotFound("There is no such topic.", (field,))
    return found


async def topics(ctx: Context, ids: Sequence[str], *, most: int = limits.PIN_TOPICS_MAX) -> tuple[TopicId, ...]:
    """The ids, each once, when all of them name Topics. Raises NotFound otherwise, TooLarge over `most`."""
    kept = inputs.distinct(ids, most=most, field="topicIds", name="topics")
    keys = [key for key in map(inputs.topic_id, kept) if key is not None]
    found = await ctx.loaders.topic_by_id.load_many(keys)
    if len(keys) < len(kept) or None in found:
        raise NotFound("One of these topics does not exist. Choose from `topics`.", ("topicIds",))
    return tuple(keys)


async def present_board(ctx: Context, n: BoardN) -> Board:
    """The Board as it is after a write. NotFound when it has been deleted since."""
    return await _present(ctx, lambda: ctx.loaders.board.load(n), "This board has been deleted.")


async def present_pin(ctx: Context, n: PinN, *, gone: str = "This Pin has been deleted.") -> Pin:
    """The Pin as it is after a write. NotFound, which says `gone`, when it has been deleted since."""
    return await _present(ctx, lambda: ctx.loaders.pin.load(n), gone)


async def present_viewer(ctx: Context, me: UserN) -> User:
    """The viewer's own account as it is after a write. NotFound when it has been deleted since."""
    return await _present(ctx, lambda: ctx.loaders.user.load(me), "Your account has been deleted.")


async def _present(ctx: Context, look: Callable[[], Awaitable[T | None]], gone: str) -> T:
    found = await written(ctx, look)
    if found is None:
        raise NotFound(gone)
    return found


async def written(ctx: Context, step: Callable[[], Awaitable[T]]) -> T:
    """What the step after a write gives: tried three times while the graph does not answer.

    What has been done must not look refused; whoever then does it again would be told of a conflict with themselves.
    """
    for _ in range(_TRIES - 1):
        ctx.renew()
        try:
            return await step()
        except Unavailable as late:
            log.warning("late_after_write", error=late.message)
    ctx.renew()
    return await step()


async def why_refused(ctx: Context, board: Board, refused: NotFound, *, roles: Collection[BoardRole]) -> ProductError:
    """What to tell a viewer whose write found no board of theirs: Forbidden if they may look but not touch.

    The write itself decides, in its own transaction; this is asked only after it has refused.
    """
    ctx.renew()
    role, still = await asyncio.gather(ctx.loaders.board_role.load(board.n), ctx.loaders.board.load(board.n))
    if still is not None and role not in roles:
        return Forbidden("This board is somebody else's: you may look at it, but not change it.", ("boardId",))
    return refused
