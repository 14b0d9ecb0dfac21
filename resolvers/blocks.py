"""Blocking users, and whom the viewer blocks."""

from __future__ import annotations

from domain.model import User
from graph import blocks
from resolvers import find, inputs
from resolvers.context import Context, require_viewer
from resolvers.pages import Listing, listing, page_args


async def block(ctx: Context, user_id: str) -> User:
    """The user, blocked. Twice is once. Raises NotFound, Invalid for oneself, Conflict over USER_BLOCKS_MAX."""
    me = require_viewer(ctx)
    user = await find.user(ctx, user_id)
    await blocks.block(ctx.graph, me, user.n)
    return user


async def unblock(ctx: Context, user_id: str) -> User:
    """The user, blocked no more. Twice is once. Raises NotFound."""
    me = require_viewer(ctx)
    key = inputs.user_id(user_id)
    user = await blocks.by_id(ctx.graph, me, key) if key else None
    if user is None:
        return await find.user(ctx, user_id)  # Not blocked: nothing to undo, if they are there at all.
    await blocks.unblock(ctx.graph, me, user.n)
    return user


async def blocked(ctx: Context, first: int, after: str | None) -> Listing[User]:
    """Whom the viewer blocks, latest first. Raises NotSignedIn."""
    me = require_viewer(ctx)
    kind = f"blockedUsers:{me}"
    return listing(ctx, kind, await blocks.page(ctx.graph, me, page_args(ctx, kind, first, after)))


async def viewer_blocks(ctx: Context, user: User) -> bool:
    """Whether the viewer blocks the user."""
    return ctx.viewer.signed_in and await ctx.loaders.blocks_user.load(user.n)
