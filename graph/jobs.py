"""Jobs: claimed by one worker at a time, retried with backoff, kept as dead letters.

A job is `ready` (due from `runAt`; while it is leased, that lies ahead, so that an expired lease needs no sweeper) or
`dead`. A finished one is removed.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, cast

from domain.events import Kind
from domain.ids import JobId, PinN, new_id
from domain.limits import JOB_ATTEMPTS_MAX, JOB_LEASE_MS
from graph import columns, outbox
from graph.client import Graph, Tx

JobKind = Literal["render", "embed"]
KINDS: Final = ("render", "embed")
STATES: Final = ("due", "running", "later", "dead")

_BACKOFF_MS: Final = (500, 2_000, 8_000, 30_000)
_ERROR_CHARS_MAX: Final = 500

ENQUEUE: Final = """
UNWIND $rows AS row
WITH row WHERE NOT EXISTS { MATCH (j:Job {p: row.p}) WHERE j.kind = $kind AND j.state = 'ready' AND j.attempts = 0 }
CREATE (:Job {id: row.id, kind: $kind, state: 'ready', p: row.p, runAt: $now, attempts: 0})"""
# Whoever waited for the lock looks again at what it locked: else the same job is claimed twice. A job that has had all
# its attempts without a word (its workers died with it) is given up here.
CLAIM: Final = """
MATCH (j:Job) USING INDEX j:Job(kind, state, runAt) WHERE j.kind = $kind AND j.state = 'ready' AND j.runAt <= $now
WITH j ORDER BY j.runAt, j.id LIMIT $limit
SET j.lk = $token
WITH j WHERE j.state = 'ready' AND j.runAt <= $now
SET j.attempts = j.attempts + 1, j.runAt = $now + $lease, j.token = $token, j.worker = $worker
FOREACH (_ IN CASE WHEN j.attempts > $most THEN [1] ELSE [] END |
  SET j.state = 'dead', j.attempts = $most, j.error = 'Its workers stopped without a word.')
RETURN collect([j.id, j.kind, j.p, j.attempts, j.token, j.state]) AS rows"""
FINISH: Final = """
UNWIND $rows AS row MATCH (j:Job {id: row[0]}) SET j.lk = row[1]
WITH j, row WHERE j.token = row[1] AND j.state = 'ready' DELETE j RETURN count(*) AS n"""
FAIL: Final = """
UNWIND $rows AS row MATCH (j:Job {id: row[0]}) SET j.lk = row[1]
WITH j, row WHERE j.token = row[1] AND j.state = 'ready'
SET j.error = $error, j.token = null, j.runAt = $now + $backoff[j.attempts - 1],
    j.state = CASE WHEN j.attempts >= $most THEN 'dead' ELSE 'ready' END
RETURN collect(CASE WHEN j.state = 'dead' THEN j.id END) AS dead"""
RELEASE: Final = """
UNWIND $rows AS row MATCH (j:Job {id: row[0]}) SET j.lk = row[1]
WITH j, row WHERE j.token = row[1] AND j.state = 'ready'
SET j.token = null, j.runAt = $now, j.attempts = j.attempts - 1"""
GIVE_UP: Final = """
UNWIND $ns AS n MATCH (p:Pin {n: n}) SET p.lk = $token
WITH p WHERE p.status = 'PROCESSING' SET p.status = 'FAILED'
RETURN collect(CASE WHEN coalesce(p.quiet, false) THEN null ELSE [p.n, p.creatorN] END) AS news"""
COUNTS: Final = "MATCH (j:Job) RETURN j.kind + '.' + j.state AS name, count(*) AS n"
QUEUES: Final = """
MATCH (j:Job)
WITH j.kind AS kind, j.runAt AS at,
  CASE WHEN j.state = 'dead' THEN 'dead' WHEN j.runAt <= $now THEN 'due'
       WHEN j.token IS NOT NULL THEN 'running' ELSE 'later' END AS state
RETURN kind, state, count(*) AS n, min(at) AS since"""
DEAD: Final = """
MATCH (j:Job) WHERE j.kind IN ['render', 'embed'] AND j.state = 'dead' WITH j ORDER BY j.runAt DESC LIMIT $limit
RETURN collect([j.id, j.kind, j.p, j.attempts, j.error]) AS rows"""
RETRY_DEAD: Final = """
MATCH (j:Job) WHERE j.kind IN ['render', 'embed'] AND j.state = 'dead' WITH j LIMIT $limit
SET j.state = 'ready', j.attempts = 0, j.runAt = $now RETURN count(*) AS n"""


@dataclass(frozen=True, slots=True)
class Job:
    """Work on one Pin. `attempts` counts this one; `token` is this claim's."""

    id: JobId
    kind: JobKind
    pin_n: PinN
    attempts: int
    token: str


@dataclass(frozen=True, slots=True)
class DeadJob:
    """A job that was given up, and why."""

    id: JobId
    kind: JobKind
    pin_n: PinN
    attempts: int
    error: str


