"""Pins: what is known of them, making, changing, deleting and hiding them."""

from __future__ import annotations

from collections.abc import Sequence

from domain import limits
from domain.errors import NotFound
from domain.ids import PinId
from domain.model import UNSET, Board, BoardRole, Pin, Topic, Unset, User
from domain.page import Page
from graph import duplicates, pin_writes, pins
from graph.pin_writes import NewPin
from resolvers import find, hydrate, inputs, sections, uploads
from resolvers.context import Context, require_viewer
from resolvers.hydrate import NOTHING, Wants
from resolvers.pages import Listing, hydrated, listing, page_args

_MAY_ADD = (BoardRole.OWNER, BoardRole.EDITOR)


async def creator(ctx: Context, pin: Pin) -> User | None:
    """Who made the Pin; None when the account is gone."""
    return await ctx.loaders.user.load(pin.creator_n) if pin.creator_n is not None else None


async def topics(ctx: Context, pin: Pin) -> list[Topic]:
    """What the Pin is about."""
    return await hydrate.topics(ctx, await ctx.loaders.pin_topics.load(pin.n))


async def save_count(ctx: Context, pin: Pin) -> int:
    """How many boards hold the Pin: public ones, and the viewer's own."""
    return await ctx.loaders.save_count.load(pin.n)


async def viewer_hid(ctx: Context, pin: Pin) -> bool:
    """Whether the viewer hid the Pin."""
    return ctx.viewer.signed_in and await ctx.loaders.viewer_hid.load(pin.n)


async def boards(ctx: Context, pin: Pin, first: int, after: str | None) -> Listing[Board]:
    """The boards that hold the Pin and that the viewer may see, latest save first."""
    kind = f"pin.boards:{pin.n}"
    page: Page[Board] = await ctx.loaders.pin_boards.load((pin.n, page_args(ctx, kind, first, after)))
    ctx.loaders.board.prime({item.value.n: item.value for item in page.items})
    return listing(ctx, kind, page)


async def copies(ctx: Context, pin: Pin, first: int, after: str | None, wants: Wants = NOTHING) -> Listing[Pin]:
    """Other Pins of the same picture, or of copies of it, newest first."""
    kind = f"pin.duplicates:{pin.n}"
    page = await duplicates.page(ctx.graph, ctx.viewer.n, pin.n, page_args(ctx, kind, first, after))
    return listing(ctx, kind, await hydrated(page, lambda ns: hydrate.pins(ctx, ns, wants)))


async def hidden(ctx: Context, first: int, after: str | None, wants: Wants = NOTHING) -> Listing[Pin]:
    """The Pins that the viewer hid, the latest hidden first. Raises NotSignedIn."""
    me = require_viewer(ctx)
    kind = f"hiddenPins:{me}"
    page = await pins.hidden_page(ctx.graph, me, page_args(ctx, kind, first, after))
    return listing(ctx, kind, await hydrated(page, lambda ns: hydrate.pins(ctx, ns, wants)))


async def create(
    ctx: Context,
    *,
    board_id: str,
    section_id: str | None = None,
    image: uploads.ImageSource,
    title: str,
    description: str | None,
    alt_text: str | None,
    link: str | None,
    topic_ids: Sequence[str],
    idempotency_key: str | None,
) -> Pin:
    """The new Pin on the viewer's board, its picture measured and its first rendition there.

    The same key from the same viewer gives the same Pin. Raises Invalid for what breaks a rule; NotFound for a board,
    topic or upload that is not there for them; Forbidden for somebody else's board; TooLarge or UnsupportedMedia for
    the file; Conflict for a full board or an upload that was used. A refusal leaves nothing behind.
    """
    me = require_viewer(ctx)
    key = _key(idempotency_key)
    named, about, alt, address = _title(title), _description(description), _alt_text(alt_text), inputs.link(link)
    made = await pin_writes.made_with(ctx.graph, me, key) if key else None
    if made is None:
        board = await find.board(ctx, board_id)
        role = await ctx.loaders.board_role.load(board.n)
        if role not in _MAY_ADD:
            raise await find.why_refused(ctx, board, NotFound("There is no such board.", ("boardId",)), roles=_MAY_ADD)
        section = await sections.placed(ctx, section_id, board.n)
        kept = await find.topics(ctx, topic_ids)
        taken = await uploads.take(ctx, image, field="image")
        new = NewPin(board.n, named, taken.picture, about, alt, address, kept, section, taken.upload_id)
        made = await pin_writes.create(ctx.graph, new, by=me, idempotency_key=key, now=ctx.now())
        await uploads.forget(ctx, taken)
    return await find.present_pin(ctx, made)


async def update(
    ctx: Context,
    pin_id: str,
    *,
    title: str | Unset | None = UNSET,
    description: str | Unset | None = UNSET,
    alt_text: str | Unset | None = UNSET,
    link: str | Unset | None = UNSET,
    topic_ids: Sequence[str] | Unset | None = UNSET,
) -> Pin:
    """The viewer's Pin with what was given changed; None clears. Raises NotFound, Forbidden for somebody else's."""
    me = require_viewer(ctx)
    pin = await find.pin(ctx, pin_id)
    await pin_writes.update(
        ctx.graph,
        by=me,
        pin_n=pin.n,
        title=title if isinstance(title, Unset) else _title(title),
        description=description if isinstance(description, Unset) else _description(description),
        alt_text=alt_text if isinstance(alt_text, Unset) else _alt_text(alt_text),
        link=link if isinstance(link, Unset) else inputs.link(link),
        topic_ids=topic_ids if isinstance(topic_ids, Unset) else await find.topics(ctx, topic_ids or ()),
    )
    return await find.present_pin(ctx, pin.n)


async def delete(ctx: Context, pin_id: str) -> PinId:
    """The id of the viewer's Pin, taken off every board. Raises NotFound, Forbidden for somebody else's."""
    me = require_viewer(ctx)
    pin = await find.pin(ctx, pin_id)
    await pin_writes.delete(ctx.graph, me, pin.n)
    return pin.id


async def hide(ctx: Context, pin_id: str) -> Pin:
    """The Pin, which the viewer's feeds leave out from now on. Twice is once. Raises NotFound."""
    me = require_viewer(ctx)
    pin = await find.pin(ctx, pin_id)
    await pin_writes.hide(ctx.graph, me, pin.n)
    return pin


async def unhide(ctx: Context, pin_id: str) -> Pin:
    """The Pin, hidden no more. Twice is once. Raises NotFound."""
    me = require_viewer(ctx)
    pin = await find.pin(ctx, pin_id)
    await pin_writes.unhide(ctx.graph, me, pin.n)
    return pin


def _key(value: str | None) -> str | None:
    most = limits.IDEMPOTENCY_KEY_CHARS_MAX
    return inputs.optional_text(value, most=most, field=("idempotencyKey",), name="The idempotency key")


def _title(value: str | None) -> str:
    return inputs.text(value, most=limits.TITLE_CHARS_MAX, field=("title",), name="The title")


def _description(value: str | None) -> str | None:
    most = limits.DESCRIPTION_CHARS_MAX
    return inputs.optional_text(value, most=most, field=("description",), name="The description")


def _alt_text(value: str | None) -> str | None:
    return inputs.optional_text(value, most=limits.ALT_TEXT_CHARS_MAX, field=("altText",), name="The alt text")
