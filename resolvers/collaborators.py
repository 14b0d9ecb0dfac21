"""Who works on a board with its owner."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domain.errors import NotFound
from domain.model import Board, BoardRole, User
from graph import collaborators
from resolvers import find
from resolvers.context import Context, require_viewer
from resolvers.pages import Listing, listing, page_args


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody who works on a board."""

    user: User
    role: BoardRole
    since: datetime


async def of_board(ctx: Context, board: Board) -> list[Colleague]:
    """Who works on the board, the longest first, as far as the viewer may see them."""
    found = await ctx.loaders.board_collaborators.load(board.n)
    users = await ctx.loaders.user.load_many([each.user_n for each in found])
    return [Colleague(user, each.role, each.since) for each, user in zip(found, users, strict=True) if user is not None]


async def shared(ctx: Context, first: int, after: str | None) -> Listing[Board]:
    """The boards of others that the viewer works on, the latest invitation first. Raises NotSignedIn."""
    me = require_viewer(ctx)
    kind = f"sharedBoards:{me}"
    page = await collaborators.shared(ctx.graph, me, page_args(ctx, kind, first, after))
    ctx.loaders.board.prime({item.value.n: item.value for item in page.items})
    return listing(ctx, kind, page)


async def add(ctx: Context, *, board_id: str, user_id: str, role: BoardRole) -> Board:
    """The viewer's board, on which the user works from now on; once more, in this role instead.

    Raises NotFound, Forbidden for somebody else's board, Invalid for the role OWNER or oneself, Conflict over 50.
    """
    me = require_viewer(ctx)
    board, user = await find.board(ctx, board_id), await find.user(ctx, user_id)
    try:
        await collaborators.add(ctx.graph, by=me, board_n=board.n, user_n=user.n, role=role)
    except NotFound as refused:
        raise await find.why_refused(ctx, board, refused, roles=(BoardRole.OWNER,)) from None
    return await find.present_board(ctx, board.n)


async def remove(ctx: Context, *, board_id: str, user_id: str) -> Board | None:
    """The board, on which the user works no more: by its owner or by themselves. Twice is once.

    None when the viewer has left a board that they may not see any more. Raises NotFound, Forbidden.
    """
    me = require_viewer(ctx)
    board, user = await find.board(ctx, board_id), await find.user(ctx, user_id)
    await collaborators.remove(ctx.graph, by=me, board_n=board.n, user_n=user.n)

    async def look() -> Board | None:
        return await ctx.loaders.board.load(board.n)

    return await find.written(ctx, look)
