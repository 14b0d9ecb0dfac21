"""What is kept in the graph a second time, for indexes and sorting, held against what it is a copy of.

There are no counters: pins, followers and saves are counted where they are asked for. What is kept twice are numbers of
nodes on relationships and owners on nodes, and the sort keys that follow from saves (`graph/publicity.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, LiteralString

from graph.client import LONG_WRITE_TIMEOUT_S, Graph, Tx

BATCH: Final = 1_000
_TIMEOUT_S: Final = 30.0

# Each goes over a range of one kind of node by `n`; a row is [n, whether it is wrong].
OWNERS: Final = """
MATCH (b:Board) WHERE b.n > $after WITH b ORDER BY b.n LIMIT $limit
WITH b, head(COLLECT { MATCH (u:User)-[:OWNS]->(b) RETURN u.n }) AS owner
RETURN collect([b.n, coalesce(b.ownerN, -2) <> coalesce(owner, -2)]) AS rows"""
CREATORS: Final = """
MATCH (p:Pin) WHERE p.n > $after WITH p ORDER BY p.n LIMIT $limit
WITH p, head(COLLECT { MATCH (u:User)-[:CREATED]->(p) RETURN u.n }) AS creator
RETURN collect([p.n, coalesce(p.creatorN, -2) <> coalesce(creator, -2)]) AS rows"""
PRIVACY: Final = """
MATCH (b:Board) WHERE b.n > $after WITH b ORDER BY b.n LIMIT $limit
RETURN collect([b.n, b.privacy = 'SECRET' AND EXISTS { (b)-[:HOLDS]->() }]) AS rows"""
SAVES: Final = """
MATCH (b:Board) WHERE b.n > $after WITH b ORDER BY b.n LIMIT $limit
RETURN collect([b.n, EXISTS { MATCH (b)-[h:HOLDS]->(p) WHERE h.b <> b.n OR h.p <> p.n }]) AS rows"""
NEWEST_SAVES: Final = """
MATCH (b:Board) WHERE b.n > $after WITH b ORDER BY b.n LIMIT $limit
WITH b, CASE WHEN b.privacy = 'PUBLIC' THEN head(COLLECT { MATCH ()-[h:HOLDS]->() USING INDEX h:HOLDS(b, k)
    WHERE h.b = b.n AND h.k > 0 RETURN h.k ORDER BY h.b DESC, h.k DESC LIMIT 1 }) END AS newest
RETURN collect([b.n, coalesce(b.lastAt, -1) <> coalesce(newest, -1)]) AS rows"""
NEWEST_PINS: Final = """
MATCH (u:User) WHERE u.n > $after WITH u ORDER BY u.n LIMIT $limit
WITH u, head(COLLECT { MATCH (p:Pin) USING INDEX p:Pin(creatorN, k)
    WHERE p.creatorN = u.n AND p.k > 0 AND EXISTS { (p)<-[:HOLDS]-() }
    RETURN p.k ORDER BY p.creatorN DESC, p.k DESC LIMIT 1 }) AS newest
RETURN collect([u.n, coalesce(u.lastPinAt, -1) <> coalesce(newest, -1)]) AS rows"""
TOPIC_KEYS: Final = """
MATCH (p:Pin) WHERE p.n > $after WITH p ORDER BY p.n LIMIT $limit
RETURN collect([p.n, EXISTS { MATCH (p)-[a:ABOUT]->(t) WHERE a.k <> p.k OR a.t <> t.n }]) AS rows"""

FIX_OWNERS: Final = """
UNWIND $ns AS n MATCH (b:Board {n: n})<-[:OWNS]-(u:User) SET b.lk = $k, b.ownerN = u.n"""
FIX_CREATORS: Final = """
UNWIND $ns AS n MATCH (p:Pin {n: n}) SET p.lk = $k
SET p.creatorN = head(COLLECT { MATCH (u:User)-[:CREATED]->(p) RETURN u.n })"""
FIX_SAVES: Final = """
UNWIND $ns AS n MATCH (b:Board {n: n}) SET b.lk = $k WITH b MATCH (b)-[h:HOLDS]->(p) SET h.b = b.n, h.p = p.n"""
FIX_NEWEST_SAVES: Final = """
UNWIND $ns AS n MATCH (b:Board {n: n}) SET b.lk = $k
WITH b, CASE WHEN b.privacy = 'PUBLIC' THEN head(COLLECT { MATCH ()-[h:HOLDS]->() USING INDEX h:HOLDS(b, k)
    WHERE h.b = b.n AND h.k > 0 RETURN h.k ORDER BY h.b DESC, h.k DESC LIMIT 1 }) END AS newest
SET b.lastAt = newest"""
FIX_NEWEST_PINS: Final = """
UNWIND $ns AS n MATCH (u:User {n: n}) SET u.lk = $k
WITH u, head(COLLECT { MATCH (p:Pin) USING INDEX p:Pin(creatorN, k)
    WHERE p.creatorN = u.n AND p.k > 0 AND EXISTS { (p)<-[:HOLDS]-() }
    RETURN p.k ORDER BY p.creatorN DESC, p.k DESC LIMIT 1 }) AS newest
SET u.lastPinAt = newest"""
FIX_TOPIC_KEYS: Final = """
UNWIND $ns AS n MATCH (p:Pin {n: n}) SET p.lk = $k WITH p MATCH (p)-[a:ABOUT]->(t) SET a.k = p.k, a.t = t.n"""


@dataclass(frozen=True, slots=True)
class Copy:
    """One thing that is kept twice: how to look, and how to write it anew (None: that is for people to decide)."""

    what: str
    look: LiteralString
    repair: LiteralString | None


COPIES: Final = (
    Copy("owners of boards", OWNERS, FIX_OWNERS),
    Copy("creators of Pins", CREATORS, FIX_CREATORS),
    Copy("saves of secret boards that are public", PRIVACY, None),
    Copy("numbers on public saves", SAVES, FIX_SAVES),
    Copy("newest save of each board", NEWEST_SAVES, FIX_NEWEST_SAVES),
    Copy("newest Pin of each user", NEWEST_PINS, FIX_NEWEST_PINS),
    Copy("sort keys of Pins in topics", TOPIC_KEYS, FIX_TOPIC_KEYS),
)


async def wrong(graph: Graph, copy: Copy, after: int) -> tuple[int, int, list[int]]:
    """How many nodes after `after` were looked at (0: that was all), the last one's number, and the wrong ones."""
    row = await graph.one(copy.look, after=after, limit=BATCH, timeout_s=_TIMEOUT_S)
    rows = row["rows"] if row else []
    return len(rows), rows[-1][0] if rows else after, [n for n, bad in rows if bad]


async def still_wrong(graph: Graph, copy: Copy, ns: list[int]) -> list[int]:
    """Those of the nodes that are wrong now."""
    found = []
    for n in ns:
        row = await graph.one(copy.look, after=n - 1, limit=1, timeout_s=_TIMEOUT_S)
        found += [at for at, bad in (row["rows"] if row else ()) if bad and at == n]
    return found


async def repair(graph: Graph, copy: Copy, ns: list[int]) -> None:
    """Writes the copies of these nodes anew, each batch in one transaction."""
    statement = copy.repair
    if statement is None:
        return
    for start in range(0, len(ns), BATCH):
        part, k = sorted(ns[start : start + BATCH]), graph.keys.k()

        async def work(tx: Tx, part: list[int] = part, k: int = k) -> None:
            await tx.run(statement, ns=part, k=k)

        await graph.write(work, timeout_s=LONG_WRITE_TIMEOUT_S)
