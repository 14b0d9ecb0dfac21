"""Many Pins at once: moved all or none, unsaved or deleted with a result for each, and put in order by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from domain import limits
from domain.errors import Forbidden, NotFound, ProductError
from domain.ids import PinId
from domain.model import Board, BoardRole, Pin, User
from graph import arrangements, moves, pin_writes
from resolvers import find, inputs, sections
from resolvers.context import Context, require_viewer

_MAY_CHANGE = (BoardRole.OWNER, BoardRole.EDITOR)


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one of many: nothing went wrong, or this."""

    id: str
    error: ProductError | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """The results in the order of what was given, and how many were changed (or would be)."""

    results: tuple[Result, ...]
    count: int


async def move(
    ctx: Context, *, pin_ids: Sequence[str], from_board_id: str, to_board_id: str, section_id: str | None
) -> Board:
    """The board that all of the Pins have come to. Raises NotFound, Forbidden, TooLarge, Conflict: then none has."""
    me = require_viewer(ctx)
    kept = inputs.distinct(pin_ids, most=limits.BATCH_PINS_MAX, field="pinIds", name="Pins")
    here = await find.board(ctx, from_board_id, "fromBoardId")
    there = await find.board(ctx, to_board_id, "toBoardId")
    section = await sections.placed(ctx, section_id, there.n)
    found = await _pins(ctx, kept)
    if None in found:
        raise NotFound("One of these Pins does not exist. None was moved.", ("pinIds",))
    ns = [pin.n for pin in found if pin is not None]
    try:
        await moves.move(ctx.graph, by=me, pin_ns=ns, from_n=here.n, to_n=there.n, section_id=section)
    except NotFound as refused:
        board = here if refused.field == ("fromBoardId",) else there
        told = await find.why_refused(ctx, board, refused, roles=_MAY_CHANGE)
        told.field = refused.field
        raise told from None
    return await find.present_board(ctx, there.n)


async def unsave(ctx: Context, *, pin_ids: Sequence[str], board_id: str, dry_run: bool) -> Batch:
    """What became of each Pin that was to leave the board; one that is not on it is no failure, and not counted.

    Raises NotFound, Forbidden for somebody else's board, TooLarge over 100.
    """
    me = require_viewer(ctx)
    kept = inputs.distinct(pin_ids, most=limits.BATCH_PINS_MAX, field="pinIds", name="Pins")
    board = await find.board(ctx, board_id)
    found = dict(zip(kept, await _pins(ctx, kept), strict=True))
    ns = [pin.n for pin in found.values() if pin is not None]
    try:
        if dry_run or not ns:
            gone = await moves.held(ctx.graph, by=me, board_n=board.n, pin_ns=ns)
        else:
            gone = await moves.unsave(ctx.graph, by=me, board_n=board.n, pin_ns=ns)
    except NotFound as refused:
        told = await find.why_refused(ctx, board, refused, roles=_MAY_CHANGE)
        told.field = ("boardId",)
        raise told from None
    return Batch(tuple(Result(id_, None if pin else _no_pin()) for id_, pin in found.items()), len(gone))


async def delete(ctx: Context, *, pin_ids: Sequence[str], dry_run: bool) -> Batch:
    """What became of each Pin that was to be deleted: each by itself. Raises TooLarge over 100."""
    me = require_viewer(ctx)
    kept = inputs.distinct(pin_ids, most=limits.BATCH_PINS_MAX, field="pinIds", name="Pins")
    results: list[Result] = []
    for id_, pin in zip(kept, await _pins(ctx, kept), strict=True):
        error: ProductError | None = None
        if pin is None:
            error = _no_pin()
        elif pin.creator_n != me:
            error = Forbidden("Only who made a Pin can delete it. Take it off your board instead.", ("pinIds",))
        elif not dry_run:
            try:
                await pin_writes.delete(ctx.graph, me, pin.n)
            except ProductError as refused:  # It was deleted meanwhile, or the graph is away: the others go on.
                refused.field = ("pinIds",)
                error = refused
        results.append(Result(id_, error))
    return Batch(tuple(results), sum(result.error is None for result in results))


async def arrange_pins(ctx: Context, *, board_id: str, pin_ids: Sequence[str], before: str | None) -> Board:
    """The board, on which these Pins stand in this order before that one, or at the end.

    Raises NotFound, Forbidden, Invalid for what stands before itself, TooLarge over 100.
    """
    me = require_viewer(ctx)
    kept = inputs.distinct(pin_ids, most=limits.BATCH_PINS_MAX, field="pinIds", name="Pins")
    board = await find.board(ctx, board_id)
    found = await _pins(ctx, kept)
    if None in found:
        raise NotFound("One of these Pins does not exist.", ("pinIds",))
    next_ = (await find.pin(ctx, before, "before")).n if before is not None else None
    ns = [pin.n for pin in found if pin is not None]
    try:
        await arrangements.arrange_pins(ctx.graph, by=me, board_n=board.n, pin_ns=ns, before=next_)
    except NotFound as refused:
        raise await find.why_refused(ctx, board, refused, roles=_MAY_CHANGE) from None
    return await find.present_board(ctx, board.n)


async def arrange_boards(ctx: Context, *, board_ids: Sequence[str], before: str | None) -> User:
    """The viewer, on whose profile these boards stand in this order before that one, or at the end.

    Raises NotFound, Forbidden for somebody else's board, Invalid for what stands before itself, TooLarge over 100.
    """
    me = require_viewer(ctx)
    kept = inputs.distinct(board_ids, most=limits.BATCH_PINS_MAX, field="boardIds", name="boards")
    boards = [await find.board(ctx, each, "boardIds") for each in kept]
    next_ = await find.board(ctx, before, "before") if before is not None else None
    for field, named in (("boardIds", boards), ("before", [next_] if next_ else [])):
        if any(board.owner_n != me for board in named):
            raise Forbidden("This board is somebody else's: it is not on your profile.", (field,))
    ns = [board.n for board in boards]
    await arrangements.arrange_boards(ctx.graph, by=me, board_ns=ns, before=next_.n if next_ else None)
    return await find.present_viewer(ctx, me)


async def _pins(ctx: Context, ids: Sequence[str]) -> list[Pin | None]:
    """The Pins of these ids in order, None for what is not there for this viewer. One statement."""
    keys = [inputs.pin_id(id_) for id_ in ids]
    known = [key for key in keys if key is not None]
    found: dict[PinId, Pin | None] = dict(zip(known, await ctx.loaders.pin_by_id.load_many(known), strict=True))
    return [found[key] if key is not None else None for key in keys]


def _no_pin() -> NotFound:
    return NotFound("There is no such Pin.", ("pinIds",))
