"""Samples and counts of the whole graph, for benchmarks and status reports. Asks nothing about visibility."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final

from domain.ids import BoardId, BoardN, PinId, PinN, UserId, UserN
from graph.client import Graph

SAVERS: Final = """
MATCH (u:User) WHERE EXISTS { (u)-[:OWNS]->(:Board {privacy: 'PUBLIC'})-[:HOLDS]->() }
WITH u ORDER BY u.n WITH collect([u.n, u.id]) AS found
WITH found, CASE WHEN size(found) < $limit THEN size(found) ELSE $limit END AS wanted
RETURN [i IN range(0, wanted - 1) | found[i * size(found) / wanted]] AS rows
"""
HELD_BOARDS: Final = """
MATCH (b:Board {privacy: 'PUBLIC'}) WHERE EXISTS { (b)-[:HOLDS]->() }
WITH b ORDER BY b.n WITH collect([b.n, b.id]) AS found
WITH found, CASE WHEN size(found) < $limit THEN size(found) ELSE $limit END AS wanted
RETURN [i IN range(0, wanted - 1) | found[i * size(found) / wanted]] AS rows
"""
PUBLIC_PINS: Final = """
MATCH (p:Pin) WHERE EXISTS { (p)<-[:HOLDS]-() } WITH p ORDER BY p.n LIMIT $limit RETURN collect(p.n) AS rows
"""
PIN_IDS: Final = """
MATCH (p:Pin) WHERE EXISTS { (p)<-[:HOLDS]-() } WITH p ORDER BY p.n WITH collect(p.id) AS found
WITH found, CASE WHEN size(found) < $limit THEN size(found) ELSE $limit END AS wanted
RETURN [i IN range(0, wanted - 1) | found[i * size(found) / wanted]] AS rows
"""
CREATORS: Final = """
MATCH (u:User) WHERE u.lastPinAt IS NOT NULL WITH u ORDER BY u.lastPinAt DESC LIMIT $limit RETURN collect(u.n) AS rows
"""
STATUSES: Final = "MATCH (p:Pin) RETURN p.status AS status, count(*) AS pins"
SIZES: Final = """
RETURN COUNT { (:User) } AS users, COUNT { (:Board) } AS boards, COUNT { (:Pin) } AS pins,
       COUNT { ()-[:HOLDS]->() } AS saves, COUNT { ()-[:FOLLOWS]->() } AS follows
"""
USERS: Final = "MATCH (u:User) WHERE u.n > 0 RETURN collect(u.n) AS ns"
BOARDS_SINCE: Final = """
MATCH (b:Board) USING INDEX b:Board(lastAt) WHERE b.lastAt >= $k RETURN collect(b.n) AS ns
"""
SAVED_SINCE: Final = """
RETURN COLLECT { UNWIND $bs AS bn
  MATCH ()-[h:HOLDS]->() USING INDEX h:HOLDS(b, k) WHERE h.b = bn AND h.k >= $k AND h.by IS NOT NULL
  WITH h.by AS u, count(*) AS acts RETURN [u, acts] } AS rows
"""
HID_SINCE: Final = """
RETURN COLLECT { MATCH (u:User)-[h:HID]->() WHERE h.k >= $k WITH u.n AS u, count(*) AS acts RETURN [u, acts] } AS rows
"""
_TIMEOUT_S: Final = 30.0
_BOARDS_A_READ: Final = 50
"""More saves than these have are more than the memory of one statement may hold."""


@dataclass(frozen=True, slots=True)
class Saver:
    """An account that owns a public board with Pins on it."""

    n: UserN
    id: UserId


async def savers(graph: Graph, limit: int) -> list[Saver]:
    """At most `limit` accounts that have saved publicly, evenly spread over all of them; the same ones each time."""
    row = await graph.one(SAVERS, timeout_s=_TIMEOUT_S, limit=limit)
    return [Saver(UserN(n), UserId(id_)) for n, id_ in row["rows"]] if row else []


async def boards(graph: Graph, limit: int) -> list[tuple[BoardN, BoardId]]:
    """At most `limit` public boards that hold Pins, evenly spread over all of them; the same ones each time."""
    row = await graph.one(HELD_BOARDS, timeout_s=_TIMEOUT_S, limit=limit)
    return [(BoardN(n), BoardId(id_)) for n, id_ in row["rows"]] if row else []


async def public_pins(graph: Graph, limit: int) -> list[PinN]:
    """At most `limit` public Pins, the oldest first."""
    row = await graph.one(PUBLIC_PINS, timeout_s=_TIMEOUT_S, limit=limit)
    return [PinN(n) for n in row["rows"]] if row else []


async def pin_ids(graph: Graph, limit: int) -> list[PinId]:
    """The ids of at most `limit` public Pins, evenly spread over all of them; the same ones each time."""
    row = await graph.one(PIN_IDS, timeout_s=_TIMEOUT_S, limit=limit)
    return [PinId(id_) for id_ in row["rows"]] if row else []


async def creators(graph: Graph, limit: int) -> list[UserN]:
    """At most `limit` accounts with public Pins of their own, the latest first."""
    row = await graph.one(CREATORS, timeout_s=_TIMEOUT_S, limit=limit)
    return [UserN(n) for n in row["rows"]] if row else []


async def statuses(graph: Graph) -> dict[str, int]:
    """How many Pins there are of each status."""
    rows = await graph.read(STATUSES, timeout_s=_TIMEOUT_S)
    return {row["status"]: row["pins"] for row in rows}


async def sizes(graph: Graph) -> dict[str, int]:
    """How many users, boards, Pins, public saves and follows there are."""
    row = await graph.one(SIZES, timeout_s=_TIMEOUT_S)
    return dict(row) if row else {}


@dataclass(frozen=True, slots=True)
class Acts:
    """What accounts did since a time: all of them, and the number of public saves and of hides of those with any."""

    users: list[UserN]
    saves: dict[UserN, int]
    hides: dict[UserN, int]


async def acts(graph: Graph, since_ms: int) -> Acts:
    """What every account did since this time (milliseconds since 1970): a statement for some hundred boards that were
    saved to, some seconds for a million saves. Secret boards are not looked at."""
    everybody = await graph.one(USERS, timeout_s=_TIMEOUT_S)
    boards = await graph.one(BOARDS_SINCE, k=since_ms << 20, timeout_s=_TIMEOUT_S)
    saved, ns = Counter[int](), boards["ns"] if boards else []
    for low in range(0, len(ns), _BOARDS_A_READ):
        row = await graph.one(SAVED_SINCE, bs=ns[low : low + _BOARDS_A_READ], k=since_ms << 20, timeout_s=_TIMEOUT_S)
        saved.update(dict(row["rows"]) if row else {})
    hid = await graph.one(HID_SINCE, k=since_ms << 20, timeout_s=_TIMEOUT_S)
    return Acts(
        [UserN(n) for n in everybody["ns"]] if everybody else [],
        {UserN(n): count for n, count in saved.items()},
        {UserN(n): count for n, count in hid["rows"]} if hid else {},
    )
