"""The worker process: gives events their order, runs jobs, fills in vectors that are missing, sweeps, says it lives."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Final

import psutil
import structlog

from app import sweep
from app.backfill import Backfill
from app.connect import open_graph, open_pictures
from app.settings import Settings
from app.spaces import MilvusSpaces
from domain.errors import Unavailable
from domain.events import Kind
from events.handlers.embed import Embed
from events.handlers.render import Render
from events.relay import Relay
from graph import outbox, upkeep
from graph.client import Graph
from media.pictures import Pictures
from vectors.remote import RemoteEmbedder

log = structlog.get_logger(__name__)

_BUSY_S: Final = 0.02
_IDLE_S: Final = 0.1
_PATIENCE_S: Final = 10.0  # Nobody waits for the worker: a busy graph is no reason to begin anew.
_BEAT_S: Final = 2.0
_FORGET_S: Final = 1.0
_FORGETTING: Final = "forgetting"
_SWEEP_S: Final = 600.0
_AGAIN_S: Final = (0.2, 0.5, 1.0, 2.0, 5.0)


async def run(settings: Settings) -> None:
    """Works until it is cancelled (SIGTERM and SIGINT are the caller's to turn into that).

    Needs the graph at the start (waits for it, bounded); the embedder and Milvus may come, go and return meanwhile.
    """
    async with AsyncExitStack() as stack:
        opened = await open_graph(settings, within_s=settings.start_timeout_s)
        stack.push_async_callback(opened.close)
        graph = opened.patient(_PATIENCE_S)
        pictures, _ = await stack.enter_async_context(open_pictures(settings, within_s=settings.start_timeout_s))
        embedder = RemoteEmbedder(
            settings.embedder_url or "http://127.0.0.1:8090", timeout_s=settings.embedder_timeout_s
        )
        stack.push_async_callback(embedder.close)
        spaces = MilvusSpaces(settings, embedder)
        stack.push_async_callback(spaces.close)
        name = f"{socket.gethostname()}:{os.getpid()}"
        embed = Embed(graph, pictures, embedder, spaces)
        relays = [Relay(graph, embed, worker=name), Relay(graph, Render(graph, pictures), worker=name)]
        await take_over(graph)
        log.info("worker_started", worker=name)
        async with asyncio.TaskGroup() as group:
            group.create_task(_for_ever("sequencer", lambda: sequence(graph, relays)))
            for relay in relays:
                group.create_task(_for_ever("relay", relay.run))
            group.create_task(_for_ever("backfill", Backfill(graph, embed, spaces).run))
            group.create_task(_for_ever("forget", lambda: forget_deleted(graph, embed)))
            group.create_task(_for_ever("beat", lambda: _beat(graph, name, spaces)))
            group.create_task(_for_ever("sweep", lambda: _sweep(graph, pictures)))


async def take_over(graph: Graph) -> None:
    """Makes due at once what workers of this machine held that are no more, instead of when their leases run out."""
    now_ms = time.time_ns() // 1_000_000
    for worker in await upkeep.holders(graph, now_ms):
        host, _, pid = worker.rpartition(":")
        if host == socket.gethostname() and pid.isdigit() and not psutil.pid_exists(int(pid)):
            jobs = await upkeep.take_back(graph, worker, now_ms)
            log.info("jobs_taken_over", worker=worker, jobs=jobs)


async def sequence(graph: Graph, relays: Sequence[Relay]) -> None:
    """Gives new events their order until it is cancelled, and wakes the relays for the jobs that come of them."""
    while True:
        found = await outbox.sequence_once(graph)
        if found:
            for relay in relays:
                relay.wake()
        await asyncio.sleep(_BUSY_S if found else _IDLE_S)


async def forget_deleted(graph: Graph, embed: Embed) -> None:
    """Takes deleted Pins out of the indexes until it is cancelled. How far it has come is kept in the graph."""
    position = await upkeep.position(graph, _FORGETTING)
    while True:
        events = await outbox.after(graph, position)
        deleted = [event.pin for event in events if event.kind is Kind.PIN_DELETED and event.pin is not None]
        if deleted:
            await embed.run(deleted)
        if events:
            position = events[-1].seq
            await upkeep.reach(graph, _FORGETTING, position)
        await asyncio.sleep(_FORGET_S)


async def _beat(graph: Graph, name: str, spaces: MilvusSpaces) -> None:
    while True:
        await upkeep.beat(graph, name, time.time_ns() // 1_000_000, image=spaces.image_label, text=spaces.text_label)
        await asyncio.sleep(_BEAT_S)


async def _sweep(graph: Graph, pictures: Pictures) -> None:
    while True:
        await asyncio.sleep(_SWEEP_S)
        await sweep.sweep(graph, pictures, datetime.now(UTC))


async def _for_ever(part: str, work: Callable[[], Awaitable[None]]) -> None:
    """Runs a part of the worker again whenever it stops: at once after success, ever later after failures in a row."""
    failures = 0
    while True:
        started = time.monotonic()
        try:
            await work()
        except Unavailable as error:
            log.warning("part_waiting", part=part, reason=error.message)
        except Exception:
            # The outermost loop: a bug in one part must not stop the others, nor this one for good.
            log.exception("part_failed", part=part)
        failures = 0 if time.monotonic() - started > 60 else failures + 1
        await asyncio.sleep(_AGAIN_S[min(failures, len(_AGAIN_S) - 1)])
