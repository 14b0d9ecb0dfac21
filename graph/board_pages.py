"""What a Board shows: pages of its saves, its cover."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from domain.ids import BoardN, PinN, UserN
from domain.model import Save
from domain.page import Page, PageArgs, PageItem
from graph import columns, visibility
from graph.client import Graph

# Two constants, chosen by the Board's privacy; equality property first in ORDER BY, or the planner sorts everything.
PINS_PAGES: Final = (
    visibility.VIEWER
    + "RETURN COLLECT { UNWIND $keys AS key MATCH (b:Board {n: key[0]}) WHERE "
    + visibility.BOARD
    + """
RETURN [key[2], CASE WHEN b.privacy = 'PUBLIC' THEN COLLECT {
    MATCH ()-[h:HOLDS]->(p) USING INDEX h:HOLDS(b, k) WHERE h.b = key[0] AND h.k < key[1]
      AND NOT coalesce(p.creatorN, -2) IN blocked
    WITH h, key ORDER BY h.b DESC, h.k DESC LIMIT $limit RETURN """
    + columns.SAVE
    + """ }
  WHEN key[0] IN mine THEN COLLECT {
    MATCH ()-[h:HOLDS_SECRET]->(p) USING INDEX h:HOLDS_SECRET(b, k) WHERE h.b = key[0] AND h.k < key[1]
      AND NOT coalesce(p.creatorN, -2) IN blocked
    WITH h, key ORDER BY h.b DESC, h.k DESC LIMIT $limit RETURN """
    + columns.SAVE
    + " } ELSE [] END] } AS rows"
)
COVERS: Final = (
    visibility.VIEWER
    + "RETURN COLLECT { UNWIND $ns AS n MATCH (b:Board {n: n}) WHERE "
    + visibility.BOARD
    + """
RETURN [n, CASE WHEN b.privacy = 'PUBLIC' THEN coalesce(
    head(COLLECT { MATCH ()-[h:HOLDS]->(p) WHERE h.b = n AND h.p = b.coverN
      AND NOT coalesce(p.creatorN, -2) IN blocked RETURN p.n }),
    head(COLLECT { MATCH ()-[h:HOLDS]->(p) USING INDEX h:HOLDS(b, k) WHERE h.b = n AND h.k > 0
      AND NOT coalesce(p.creatorN, -2) IN blocked WITH h, p ORDER BY h.b DESC, h.k DESC LIMIT 1 RETURN p.n }))
  WHEN n IN mine THEN coalesce(
    head(COLLECT { MATCH ()-[h:HOLDS_SECRET]->(p) WHERE h.b = n AND h.p = b.coverN
      AND NOT coalesce(p.creatorN, -2) IN blocked RETURN p.n }),
    head(COLLECT { MATCH ()-[h:HOLDS_SECRET]->(p) USING INDEX h:HOLDS_SECRET(b, k) WHERE h.b = n AND h.k > 0
      AND NOT coalesce(p.creatorN, -2) IN blocked WITH h, p ORDER BY h.b DESC, h.k DESC LIMIT 1 RETURN p.n })) END]
} AS rows"""
)


async def pins_pages(
    graph: Graph, viewer: UserN, keys: Sequence[tuple[BoardN, PageArgs]]
) -> dict[tuple[BoardN, PageArgs], Page[Save]]:
    """A page of saves, newest first, for each (Board, arguments) the viewer may see. One statement.

    A Board that the viewer may not see has an empty page.
    """
    if not keys:
        return {}
    wanted = [
        [board_n, columns.K_MAX if args.after is None else args.after, i] for i, (board_n, args) in enumerate(keys)
    ]
    limit = max(args.first for _, args in keys) + 1
    row = await graph.one(PINS_PAGES, viewer=viewer, keys=wanted, limit=limit)
    found = dict(row["rows"]) if row else {}
    return {key: _page(found.get(i, []), key[1]) for i, key in enumerate(keys)}


async def covers(graph: Graph, viewer: UserN, ns: Collection[BoardN]) -> dict[BoardN, PinN]:
    """The cover Pin of each Board that the viewer may see: the chosen one while it is held, else the newest."""
    row = await graph.one(COVERS, viewer=viewer, ns=list(ns))
    return {BoardN(n): PinN(pin_n) for n, pin_n in row["rows"] if pin_n is not None} if row else {}


def _page(rows: Sequence[Sequence[object]], args: PageArgs) -> Page[Save]:
    saves = [columns.save_of(row) for row in rows[: args.first + 1]]
    return Page.cut([PageItem(save, save.k) for save in saves], args)
