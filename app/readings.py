"""What the API's metrics read at the moment somebody looks: the parts, the walk, the queues, the memory."""

from __future__ import annotations

import asyncio
import math
import os
import time
from typing import Final

from app import hold
from app.health import Readiness
from app.keeping import OFF, READY
from app.resources import Resources
from app.transports.runner import Runner
from app.watch import memory
from app.watch.metrics import Metrics
from domain.errors import Unavailable
from graph import jobs, outbox, upkeep

KEPT_S: Final = 2.0
UNKNOWN: Final = math.nan


class Readings:
    """Brings the gauges of an API process up to date: at most every two seconds, however often it is asked."""

    def __init__(self, metrics: Metrics, resources: Resources, readiness: Readiness, runner: Runner) -> None:
        self._metrics = metrics
        self._resources = resources
        self._readiness = readiness
        self._read_at = -KEPT_S
        self._reading = asyncio.Lock()
        metrics.caches(lambda: {**resources.feeds.caches, "documents": runner.documents})

    async def refresh(self) -> None:
        """What cannot be read at present is shown as NaN, or left out where it has labels."""
        async with self._reading:
            if time.monotonic() - self._read_at < KEPT_S:
                return
            parts = await self._readiness.report()
            self._metrics.set_all(
                "pinwalk_part_ready", {(name,): part.state in {READY, OFF} for name, part in parts.items()}
            )
            self._metrics.set("pinwalk_subscriptions", self._resources.bus.open_subscriptions)
            await self._walk()
            await self._queues()
            held = await asyncio.to_thread(memory.by_process, self._topmost())
            self._metrics.set_all("pinwalk_memory_bytes", {(name,): size for name, size in held.items()})
            self._read_at = time.monotonic()

    def _topmost(self) -> int:
        """The `pinwalk serve` that started this process, or this process."""
        running = hold.running(self._resources.settings.data_dir)
        return running.pid if running is not None and running.pid == os.getppid() else os.getpid()

    async def _walk(self) -> None:
        events = seconds = waiting = waiting_s = saves = UNKNOWN
        try:
            saves = self._resources.walk.saves
            position = self._resources.tail.position("walk") or 0
            behind = await outbox.behind(self._resources.graph, position)
        except Unavailable:
            pass
        else:
            events, waiting = behind.events + behind.waiting, behind.waiting
            ages = [_age_s(since) for since in (behind.since_ms, behind.waiting_since_ms)]
            seconds, waiting_s = max(ages), ages[1]
        self._metrics.set("pinwalk_walk_saves", saves)
        self._metrics.set("pinwalk_walk_behind_events", events)
        self._metrics.set("pinwalk_walk_behind_seconds", seconds)
        self._metrics.set("pinwalk_events_waiting", waiting)
        self._metrics.set("pinwalk_event_age_seconds", waiting_s)

    async def _queues(self) -> None:
        counts: dict[tuple[str, ...], float] = {}
        ages: dict[tuple[str, ...], float] = {}
        silent_s = UNKNOWN
        try:
            found = await jobs.queues(self._resources.graph, _now_ms())
            last_beat = await upkeep.last_beat(self._resources.graph)
            silent_s = math.inf if last_beat is None else _age_s(last_beat)  # None: no worker has ever run.
        except Unavailable:
            pass
        else:
            counts = {(kind, state): 0 for kind in jobs.KINDS for state in jobs.STATES}
            ages = {(kind,): 0.0 for kind in jobs.KINDS}
            for queue in found:
                counts[queue.kind, queue.state] = queue.jobs
                if queue.state == "due":
                    ages[queue.kind,] = _age_s(queue.since_ms)
        self._metrics.set_all("pinwalk_jobs", counts)
        self._metrics.set_all("pinwalk_job_age_seconds", ages)
        self._metrics.set("pinwalk_worker_silent_seconds", silent_s)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _age_s(since_ms: int | None) -> float:
    return 0.0 if since_ms is None else max(0.0, (_now_ms() - since_ms) / 1000)
