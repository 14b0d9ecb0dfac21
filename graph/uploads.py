"""Uploads: announced, arrived, used once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Final

from domain.errors import Conflict, NotFound
from domain.ids import UploadId, UserN
from graph import columns
from graph.client import Graph, Tx

CREATE: Final = """
MATCH (u:User {n: $by})
CREATE (:Upload {id: $id, by: $by, contentType: $content_type, bytes: $bytes, state: 'WAITING', expiresAt: $expires_at})
RETURN 1 AS one"""
GET: Final = """
MATCH (x:Upload {id: $id}) WHERE $by IS NULL OR x.by = $by
RETURN x.by AS by, x.contentType AS content_type, x.bytes AS bytes, x.state AS state, x.expiresAt AS expires_at"""
ARRIVED: Final = """
MATCH (x:Upload {id: $id}) SET x.lk = $now
WITH x WHERE x.state = 'WAITING' AND x.expiresAt > $now SET x.state = 'ARRIVED', x.bytes = $bytes RETURN 1 AS one"""
USE: Final = """
MATCH (x:Upload {id: $id}) WHERE x.by = $by SET x.lk = $id
WITH x, x.state AS state
FOREACH (_ IN CASE WHEN state = 'ARRIVED' THEN [1] ELSE [] END | SET x.state = 'USED')
RETURN state"""
EXPIRED: Final = "MATCH (x:Upload) WHERE x.expiresAt < $before RETURN x.id AS id ORDER BY x.expiresAt LIMIT $limit"
FORGET: Final = "UNWIND $ids AS id MATCH (x:Upload {id: id}) WHERE x.expiresAt < $before DETACH DELETE x"


class UploadState(Enum):
    """How far an Upload is."""

    WAITING = "WAITING"
    ARRIVED = "ARRIVED"
    USED = "USED"


@dataclass(frozen=True, slots=True)
class Upload:
    """A place for one file. `bytes` is what was announced; after arrival, what came."""

    id: UploadId
    by: UserN
    content_type: str
    bytes: int
    state: UploadState
    expires_at: datetime


async def create(
    graph: Graph, *, id: UploadId, by: UserN, content_type: str, bytes: int, expires_at: datetime
) -> Upload:
    """Records what was announced. Raises NotFound for an unknown User."""
    until = columns.milliseconds(expires_at)

    async def work(tx: Tx) -> None:
        if not await tx.run(CREATE, id=id, by=by, content_type=content_type, bytes=bytes, expires_at=until):
            raise NotFound("There is no such user.")

    await graph.write(work)
    return Upload(id, by, content_type, bytes, UploadState.WAITING, columns.moment(until))


async def get(graph: Graph, id: UploadId, by: UserN | None = None) -> Upload | None:
    """The Upload, if it is this User's (None: whoever's, for a signed URL that names nobody)."""
    row = await graph.one(GET, id=id, by=by)
    if row is None:
        return None
    state, until = UploadState(row["state"]), columns.moment(row["expires_at"])
    return Upload(id, UserN(row["by"]), row["content_type"], row["bytes"], state, until)


async def arrived(graph: Graph, id: UploadId, *, bytes: int, now: datetime) -> bool:
    """Whether this was the first arrival in time: False when it had arrived, was used, or has expired."""

    async def work(tx: Tx) -> bool:
        return bool(await tx.run(ARRIVED, id=id, bytes=bytes, now=columns.milliseconds(now)))

    return await graph.write(work)


async def used(graph: Graph, id: UploadId, by: UserN) -> bool:
    """Uses an arrived Upload up; False when it was not theirs, not there, or used. (Making a Pin does it itself.)"""

    async def work(tx: Tx) -> bool:
        rows = await tx.run(USE, id=id, by=by)
        return bool(rows) and rows[0]["state"] == UploadState.ARRIVED.value

    return await graph.write(work)


async def use(tx: Tx, id: UploadId, by: UserN) -> None:
    """Uses an arrived Upload up, inside the transaction of what it becomes.

    Raises NotFound when it is not theirs or nothing arrived, Conflict when it was used.
    """
    rows = await tx.run(USE, id=id, by=by)
    if not rows:
        raise NotFound("There is no such upload among yours. Prepare one first.", ("image", "uploadId"))
    if rows[0]["state"] == UploadState.USED.value:
        raise Conflict("This upload was used already. Prepare another.", ("image", "uploadId"))
    if rows[0]["state"] != UploadState.ARRIVED.value:
        raise NotFound("Nothing has arrived for this upload. PUT the file to its address first.", ("image", "uploadId"))


async def expired(graph: Graph, before: datetime, *, limit: int) -> list[UploadId]:
    """At most `limit` Uploads that expired before then, whatever became of them; the oldest first."""
    rows = await graph.read(EXPIRED, before=columns.milliseconds(before), limit=limit)
    return [UploadId(row["id"]) for row in rows]


async def forget(graph: Graph, ids: Sequence[UploadId], before: datetime) -> None:
    """Forgets those of these Uploads that expired before then."""

    async def work(tx: Tx) -> None:
        await tx.run(FORGET, ids=list(ids), before=columns.milliseconds(before))

    await graph.write(work)
