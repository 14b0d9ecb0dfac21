"""Reads the outbox by position and hands each batch to those who asked to hear of it, in order, at least once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from domain.errors import Unavailable
from domain.events import Event
from domain.limits import EVENT_BATCH_MAX
from graph import outbox
from graph.client import Graph

log = structlog.get_logger(__name__)

Listener = Callable[[Sequence[Event]], Awaitable[None]]
"""Takes a batch in order of `seq`. May be given a batch again after it raised Unavailable."""

POLL_BUSY_S: Final = 0.02
POLL_IDLE_S: Final = 0.1
RETRY_S_MIN: Final = 0.1
RETRY_S_MAX: Final = 2.0


@dataclass(slots=True)
class _Reader:
    name: str
    listener: Listener
    position: int


class Tail:
    """Follows the outbox of the graph. One poll serves all listeners that are at the same position."""

    def __init__(self, graph: Graph, *, idle_s: float = POLL_IDLE_S) -> None:
        self._graph = graph
        self._idle_s = idle_s
        self._readers: dict[str, _Reader] = {}
        self._heard_at: float | None = None

    def add(self, name: str, listener: Listener, *, after: int) -> None:
        """From now on the listener is given every event whose `seq` is greater than `after`."""
        self._readers[name] = _Reader(name, listener, after)

    def remove(self, name: str) -> None:
        """The listener is given no further batch. An unknown name is harmless."""
        self._readers.pop(name, None)

    def position(self, name: str) -> int | None:
        """The `seq` up to which this listener has been given everything; None for an unknown one."""
        reader = self._readers.get(name)
        return reader.position if reader else None

    @property
    def silent_s(self) -> float | None:
        """Seconds since the outbox last answered; None before it first did."""
        return None if self._heard_at is None else time.monotonic() - self._heard_at

    async def run(self) -> None:
        """Polls until cancelled. An outbox or listener that is Unavailable is asked again, more slowly."""
        retry_s = RETRY_S_MIN
        while True:
            try:
                moved = await self.poll()
            except Unavailable as error:
                log.warning("tail_unavailable", error=error.message, retry_s=retry_s)
                await asyncio.sleep(retry_s)
                retry_s = min(retry_s * 2, RETRY_S_MAX)
                continue
            retry_s = RETRY_S_MIN
            await asyncio.sleep(POLL_BUSY_S if moved else self._idle_s)

    async def poll(self) -> bool:
        """Reads once and delivers; whether anything was delivered.

        A listener that raises keeps its position while the others move on; the first such error is raised at the end.
        """
        moved = False
        failed: Unavailable | None = None
        for position in sorted({reader.position for reader in self._readers.values()}):
            events = await outbox.after(self._graph, position, limit=EVENT_BATCH_MAX)
            self._heard_at = time.monotonic()
            if not events:
                continue
            for reader in [reader for reader in self._readers.values() if reader.position == position]:
                try:
                    await reader.listener(events)
                except Unavailable as error:
                    failed = failed or error
                    continue
                reader.position = events[-1].seq
                moved = True
        if failed is not None:
            raise failed
        return moved
