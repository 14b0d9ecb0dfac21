"""The lists of a Pin: the Boards that hold it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from domain.ids import PinN, UserN
from domain.model import Board
from domain.page import Page, PageArgs, PageItem
from graph import columns, visibility
from graph.client import Graph

BOARDS_PAGES: Final = (
    visibility.VIEWER
    + "RETURN COLLECT { UNWIND $keys AS key MATCH (p:Pin {n: key[0]}) WHERE "
    + visibility.PIN
    + """ RETURN [key[2], COLLECT {
    CALL (key, mine, blocked) {
      MATCH (b)-[h:HOLDS]->() USING INDEX h:HOLDS(p, k)
      WHERE h.p = key[0] AND h.k < key[1] AND b:Board AND NOT coalesce(b.ownerN, -2) IN blocked
      WITH h, b ORDER BY h.p DESC, h.k DESC LIMIT $limit RETURN h, b
      UNION ALL
      MATCH (b)-[h:HOLDS_SECRET]->() WHERE h.b IN mine AND h.p = key[0] AND h.k < key[1]
        AND NOT coalesce(b.ownerN, -2) IN blocked
      RETURN h, b }
    WITH h, b ORDER BY h.k DESC LIMIT $limit RETURN [h.k, """
    + columns.BOARD
    + "] }] } AS rows"
)


async def boards_pages(
    graph: Graph, viewer: UserN, keys: Sequence[tuple[PinN, PageArgs]]
) -> dict[tuple[PinN, PageArgs], Page[Board]]:
    """A page of the Boards that hold the Pin and that the viewer may see, latest save first, for each (Pin, arguments).

    One statement. A Pin that the viewer may not see has an empty page.
    """
    if not keys:
        return {}
    wanted = [[pin_n, columns.K_MAX if args.after is None else args.after, i] for i, (pin_n, args) in enumerate(keys)]
    limit = max(args.first for _, args in keys) + 1
    row = await graph.one(BOARDS_PAGES, viewer=viewer, keys=wanted, limit=limit)
    found = dict(row["rows"]) if row else {}
    return {key: _page(found.get(i, []), key[1]) for i, key in enumerate(keys)}


async def boards_page(graph: Graph, viewer: UserN, pin_n: PinN, args: PageArgs) -> Page[Board]:
    """The same for one Pin."""
    return (await boards_pages(graph, viewer, [(pin_n, args)]))[pin_n, args]


def _page(rows: Sequence[tuple[int, Sequence[object]]], args: PageArgs) -> Page[Board]:
    return Page.cut([PageItem(columns.board_of(board), k) for k, board in rows[: args.first + 1]], args)
