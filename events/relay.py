"""Runs jobs: claims them in batches, hands each batch to its handler, and settles every job of it.

How a job is settled:

- its handler returns without naming its Pin: done;
- its handler names the Pin as failed, or raises what is not Unavailable (a bug, then each Pin is tried alone): the
  attempt counts, the next comes after a growing delay, and the last makes it a dead letter (JOB_ATTEMPTS_MAX);
- its handler raises Unavailable (a part is down or still loading): the job goes back and the attempt does not count;
  the relay pauses, 1 s at first and 5 s at most. Once the part has been away for WAIT_MAX, attempts count;
- the process dies: the lease runs out, another claim takes it, and the attempt counts.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

import structlog

from domain.calls import JOBS, Call
from domain.errors import Unavailable
from domain.ids import PinN
from graph import jobs
from graph.client import Graph

log = structlog.get_logger(__name__)

JOBS_A_CLAIM: Final = 32
WAIT_MAX: Final = timedelta(days=1)
"""How long a part may be away before the attempts that meet it count after all: a day."""

_PAUSES_S: Final = (1.0, 2.0, 5.0)
_IDLE_S: Final = 0.5


class Handler(Protocol):
    """What follows from a job of one kind. Idempotent: it reads the present state, so twice does what once does."""

    @property
    def kind(self) -> jobs.JobKind:
        """The kind of job it takes."""

    async def run(self, pins: Sequence[PinN]) -> Mapping[PinN, str]:
        """Does the work for up to 32 Pins; the ones that failed, each with why.

        Raises Unavailable when a part that it needs does not answer: nothing is lost by running it again.
        """


def utc_now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


class Relay:
    """Claims and runs the jobs of one handler. Several relays, in several processes, may run at once."""

    def __init__(self, graph: Graph, handler: Handler, *, worker: str, clock: Callable[[], datetime] = utc_now) -> None:
        self._graph = graph
        self._handler = handler
        self._worker = worker
        self._clock = clock
        self._news = asyncio.Event()
        self._away_since: datetime | None = None
        self._pauses = 0

    def wake(self) -> None:
        """Lets a relay that is idle look for jobs at once, instead of within half a second."""
        self._news.set()

    async def run(self) -> None:
        """Runs jobs until it is cancelled. Raises what the graph raises: its caller decides when to start again."""
        while True:
            if not await self.step():
                await self._idle()
            elif self._away_since is not None:
                await asyncio.sleep(_PAUSES_S[min(self._pauses, len(_PAUSES_S)) - 1])

    async def step(self) -> int:
        """Claims and settles one batch; how many jobs that were (0: none is due)."""
        claimed = await jobs.claim(self._graph, self._handler.kind, self._worker, JOBS_A_CLAIM, now=self._clock())
        if not claimed:
            return 0
        await self._run(claimed)
        return len(claimed)

    async def _run(self, batch: Sequence[jobs.Job]) -> None:
        try:
            with Call(JOBS, self._handler.kind, count=len(batch)):
                failed = await self._handler.run(list(dict.fromkeys(job.pin_n for job in batch)))
        except Unavailable as error:
            await self._put_back(batch, error)
            return
        except Exception as error:
            # The outermost loop of the work: a bug in one Pin must not stop the others.
            await self._isolate(batch, error)
            return
        self._away_since, self._pauses = None, 0
        done = [job for job in batch if job.pin_n not in failed]
        if done:
            await jobs.finish(self._graph, done)
        for pin_n, why in failed.items():
            await self._fail([job for job in batch if job.pin_n == pin_n], why)

    async def _isolate(self, batch: Sequence[jobs.Job], error: Exception) -> None:
        if len(batch) == 1:
            log.error("job_failed", kind=self._handler.kind, pin_n=batch[0].pin_n, exc_info=error)
            await self._fail(batch, repr(error))
            return
        for job in batch:
            await self._run([job])

    async def _put_back(self, batch: Sequence[jobs.Job], error: Unavailable) -> None:
        now = self._clock()
        if self._away_since is None:
            self._away_since = now
        self._pauses += 1
        log.info("jobs_waiting", kind=self._handler.kind, jobs=len(batch), reason=error.message)
        if now - self._away_since > WAIT_MAX:
            await self._fail(batch, error.message)
        else:
            await jobs.release(self._graph, batch)

    async def _fail(self, batch: Sequence[jobs.Job], why: str) -> None:
        dead = await jobs.fail(self._graph, batch, why, self._clock())
        if dead:
            log.error("jobs_dead", kind=self._handler.kind, pins=[job.pin_n for job in dead[:10]], reason=why)

    async def _idle(self) -> None:
        try:
            async with asyncio.timeout(_IDLE_S):
                await self._news.wait()
        except TimeoutError:
            return
        self._news.clear()
