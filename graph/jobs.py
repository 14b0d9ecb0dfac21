"""Jobs: claimed by one worker at a time, retried with backoff, kept as dead letters."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from domain.ids import JobId, PinN
from graph.client import Graph

JobKind = Literal["render", "embed"]


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
    raise NotImplementedError


async def claim(graph: Graph, kind: JobKind, worker: str, limit: int, *, now: datetime | None = None) -> list[Job]:
    """At most `limit` due jobs, leased to this worker for JOB_LEASE_MS; nobody else gets them before that."""
    raise NotImplementedError


async def finish(graph: Graph, jobs: Sequence[Job]) -> int:
    """Removes the finished jobs whose claim still stands; how many."""
    raise NotImplementedError


async def fail(graph: Graph, jobs: Sequence[Job], error: str, now: datetime | None = None) -> list[Job]:
    """Puts the jobs back with backoff; after JOB_ATTEMPTS_MAX a job is dead: those are returned.

    The death of an embed job makes its Pin FAILED, with PIN_FAILED, in the same transaction.
    """
    raise NotImplementedError


async def release(graph: Graph, jobs: Sequence[Job]) -> None:
    """Gives claimed jobs back at once without counting the attempt: the part they need was down."""
    raise NotImplementedError


async def counts(graph: Graph) -> dict[str, int]:
    """How many jobs there are as "<kind>.ready", "<kind>.dead"."""
    raise NotImplementedError


async def dead(graph: Graph, limit: int = 100) -> list[DeadJob]:
    """The jobs that were given up."""
    raise NotImplementedError


async def retry_dead(graph: Graph, now: datetime | None = None) -> int:
    """Makes dead jobs due again; how many."""
    raise NotImplementedError
