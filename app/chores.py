"""What one worker at a time does for all, such as filling in missing vectors: by a lease in the graph.

The worker that has the lease renews it every two seconds. When it dies another has it after the lease's ten seconds;
when it cannot renew it, it breaks off before others may begin.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, Final

import structlog

from domain.errors import Unavailable
from graph import leases
from graph.client import Graph

log = structlog.get_logger(__name__)

LEASE_MS: Final = 10_000
_RENEW_S: Final = 2.0
_SURE_S: Final = 8.0
"""So long after it was asked for the lease is surely ours still."""
_LEASE: Final = "chores"


class Chores:
    """Whether this worker does them now."""

    def __init__(self, graph: Graph, worker: str) -> None:
        self._graph = graph
        self._worker = worker
        self._mine = asyncio.Event()
        self._others = asyncio.Event()
        self._others.set()

    @property
    def mine(self) -> bool:
        """Whether this worker has the lease."""
        return self._mine.is_set()

    async def keep(self) -> None:
        """Asks for the lease and renews it until cancelled."""
        sure_until = 0.0
        try:
            while True:
                asked = time.monotonic()
                try:
                    async with asyncio.timeout(_RENEW_S):
                        held = await leases.hold(self._graph, _LEASE, self._worker, life_ms=LEASE_MS)
                except (Unavailable, TimeoutError):
                    held = time.monotonic() < sure_until
                else:
                    sure_until = asked + _SURE_S if held else 0.0
                self._become(held)
                await asyncio.sleep(_RENEW_S)
        finally:
            self._become(False)

    async def let_go(self) -> None:
        """Lets another worker have them at once."""
        with suppress(Unavailable):
            await leases.let_go(self._graph, _LEASE, self._worker)

    async def run(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Runs the work whenever it is this worker's to do, breaking it off when it no longer is. Raises what it
        raises; returns when it does."""
        while True:
            await self._mine.wait()
            working, losing = asyncio.create_task(work()), asyncio.create_task(self._others.wait())
            try:
                await asyncio.wait({working, losing}, return_when=asyncio.FIRST_COMPLETED)
                if working.done():
                    return working.result()
            finally:
                for task in (working, losing):
                    task.cancel()
                await asyncio.wait({working, losing})

    def _become(self, held: bool) -> None:
        if held != self.mine:
            log.info("chores", worker=self._worker, mine=held)
        (self._mine.set if held else self._mine.clear)()
        (self._others.clear if held else self._others.set)()
