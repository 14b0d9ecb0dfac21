"""Following Users and Boards. Each twice is once."""

from __future__ import annotations

from domain.ids import BoardN, UserN
from graph.client import Graph


async def follow_user(graph: Graph, by: UserN, n: UserN) -> None:
    """Raises NotFound, Invalid for oneself, Conflict over USER_FOLLOWS_MAX."""
    raise NotImplementedError


async def unfollow_user(graph: Graph, by: UserN, n: UserN) -> None:
    """Raises NotFound."""
    raise NotImplementedError


async def follow_board(graph: Graph, by: UserN, n: BoardN) -> None:
    """Raises NotFound, Conflict over USER_FOLLOWS_MAX."""
    raise NotImplementedError


async def unfollow_board(graph: Graph, by: UserN, n: BoardN) -> None:
    """Raises NotFound when the Board was never visible nor followed."""
    raise NotImplementedError
