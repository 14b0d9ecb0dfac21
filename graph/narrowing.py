"""What a search is narrowed to, as one predicate over `p`: exact, whatever a search brings."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from domain import color
from domain.ids import PinN, UserN
from domain.model import PinFilter
from graph import columns, visibility
from graph.client import Graph

COLOR_DISTANCE_MAX: Final = 20.0
"""In CIELAB (CIE76): the same colour to the eye, if not the same shade."""
MEMBERS_MAX: Final = 10_000
"""The most Pins that `members` names."""

_NONE: Final = -2

# `i.lab` holds three numbers for each colour of the palette; it is read once, since each reading unpacks it.
_SQUARES: Final = """(lab[c] - $lab[0]) * (lab[c] - $lab[0]) + (lab[c + 1] - $lab[1]) * (lab[c + 1] - $lab[1])
  + (lab[c + 2] - $lab[2]) * (lab[c + 2] - $lab[2])"""
COLOR_DISTANCE: Final = (
    "CASE WHEN $near < 0 THEN null ELSE head(COLLECT { MATCH (p)-[:SHOWS]->(i:Picture) WITH i.lab AS lab "
    "RETURN sqrt(reduce(least = 1000000.0, square IN [c IN range(0, size(lab) - 1, 3) | "
    + _SQUARES
    + "] | CASE WHEN square < least THEN square ELSE least END)) }) END"
)
"""How near the nearest colour of the palette of `p` comes to the colour asked for; null when none is."""
PASSES: Final = (
    """($creator < 0 OR p.creatorN = $creator) AND $since <= p.createdAt AND p.createdAt <= $until
  AND ($topic < 0 OR EXISTS { MATCH (p)-[a:ABOUT]->() WHERE a.t = $topic })
  AND ($board < 0
    OR EXISTS { MATCH ()-[hb:HOLDS]->() USING INDEX hb:HOLDS(b, p) WHERE hb.b = $board AND hb.p = p.n }
    OR ($board IN mine AND EXISTS {
      MATCH ()-[hm:HOLDS_SECRET]->() USING INDEX hm:HOLDS_SECRET(b, p) WHERE hm.b = $board AND hm.p = p.n }))
  AND ($near < 0 OR EXISTS { MATCH (p)-[:SHOWS]->(i:Picture) WITH i.lab AS lab
    WHERE any(c IN range(0, size(lab) - 1, 3) WHERE """
    + _SQUARES
    + " <= $near * $near) })"
)
"""The filter lets `p` pass: all of its palette counts. After VIEWER, beside the visibility of `p`."""

_SEEN: Final = " AND " + visibility.PIN + " AND " + PASSES + " WITH p LIMIT $limit RETURN collect(p.n) AS rows"
MEMBERS_ON_BOARD: Final = (
    visibility.VIEWER
    + """CALL (mine) {
    MATCH ()-[h:HOLDS]->(p) USING INDEX h:HOLDS(b, k) WHERE h.b = $board AND h.k > 0 RETURN p
    UNION ALL
    MATCH ()-[h:HOLDS_SECRET]->(p) USING INDEX h:HOLDS_SECRET(b, k)
    WHERE h.b = $board AND h.k > 0 AND h.b IN mine RETURN p }
WITH v, mine, blocked, p WHERE p:Pin"""
    + _SEEN
)
MEMBERS_BY_CREATOR: Final = (
    visibility.VIEWER + "MATCH (p:Pin) USING INDEX p:Pin(creatorN, k) WHERE p.creatorN = $creator AND p.k > 0" + _SEEN
)
MEMBERS_ABOUT: Final = (
    visibility.VIEWER
    + "MATCH (p)-[at:ABOUT]->() USING INDEX at:ABOUT(t, k) WHERE at.t = $topic AND at.k > 0 AND p:Pin"
    + _SEEN
)
NARROWED: Final = (
    visibility.VIEWER
    + "RETURN COLLECT { UNWIND $ns AS n MATCH (p:Pin {n: n}) WHERE "
    + visibility.PIN
    + " AND "
    + PASSES
    + " RETURN [p.n, p.title] } AS rows"
)


def params(wanted: PinFilter) -> dict[str, Any]:
    """The parameters of PASSES and COLOR_DISTANCE.

    Always of the same types, whatever is given: for others the server would plan the statement anew, which takes it
    a second.
    """
    after, before = wanted.created_after, wanted.created_before
    return {
        "creator": _NONE if wanted.creator_n is None else wanted.creator_n,
        "board": _NONE if wanted.board_n is None else wanted.board_n,
        "topic": _NONE if wanted.topic_n is None else wanted.topic_n,
        "since": 0 if after is None else columns.milliseconds(after),
        "until": columns.K_MAX if before is None else columns.milliseconds(before),
        "lab": [0.0, 0.0, 0.0] if wanted.color is None else list(color.lab(wanted.color)),
        "near": float(_NONE) if wanted.color is None else COLOR_DISTANCE_MAX,
    }


async def narrowed(graph: Graph, viewer: UserN, ns: Collection[PinN], wanted: PinFilter) -> dict[PinN, str]:
    """Those of the Pins that the viewer may see and the filter lets pass, with their titles. One statement."""
    row = await graph.one(NARROWED, viewer=viewer, ns=list(ns), **params(wanted))
    return {PinN(n): title for n, title in row["rows"]} if row else {}


async def members(graph: Graph, viewer: UserN, wanted: PinFilter) -> list[PinN] | None:
    """Every Pin that the viewer may see and the filter lets pass; None when there is no short way to them, or more
    than MEMBERS_MAX."""
    if wanted.board_n is not None:
        query = MEMBERS_ON_BOARD
    elif wanted.creator_n is not None:
        query = MEMBERS_BY_CREATOR
    elif wanted.topic_n is not None:
        query = MEMBERS_ABOUT
    else:
        return None
    row = await graph.one(query, viewer=viewer, limit=MEMBERS_MAX + 1, **params(wanted))
    found = [PinN(n) for n in row["rows"]] if row else []
    return found if len(found) <= MEMBERS_MAX else None
