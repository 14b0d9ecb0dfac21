"""Leases: what one process at a time does for all. The graph's clock counts: those of the machines may differ."""

from __future__ import annotations

import secrets
from typing import Final

from graph.client import Graph, Tx

HOLD: Final = """
MERGE (l:Lease {name: $name}) SET l.lk = $token
WITH l WHERE l.holder = $holder OR coalesce(l.until, 0) <= timestamp()
SET l.holder = $holder, l.until = timestamp() + $life_ms
RETURN 1 AS held"""
LET_GO: Final = "MATCH (l:Lease {name: $name}) SET l.lk = $token WITH l WHERE l.holder = $holder SET l.until = 0"


async def hold(graph: Graph, name: str, holder: str, *, life_ms: int) -> bool:
    """Whether the holder has the lease for `life_ms` from now: it had it before, or nobody has."""

    async def work(tx: Tx) -> bool:
        return bool(await tx.run(HOLD, name=name, holder=holder, life_ms=life_ms, token=secrets.token_hex(4)))

    return await graph.write(work)


async def let_go(graph: Graph, name: str, holder: str) -> None:
    """Gives the lease back before its time, if the holder has it."""

    async def work(tx: Tx) -> None:
        await tx.run(LET_GO, name=name, holder=holder, token=secrets.token_hex(4))

    await graph.write(work)
