"""Keys to things, with what will be asked about them read at the same time.

`wants` are the names of the fields that the client asks of each thing, as the API spells them: what hangs on the key
alone is read beside the thing itself instead of after it. What hangs on the thing is asked by all of a page in one turn
of the event loop, which its loader answers with one statement. So a page costs the same few statements at any length.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from typing import Any, Final

from domain.ids import BoardN, PinN, TopicN, UserN
from domain.model import Board, Pin, Topic, User
from resolvers.context import Context

Wants = frozenset[str]

NOTHING: Final[Wants] = frozenset()


async def pins(ctx: Context, ns: Sequence[PinN], wants: Wants = NOTHING) -> list[Pin | None]:
    """The Pins in order, None for what the viewer may not see."""
    loaders = ctx.loaders
    beside: list[Awaitable[Any]] = []
    if "saveCount" in wants:
        beside.append(loaders.save_count.load_many(ns))
    if "viewerHid" in wants:
        beside.append(loaders.viewer_hid.load_many(ns))
    if "viewerSaves" in wants:
        beside.append(loaders.viewer_saves.load_many(ns))
    if "commentCount" in wants:
        beside.append(loaders.comment_count.load_many(ns))
    if "topics" in wants:
        beside.append(loaders.pin_topics.load_many(ns))
    rows, _ = await asyncio.gather(loaders.pin.load_many(ns), _quietly(beside))
    return rows


async def boards(ctx: Context, ns: Sequence[BoardN], wants: Wants = NOTHING) -> list[Board | None]:
    """The Boards in order, None for what the viewer may not see."""
    loaders = ctx.loaders
    beside: list[Awaitable[Any]] = []
    if wants & {"pinCount", "followerCount"}:
        beside.append(loaders.board_counts.load_many(ns))
    if "viewerRole" in wants:
        beside.append(loaders.board_role.load_many(ns))
    if "viewerFollows" in wants:
        beside.append(loaders.follows_board.load_many(ns))
    if "cover" in wants:
        beside.append(loaders.board_cover.load_many(ns))
    rows, _ = await asyncio.gather(loaders.board.load_many(ns), _quietly(beside))
    return rows


async def users(ctx: Context, ns: Sequence[UserN], wants: Wants = NOTHING) -> list[User | None]:
    """The Users in order, None for those whom the viewer may not see."""
    loaders = ctx.loaders
    beside: list[Awaitable[Any]] = []
    if wants & {"followerCount", "followingCount"}:
        beside.append(loaders.user_counts.load_many(ns))
    if "viewerFollows" in wants:
        beside.append(loaders.follows_user.load_many(ns))
    if "interests" in wants:
        beside.append(loaders.interests.load_many(ns))
    rows, _ = await asyncio.gather(loaders.user.load_many(ns), _quietly(beside))
    return rows


async def topics(ctx: Context, ns: Sequence[TopicN]) -> list[Topic]:
    """The Topics in order, without those that are gone."""
    return [topic for topic in await ctx.loaders.topic.load_many(ns) if topic is not None]


async def _quietly(reads: Sequence[Awaitable[Any]]) -> None:
    """Waits for reads whose failures are reported by the fields that asked for them."""
    await asyncio.gather(*reads, return_exceptions=True)
