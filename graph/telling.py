"""Writing notifications from events: for the worker, each once, whatever is repeated or dies.

The position up to which events have been told is moved in the transaction that writes the notifications of a batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from domain.events import Event, Kind
from domain.ids import UserN, new_id
from domain.limits import NOTIFICATION_ACTORS_KEPT_MAX, NOTIFICATIONS_MAX, PUSHED_FOLLOWERS_MAX
from graph import notifications, outbox
from graph.client import Graph, Tx

TELLING: Final = "telling"
_ACTS_KEPT: Final = 20
"""Of an actor's comments on one Pin so many are known by id: their notification stands while one of them does."""
TOLD_KINDS: Final = (Kind.FOLLOWED, Kind.SAVED, Kind.MOVED, Kind.COMMENTED, Kind.INVITED, Kind.PIN_READY)

HERE: Final = """
MERGE (i:Import {key: $key}) SET i.lk = $token WITH i, coalesce(i.row, 0) AS row
WHERE row < $position SET i.row = $position RETURN row"""
# One call a row, so that a row sees what the one before it has written.
_TELL: Final = """
  WITH row, v, u, n1, n2, kind + ':' + v.n + ':' + coalesce(n1, n2, 0) AS topic, kind, again
  WHERE v.n <> u.n AND NOT EXISTS { (v)-[:BLOCKS]-(u) }
    AND (again OR NOT EXISTS {
      MATCH (o:Notification) USING INDEX o:Notification(topic) WHERE o.topic = topic MATCH (o)-[:BY]->(u) })
  MERGE (n:Notification {key: topic + ':' + coalesce(v.readK, 0)})
    ON CREATE SET n.id = row.id, n.ownerN = v.n, n.kind = kind, n.topic = topic, n.pinN = n1, n.boardN = n2, n.more = 0,
      n.shown = NOT kind IN coalesce(v.inAppOff, []), n.k0 = row.k
  SET n.k = row.k
  WITH row, v, u, n, kind, EXISTS { (n)-[:BY]->(u) } OR COUNT { (n)-[:BY]->() } < $actors AS room
  FOREACH (_ IN CASE WHEN room THEN [] ELSE [1] END | SET n.more = n.more + 1)
  FOREACH (_ IN CASE WHEN room THEN [1] ELSE [] END |
    MERGE (n)-[r:BY]->(u) SET r.k = row.k, r.b = row.b, r.cs = (coalesce(r.cs, []) + coalesce(row.c, []))[-$acts..])
  RETURN [v.n, n.id, n.shown, v:Pushed AND NOT kind IN coalesce(v.pushOff, [])] AS told
}
RETURN collect(told) AS rows"""
TELL_FOLLOWED: Final = (
    """
UNWIND $rows AS row CALL (row) {
  MATCH (u:User {n: row.u})-[:FOLLOWS]->(v:User {n: row.t})
  WITH row, v, u, null AS n1, null AS n2, 'FOLLOWED' AS kind, false AS again"""
    + _TELL
)
TELL_SAVED: Final = (
    """
UNWIND $rows AS row CALL (row) {
  MATCH (p:Pin {n: row.p}) WHERE EXISTS { MATCH ()-[h:HOLDS]->() WHERE h.b = row.b AND h.p = row.p }
  MATCH (v:User {n: p.creatorN}), (u:User {n: row.u})
  WITH row, v, u, p.n AS n1, null AS n2, 'PIN_SAVED' AS kind, false AS again"""
    + _TELL
)
# A save that went from one public Board to another, or was made anew on another, still stands.
REPOINT: Final = """
UNWIND $rows AS row
MATCH ()-[h:HOLDS]->(p:Pin) WHERE h.b = row.b AND h.p = row.p
WITH row, p, h.by AS saver, 'PIN_SAVED:' + p.creatorN + ':' + p.n AS topic
MATCH (n:Notification) USING INDEX n:Notification(topic) WHERE n.topic = topic
MATCH (u:User {n: saver})
MATCH (n)-[r:BY]->(u) WHERE NOT EXISTS { MATCH ()-[o:HOLDS]->() WHERE o.b = r.b AND o.p = p.n }
SET r.b = row.b"""
TELL_COMMENTED: Final = (
    """
UNWIND $rows AS row CALL (row) {
  MATCH (u:User)-[:WROTE]->(:Comment {id: row.c})-[:ON]->(p:Pin) MATCH (v:User {n: p.creatorN})
  WITH row, v, u, p.n AS n1, null AS n2, 'COMMENTED' AS kind, true AS again"""
    + _TELL
)
TELL_INVITED: Final = (
    """
UNWIND $rows AS row CALL (row) {
  MATCH (v:User {n: row.t})-[:COLLABORATES]->(b:Board {n: row.b}) MATCH (u:User {n: row.u})
  WITH row, v, u, null AS n1, b.n AS n2, 'INVITED' AS kind, false AS again"""
    + _TELL
)
TELL_EXPORTED: Final = """
MATCH (v:User {n: $n})
MERGE (n:Notification {key: 'EXPORT_READY:' + $export})
  ON CREATE SET n.id = $id, n.ownerN = v.n, n.kind = 'EXPORT_READY', n.topic = n.key, n.more = 0,
    n.shown = NOT 'EXPORT_READY' IN coalesce(v.inAppOff, []), n.k = $k
RETURN [[v.n, n.id, n.shown, v:Pushed AND NOT 'EXPORT_READY' IN coalesce(v.pushOff, [])]] AS rows"""
TRIM: Final = """
UNWIND $owners AS owner CALL (owner) {
  MATCH (n:Notification) USING INDEX n:Notification(ownerN, k) WHERE n.ownerN = owner AND n.k > 0
  WITH n ORDER BY n.ownerN DESC, n.k DESC SKIP $most DETACH DELETE n }"""
