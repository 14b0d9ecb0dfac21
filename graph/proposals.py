"""What Boards and Pins seem to be about, by what others said of their Pins and boards: public saves alone.

Nothing of it is kept: it stays apart from what owners say, and is as new as the saves.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from domain.ids import BoardN, PinN, TopicN, UserN
from graph import visibility
from graph.client import Graph

_PINS_MAX: Final = 40
_BOARDS_MAX: Final = 20

# The boards that a Pin `pn` is on, but for `bn`: what their owners say they are about.
_OF_BOARDS: Final = """COLLECT { MATCH (o)-[g:HOLDS]->() USING INDEX g:HOLDS(p, k) WHERE g.p = pn AND g.k > 0
    WITH g, o ORDER BY g.p DESC, g.k DESC LIMIT $boards WITH o WHERE o.n <> bn AND o.topicN IS NOT NULL
    RETURN o.topicN }"""
OF_BOARDS: Final = (
    visibility.VIEWER
    + "RETURN COLLECT { UNWIND $ns AS bn MATCH (b:Board {n: bn}) WHERE "
    + visibility.BOARD
    + """ RETURN [bn, b.topicN, b.stemmed, COLLECT {
    MATCH ()-[h:HOLDS]->(p) USING INDEX h:HOLDS(b, k) WHERE h.b = bn AND h.k > 0
    WITH h, p ORDER BY h.b DESC, h.k DESC LIMIT $pins WITH p, p.n AS pn
    RETURN [COLLECT { MATCH (p)-[a:ABOUT]->() RETURN a.t }, """
    + _OF_BOARDS
    + "] }] } AS rows"
)
OF_PINS: Final = (
    visibility.VIEWER
    + "RETURN COLLECT { UNWIND $ns AS pn MATCH (p:Pin {n: pn}) WHERE "
    + visibility.PIN
    + " WITH p, pn, -1 AS bn RETURN [pn, COLLECT { MATCH (p)-[a:ABOUT]->() RETURN a.t }, p.stemmed, "
    + _OF_BOARDS
    + "] } AS rows"
)
SAID_OF: Final = (
    visibility.VIEWER
    + "RETURN COLLECT { UNWIND $ns AS n MATCH (p:Pin {n: n}) WHERE "
    + visibility.PUBLIC_PIN
    + " RETURN [n, COLLECT { MATCH (p)-[a:ABOUT]->() RETURN a.t }] } AS rows"
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for topics: what the owner said, the stems of the words, and what was said elsewhere.

    For a Board `said` has, for each of its newest 40 public Pins, the topics of the Pin and of its other public Boards;
    for a Pin those of its public Boards, in one entry.
    """

    own: tuple[TopicN, ...] = ()
    stems: frozenset[str] = frozenset()
    said: tuple[tuple[TopicN, ...], ...] = ()


async def of_boards(graph: Graph, viewer: UserN, ns: Collection[BoardN]) -> dict[BoardN, Evidence]:
    """What speaks for the topics of each Board that the viewer may see. One statement."""
    row = await graph.one(OF_BOARDS, viewer=viewer, ns=list(ns), pins=_PINS_MAX, boards=_BOARDS_MAX)
    return {
        BoardN(n): Evidence(
            own=() if topic is None else (topic,),
            stems=frozenset(stemmed.split()),
            said=tuple((*about, *elsewhere) for about, elsewhere in pins),
        )
        for n, topic, stemmed, pins in (row["rows"] if row else ())
    }


async def of_pins(graph: Graph, viewer: UserN, ns: Collection[PinN]) -> dict[PinN, Evidence]:
    """What speaks for the topics of each Pin that the viewer may see. One statement."""
    row = await graph.one(OF_PINS, viewer=viewer, ns=list(ns), boards=_BOARDS_MAX)
    return {
        PinN(n): Evidence(tuple(about), frozenset(stemmed.split()), (tuple(elsewhere),) if elsewhere else ())
        for n, about, stemmed, elsewhere in (row["rows"] if row else ())
    }


async def said_of(graph: Graph, viewer: UserN, ns: Collection[PinN]) -> dict[PinN, tuple[TopicN, ...]]:
    """The topics of those of the Pins that are public, and that no block hides from the viewer."""
    row = await graph.one(SAID_OF, viewer=viewer, ns=list(ns))
    return {PinN(n): tuple(about) for n, about in row["rows"]} if row else {}
