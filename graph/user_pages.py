"""The lists of a User: boards, pins, followers, following."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, LiteralString, TypeVar

from domain.ids import BoardN, PinN, UserN
from domain.model import Board
from domain.page import Page, PageArgs, PageItem
from graph import columns, visibility
from graph.client import Graph

T = TypeVar("T")

BOARDS: Final = (
    visibility.VIEWER
    + """MATCH (w:User {n: $n}) WHERE NOT w.n IN blocked
RETURN COLLECT { MATCH (w)-[o:OWNS]->(b:Board) WHERE coalesce(o.pos, o.k) < $k AND """
    + visibility.BOARD
    + " WITH coalesce(o.pos, o.k) AS place, b ORDER BY place DESC LIMIT $limit RETURN [place, "
    + columns.BOARD
    + "] } AS rows"
)
PINS: Final = (
    visibility.VIEWER
    + """
RETURN COLLECT { MATCH (p:Pin) USING INDEX p:Pin(creatorN, k) WHERE p.creatorN = $n AND p.k < $k AND """
    + visibility.PIN
    + " WITH p ORDER BY p.creatorN DESC, p.k DESC LIMIT $limit RETURN [p.k, p.n] } AS rows"
)
FOLLOWERS: Final = (
    visibility.VIEWER
    + """MATCH (w:User {n: $n}) WHERE NOT w.n IN blocked WITH w.id AS t, mine, blocked
RETURN COLLECT { MATCH (u)-[f:FOLLOWS]->() USING INDEX f:FOLLOWS(t, k) WHERE f.t = t AND f.k < $k AND """
    + visibility.PERSON
    + " WITH f, u ORDER BY f.t DESC, f.k DESC LIMIT $limit RETURN [f.k, u.n] } AS rows"
)
FOLLOWING: Final = (
    visibility.VIEWER
    + """MATCH (w:User {n: $n}) WHERE NOT w.n IN blocked WITH w.id AS s, mine, blocked
RETURN COLLECT { MATCH ()-[f:FOLLOWS]->(u) USING INDEX f:FOLLOWS(s, k) WHERE f.s = s AND f.k < $k AND u:User AND """
    + visibility.PERSON
    + " WITH f, u ORDER BY f.s DESC, f.k DESC LIMIT $limit RETURN [f.k, u.n] } AS rows"
)
FOLLOWED_BOARDS: Final = (
    visibility.VIEWER
    + """MATCH (w:User {n: $n}) WHERE NOT w.n IN blocked WITH w.id AS s, mine, blocked
RETURN COLLECT { MATCH ()-[f:FOLLOWS]->(b) USING INDEX f:FOLLOWS(s, k) WHERE f.s = s AND f.k < $k AND b:Board AND """
    + visibility.BOARD
    + " WITH f, b ORDER BY f.s DESC, f.k DESC LIMIT $limit RETURN [f.k, b.n] } AS rows"
)


async def boards_page(graph: Graph, viewer: UserN, n: UserN, args: PageArgs) -> Page[Board]:
    """The User's own Boards that the viewer may see, as they arranged them; new ones first."""
    return await _page(graph, BOARDS, (viewer, n), args, columns.board_of)


async def pins_page(graph: Graph, viewer: UserN, n: UserN, args: PageArgs) -> Page[PinN]:
    """Pins created by the User that the viewer may see, newest first."""
    return await _page(graph, PINS, (viewer, n), args, PinN)


async def followers_page(graph: Graph, viewer: UserN, n: UserN, args: PageArgs) -> Page[UserN]:
    """Who follows the User, latest first, without anybody blocked either way."""
    return await _page(graph, FOLLOWERS, (viewer, n), args, UserN)


async def following_page(graph: Graph, viewer: UserN, n: UserN, args: PageArgs) -> Page[UserN]:
    """Whom the User follows, latest first, without anybody blocked either way."""
    return await _page(graph, FOLLOWING, (viewer, n), args, UserN)


async def followed_boards_page(graph: Graph, viewer: UserN, n: UserN, args: PageArgs) -> Page[BoardN]:
    """The Boards that the User follows and the viewer may see, latest first."""
    return await _page(graph, FOLLOWED_BOARDS, (viewer, n), args, BoardN)


async def _page(
    graph: Graph, query: LiteralString, whose: tuple[UserN, UserN], args: PageArgs, value: Callable[[Any], T]
) -> Page[T]:
    viewer, n = whose
    after = columns.K_MAX if args.after is None else args.after
    row = await graph.one(query, viewer=viewer, n=n, k=after, limit=args.first + 1)
    items = [PageItem(value(columns_), k) for k, columns_ in row["rows"]] if row else []
    return Page.cut(items, args)