PUSH: Final = """
UNWIND $rows AS row
MATCH (v:User {n: row.n})-[:PUSHES_TO]->(e:PushEndpoint) WHERE NOT e.failing
MERGE (d:Delivery {key: e.id + ':' + row.key})
  ON CREATE SET d.id = 'msg' + substring(row.id, 8), d.userN = v.n, d.notification = row.notification,
    d.state = 'ready', d.dueAt = $now, d.attempts = 0, d.at = $now
MERGE (d)-[:TO]->(e)"""
# Only followers who have an endpoint, which few do; what they all see is read, not written.
PUSHED_FOLLOWERS: Final = """
UNWIND $rows AS row
MATCH (p:Pin {n: row.p}) WHERE p.creatorN = row.u AND EXISTS { (p)<-[:HOLDS]-() }
MATCH (c:User {n: row.u})<-[f:FOLLOWS]-(v:Pushed)
WHERE p.k > f.k AND NOT 'NEW_PIN' IN coalesce(v.pushOff, []) AND NOT EXISTS { (v)-[:BLOCKS]-(c) }
WITH p, c, v LIMIT $limit
RETURN collect([v.n, p.k, c.n]) AS rows"""

_STATEMENTS: Final = {
    Kind.FOLLOWED: TELL_FOLLOWED,
    Kind.SAVED: TELL_SAVED,
    Kind.COMMENTED: TELL_COMMENTED,
    Kind.INVITED: TELL_INVITED,
}


async def tell(graph: Graph, events: Sequence[Event]) -> int:
    """Writes what follows from these events, in their order, once; how many notifications were written or grew."""
    if not events:
        return 0
    wanted = [event for event in events if _may_tell(event)]
    rows = {kind: [_row(graph, event) for event in wanted if event.kind is kind] for kind in TOLD_KINDS}
    token, position = new_id("x"), events[-1].seq

    async def work(tx: Tx) -> int:
        if not await tx.run(HERE, key=TELLING, token=token, position=position):
            return 0  # Somebody else has told it.
        told: list[list[Any]] = []
        if saved := rows[Kind.SAVED] + rows[Kind.MOVED]:
            await tx.run(REPOINT, rows=saved)
        for kind, statement in _STATEMENTS.items():
            if rows[kind]:
                answer = await tx.run(statement, rows=rows[kind], actors=NOTIFICATION_ACTORS_KEPT_MAX, acts=_ACTS_KEPT)
                told += answer[0]["rows"]
        await announce(tx, told)
        if rows[Kind.PIN_READY]:
            await _push_news(tx, rows[Kind.PIN_READY])
        return len(told)

    return await graph.write(work)


async def tell_exported(tx: Tx, graph: Graph, n: UserN, export: str) -> None:
    """Tells the User, once, that this export is ready."""
    rows = await tx.run(TELL_EXPORTED, n=n, export=export, id=new_id("notification"), k=graph.keys.k())
    if rows:
        await announce(tx, rows[0]["rows"])


async def announce(tx: Tx, told: Sequence[Sequence[Any]]) -> None:
    """The events of notifications, what is to be sent outside, and no more of them a User than are kept."""
    if not told:
        return
    events = [
        outbox.event(Kind.NOTIFIED, target=UserN(n), subject=id_)
        for n, id_ in dict.fromkeys((n, id_) for n, id_, shown, _ in told if shown)
    ]
    if events:
        await outbox.append_all(tx, events)
    pushed = [
        {"n": n, "notification": id_, "key": outbox.event(Kind.NOTIFIED).id, "id": new_id("message")}
        for n, id_ in dict.fromkeys((n, id_) for n, id_, _, push in told if push)
    ]
    if pushed:
        await tx.run(PUSH, rows=pushed, now=outbox.event(Kind.NOTIFIED).at_ms)
    await tx.run(TRIM, owners=sorted({n for n, *_ in told}), most=NOTIFICATIONS_MAX)


async def _push_news(tx: Tx, rows: list[dict[str, Any]]) -> None:
    found = (await tx.run(PUSHED_FOLLOWERS, rows=rows, limit=PUSHED_FOLLOWERS_MAX))[0]["rows"]
    pushed = [
        {"n": n, "notification": (news := notifications.news_id(k, creator)), "key": news, "id": new_id("message")}
        for n, k, creator in found
    ]
    if pushed:
        await tx.run(PUSH, rows=pushed, now=outbox.event(Kind.NOTIFIED).at_ms)


def _may_tell(event: Event) -> bool:
    if event.kind is Kind.FOLLOWED:
        return event.target is not None
    return event.kind in TOLD_KINDS and event.user is not None


def _row(graph: Graph, event: Event) -> dict[str, Any]:
    return {
        "u": event.user,
        "t": event.target,
        "p": event.pin,
        "b": event.board,
        "c": event.subject,
        "k": graph.keys.k(),
        "id": new_id("notification"),
    }
