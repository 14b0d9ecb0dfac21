"""What a Board shows: pages of its saves, its cover."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from domain.ids import BoardN, PinN, UserN
from domain.model import Save
from domain.page import Page, PageArgs, PageItem
from graph import columns, visibility
from graph.client import Graph

# A Board has saves of one type only, so one of the two seeks of each union gives nothing. The equality property comes
# first in ORDER BY, or the planner sorts everything.
PINS_PAGES: Final = (
    visibility.VIEWER
    + "RETURN COLLECT { UNWIND $keys AS key MATCH (b:Board {n: key[0]}) WHERE "
    + visibility.BOARD
    + """ RETURN [key[2], COLLECT { CALL (key, mine, blocked) {
      MATCH ()-[h:HOLDS]->(p) USING INDEX h:HOLDS(b, k) WHERE h.b = key[0] AND h.k < key[1]
        AND NOT coalesce(p.creatorN, -2) IN blocked
      WITH h ORDER BY h.b DESC, h.k DESC LIMIT $limit RETURN h
      UNION ALL
      MATCH ()-[h:HOLDS_SECRET]->(p) USING INDEX h:HOLDS_SECRET(b, k) WHERE h.b = key[0] AND h.k < key[1]
        AND h.b IN mine AND NOT coalesce(p.creatorN, -2) IN blocked
      WITH h ORDER BY h.b DESC, h.k DESC LIMIT $limit RETURN h }
    WITH h ORDER BY h.k DESC RETURN """
    + columns.SAVE
    + " }] } AS rows"
)
COVERS: Final = (
    visibility.VIEWER
    + "RETURN COLLECT { UNWIND $ns AS n MATCH (b:Board {n: n}) WHERE "
    + visibility.BOARD
    + """ RETURN [n, head(COLLECT { CALL (b, n, mine, blocked) {
      MATCH ()-[h:HOLDS]->(p) USING INDEX h:HOLDS(b, k) WHERE h.b = n AND h.k > 0
        AND NOT coalesce(p.creatorN, -2) IN blocked
      WITH h ORDER BY h.b DESC, h.k DESC LIMIT 1 RETURN h.p AS cover, 1 AS place
      UNION ALL
      MATCH ()-[h:HOLDS_SECRET]->(p) USING INDEX h:HOLDS_SECRET(b, k) WHERE h.b = n AND h.k > 0
        AND h.b IN mine AND NOT coalesce(p.creatorN, -2) IN blocked
      WITH h ORDER BY h.b DESC, h.k DESC LIMIT 1 RETURN h.p AS cover, 1 AS place
      UNION ALL
      MATCH (p:Pin {n: b.coverN})<-[:HOLDS|HOLDS_SECRET]-(b) WHERE NOT coalesce(p.creatorN, -2) IN blocked
      RETURN p.n AS cover, 0 AS place }
    RETURN cover ORDER BY place LIMIT 1 })] } AS rows"""
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