async def enqueue(graph: Graph, kind: JobKind, pin_ns: Collection[PinN]) -> None:
    """One job for each Pin, due now; a Pin that has one of this kind waiting gets no second."""
    rows = [{"id": new_id("job"), "p": n} for n in sorted(set(pin_ns))]

    async def work(tx: Tx) -> None:
        await tx.run(ENQUEUE, rows=rows, kind=kind, now=columns.milliseconds())

    await graph.write(work)


async def claim(graph: Graph, kind: JobKind, worker: str, limit: int, *, now: datetime | None = None) -> list[Job]:
    """At most `limit` due jobs, leased to this worker for JOB_LEASE_MS; nobody else gets them before that."""
    token, at = secrets.token_hex(8), columns.milliseconds(now)

    async def work(tx: Tx) -> list[Job]:
        rows = await tx.run(
            CLAIM,
            kind=kind,
            worker=worker,
            limit=limit,
            token=token,
            now=at,
            lease=JOB_LEASE_MS,
            most=JOB_ATTEMPTS_MAX,
        )
        claimed = rows[0]["rows"]
        await _give_up(tx, [row[2] for row in claimed if row[5] == "dead" and row[1] == "embed"], token)
        return [_job_of(row[:5]) for row in claimed if row[5] == "ready"]

    return await graph.write(work)


async def finish(graph: Graph, jobs: Sequence[Job]) -> int:
    """Removes the finished jobs whose claim still stands; how many."""

    async def work(tx: Tx) -> int:
        return int((await tx.run(FINISH, rows=_claims(jobs)))[0]["n"])

    return await graph.write(work)


async def fail(graph: Graph, jobs: Sequence[Job], error: str, now: datetime | None = None) -> list[Job]:
    """Puts the jobs back with backoff; after JOB_ATTEMPTS_MAX a job is dead: those are returned.

    The death of an embed job makes its Pin FAILED, with PIN_FAILED, in the same transaction; a READY Pin stays READY.
    """
    at = columns.milliseconds(now)
    backoff = [*_BACKOFF_MS, *[_BACKOFF_MS[-1]] * JOB_ATTEMPTS_MAX][:JOB_ATTEMPTS_MAX]

    async def work(tx: Tx) -> list[Job]:
        rows = await tx.run(
            FAIL,
            rows=_claims(jobs),
            error=error[:_ERROR_CHARS_MAX],
            now=at,
            backoff=backoff,
            most=JOB_ATTEMPTS_MAX,
        )
        ids = set(rows[0]["dead"])
        dead = [job for job in jobs if job.id in ids]
        await _give_up(tx, [job.pin_n for job in dead if job.kind == "embed"], "fail")
        return dead

    return await graph.write(work)


async def release(graph: Graph, jobs: Sequence[Job]) -> None:
    """Gives claimed jobs back at once without counting the attempt: the part they need was down."""

    async def work(tx: Tx) -> None:
        await tx.run(RELEASE, rows=_claims(jobs), now=columns.milliseconds())

    await graph.write(work)


async def counts(graph: Graph) -> dict[str, int]:
    """How many jobs there are as "<kind>.ready", "<kind>.dead"; what there is none of is left out."""
    return {row["name"]: row["n"] for row in await graph.read(COUNTS)}


@dataclass(frozen=True, slots=True)
class Queue:
    """The jobs of one kind in one state (`due`, `running`, `later`, `dead`): how many, and the earliest's due time."""

    kind: str
    state: str
    jobs: int
    since_ms: int


async def queues(graph: Graph, now_ms: int) -> list[Queue]:
    """What waits, runs and was given up at this time. States without a job are left out."""
    rows = await graph.read(QUEUES, now=now_ms)
    return [Queue(row["kind"], row["state"], row["n"], row["since"]) for row in rows]


async def dead(graph: Graph, limit: int = 100) -> list[DeadJob]:
    """The jobs that were given up, latest first."""
    row = await graph.one(DEAD, limit=limit)
    return [
        DeadJob(JobId(id_), cast("JobKind", kind), PinN(pin_n), attempts, error or "")
        for id_, kind, pin_n, attempts, error in (row["rows"] if row else ())
    ]


async def retry_dead(graph: Graph, now: datetime | None = None) -> int:
    """Makes dead jobs due again, at most 10,000; how many."""
    at = columns.milliseconds(now)

    async def work(tx: Tx) -> int:
        return int((await tx.run(RETRY_DEAD, now=at, limit=10_000))[0]["n"])

    return await graph.write(work)


async def _give_up(tx: Tx, pin_ns: Sequence[int], token: str) -> None:
    if pin_ns:
        rows = await tx.run(GIVE_UP, ns=sorted(set(pin_ns)), token=token)
        events = [outbox.event(Kind.PIN_FAILED, user=creator, pin=n) for n, creator in rows[0]["news"]]
        if events:
            await outbox.append_all(tx, events)


def _claims(jobs: Sequence[Job]) -> list[list[str]]:
    return [[job.id, job.token] for job in sorted(jobs, key=lambda job: job.id)]


def _job_of(row: Sequence[Any]) -> Job:
    id_, kind, pin_n, attempts, token = row
    return Job(JobId(id_), cast("JobKind", kind), PinN(pin_n), attempts, token)
