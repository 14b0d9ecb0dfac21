"""Goes over everything there is, in order and in bounded batches: for holding other stores against the graph."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

from domain.ids import PinN
from domain.model import Picture, PinStatus
from graph import columns, spaces
from graph.client import Graph, Tx

BATCH: Final = 2_000
_TIMEOUT_S: Final = 30.0

_COUNTED: Final = """
RETURN collect([p.n, p.status, p.lookVersion, p.textVersion,
  trim(p.title + coalesce(p.description, '') + coalesce(p.altText, '')) <> '',
  EXISTS { MATCH (j:Job {p: p.n}) WHERE j.kind = 'embed' AND j.state = 'ready' }]) AS rows"""
PINS: Final = "MATCH (p:Pin) USING INDEX p:Pin(n) WHERE p.n > $after WITH p ORDER BY p.n LIMIT $limit" + _COUNTED
PINS_OF: Final = "UNWIND $ns AS n MATCH (p:Pin {n: n})" + _COUNTED
COUNT_PICTURES: Final = "MATCH (i:Picture) RETURN count(*) AS n"
PICTURES: Final = (
    "MATCH (i:Picture) USING INDEX i:Picture(sha256) WHERE i.sha256 > $after WITH i ORDER BY i.sha256 LIMIT $limit "
    "RETURN collect([EXISTS { (i)<-[:SHOWS]-() } OR EXISTS { (i)<-[:AVATAR]-() }, " + columns.PICTURE + "]) AS rows"
)
KNOWN_PICTURES: Final = "UNWIND $keys AS key MATCH (i:Picture {sha256: key}) RETURN collect(i.sha256) AS keys"
KNOWN_UPLOADS: Final = "UNWIND $ids AS id MATCH (x:Upload {id: id}) RETURN collect(x.id) AS keys"
FORGET_PICTURE: Final = """
MATCH (i:Picture {sha256: $sha256}) SET i.lk = $lk
WITH i WHERE NOT EXISTS { (i)<-[:SHOWS]-() } AND NOT EXISTS { (i)<-[:AVATAR]-() }
DELETE i RETURN 1 AS one"""
NEAR: Final = """
UNWIND $ns AS n
CALL (n) { MATCH (p:Pin) USING INDEX p:Pin(n) WHERE p.n >= n RETURN p.n AS found ORDER BY p.n LIMIT 1 }
RETURN collect(DISTINCT found) AS ns"""
LAST_PIN: Final = "MATCH (p:Pin) USING INDEX p:Pin(n) WHERE p.n > -1 RETURN p.n AS n ORDER BY p.n DESC LIMIT 1"

LATE_EVENTS: Final = "MATCH (e:New) WHERE e.at < $before RETURN count(*) AS n"
COUNT_JOBS: Final = "MATCH (j:Job) RETURN count(*) AS n"
TRIED_JOBS: Final = "MATCH (j:Job) WHERE j.error IS NOT NULL RETURN count(*) AS n"
JOBS_OF_NOTHING: Final = """
MATCH (j:Job) WHERE NOT EXISTS { MATCH (:Pin {n: j.p}) } AND coalesce(j.runAt, 0) < $before
WITH j LIMIT $limit RETURN collect(j.id) AS ids"""
FORGET_JOBS: Final = """
UNWIND $ids AS id MATCH (j:Job {id: id}) WHERE NOT EXISTS { MATCH (:Pin {n: j.p}) } DELETE j"""


@dataclass(frozen=True, slots=True)
class Counted:
    """A Pin as vectors are held against it: the marks of the collections it should be in, and whether it has words.

    `waits` says that a job is about to embed it.
    """

    n: PinN
    status: PinStatus
    look: frozenset[str]
    text: frozenset[str]
    worded: bool
    waits: bool


@dataclass(frozen=True, slots=True)
class KeptPicture:
    """A Picture, and whether any Pin shows it (a deleted one that can be restored counts), or it is an avatar."""

    picture: Picture
    shown: bool


async def pins(graph: Graph, *, batch: int = BATCH) -> AsyncIterator[list[Counted]]:
    """Every Pin, ascending by `n`, some at a time. What is made meanwhile may be among them or not."""
    after = -1
    while True:
        row = await graph.one(PINS, after=after, limit=batch, timeout_s=_TIMEOUT_S)
        rows = row["rows"] if row else []
        if not rows:
            return
        yield [_counted(each) for each in rows]
        after = rows[-1][0]


async def of(graph: Graph, ns: Collection[PinN]) -> list[Counted]:
    """These Pins as they are now; those that are gone are left out."""
    row = await graph.one(PINS_OF, ns=list(ns), timeout_s=_TIMEOUT_S)
    return [_counted(each) for each in row["rows"]] if row else []


async def count_pictures(graph: Graph) -> int:
    """How many Pictures there are."""
    row = await graph.one(COUNT_PICTURES, timeout_s=_TIMEOUT_S)
    return int(row["n"]) if row else 0


async def pictures(graph: Graph, *, batch: int = BATCH) -> AsyncIterator[list[KeptPicture]]:
    """Every Picture, ascending by its hash, some at a time. What is made meanwhile may be among them or not."""
    after = ""
    while True:
        row = await graph.one(PICTURES, after=after, limit=batch, timeout_s=_TIMEOUT_S)
        found = [KeptPicture(columns.picture_of(picture), shown) for shown, picture in row["rows"]] if row else []
        if not found:
            return
        yield found
        after = found[-1].picture.sha256


async def known_pictures(graph: Graph, hashes: Collection[str]) -> set[str]:
    """Those of the hashes that a Picture has."""
    row = await graph.one(KNOWN_PICTURES, keys=list(hashes), timeout_s=_TIMEOUT_S)
    return set(row["keys"]) if row else set()


async def known_uploads(graph: Graph, ids: Collection[str]) -> set[str]:
    """Those of the ids that an Upload has."""
    row = await graph.one(KNOWN_UPLOADS, ids=list(ids), timeout_s=_TIMEOUT_S)
    return set(row["keys"]) if row else set()


async def forget_picture(graph: Graph, sha256: str) -> bool:
    """Whether a Picture was forgotten: only if nothing shows it at that moment."""
    lk = graph.keys.k()

    async def work(tx: Tx) -> bool:
        return bool(await tx.run(FORGET_PICTURE, sha256=sha256, lk=lk))

    return await graph.write(work)


async def spread(graph: Graph, count: int) -> list[PinN]:
    """At most `count` Pins, evenly over all of them."""
    row = await graph.one(LAST_PIN)
    if row is None:
        return []
    step = max(1, (int(row["n"]) + 1) // count)
    found = await graph.one(NEAR, ns=[step * i for i in range(count)], timeout_s=_TIMEOUT_S)
    return [PinN(n) for n in found["ns"]] if found else []


async def late_events(graph: Graph, before_ms: int) -> int:
    """How many events from before then have no place in the order yet."""
    row = await graph.one(LATE_EVENTS, before=before_ms, timeout_s=_TIMEOUT_S)
    return int(row["n"]) if row else 0


async def count_jobs(graph: Graph) -> int:
    """How many jobs there are, waiting or given up."""
    row = await graph.one(COUNT_JOBS, timeout_s=_TIMEOUT_S)
    return int(row["n"]) if row else 0


async def tried_jobs(graph: Graph) -> int:
    """How many jobs have failed before and are not done."""
    row = await graph.one(TRIED_JOBS, timeout_s=_TIMEOUT_S)
    return int(row["n"]) if row else 0


async def jobs_of_nothing(graph: Graph, limit: int) -> list[str]:
    """Jobs of Pins that are no more, due for a minute and more: a worker would have settled them."""
    before = columns.milliseconds() - 60_000
    row = await graph.one(JOBS_OF_NOTHING, before=before, limit=limit, timeout_s=_TIMEOUT_S)
    return list(row["ids"]) if row else []


async def forget_jobs(graph: Graph, ids: Sequence[str]) -> None:
    """Forgets those of the jobs whose Pins are no more."""
    for start in range(0, len(ids), BATCH):
        part = list(ids[start : start + BATCH])

        async def work(tx: Tx, part: list[str] = part) -> None:
            await tx.run(FORGET_JOBS, ids=part)

        await graph.write(work)


def _counted(row: Sequence[Any]) -> Counted:
    n, status, look, text, worded, waits = row
    return Counted(PinN(n), PinStatus(status), spaces.held(look), spaces.held(text), worded, waits)
