"""The worker process: gives events their order, runs jobs, fills in vectors that are missing, sweeps, says it lives."""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
import time
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

import psutil
import structlog

from app import learning, secret_files, stores, sweep
from app.backfill import Backfill
from app.chores import Chores
from app.connect import open_graph, open_pictures
from app.settings import Settings
from app.spaces import MilvusSpaces
from app.watch import page
from app.watch.metrics import Metrics
from domain.calls import watched
from domain.errors import Unavailable
from domain.events import Event, Kind
from events import engagement, leaving, telling
from events.exports import Exports
from events.handlers.embed import Embed
from events.handlers.render import Render
from events.relay import Relay
from events.webhooks import Webhooks
from graph import outbox, pin_writes, trash, upkeep
from graph.client import Graph
from internet.client import Internet
from internet.signing import Hooks
from media.pictures import Pictures
from vectors.remote import RemoteEmbedder

log = structlog.get_logger(__name__)

Work = Callable[[], Coroutine[Any, Any, None]]
SILENT_MS_MAX: Final = 20_000
_WATCH_S: Final = 2.0
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
        metrics = Metrics("worker")
        stack.enter_context(watched(metrics))
        opened = await open_graph(settings, within_s=settings.start_timeout_s)
        stack.push_async_callback(opened.close)
        graph = opened.patient(_PATIENCE_S)
        pictures, _ = await stack.enter_async_context(open_pictures(settings, within_s=settings.start_timeout_s))
        store = await stack.enter_async_context(stores.open_store(settings))
        embedder = RemoteEmbedder(
            settings.embedder_url or "http://127.0.0.1:8090", timeout_s=settings.embedder_timeout_s
        )
        stack.push_async_callback(embedder.close)
        spaces = MilvusSpaces(settings, embedder, graph)
        stack.push_async_callback(spaces.close)
        # The last part: a container's process has the same number again when it is started anew.
        name = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(3)}"
        embed = Embed(graph, pictures, embedder, spaces)
        relays = [Relay(graph, embed, worker=name), Relay(graph, Render(graph, pictures), worker=name)]
        chores = Chores(graph, name)
        internet = Internet(private=settings.private_addresses == "allowed")
        webhooks = Webhooks(graph, internet, Hooks(secret_files.hook_key(settings)))
        stack.push_async_callback(chores.let_go)
        # Every worker does these: jobs are leased, and of two sequencers the second waits for the first.
        parts: list[tuple[str, Work]] = [
            ("sequencer", lambda: sequence(graph, relays)),
            *(("relay", relay.run) for relay in relays),
            ("watch", lambda: watch_workers(graph, relays, name)),
            ("webhooks", webhooks.run),
            ("beat", lambda: _beat(graph, name, spaces)),
            ("chores", chores.keep),
        ]
        # One at a time does these.
        backfill = Backfill(graph, embed, spaces)
        files = asyncio.Lock()  # Whose turn it is at the files of engagement, which are read and written whole.
        for part, work in (
            ("backfill", backfill.run),
            ("engagement", lambda: engagement.run(graph)),
            ("engagement_files", lambda: engagement.run_keeping(graph, store, files)),
            ("leaving", lambda: leaving.run(graph, store, files)),
            ("exports", Exports(graph, store, pictures).run),
            ("telling", lambda: telling.run(graph)),
            ("forget", lambda: forget_deleted(graph, embed)),
            ("sweep", lambda: _sweep(graph, pictures)),
            (
                "learning",
                lambda: learning.keep(graph, store, settings.walk_dir, settings.train_every_s, settings.ease_pins),
            ),
        ):
            parts.append((part, partial(chores.run, work)))
        log.info("worker_started", worker=name)
        async with asyncio.TaskGroup() as group:
            for part, work in parts:
                group.create_task(_for_ever(part, work))
            if settings.worker_port is not None:
                group.create_task(page.show(metrics, host=settings.worker_host, port=settings.worker_port))


async def take_over(graph: Graph, own: str) -> int:
    """How many jobs became due at once that dead workers held, instead of when their leases run out.

    A worker of this machine is dead when its process is gone, any other when it has been silent for SILENT_MS_MAX.
    `own` is the name of the worker that asks.
    """
    now_ms, taken = time.time_ns() // 1_000_000, 0
    for worker, silent_ms in (await upkeep.holders(graph, now_ms)).items():
        if worker != own and (_gone(worker) or (silent_ms is not None and silent_ms > SILENT_MS_MAX)):
            jobs = await upkeep.take_back(graph, worker, now_ms)
            log.info("jobs_taken_over", worker=worker, jobs=jobs)
            taken += jobs
    return taken


def _gone(worker: str) -> bool:
    """Whether this was a worker of this machine whose process is no more."""
    host, pid, _ = worker.rsplit(":", 2) if worker.count(":") >= 2 else ("", "", "")
    if host != socket.gethostname() or not pid.isdigit():
        return False
    return int(pid) == os.getpid() or not psutil.pid_exists(int(pid))


async def watch_workers(graph: Graph, relays: Sequence[Relay], own: str) -> None:
    """Takes over what workers held that died, until it is cancelled."""
    while True:
        if await take_over(graph, own):
            for relay in relays:
                relay.wake()
        await asyncio.sleep(_WATCH_S)


async def sequence(graph: Graph, relays: Sequence[Relay]) -> None:
    """Gives new events their order until it is cancelled, and wakes the relays for the jobs that come of them."""
    while True:
        found = await outbox.sequence_once(graph)
        if found.jobs:
            for relay in relays:
                relay.wake()
        await asyncio.sleep(_BUSY_S if found.events else _IDLE_S)


async def forget_deleted(graph: Graph, embed: Embed) -> None:
    """Takes deleted Pins off what they were just being saved to, and out of the indexes, until it is cancelled.

    How far it has come is kept in the graph.
    """
    position = await upkeep.position(graph, _FORGETTING)
    while True:
        events = await outbox.after(graph, position)
        deleted = [event.pin for event in events if event.kind is Kind.PIN_DELETED and event.pin is not None]
        for event in events:
            await _finish(graph, event)
        if deleted:
            await embed.run(deleted)
        if events:
            position = events[-1].seq
            await upkeep.reach(graph, _FORGETTING, position)
        await asyncio.sleep(_FORGET_S)


async def _finish(graph: Graph, event: Event) -> None:
    """What a deletion or a restoration left for later: large boards, and what came between."""
    if event.kind is Kind.PIN_DELETED and event.pin is not None:
        await pin_writes.take_off_rest(graph, event.pin)
    elif event.user is not None and event.board is not None:
        if event.kind is Kind.BOARD_DELETED:
            await trash.trash_orphans(graph, event.user, event.board)
        elif event.kind is Kind.BOARD_RESTORED:
            await trash.fill(graph, event.user, event.board)


async def _beat(graph: Graph, name: str, spaces: MilvusSpaces) -> None:
    while True:
        await upkeep.beat(graph, name, image=spaces.image_label, text=spaces.text_label)
        await asyncio.sleep(_BEAT_S)


async def _sweep(graph: Graph, pictures: Pictures) -> None:
    while True:
        await asyncio.sleep(_SWEEP_S)
        await sweep.sweep(graph, pictures, datetime.now(UTC))


async def _for_ever(part: str, work: Work) -> None:
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
