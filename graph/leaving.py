"""Accounts that are deleted: gone from every read with the first transaction, taken apart by the worker in batches.

What others have saved stays, without its creator; all else that is theirs goes. Each step is bounded and may run twice.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final, LiteralString

from domain.errors import NotFound
from domain.events import Kind
from domain.ids import BoardN, PinN, UserN
from graph import columns, outbox, publicity, sessions
from graph.client import LONG_WRITE_TIMEOUT_S, Graph, Tx

_AT_ONCE: Final = 20_000
_BATCH: Final = 1_000

# The names are free again at once: their constraints are on :User. Whoever waited for the lock looks again: twice would
# be told twice.
LEAVE: Final = """
MATCH (u:User {n: $n}) SET u.lk = $k
WITH u WHERE u.leftAt IS NULL
SET u:LeavingUser REMOVE u:User, u:Pushed
SET u.leftAt = $at, u.passwordHash = null, u.email = null, u.folded = null, u.stemmed = null
WITH u
CALL (u) {
  MATCH (u)-[h:HAS_SESSION]->(s) DELETE h SET s.live = false, s.ended = true, s.expiresAt = timestamp() + $life_ms }
CALL (u) { MATCH (u)-[:HAS_TOKEN]->(t) DETACH DELETE t }
CALL (u) { MATCH (u)-[a:AVATAR]->(i) SET i:Loose DELETE a RETURN collect(i.sha256) AS worn }
CALL (u) { MATCH (u)-[:OWNS]->(b:Board) SET b:LeavingBoard, b.lastAt = null REMOVE b:Board }
CALL (u) {
  MATCH (u)-[:CREATED]->(p:Pin) WHERE NOT EXISTS { (p)<-[:HOLDS|HOLDS_SECRET]-(:Board) }
  WITH p LIMIT $limit SET p:LeavingPin REMOVE p:Pin }
