"""Where notifications are sent outside, and what is still to be sent there: leased, retried, given up."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from domain.errors import Conflict, NotFound, Taken
from domain.ids import EndpointId, NotificationId, UserN, new_id
from domain.limits import HOOK_ATTEMPTS_MAX, HOOK_FAILING_DAYS, PUSH_ENDPOINTS_MAX
from domain.notices import PushEndpoint, PushEndpointKind
from graph import columns
from graph.client import Graph, Tx

LEASE_MS: Final = 60_000
BACKOFF_MS: Final = (5_000, 30_000, 300_000, 1_800_000, 7_200_000, 28_800_000, 86_400_000)
"""How long after each failed attempt the next comes: 5 s, 30 s, 5 min, 30 min, 2 h, 8 h, a day."""
_ERROR_CHARS_MAX: Final = 300
_DAY_MS: Final = 86_400_000

_COLUMNS: Final = "[e.id, e.kind, e.url, e.createdAt, e.failing]"
ADD: Final = """
MATCH (v:User {n: $viewer}) SET v.lk = $k
WITH v, COUNT { (v)-[:PUSHES_TO]->() } AS held, EXISTS { (v)-[:PUSHES_TO]->(:PushEndpoint {url: $url}) } AS there
FOREACH (_ IN CASE WHEN held < $most AND NOT there THEN [1] ELSE [] END |
  CREATE (v)-[:PUSHES_TO]->(:PushEndpoint {id: $id, kind: $kind, url: $url, createdAt: $at, failing: false})
  SET v:Pushed)
RETURN held, there"""
REMOVE: Final = """
MATCH (v:User {n: $viewer}) SET v.lk = $k
WITH v MATCH (v)-[:PUSHES_TO]->(e:PushEndpoint {id: $id})
CALL (e) { MATCH (d:Delivery)-[:TO]->(e) DETACH DELETE d }
DETACH DELETE e
WITH v, EXISTS { (v)-[:PUSHES_TO]->() } AS more
FOREACH (_ IN CASE WHEN more THEN [] ELSE [1] END | REMOVE v:Pushed)
RETURN 1 AS one"""
OF_VIEWER: Final = (
    "MATCH (:User {n: $viewer})-[:PUSHES_TO]->(e:PushEndpoint) WITH e ORDER BY e.createdAt, e.id RETURN collect("
    + _COLUMNS
    + ") AS rows"
)
BY_ID: Final = "MATCH (:User {n: $viewer})-[:PUSHES_TO]->(e:PushEndpoint {id: $id}) RETURN " + _COLUMNS + " AS row"
CLAIM: Final = """
MATCH (d:Delivery) USING INDEX d:Delivery(state, dueAt) WHERE d.state = 'ready' AND d.dueAt <= $now
WITH d ORDER BY d.dueAt LIMIT $limit
SET d.lk = $token
WITH d WHERE d.state = 'ready' AND d.dueAt <= $now
SET d.attempts = d.attempts + 1, d.dueAt = $now + $lease, d.token = $token
WITH d MATCH (d)-[:TO]->(e:PushEndpoint)
RETURN collect([d.id, d.userN, d.notification, d.attempts, d.token, d.at, e.id, e.url]) AS rows"""
SENT: Final = """
MATCH (d:Delivery {id: $id})-[:TO]->(e) SET d.lk = $token WITH d, e WHERE d.token = $token
SET e.failedSince = null DETACH DELETE d"""
DROP: Final = "MATCH (d:Delivery {id: $id}) SET d.lk = $token WITH d WHERE d.token = $token DETACH DELETE d"
FAILED: Final = """
MATCH (d:Delivery {id: $id})-[:TO]->(e:PushEndpoint) SET e.lk = $token WITH d, e WHERE d.token = $token
SET e.failedSince = coalesce(e.failedSince, $now)
WITH d, e, $gone OR e.failedSince < $now - $failing_ms AS over
SET e.failing = over, d.error = $error, d.token = null, d.dueAt = $now + $backoff,
    d.state = CASE WHEN d.attempts >= $most THEN 'dead' ELSE 'ready' END
WITH e, over CALL (e, over) { MATCH (x:Delivery)-[:TO]->(e) WHERE over DETACH DELETE x }
RETURN over"""


COUNTS: Final = "MATCH (d:Delivery) RETURN d.state AS state, count(*) AS n"


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message that is to be sent. `id` stays the same over all attempts, of which this is number `attempts`."""

    id: str
    user_n: UserN
    notification: NotificationId
    attempts: int
    token: str
    at: datetime
    endpoint: EndpointId
    url: str


async def counts(graph: Graph) -> dict[str, int]:
    """How many messages are `ready` to be sent and how many are `dead` letters; what there is none of is left out."""
    return {row["state"]: row["n"] for row in await graph.read(COUNTS)}


