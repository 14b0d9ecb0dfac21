"""Boards: creation, change, deletion, privacy; counts, roles."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from domain.ids import BoardId, BoardN, PinN, TopicId, UserN
from domain.model import UNSET, Board, BoardCounts, BoardPrivacy, BoardRole, Unset
from graph.client import Graph


async def create(
    graph: Graph,
    *,
    owner: UserN,
    title: str,
    description: str | None = None,
    privacy: BoardPrivacy = BoardPrivacy.PUBLIC,
    topic_id: TopicId | None = None,
    now: datetime | None = None,
) -> Board:
    """The new Board. Raises Conflict over USER_BOARDS_MAX, NotFound for an unknown topic."""
    raise NotImplementedError


async def update(
    graph: Graph,
    *,
    by: UserN,
    board_n: BoardN,
    title: str | Unset = UNSET,
    description: str | Unset | None = UNSET,
    privacy: BoardPrivacy | Unset = UNSET,
    topic_id: TopicId | Unset | None = UNSET,
    cover_pin_n: PinN | Unset | None = UNSET,
) -> Board:
    """The Board with the given fields changed, by its owner; what is UNSET stays, None clears.

    A change of privacy moves every save to the other type in the same transaction.
    Raises NotFound when the Board is not theirs (or the topic or cover unknown), Conflict when it would become public
    while it holds Pins of others that are on no public Board (the message says how many).
    """
    raise NotImplementedError


async def delete(graph: Graph, by: UserN, board_n: BoardN) -> None:
    """Takes the Board and its saves out of every read, for 30 days restorable. Raises NotFound."""
    raise NotImplementedError


async def by_ns(graph: Graph, viewer: UserN, ns: Collection[BoardN]) -> list[Board]:
    """Those of the Boards that the viewer may see, in any order. One statement."""
    raise NotImplementedError


async def by_ids(graph: Graph, viewer: UserN, ids: Collection[BoardId]) -> list[Board]:
    """Those of the Boards that the viewer may see, in any order. One statement."""
    raise NotImplementedError


async def counts(graph: Graph, viewer: UserN, ns: Collection[BoardN]) -> dict[BoardN, BoardCounts]:
    """Pins and followers of each Board that the viewer may see."""
    raise NotImplementedError


async def roles(graph: Graph, viewer: UserN, ns: Collection[BoardN]) -> dict[BoardN, BoardRole]:
    """The viewer's role on each Board that they own or work on."""
    raise NotImplementedError


async def follows(graph: Graph, viewer: UserN, ns: Collection[BoardN]) -> set[BoardN]:
    """Which of the Boards the viewer follows."""
    raise NotImplementedError