CALL (u) { MATCH (u)-[:WROTE]->(c:Comment) WITH c LIMIT $limit DETACH DELETE c }
RETURN worn"""
LEAVING: Final = "MATCH (u:LeavingUser) RETURN u.n AS n ORDER BY u.leftAt LIMIT 1"
# Whosever Pins the Boards of a leaving account hold: nothing of them is returned to anybody.
NEXT_BOARD: Final = """
MATCH (:LeavingUser {n: $n})-[:OWNS]->(b) WHERE b:LeavingBoard OR b:TrashedBoard WITH b LIMIT 1
RETURN b.n AS b,
  COLLECT { MATCH (b)-[:HOLDS]->(p) WHERE COUNT { (p)<-[:HOLDS]-() } <= 2 RETURN DISTINCT p.creatorN } AS creators,
  COLLECT { MATCH (b)-[:HOLDS]->(p) WHERE COUNT { (p)<-[:HOLDS]-() } <= 2
    MATCH (p)-[:SHOWS]->(i) RETURN DISTINCT i.sha256 } AS hashes"""
DROP_BOARD: Final = """
MATCH (:LeavingUser {n: $n})-[:OWNS]->(b {n: $b}) WHERE b:LeavingBoard OR b:TrashedBoard
OPTIONAL MATCH (b)-[:HAS_SECTION]->(s:Section)
WITH b, collect(s) AS sections
FOREACH (s IN sections | DETACH DELETE s)
DETACH DELETE b"""
MORE_PINS: Final = """
MATCH (:LeavingUser {n: $n})-[:CREATED]->(p:Pin) WHERE NOT EXISTS { (p)<-[:HOLDS|HOLDS_SECRET]-(:Board) }
WITH p LIMIT $limit SET p:LeavingPin REMOVE p:Pin RETURN count(*) AS n"""
# To the end of the trash: what empties it lets their pictures, comments and reports go as well.
DROP_PINS: Final = """
MATCH (:LeavingUser {n: $n})-[c:CREATED]->(p) WHERE p:LeavingPin OR p:TrashedPin OR p:TakenDownPin
WITH c, p LIMIT $limit
SET p:TrashedPin, p.trashedAt = 0, p.creatorN = null REMOVE p:LeavingPin, p:TakenDownPin DELETE c
RETURN collect(p.n) AS ns"""
DISOWN_PINS: Final = """
MATCH (:LeavingUser {n: $n})-[c:CREATED]->(p:Pin) WITH c, p LIMIT $limit
SET p.lk = $k, p.creatorN = null DELETE c RETURN count(*) AS n"""
DROP_COMMENTS: Final = """
MATCH (:LeavingUser {n: $n})-[:WROTE]->(c:Comment) WITH c LIMIT $limit DETACH DELETE c RETURN count(*) AS n"""
DROP_NOTIFICATIONS: Final = """
MATCH (x:Notification) USING INDEX x:Notification(ownerN, k) WHERE x.ownerN = $n AND x.k > 0
WITH x LIMIT $limit DETACH DELETE x RETURN count(*) AS n"""
DROP_ENDPOINTS: Final = """
MATCH (:LeavingUser {n: $n})-[:PUSHES_TO]->(e:PushEndpoint) OPTIONAL MATCH (d:Delivery)-[:TO]->(e)
WITH e, d LIMIT $limit DETACH DELETE d, e RETURN count(*) AS n"""
DROP_REPORTS: Final = """
MATCH (:LeavingUser {n: $n})-[:REPORTED]->(r:Report) WITH r LIMIT $limit DETACH DELETE r RETURN count(*) AS n"""
DROP_ACTIONS: Final = "MATCH (a:Actions {u: $n}) WITH a LIMIT $limit DELETE a RETURN count(*) AS n"
DROP_UPLOADS: Final = (
    "MATCH (x:Upload) WHERE x.by = $n WITH x LIMIT $limit SET x.expiresAt = 0, x.by = -1 RETURN count(*) AS n"
)
FORGET_SAVER: Final = """
MATCH (:LeavingUser {n: $n})-[:COLLABORATES|WORKED_ON]->(b) MATCH (b)-[h:HOLDS|HOLDS_SECRET|TRASHED]->() WHERE h.by = $n
WITH DISTINCT h LIMIT $limit SET h.by = null, h.note = null RETURN count(*) AS n"""
DROP_EDGES: Final = "MATCH (:LeavingUser {n: $n})-[r]-() WITH r LIMIT $limit DELETE r RETURN count(*) AS n"
DROP_USER: Final = "MATCH (u:LeavingUser {n: $n}) DETACH DELETE u"

_BATCHES: Final[tuple[LiteralString, ...]] = (
    MORE_PINS,
    DISOWN_PINS,
    DROP_COMMENTS,
    DROP_NOTIFICATIONS,
    DROP_ENDPOINTS,
    DROP_REPORTS,
    DROP_ACTIONS,
    DROP_UPLOADS,
    FORGET_SAVER,
)


async def leave(graph: Graph, n: UserN) -> None:
    """The account is gone: signed out everywhere, its names free, its Boards, Pins and comments out of every read.

    Pins that others have saved stay. Past 20,000 Pins or comments the rest goes with the worker's batches. Raises
    NotFound.
    """
    k, at = graph.keys.k(), columns.milliseconds()
    event = outbox.event(Kind.ACCOUNT_DELETED, user=n)

    async def work(tx: Tx) -> None:
        rows = await tx.run(LEAVE, n=n, k=k, at=at, limit=_AT_ONCE, life_ms=sessions.LIFE_MS)
        if not rows:
            raise NotFound("Your account has been deleted.")
        await publicity.close_pictures(tx, rows[0]["worn"], k)
        await outbox.append(tx, event)

    await graph.write(work, timeout_s=LONG_WRITE_TIMEOUT_S)


async def leaving(graph: Graph) -> UserN | None:
    """An account that is still to be taken apart, the longest gone first."""
    row = await graph.one(LEAVING)
    return UserN(row["n"]) if row else None


async def take_apart(graph: Graph, n: UserN, files: Callable[[], Awaitable[None]]) -> None:
    """Removes all that is left of an account that is leaving, batch by batch; `files` what is in the media store."""
    while await graph.write(lambda tx: _drop_board(tx, graph, n), timeout_s=LONG_WRITE_TIMEOUT_S):
        pass
    await _in_batches(graph, n, MORE_PINS)
    while await graph.write(lambda tx: _drop_pins(tx, n), timeout_s=LONG_WRITE_TIMEOUT_S):
        pass
    for statement in _BATCHES:
        await _in_batches(graph, n, statement)
    await files()
    await _in_batches(graph, n, DROP_EDGES)

    async def last(tx: Tx) -> None:
        await tx.run(DROP_USER, n=n)

    await graph.write(last)


async def _in_batches(graph: Graph, n: UserN, statement: LiteralString) -> None:
    given: dict[str, Any] = {"k": graph.keys.k()} if "$k" in statement else {}

    async def work(tx: Tx) -> int:
        rows = await tx.run(statement, n=n, limit=_BATCH, **given)
        return int(rows[0]["n"]) if rows else 0

    while await graph.write(work, timeout_s=LONG_WRITE_TIMEOUT_S):
        pass


async def _drop_board(tx: Tx, graph: Graph, n: UserN) -> bool:
    rows = await tx.run(NEXT_BOARD, n=n)
    if not rows:
        return False
    await tx.run(DROP_BOARD, n=n, b=rows[0]["b"])
    k = graph.keys.k()
    await publicity.close_pictures(tx, rows[0]["hashes"], k)
    await publicity.recount_creators(tx, [c for c in rows[0]["creators"] if c != n], k)
    await outbox.append(tx, outbox.event(Kind.BOARD_DELETED, board=BoardN(rows[0]["b"])))
    return True


async def _drop_pins(tx: Tx, n: UserN) -> int:
    ns = (await tx.run(DROP_PINS, n=n, limit=_BATCH))[0]["ns"]
    if ns:
        await outbox.append_all(tx, [outbox.event(Kind.PIN_DELETED, pin=PinN(pin)) for pin in ns])
    return len(ns)
