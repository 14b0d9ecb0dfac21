"""Sections: the parts of a board, making and changing them."""

from __future__ import annotations

from collections.abc import Sequence

from domain import limits
from domain.errors import NotFound
from domain.ids import BoardN, SectionId
from domain.model import Board, BoardRole, Save, Section
from graph import sections
from resolvers import find, inputs
from resolvers.context import Context, require_viewer

_OWNER = (BoardRole.OWNER,)


async def of_board(ctx: Context, board: Board) -> list[Section]:
    """The board's sections as they are arranged."""
    return list(await ctx.loaders.board_sections.load(board.n))


async def of_save(ctx: Context, save: Save) -> Section | None:
    """The section that the Pin is in on its board."""
    return await ctx.loaders.section.load(save.section_id) if save.section_id is not None else None


async def pin_count(ctx: Context, section: Section) -> int:
    """How many Pins are in it."""
    return await ctx.loaders.section_pin_count.load(section.id)


async def create(ctx: Context, board_id: str, title: str) -> Board:
    """The viewer's board with a new section at its end. Raises Invalid, NotFound, Forbidden, Conflict over 50."""
    me = require_viewer(ctx)
    called = _title(title)
    board = await find.board(ctx, board_id)
    try:
        await sections.create(ctx.graph, by=me, board_n=board.n, title=called)
    except NotFound as refused:
        raise await find.why_refused(ctx, board, refused, roles=_OWNER) from None
    return await find.present_board(ctx, board.n)


async def rename(ctx: Context, section_id: str, title: str) -> Board:
    """The viewer's board, one section of which has another title. Raises Invalid, NotFound, Forbidden."""
    me = require_viewer(ctx)
    called = _title(title)
    section, board = await _found(ctx, section_id)
    try:
        await sections.rename(ctx.graph, by=me, section_id=section.id, title=called)
    except NotFound as refused:
        raise await find.why_refused(ctx, board, refused, roles=_OWNER) from None
    return await find.present_board(ctx, board.n)


async def arrange(ctx: Context, board_id: str, section_ids: Sequence[str]) -> Board:
    """The viewer's board with these sections first; the others follow as they stood. Raises NotFound, Forbidden."""
    me = require_viewer(ctx)
    named = inputs.distinct(section_ids, most=limits.BOARD_SECTIONS_MAX, field="sectionIds", name="sections")
    board = await find.board(ctx, board_id)
    try:
        await sections.arrange(ctx.graph, by=me, board_n=board.n, section_ids=_ids(named))
    except NotFound as refused:
        raise await find.why_refused(ctx, board, refused, roles=_OWNER) from None
    return await find.present_board(ctx, board.n)


async def delete(ctx: Context, section_id: str) -> Board:
    """The viewer's board without the section; its Pins stay. Raises NotFound, Forbidden."""
    me = require_viewer(ctx)
    section, board = await _found(ctx, section_id)
    try:
        await sections.delete(ctx.graph, by=me, section_id=section.id)
    except NotFound as refused:
        raise await find.why_refused(ctx, board, refused, roles=_OWNER) from None
    return await find.present_board(ctx, board.n)


async def placed(ctx: Context, section_id: str | None, board_n: BoardN) -> SectionId | None:
    """The section of this id on the board; None for none. Raises NotFound for one that is not there."""
    if section_id is None:
        return None
    key = inputs.section_id(section_id)
    found = await ctx.loaders.section.load(key) if key else None
    if found is None or found.board_n != board_n:
        raise NotFound("This board has no such section.", ("sectionId",))
    return found.id


async def _found(ctx: Context, section_id: str) -> tuple[Section, Board]:
    key = inputs.section_id(section_id)
    section = await ctx.loaders.section.load(key) if key else None
    board = await ctx.loaders.board.load(section.board_n) if section else None
    if section is None or board is None:
        raise NotFound("There is no such section.", ("sectionId",))
    return section, board


def _ids(values: Sequence[str]) -> list[SectionId]:
    keys = [inputs.section_id(value) for value in values]
    if None in keys:
        raise NotFound("This board has no such section.", ("sectionIds",))
    return [key for key in keys if key is not None]


def _title(value: str) -> str:
    return inputs.text(value, most=limits.SECTION_TITLE_CHARS_MAX, field=("title",), name="The title")
