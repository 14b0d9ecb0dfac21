"""What follows when Pins come onto or leave public Boards: the sort keys that feeds go by.

`Pin.k` is the creation's key until the Pin is public for the first time, then that save's (`Pin.openedK` says so).
`User.lastPinAt` is exactly the key of their newest public Pin, `Board.lastAt` of the newest save on a public Board.
Locks are taken in one order: Boards by `n`, then creators by `n`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from domain.ids import PinN
from graph.client import Tx

OPEN_PIN: Final = """
MATCH (p:Pin {n: $p}) WHERE p.openedK IS NULL SET p.openedK = $k, p.k = $k
WITH p MATCH (p)-[a:ABOUT]->() SET a.k = $k"""
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


async def opened(tx: Tx, pin_n: PinN, k: int) -> None:
    """The Pin takes the key of the save that made it public, unless it was public before."""
    await tx.run(OPEN_PIN, p=pin_n, k=k)


async def recount_creators(tx: Tx, creators: Iterable[int | None], k: int) -> None:
    """Sets `lastPinAt` of these Users anew; None (an account that is gone) is passed over."""
    ns = sorted({n for n in creators if n is not None})
    if ns:
        await tx.run(RECOUNT_CREATORS, creators=ns, k=k)


async def recount_boards(tx: Tx, boards: Iterable[int]) -> None:
    """Sets `lastAt` of these Boards anew. They are locked by the caller."""
    ns = sorted(set(boards))
    if ns:
        await tx.run(RECOUNT_BOARDS, boards=ns)
