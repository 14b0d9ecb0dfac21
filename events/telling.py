"""Tells people what happened: notifications from events, as they get their order."""

from __future__ import annotations

import asyncio
from typing import Final

from graph import outbox, telling, upkeep
from graph.client import Graph

_IDLE_S: Final = 0.25


async def tell(graph: Graph) -> bool:
    """Whether there were events that nobody had told of; their notifications are written now."""
    events = await outbox.after(graph, await upkeep.position(graph, telling.TELLING))
    await telling.tell(graph, events)
    return bool(events)


async def run(graph: Graph) -> None:
    """Tells until it is cancelled. How far it has come is kept in the graph, with what was told."""
    while True:
        if not await tell(graph):
            await asyncio.sleep(_IDLE_S)
