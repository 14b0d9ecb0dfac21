"""Topics and what hangs on them."""

from __future__ import annotations

import re
from typing import Final

from domain.model import Board, Pin, Topic
from graph import topics
from resolvers import hydrate
from resolvers.context import Context
from resolvers.hydrate import NOTHING, Wants
from resolvers.pages import Listing, listing, page_args

_SLUG: Final = re.compile(r"[\w-]{1,100}")


async def by_slug(ctx: Context, slug: str) -> Topic | None:
    """The Topic of this slug."""
    return await topics.by_slug(ctx.graph, slug) if _SLUG.fullmatch(slug) else None


async def every(ctx: Context, first: int, after: str | None) -> Listing[Topic]:
    """All Topics, in a fixed order."""
    kind = "topics"
    return listing(ctx, kind, await topics.page(ctx.graph, page_args(ctx, kind, first, after)))


async def proposed_for_board(ctx: Context, board: Board) -> Topic | None:
    """What the board seems to be about, where its owner said nothing or what all else contradicts."""
    n = await ctx.proposals.for_board(await ctx.loaders.board_evidence.load(board.n))
    return await ctx.loaders.topic.load(n) if n is not None else None


async def proposed_for_pin(ctx: Context, pin: Pin) -> list[Topic]:
    """What a Pin without topics seems to be about, the likeliest first."""
    evidence = await ctx.loaders.pin_evidence.load(pin.n)
    return await hydrate.topics(ctx, await ctx.proposals.for_pin(ctx.viewer.n, pin.n, evidence))


async def pin_count(ctx: Context, topic: Topic) -> int:
    """How many public Pins are about it."""
    return await ctx.loaders.topic_pin_count.load(topic.n)


async def cover_pins(ctx: Context, topic: Topic, wants: Wants = NOTHING) -> list[Pin]:
    """At most four of its newest public Pins."""
    found = await hydrate.pins(ctx, await ctx.loaders.topic_covers.load(topic.n), wants)
    return [pin for pin in found if pin is not None]
