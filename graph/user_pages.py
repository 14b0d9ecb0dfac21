"""The lists of a User: boards, pins, followers, following."""

from __future__ import annotations

from domain.ids import BoardN, PinN, UserN
from domain.model import Board
from domain.page import Page, PageArgs
from graph.client import Graph


async def boards_page(graph: Graph, viewer: UserN, n: UserN, args: PageArgs) -> Page[Board]:
    """The User's own Boards that the viewer may see, newest first."""
    raise NotImplementedError


async def pins_page(graph: Graph, viewer: UserN, n: UserN, args: PageArgs) -> Page[PinN]:
    """Pins created by the User that the viewer may see, newest first."""
    raise NotImplementedError


async def followers_page(graph: Graph, viewer: UserN, n: UserN, args: PageArgs) -> Page[UserN]:
    """Who follows the User, latest first, without anybody blocked either way."""
    raise NotImplementedError


async def following_page(graph: Graph, viewer: UserN, n: UserN, args: PageArgs) -> Page[UserN]:
    """Whom the User follows, latest first, without anybody blocked either way."""
    raise NotImplementedError


async def followed_boards_page(graph: Graph, viewer: UserN, n: UserN, args: PageArgs) -> Page[BoardN]:
    """The Boards that the User follows and the viewer may see, latest first."""
    raise NotImplementedError
