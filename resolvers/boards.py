"""Boards: what they show, making and changing them, following."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from domain import limits
from domain.errors import Invalid, NotFound
from domain.ids import BoardId, PinN, TopicId
from domain.model import (
    UNSET,
    Board,
    BoardCounts,
    BoardPrivacy,
    BoardRole,
    Image,
    Pin,
    PinOrder,
    Save,
    Topic,
    Unset,
    User,
)
from domain.page import Page
from graph import boards, follows, search
from graph.board_pages import Part
from resolvers import find, hydrate, inputs
from resolvers.context import Context, require_viewer
from resolvers.hydrate import NOTHING, Wants
from resolvers.pages import Listing, hydrated, listing, page_args


@dataclass(frozen=True, slots=True)
class SavedPin:
    """A Pin on a board, with its save."""

    pin: Pin
    save: Save


async def owner(ctx: Context, board: Board) -> User | None:
    """Who owns the board; None when the account is gone."""
    return await ctx.loaders.user.load(board.owner_n)


async def cover(ctx: Context, board: Board) -> Image | None:
    """The image of the chosen Pin, else of the newest."""
    n = await ctx.loaders.board_cover.load(board.n)
    pin = await ctx.loaders.pin.load(n) if n is not None else None
    return pin.image if pin else None


async def topic(ctx: Context, board: Board) -> Topic | None:
    """What the board is about, if its owner said so."""
    return await ctx.loaders.topic.load(board.topic_n) if board.topic_n is not None else None


async def counts(ctx: Context, board: Board) -> BoardCounts:
    """How many Pins and followers the board has."""
    return await ctx.loaders.board_counts.load(board.n)


async def viewer_role(ctx: Context, board: Board) -> BoardRole | None:
    """What the viewer may do on the board; None for nothing but looking."""
    return await ctx.loaders.board_role.load(board.n) if ctx.viewer.signed_in else None


async def viewer_follows(ctx: Context, board: Board) -> bool:
    """Whether the viewer follows the board."""
    return ctx.viewer.signed_in and await ctx.loaders.follows_board.load(board.n)


async def pins(
    ctx: Context,
    board: Board,
    first: int,
    after: str | None,
    *,
    section_id: str | None = None,
    order: PinOrder = PinOrder.NEWEST,
    wants: Wants = NOTHING,
) -> Listing[SavedPin]:
    """The board's Pins, or one section's alone: most recently saved first, or as arranged by hand."""
    kind = f"board.pins:{board.n}:{order.value}:{section_id or ''}"
    args = page_args(ctx, kind, first, after)
    section = inputs.section_id(section_id) if section_id is not None else None
    if section_id is not None and section is None:
        return listing(ctx, kind, Page())
    page: Page[Save] = await ctx.loaders.board_pins.load((board.n, Part(args, section, order)))
    found = await hydrate.pins(ctx, [item.value.pin_n for item in page.items], wants)
    by_n = {pin.n: pin for pin in found if pin is not None}

    async def load(saves: Sequence[Save]) -> list[SavedPin | None]:
        return [SavedPin(by_n[save.pin_n], save) if save.pin_n in by_n else None for save in saves]

    return listing(ctx, kind, await hydrated(page, load))


async def matching(ctx: Context, query: str, first: int, after: str | None, wants: Wants = NOTHING) -> Listing[Board]:
    """Boards whose words match, best first. Raises Invalid for a query that is empty or too long."""
    words = inputs.text(query, most=limits.SEARCH_CHARS_MAX, field=("query",), name="The query")
    kind = f"boards:{words}"
    page = await search.boards(ctx.graph, ctx.viewer.n, words, page_args(ctx, kind, first, after))
    return listing(ctx, kind, await hydrated(page, lambda ns: hydrate.boards(ctx, ns, wants)))


async def create(
    ctx: Context, *, title: str, description: str | None, privacy: BoardPrivacy, topic_id: str | None
) -> Board:
    """The viewer's new board. Raises Invalid, NotFound for an unknown topic, Conflict over USER_BOARDS_MAX."""
    me = require_viewer(ctx)
    return await boards.create(
        ctx.graph,
        owner=me,
        title=_title(title),
        description=_description(description),
        privacy=privacy,
        topic_id=await _topic(ctx, topic_id),
        now=ctx.now(),
    )


async def update(
    ctx: Context,
    board_id: str,
    *,
    title: str | Unset | None = UNSET,
    description: str | Unset | None = UNSET,
    privacy: BoardPrivacy | Unset | None = UNSET,
    topic_id: str | Unset | None = UNSET,
    cover_pin_id: str | Unset | None = UNSET,
) -> Board:
    """The viewer's board with what was given changed; None clears the description, the topic and the chosen cover.

    Raises NotFound, Forbidden for somebody else's board, Conflict for a secret one that may not become public.
    """
    me = require_viewer(ctx)
    board = await find.board(ctx, board_id)
    if privacy is None:
        raise Invalid("A board is PUBLIC or SECRET. Leave `privacy` out to keep it.", ("privacy",))
    about = topic_id if isinstance(topic_id, Unset) else await _topic(ctx, topic_id)
    shown = cover_pin_id if isinstance(cover_pin_id, Unset) else await _cover(ctx, cover_pin_id)
    try:
        return await boards.update(
            ctx.graph,
            by=me,
            board_n=board.n,
            title=title if isinstance(title, Unset) else _title(title),
            description=description if isinstance(description, Unset) else _description(description),
            privacy=privacy,
            topic_id=about,
            cover_pin_n=shown,
        )
    except NotFound as refused:
        raise await find.why_refused(ctx, board, refused, roles=(BoardRole.OWNER,)) from None


async def delete(ctx: Context, board_id: str) -> BoardId:
    """The id of the viewer's board, deleted with its saves. Raises NotFound, Forbidden for somebody else's."""
    me = require_viewer(ctx)
    board = await find.board(ctx, board_id)
    try:
        await boards.delete(ctx.graph, me, board.n)
    except NotFound as refused:
        raise await find.why_refused(ctx, board, refused, roles=(BoardRole.OWNER,)) from None
    return board.id


async def follow(ctx: Context, board_id: str) -> Board:
    """The board, followed. Twice is once. Raises NotFound."""
    me = require_viewer(ctx)
    board = await find.board(ctx, board_id)
    await follows.follow_board(ctx.graph, me, board.n)
    return board


async def unfollow(ctx: Context, board_id: str) -> Board:
    """The board, followed no more. Twice is once. Raises NotFound."""
    me = require_viewer(ctx)
    board = await find.board(ctx, board_id)
    await follows.unfollow_board(ctx.graph, me, board.n)
    return board


def _title(value: str | None) -> str:
    return inputs.text(value, most=limits.BOARD_TITLE_CHARS_MAX, field=("title",), name="The title")


def _description(value: str | None) -> str | None:
    most = limits.DESCRIPTION_CHARS_MAX
    return inputs.optional_text(value, most=most, field=("description",), name="The description")


async def _topic(ctx: Context, id: str | None) -> TopicId | None:
    return (await find.topic(ctx, id)).id if id is not None else None


async def _cover(ctx: Context, id: str | None) -> PinN | None:
    return (await find.pin(ctx, id, "coverPinId")).n if id is not None else None
