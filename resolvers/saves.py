"""Putting a Pin on a board and taking it off."""

from __future__ import annotations

from dataclasses import dataclass

from domain import limits
from domain.errors import NotFound
from domain.model import Board, BoardRole, Pin, Save, User
from graph import saves
from resolvers import find, inputs, sections
from resolvers.context import Context, require_viewer

_MAY_SAVE = (BoardRole.OWNER, BoardRole.EDITOR)


@dataclass(frozen=True, slots=True)
class Saved:
    """A save with what it joins."""

    save: Save
    pin: Pin
    board: Board


async def save(ctx: Context, *, pin_id: str, board_id: str, note: str | None, section_id: str | None = None) -> Saved:
    """The Pin on the viewer's board. A repeat keeps its place; a note or section given anew replaces the old one.

    Raises NotFound, Forbidden for somebody else's board or for making public what its creator did not, Conflict for a
    full board.
    """
    me = require_viewer(ctx)
    said = inputs.optional_text(note, most=limits.NOTE_CHARS_MAX, field=("note",), name="The note")
    pin, board = await find.pin(ctx, pin_id), await find.board(ctx, board_id)
    section = await sections.placed(ctx, section_id, board.n)
    try:
        made, _ = await saves.save(ctx.graph, by=me, pin_n=pin.n, board_n=board.n, section_id=section, note=said)
    except NotFound as refused:
        raise await find.why_refused(ctx, board, refused, roles=_MAY_SAVE) from None
    return Saved(made, pin, board)


async def unsave(ctx: Context, *, pin_id: str, board_id: str) -> Pin | None:
    """The Pin, taken off the viewer's board; None when the viewer may not see it any more. Twice is once.

    Raises NotFound, Forbidden for somebody else's board.
    """
    me = require_viewer(ctx)
    board = await find.board(ctx, board_id)
    pin = await find.pin(ctx, pin_id)
    try:
        await saves.unsave(ctx.graph, by=me, pin_n=pin.n, board_n=board.n)
    except NotFound as refused:
        raise await find.why_refused(ctx, board, refused, roles=_MAY_SAVE) from None
    return pin


async def viewers(ctx: Context, pin: Pin) -> list[tuple[Save, Board]]:
    """The Pin's saves on boards that the viewer owns or works on, each with its board."""
    if not ctx.viewer.signed_in:
        return []
    found = await ctx.loaders.viewer_saves.load(pin.n)
    boards = await ctx.loaders.board.load_many([each.board_n for each in found])
    return [(each, board) for each, board in zip(found, boards, strict=True) if board is not None]


async def saved_by(ctx: Context, made: Save) -> User | None:
    """Who put the Pin on the board; None when the account is gone."""
    return await ctx.loaders.user.load(made.saved_by_n) if made.saved_by_n is not None else None
