"""What a Board shows: pages of its saves, its cover."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final, LiteralString

from domain.ids import BoardN, PinN, SectionId, UserN
from domain.model import PinOrder, Save
from domain.page import Page, PageArgs, PageItem
from graph import columns, visibility
from graph.client import Graph


def _seek(index: LiteralString, order: LiteralString, board: LiteralString, section: LiteralString) -> LiteralString:
    """The page of one Board by this index, whichever of the two types its saves have: the other seek gives nothing.

    The equality properties come first in ORDER BY, or the planner sorts everything.
    """
    found = (
        " WHERE h.b = " + board + section + " AND h." + order + " < key[1] AND NOT coalesce(p.creatorN, -2) IN blocked"
    )
    first = "h.b DESC, h.sectionId DESC, h." if section else "h.b DESC, h."
    cut = " WITH h ORDER BY " + first + order + " DESC LIMIT $limit RETURN h, h." + order + " AS place"
    return (
        "MATCH ()-[h:HOLDS]->(p) USING INDEX h:HOLDS("
        + index
        + ")"
        + found
        + cut
        + "\nUNION ALL\nMATCH ()-[h:HOLDS_SECRET]->(p) USING INDEX h:HOLDS_SECRET("
        + index
        + ")"
        + found
        + " AND h.b IN mine"
        + cut
    )


def _pages(seek: LiteralString) -> LiteralString:
    return (
        visibility.VIEWER
        + "RETURN COLLECT { UNWIND $keys AS key MATCH (b:Board {n: key[0]}) WHERE "
        + visibility.BOARD
        + " RETURN [key[2], COLLECT { CALL (b, key, mine, blocked) {\n"
        + seek
        + "}\nWITH h, place, blocked ORDER BY place DESC RETURN [place, "
        + columns.SAVE_SEEN
        + "] }] } AS rows"
    )


_SECTION: Final = " AND h.sectionId = key[3]"
# A Board that nobody has arranged has no places: its order by hand is the one of time.
_ARRANGED: Final = "CASE WHEN coalesce(b.arranged, false) THEN key[0] END"
_UNARRANGED: Final = "CASE WHEN coalesce(b.arranged, false) THEN null ELSE key[0] END"

PINS_PAGES: Final = _pages(_seek("b, k", "k", "key[0]", ""))
SECTION_PAGES: Final = _pages(_seek("b, sectionId, k", "k", "key[0]", _SECTION))
ARRANGED_PAGES: Final = _pages(
    _seek("b, pos", "pos", _ARRANGED, "") + "\nUNION ALL\n" + _seek("b, k", "k", _UNARRANGED, "")
)
ARRANGED_SECTION_PAGES: Final = _pages(
    _seek("b, sectionId, pos", "pos", _ARRANGED, _SECTION)
    + "\nUNION ALL\n"
    + _seek("b, sectionId, k", "k", _UNARRANGED, _SECTION)
)
_STATEMENTS: Final[dict[tuple[PinOrder, bool], LiteralString]] = {
    (PinOrder.NEWEST, False): PINS_PAGES,
    (PinOrder.NEWEST, True): SECTION_PAGES,
    (PinOrder.MANUAL, False): ARRANGED_PAGES,
    (PinOrder.MANUAL, True): ARRANGED_SECTION_PAGES,
}
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


@dataclass(frozen=True, slots=True)
class Part:
    """Which of a Board's saves: a page of them in an order, of one section alone if given."""

    page: PageArgs
    section_id: SectionId | None = None
    order: PinOrder = PinOrder.NEWEST


async def pins_pages(
    graph: Graph, viewer: UserN, keys: Sequence[tuple[BoardN, PageArgs]]
) -> dict[tuple[BoardN, PageArgs], Page[Save]]:
    """A page of saves, newest first, for each (Board, arguments) the viewer may see. One statement.

    A Board that the viewer may not see has an empty page.
    """
    parts = await parts_pages(graph, viewer, [(board_n, Part(args)) for board_n, args in keys])
    return {(board_n, part.page): page for (board_n, part), page in parts.items()}


async def parts_pages(
    graph: Graph, viewer: UserN, keys: Sequence[tuple[BoardN, Part]]
) -> dict[tuple[BoardN, Part], Page[Save]]:
    """The same for any part of each Board, in either order: one statement for each kind of part there is, at most four.

    In the order by hand the keys of a page are places, which rise towards the head.
    """
    kinds: dict[tuple[PinOrder, bool], list[tuple[BoardN, Part]]] = defaultdict(list)
    for board_n, part in keys:
        kinds[part.order, part.section_id is not None].append((board_n, part))
    pages: dict[tuple[BoardN, Part], Page[Save]] = {}
    for kind, asked in kinds.items():
        wanted = [
            [board_n, columns.K_MAX if part.page.after is None else part.page.after, i, part.section_id]
            for i, (board_n, part) in enumerate(asked)
        ]
        limit = max(part.page.first for _, part in asked) + 1
        row = await graph.one(_STATEMENTS[kind], viewer=viewer, keys=wanted, limit=limit)
        found = dict(row["rows"]) if row else {}
        pages |= {key: _page(found.get(i, []), key[1].page) for i, key in enumerate(asked)}
    return pages


async def covers(graph: Graph, viewer: UserN, ns: Collection[BoardN]) -> dict[BoardN, PinN]:
    """The cover Pin of each Board that the viewer may see: the chosen one while it is held, else the newest."""
    row = await graph.one(COVERS, viewer=viewer, ns=list(ns))
    return {BoardN(n): PinN(pin_n) for n, pin_n in row["rows"] if pin_n is not None} if row else {}


def _page(rows: Sequence[tuple[int, Sequence[object]]], args: PageArgs) -> Page[Save]:
    return Page.cut([PageItem(columns.save_of(save), place) for place, save in rows[: args.first + 1]], args)
