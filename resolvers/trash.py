"""The viewer's trash: what they deleted within 30 days, and putting it back."""

from __future__ import annotations

from domain.errors import NotFound
from domain.model import Board, BoardRole, Pin
from graph import trash
from resolvers import find, inputs
from resolvers.context import Context, require_viewer
from resolvers.pages import Listing, listing, page_args


async def pins(ctx: Context, first: int, after: str | None) -> Listing[Pin]:
    """The viewer's Pins in the trash, the last deleted first. Raises NotSignedIn."""
    me = require_viewer(ctx)
    kind = f"trashedPins:{me}"
    return listing(ctx, kind, await trash.pins_page(ctx.graph, me, page_args(ctx, kind, first, after), ctx.now()))


async def boards(ctx: Context, first: int, after: str | None) -> Listing[Board]:
    """The viewer's boards in the trash, the last deleted first. Raises NotSignedIn."""
    me = require_viewer(ctx)
    kind = f"trashedBoards:{me}"
    return listing(ctx, kind, await trash.boards_page(ctx.graph, me, page_args(ctx, kind, first, after), ctx.now()))


async def restore_pin(ctx: Context, pin_id: str) -> Pin:
    """The Pin, back on the boards that held it. Twice is once. Raises NotFound."""
    me = require_viewer(ctx)
    nothing = NotFound("There is no such Pin in your trash.", ("pinId",))
    key = inputs.pin_id(pin_id)
    if key is None:
        raise nothing
    try:
        n = await trash.restore_pin(ctx.graph, by=me, pin_id=key, now=ctx.now())
    except NotFound:
        there = await ctx.loaders.pin_by_id.load(key)
        if there is None or there.creator_n != me:
            raise nothing from None
        n = there.n
    return await find.present_pin(ctx, n, gone="This Pin has been deleted again.")


async def restore_board(ctx: Context, board_id: str) -> Board:
    """The board, with what it held. Twice is once. Raises NotFound, Conflict over USER_BOARDS_MAX."""
    me = require_viewer(ctx)
    nothing = NotFound("There is no such board in your trash.", ("boardId",))
    key = inputs.board_id(board_id)
    if key is None:
        raise nothing
    try:
        n = await trash.restore_board(ctx.graph, by=me, board_id=key, now=ctx.now())
    except NotFound:
        there = await ctx.loaders.board_by_id.load(key)
        if there is None or await ctx.loaders.board_role.load(there.n) is not BoardRole.OWNER:
            raise nothing from None
        n = there.n
    return await find.present_board(ctx, n)
