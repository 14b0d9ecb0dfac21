"""Takes in what viewers do: their last acts at once, the rows to Parquet every so often."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from typing import Final

from domain.limits import EVENT_BATCH_MAX
from graph import engagement, upkeep
from graph.client import Graph
from media import parquet
from media.store import MediaStore

_TAKING_IN: Final = "engagement-taken-in"
_KEEPING: Final = "engagement-kept"
_IDLE_S: Final = 0.1
_KEEP_EVERY_S: Final = 30.0
_ROWS_AT_ONCE_MAX: Final = 50_000


async def take_in(graph: Graph) -> int:
    """How far it went through the events after those that were looked at, at most EVENT_BATCH_MAX; the acts among them
    count from now on."""
    position = await upkeep.position(graph, _TAKING_IN)
    batches, last = await engagement.after(graph, position)
    if last == position:
        return 0
    await engagement.take_in(graph, batches, now_ms=time.time_ns() // 1_000_000)
    await upkeep.reach(graph, _TAKING_IN, last)
    return last - position


async def keep(graph: Graph, store: MediaStore, turn: asyncio.Lock, *, now: datetime) -> int:
    """How many acts were added to the files of this hour: all that were not kept yet, at most some 50,000.

    In turn with what forgets the rows of deleted accounts: what is read here is theirs no more once it is written.
    """
    async with turn:
        return await _keep(graph, store, now)


async def _keep(graph: Graph, store: MediaStore, now: datetime) -> int:
    start = position = await upkeep.position(graph, _KEEPING)
    found, rows = [], 0
    while rows < _ROWS_AT_ONCE_MAX:
        batches, last = await engagement.after(graph, position)
        if last == position:
            break
        found += batches
        rows += sum(len(batch.acts) for batch in batches)
        position = last
    if found:
        await parquet.append(store, found, now=now)
    if position > start:
        await upkeep.reach(graph, _KEEPING, position)
    return rows


async def run(graph: Graph) -> None:
    """Takes in until it is cancelled: an act changes its viewer's next page within a second.

    It rests after every batch that was not full: what came meanwhile is one transaction instead of many.
    """
    while True:
        if await take_in(graph) < EVENT_BATCH_MAX:
            await asyncio.sleep(_IDLE_S)


async def run_keeping(graph: Graph, store: MediaStore, turn: asyncio.Lock) -> None:
    """Keeps the rows until it is cancelled."""
    while True:
        if await keep(graph, store, turn, now=datetime.now(UTC)) < _ROWS_AT_ONCE_MAX:
            await asyncio.sleep(_KEEP_EVERY_S)
