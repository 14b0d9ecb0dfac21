"""Pins: reads under the viewer's visibility, and the numbers about them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from domain.ids import PinId, PinN, TopicN, UserN
from domain.limits import HIDDEN_PINS_MAX, VIEWER_SAVES_MAX
from domain.model import Pin, Save
from domain.page import Page, PageArgs, PageItem
from graph import columns, visibility
from graph.client import Graph

_SEEN: Final = " WHERE " + visibility.PIN + " MATCH (p)-[:SHOWS]->(i:Picture) RETURN " + columns.PIN + " } AS rows"
BY_NS: Final = visibility.VIEWER + "RETURN COLLECT { UNWIND $keys AS key MATCH (p:Pin {n: key})" + _SEEN
BY_IDS: Final = visibility.VIEWER + "RETURN COLLECT { UNWIND $keys AS key MATCH (p:Pin {id: key})" + _SEEN
SAVE_COUNTS: Final = (
    visibility.VIEWER
    + "RETURN COLLECT { UNWIND $ns AS n MATCH (p:Pin {n: n}) WHERE "
    + visibility.PIN
    + """ WITH n, p, mine, blocked, COUNT { (p)<-[:HOLDS]-() } AS held
  RETURN [n, CASE WHEN size(blocked) = 0 OR held > $telling THEN held
      ELSE COUNT { (p)<-[:HOLDS]-(b) WHERE NOT coalesce(b.ownerN, -2) IN blocked } END
    + COUNT { MATCH ()-[h:HOLDS_SECRET]->() USING INDEX h:HOLDS_SECRET(b, p)
        WHERE h.b IN mine AND h.p = n }] } AS rows"""
)
VIEWER_SAVES: Final = (
    """
MATCH (v:User {n: $viewer}) WITH v, COLLECT { MATCH (v)-[:BLOCKS]-(x:User) RETURN x.n } AS blocked
MATCH (v)-[:OWNS|COLLABORATES]->(b:Board) WITH blocked, collect(b.n) AS bs
RETURN COLLECT { CALL (bs) {
    MATCH ()-[h:HOLDS]->() USING INDEX h:HOLDS(b, p) WHERE h.b IN bs AND h.p IN $ns RETURN h
    UNION ALL
    MATCH ()-[h:HOLDS_SECRET]->() USING INDEX h:HOLDS_SECRET(b, p) WHERE h.b IN bs AND h.p IN $ns RETURN h }
  WITH h, blocked ORDER BY h.k DESC RETURN """
    + columns.SAVE_SEEN
    + " } AS rows"
)
TOPICS: Final = """
RETURN COLLECT { UNWIND $ns AS n MATCH (p:Pin {n: n})
  RETURN [n, COLLECT { MATCH (p)-[a:ABOUT]->() RETURN a.t ORDER BY a.pos }] } AS rows"""
VIEWER_HID: Final = """
MATCH (v:User {n: $viewer})
RETURN COLLECT { UNWIND $ns AS n MATCH (p:Pin {n: n}) WHERE EXISTS { (v)-[:HID]->(p) } RETURN n } AS rows"""
HIDDEN: Final = """
MATCH (v:User {n: $viewer}) RETURN COLLECT { MATCH (v)-[:HID]->(p) RETURN p.n LIMIT $limit } AS rows"""
HIDDEN_PAGE: Final = (
    visibility.VIEWER
    + "RETURN COLLECT { MATCH (v)-[h:HID]->(p:Pin) WHERE coalesce(h.k, 0) < $k AND "
    + visibility.PIN
    + " WITH coalesce(h.k, 0) AS k, p ORDER BY k DESC LIMIT $limit RETURN [k, p.n] } AS rows"
)
TEXTS: Final = """
RETURN COLLECT { UNWIND $ns AS n MATCH (p:Pin {n: n}) RETURN [n, p.title, p.description, p.altText] } AS rows"""


async def by_ns(graph: Graph, viewer: UserN, ns: Collection[PinN]) -> list[Pin]:
    """Those of the Pins that the viewer may see, whole with their Image, in any order. One statement."""
    row = await graph.one(BY_NS, viewer=viewer, keys=list(ns))
    return [columns.pin_of(pin) for pin in row["rows"]] if row else []


async def by_ids(graph: Graph, viewer: UserN, ids: Collection[PinId]) -> list[Pin]:
    """Those of the Pins that the viewer may see, whole with their Image, in any order. One statement."""
    row = await graph.one(BY_IDS, viewer=viewer, keys=list(ids))
    return [columns.pin_of(pin) for pin in row["rows"]] if row else []


async def save_counts(graph: Graph, viewer: UserN, ns: Collection[PinN]) -> dict[PinN, int]:
    """How many Boards hold each Pin that the viewer may see: the public ones, and the viewer's own secret ones.

    Boards of who is blocked count only past TELLING_MAX.
    """
    row = await graph.one(SAVE_COUNTS, viewer=viewer, ns=list(ns), telling=visibility.TELLING_MAX)
    return {PinN(n): count for n, count in row["rows"]} if row else {}


async def viewer_saves(graph: Graph, viewer: UserN, ns: Collection[PinN]) -> dict[PinN, list[Save]]:
    """The saves of each Pin on Boards that the viewer owns or works on, newest first, at most VIEWER_SAVES_MAX."""
    row = await graph.one(VIEWER_SAVES, viewer=viewer, ns=list(ns))
    found: dict[PinN, list[Save]] = {}
    for columns_ in row["rows"] if row else ():
        save = columns.save_of(columns_)
        saves = found.setdefault(save.pin_n, [])
        if len(saves) < VIEWER_SAVES_MAX:
            saves.append(save)
    return found


async def topics(graph: Graph, ns: Collection[PinN]) -> dict[PinN, list[TopicN]]:
    """The topics of each Pin, in the order they were given."""
    row = await graph.one(TOPICS, ns=list(ns))
    return {PinN(n): topic_ns for n, topic_ns in row["rows"]} if row else {}


async def viewer_hid(graph: Graph, viewer: UserN, ns: Collection[PinN]) -> set[PinN]:
    """Which of the Pins the viewer has hidden."""
    row = await graph.one(VIEWER_HID, viewer=viewer, ns=list(ns))
    return set(row["rows"]) if row else set()


async def hidden(graph: Graph, viewer: UserN) -> set[PinN]:
    """Every Pin that the viewer has hidden, at most HIDDEN_PINS_MAX."""
    row = await graph.one(HIDDEN, viewer=viewer, limit=HIDDEN_PINS_MAX)
    return set(row["rows"]) if row else set()


async def hidden_page(graph: Graph, viewer: UserN, args: PageArgs) -> Page[PinN]:
    """What the viewer has hidden and may see, the latest hidden first. One statement."""
    after = columns.K_MAX if args.after is None else args.after
    row = await graph.one(HIDDEN_PAGE, viewer=viewer, k=after, limit=args.first + 1)
    return Page.cut([PageItem(PinN(n), k) for k, n in row["rows"]] if row else [], args)


async def texts(graph: Graph, ns: Collection[PinN]) -> dict[PinN, str]:
    """What is embedded of each Pin's words: title. description. alt text. For the worker."""
    row = await graph.one(TEXTS, ns=list(ns))
    return {PinN(n): ". ".join(part for part in parts if part) for n, *parts in row["rows"]} if row else {}
