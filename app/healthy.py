"""`pinwalk healthy ROLE`: whether the process of this role on this machine does its work, for health checks."""

from __future__ import annotations

import socket
import time
from dataclasses import replace

from app import parts
from app.connect import open_graph
from app.health import BEAT_AGE_MS_MAX
from app.settings import Settings
from domain.errors import Unavailable
from graph import upkeep

GRAPH_WAIT_S = 2.0


async def api(settings: Settings) -> str | None:
    """What is wrong with the API of this machine: None when it answers and has the graph."""
    status, _ = parts.get(f"{parts.local_url(settings)}/readyz")
    return None if status == 200 else _answered(status)


async def embedder(settings: Settings) -> str | None:
    """What is wrong with the embedder of this machine: None when it answers."""
    listens = replace(settings, host=settings.embedder_host, port=settings.embedder_listens)
    status, _ = parts.get(f"{parts.local_url(listens)}/healthz")
    return None if status == 200 else _answered(status)


async def worker(settings: Settings) -> str | None:
    """What is wrong with the workers of this machine: None when one of them was at work a few seconds ago."""
    try:
        graph = await open_graph(replace(settings, graph_pool_size=2), within_s=GRAPH_WAIT_S)
    except Unavailable as error:
        return error.message
    try:
        at = await upkeep.last_beat(graph, host=socket.gethostname())
    except Unavailable as error:
        return error.message
    finally:
        await graph.close()
    if at is None:
        return "no worker of this machine has ever been at work"
    age_ms = time.time_ns() // 1_000_000 - at
    return None if age_ms <= BEAT_AGE_MS_MAX else f"no worker of this machine has been at work for {age_ms // 1000} s"


def _answered(status: int) -> str:
    return f"it answers {status}" if status else "it does not answer"
