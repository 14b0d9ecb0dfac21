"""What follows when Pins come onto or leave public Boards: the sort keys that feeds go by.

`Pin.k` is the creation's key until the Pin is public for the first time, then that save's (`Pin.openedK` says so).
`User.lastPinAt` is exactly the key of their newest public Pin, `Board.lastAt` of the newest save on a public Board.
A Picture that the world may see no more gets another key, so that no URL that was public ever leads to it again.
Locks are taken in one order: Boards by `n`, then Pictures by hash, then creators by `n`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from domain.ids import PinN
from graph import columns
from graph.client import Tx
from graph.keys import new_key

OPEN_PIN: Final = """
MATCH (p:Pin {n: $p}) WHERE p.openedK IS NULL SET p.openedK = $k, p.k = $k
WITH p MATCH (p)-[a:ABOUT]->() SET a.k = $k"""
# Each by the oldest of its public saves: the one that made it public.
OPEN_PINS: Final = """
UNWIND $ps AS n MATCH (p:Pin {n: n}) WHERE p.openedK IS NULL
WITH p, head(COLLECT { MATCH (p)<-[h:HOLDS]-() RETURN h.k ORDER BY h.k LIMIT 1 }) AS k WHERE k IS NOT NULL
SET p.openedK = k, p.k = k
WITH p MATCH (p)-[a:ABOUT]->() SET a.k = p.k"""
RECOUNT_CREATORS: Final = """
UNWIND $creators AS n MATCH (u:User {n: n}) SET u.lk = $k
WITH u, head(COLLECT { MATCH (p:Pin) USING INDEX p:Pin(creatorN, k)
    WHERE p.creatorN = u.n AND p.k > 0 AND EXISTS { (p)<-[:HOLDS]-() }
    RETURN p.k ORDER BY p.creatorN DESC, p.k DESC LIMIT 1 }) AS newest
SET u.lastPinAt = newest"""
RECOUNT_BOARDS: Final = """
UNWIND $boards AS n MATCH (b:Board {n: n}) WHERE b.privacy = 'PUBLIC'
WITH b, head(COLLECT { MATCH ()-[h:HOLDS]->() USING INDEX h:HOLDS(b, k) WHERE h.b = b.n AND h.k > 0
    RETURN h.k ORDER BY h.b DESC, h.k DESC LIMIT 1 }) AS newest
SET b.lastAt = newest"""

# The lock first: of two who close a Picture's last Pins at once, the second waits, and sees what the first did. One
# statement for all of it: a Board of 10,000 Pins would else be gone over three times.
CLOSE_PICTURES: Final = (
    """UNWIND $rows AS row MATCH (i:Picture {sha256: row[0]}) SET i.lk = $k
WITH i, row WHERE NOT """
    + columns.PICTURE_OPEN
    + " SET i.key = row[1]"
)


async def opened(tx: Tx, pin_n: PinN, k: int) -> None:
    """The Pin takes the key of the save that made it public, unless it was public before."""
    await tx.run(OPEN_PIN, p=pin_n, k=k)


async def open_pins(tx: Tx, pins: Iterable[int]) -> None:
    """Those of the Pins that are public now for the first time take the key of the save that made them so."""
    ns = sorted(set(pins))
    if ns:
        await tx.run(OPEN_PINS, ps=ns)


async def recount_creators(tx: Tx, creators: Iterable[int | None], k: int) -> None:
    """Sets `lastPinAt` of these Users anew; None (an account that is gone) is passed over."""
    ns = sorted({n for n in creators if n is not None})
    if ns:
        await tx.run(RECOUNT_CREATORS, creators=ns, k=k)


async def close_pictures(tx: Tx, hashes: Iterable[str], k: int) -> None:
    """Gives those of these Pictures another key that were public a moment ago and are no more."""
    rows = [[sha256, new_key()] for sha256 in sorted(set(hashes))]  # In the order of their locks.
    if rows:
        await tx.run(CLOSE_PICTURES, rows=rows, k=k)


async def recount_boards(tx: Tx, boards: Iterable[int]) -> None:
    """Sets `lastAt` of these Boards anew. They are locked by the caller."""
    ns = sorted(set(boards))
    if ns:
        await tx.run(RECOUNT_BOARDS, boards=ns)
