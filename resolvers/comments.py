"""Comments on Pins."""

from __future__ import annotations

from domain import limits
from domain.errors import NotFound
from domain.ids import CommentId
from domain.model import Comment, Pin, User
from domain.page import Page
from graph import comments
from resolvers import find, inputs
from resolvers.context import Context, require_viewer
from resolvers.pages import Listing, listing, page_args


async def of_pin(ctx: Context, pin: Pin, first: int, after: str | None) -> Listing[Comment]:
    """The Pin's comments, newest first, without those of anybody blocked either way."""
    kind = f"pin.comments:{pin.n}"
    page: Page[Comment] = await ctx.loaders.pin_comments.load((pin.n, page_args(ctx, kind, first, after)))
    return listing(ctx, kind, page)


async def count(ctx: Context, pin: Pin) -> int:
    """How many comments of the Pin the viewer may see."""
    return await ctx.loaders.comment_count.load(pin.n)


async def author(ctx: Context, comment: Comment) -> User | None:
    """Who wrote it; None when the account is gone."""
    return await ctx.loaders.user.load(comment.author_n) if comment.author_n is not None else None


async def add(ctx: Context, *, pin_id: str, text: str) -> Comment:
    """The viewer's new comment. Raises NotFound, Invalid for its text, Conflict for a Pin that has too many."""
    me = require_viewer(ctx)
    said = inputs.text(text, most=limits.COMMENT_CHARS_MAX, field=("text",), name="The comment")
    pin = await find.pin(ctx, pin_id)
    return await comments.add(ctx.graph, me, pin.n, said)


async def delete(ctx: Context, comment_id: str) -> CommentId:
    """The id of a comment, deleted by its author or by who made the Pin. Raises NotFound, Forbidden."""
    me = require_viewer(ctx)
    key = inputs.comment_id(comment_id)
    if key is None:
        raise NotFound("There is no such comment.", ("commentId",))
    await comments.delete(ctx.graph, me, key)
    return key