async def add(graph: Graph, by: UserN, url: str, *, now: datetime) -> PushEndpoint:
    """The new endpoint. Raises Taken for an address that they have, Conflict over PUSH_ENDPOINTS_MAX."""
    k, id_, at = graph.keys.k(), EndpointId(new_id("push")), columns.milliseconds(now)
    kind = PushEndpointKind.WEBHOOK

    async def work(tx: Tx) -> None:
        rows = await tx.run(ADD, viewer=by, k=k, id=id_, kind=kind.value, url=url, at=at, most=PUSH_ENDPOINTS_MAX)
        if not rows:
            raise NotFound("Your account has been deleted.")
        if rows[0]["there"]:
            raise Taken("You have an endpoint with this address. Remove it first, to begin anew.", ("url",))
        if rows[0]["held"] >= PUSH_ENDPOINTS_MAX:
            raise Conflict(f"You have {PUSH_ENDPOINTS_MAX} endpoints, which is the most. Remove one first.")

    await graph.write(work)
    return PushEndpoint(id_, kind, url, columns.moment(at), failing=False)


async def remove(graph: Graph, by: UserN, id: EndpointId) -> None:
    """Removes an endpoint of theirs, and what was still to be sent there. Raises NotFound."""
    k = graph.keys.k()

    async def work(tx: Tx) -> None:
        if not await tx.run(REMOVE, viewer=by, id=id, k=k):
            raise NotFound("There is no such endpoint among yours.", ("endpointId",))

    await graph.write(work)


async def of_viewer(graph: Graph, viewer: UserN) -> list[PushEndpoint]:
    """The viewer's endpoints, oldest first, at most PUSH_ENDPOINTS_MAX."""
    row = await graph.one(OF_VIEWER, viewer=viewer)
    return [_endpoint_of(found) for found in row["rows"]] if row else []


async def by_id(graph: Graph, viewer: UserN, id: EndpointId) -> PushEndpoint | None:
    """The viewer's own endpoint of this id."""
    row = await graph.one(BY_ID, viewer=viewer, id=id)
    return _endpoint_of(row["row"]) if row else None


async def claim(graph: Graph, limit: int, *, now: datetime) -> list[Delivery]:
    """At most so many messages that are due, leased for LEASE_MS: nobody else gets them before that."""
    token, at = secrets.token_hex(8), columns.milliseconds(now)

    async def work(tx: Tx) -> list[Delivery]:
        rows = (await tx.run(CLAIM, now=at, lease=LEASE_MS, limit=limit, token=token))[0]["rows"]
        return [_delivery_of(row) for row in rows]

    return await graph.write(work)


async def sent(graph: Graph, delivery: Delivery) -> None:
    """The message has arrived, and its endpoint is well."""

    async def work(tx: Tx) -> None:
        await tx.run(SENT, id=delivery.id, token=delivery.token)

    await graph.write(work)


async def drop(graph: Graph, delivery: Delivery) -> None:
    """Forgets a message that there is no more reason to send."""

    async def work(tx: Tx) -> None:
        await tx.run(DROP, id=delivery.id, token=delivery.token)

    await graph.write(work)


async def failed(graph: Graph, delivery: Delivery, error: str, *, gone: bool, now: datetime) -> bool:
    """Whether the endpoint is given up: it says that it is `gone`, or nothing has arrived for HOOK_FAILING_DAYS.

    Else the message comes again after BACKOFF_MS, or is a dead letter after HOOK_ATTEMPTS_MAX attempts.
    """
    backoff = BACKOFF_MS[min(delivery.attempts, len(BACKOFF_MS)) - 1]

    async def work(tx: Tx) -> bool:
        rows = await tx.run(
            FAILED,
            id=delivery.id,
            token=delivery.token,
            now=columns.milliseconds(now),
            gone=gone,
            failing_ms=HOOK_FAILING_DAYS * _DAY_MS,
            error=error[:_ERROR_CHARS_MAX],
            backoff=backoff,
            most=HOOK_ATTEMPTS_MAX,
        )
        return bool(rows and rows[0]["over"])

    return await graph.write(work)


def _endpoint_of(row: Sequence[Any]) -> PushEndpoint:
    id_, kind, url, created_at, failing = row
    return PushEndpoint(EndpointId(id_), PushEndpointKind(kind), url, columns.moment(created_at), failing)


def _delivery_of(row: Sequence[Any]) -> Delivery:
    id_, user_n, notification, attempts, token, at, endpoint, url = row
    return Delivery(
        id_,
        UserN(user_n),
        NotificationId(notification),
        attempts,
        token,
        columns.moment(at),
        EndpointId(endpoint),
        url,
    )
