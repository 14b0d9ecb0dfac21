"""Tells people what happened: notifications from events, as they get their order."""

from __future__ import annotations

import asyncio
from typing import Final

from domain.limits import EVENT_BATCH_MAX
from graph import outbox, telling, upkeep
from graph.client import Graph

_IDLE_S: Final = 0.25


async def tell(graph: Graph) -> int:
    """How many events there were that nobody had told of, at most EVENT_BATCH_MAX: their notifications are written."""
    events = await outbox.after(graph, await upkeep.position(graph, telling.TELLING))
    await telling.tell(graph, events)
    return len(events)


async def run(graph: Graph) -> None:
    """Tells until it is cancelled. How far it has come is kept in the graph, with what was told."""
    while True:
        if await tell(graph) < EVENT_BATCH_MAX:
            await asyncio.sleep(_IDLE_S)
