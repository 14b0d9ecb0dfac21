"""Work that waits: events without their order, jobs that were given up or are of Pins that are gone, workers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from app.doctor.finding import SUSPECTS_MAX, Case, Finding, State, finding
from graph import census, jobs, upkeep

BEAT_AGE_MS_MAX: Final = 15_000
EVENT_AGE_MS_MAX: Final = 60_000
_SETTLED_S: Final = 60.0
_POLL_S: Final = 0.5


async def examine(case: Case) -> AsyncIterator[Finding]:
    """Findings over workers, events and jobs."""
    yield await _workers(case)
    late = await census.late_events(case.graph, _now_ms(case) - EVENT_AGE_MS_MAX)
    yield finding(
        "events",
        "without their order after a minute",
        late,
        range(late),
        state=State.STALE,
        remedy="a worker does it: start one with `pinwalk serve` or `pinwalk worker`",
        fixable=False,
    )
    yield await _given_up(case)
    gone = await census.jobs_of_nothing(case.graph, SUSPECTS_MAX)
    if case.fix and gone:
        await census.forget_jobs(case.graph, gone)
    yield finding(
        "jobs",
        "of Pins that are gone",
        await census.count_jobs(case.graph),
        gone,
        state=State.EXTRA,
        remedy="forgets them",
        fixed=len(gone) if case.fix else 0,
    )


async def _workers(case: Case) -> Finding:
    beat = await upkeep.last_beat(case.graph)
    silent = beat is None or _now_ms(case) - beat > BEAT_AGE_MS_MAX
    return finding(
        "workers",
        "one that lives",
        1,
        ["none"] if silent else [],
        state=State.MISSING,
        remedy="start one with `pinwalk serve` or `pinwalk worker`",
        fixable=False,
    )


async def _given_up(case: Case) -> Finding:
    dead = await jobs.dead(case.graph, limit=SUSPECTS_MAX)
    fixed = 0
    if case.fix and dead:
        while await jobs.retry_dead(case.graph, case.now()):
            pass
        fixed = len(dead) - await _dead_again(case, len(dead))
    return finding(
        "jobs",
        "given up",
        await census.count_jobs(case.graph),
        [f"{job.kind} of Pin {job.pin_n}: {job.error}" for job in dead],
        state=State.WRONG,
        remedy="tries them again",
        fixed=fixed,
    )


async def _dead_again(case: Case, retried: int) -> int:
    """How many were given up again within a minute, or still wait."""
    waited_s, left = 0.0, retried
    with case.bar("jobs", retried) as moved:
        while left and waited_s < _SETTLED_S:
            await asyncio.sleep(_POLL_S)
            waited_s += _POLL_S
            now = min(left, await census.tried_jobs(case.graph))
            moved(left - now)
            left = now
    return left


def _now_ms(case: Case) -> int:
    return int(case.now().timestamp() * 1000)
