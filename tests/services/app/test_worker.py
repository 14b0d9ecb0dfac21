"""The worker as a process of its own, with real servers: what it owes to Pins, also when it is killed."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from app.children import Child
from app.connect import open_pictures
from app.settings import Settings
from app.spaces import MilvusSpaces
from app.transfer.folder import uploaded
from app.vector_server import milvus_options
from domain.errors import Unavailable
from domain.events import Kind
from domain.ids import SIGNED_OUT, BoardN, PinN, UserN
from domain.limits import JOB_ATTEMPTS_MAX
from domain.model import PinStatus
from events.handlers.embed import Embed
from events.relay import Relay
from graph import boards, imports, jobs, outbox, pin_writes, pins, upkeep, users
from graph import pictures as graph_pictures
from graph.client import Graph
from graph.imports import ImportPin, ImportSave
from tests.services.app.conftest import jpeg
from vectors.milvus import MilvusIndex
from vectors.remote import RemoteEmbedder

Start = Callable[[], Child]


async def until(question: Callable[[], Awaitable[bool]], within_s: float = 120.0) -> float:
    """Seconds until the question was answered with yes; fails when it is not in time."""
    started = time.monotonic()
    while True:
        with suppress(Unavailable):  # A busy machine: ask again.
            if await question():
                return time.monotonic() - started
        assert time.monotonic() - started < within_s, "it did not happen in time"
        await asyncio.sleep(0.02)


async def a_board(graph: Graph) -> tuple[UserN, BoardN]:
    name = f"u{secrets.token_hex(6)}"
    user = await users.create(
        graph,
        username=name,
        email=f"{name}@example.org",
        display_name=name,
        password_hash="!",
        now=datetime.now(UTC),
    )
    board = await boards.create(graph, owner=user.n, title="A board")
    return user.n, board.n


async def made(place: Settings, graph: Graph, by: UserN, board_n: BoardN, count: int = 1) -> list[PinN]:
    async with open_pictures(place) as (pictures, _):
        ns = []
        for _ in range(count):
            decoded = await pictures.take(jpeg(secrets.randbits(60)))
            new = pin_writes.NewPin(board_n=board_n, title="A picture", picture=uploaded(decoded))
            ns.append(await pin_writes.create(graph, new, by=by))
        return ns


async def are(graph: Graph, ns: Sequence[PinN], status: PinStatus) -> bool:
    return all(pin.status is status for pin in await pins.by_ns(graph, SIGNED_OUT, ns))


async def look(place: Settings) -> MilvusIndex:
    options = replace(milvus_options(place), consistency="Strong")
    return MilvusIndex.follow(place.vectors_uri or "", kind="look", token=place.vectors_token, options=options)


async def indexed(index: MilvusIndex, ns: Sequence[PinN]) -> bool:
    return set(await index.fetch(ns)) == set(ns)


async def ready_events(graph: Graph, ns: Sequence[PinN]) -> list[PinN]:
    found: list[PinN] = []
    seq = 0
    while events := await outbox.after(graph, seq):
        found += [e.pin for e in events if e.kind is Kind.PIN_READY and e.pin in ns and e.pin is not None]
        seq = events[-1].seq
    return found


async def test_a_pin_becomes_ready_with_vector_and_renditions(
    place: Settings, place_graph: Graph, start_worker: Start
) -> None:
    by, board_n = await a_board(place_graph)
    start_worker()
    first = await made(place, place_graph, by, board_n)
    await until(lambda: are(place_graph, first, PinStatus.READY))  # The process is up and its models are known.

    (n,) = await made(place, place_graph, by, board_n)
    await until(lambda: are(place_graph, [n], PinStatus.READY))

    index = await look(place)
    assert set(await index.fetch([n])) == {n}
    await index.close()

    async def rendered() -> bool:
        picture = (await graph_pictures.of_pins(place_graph, [n]))[n]
        return {r.name for r in picture.renditions if r.bytes} >= {"236", "564", "1200", "full"}

    await until(rendered)
    assert await upkeep.last_beat(place_graph) is not None


async def test_a_worker_shows_what_it_has_done(place: Settings, place_graph: Graph, start_worker: Start) -> None:
    by, board_n = await a_board(place_graph)
    start_worker()
    ns = await made(place, place_graph, by, board_n)
    await until(lambda: are(place_graph, ns, PinStatus.READY))

    async def shown() -> bool:
        async with httpx.AsyncClient(timeout=10) as http:
            page = (await http.get(f"http://127.0.0.1:{place.worker_port}/metrics")).text
        values = dict(line.rpartition(" ")[::2] for line in page.splitlines() if not line.startswith("#"))
        jobs_run = float(values.get('pinwalk_jobs_run_total{kind="embed"}', 0))
        upserts = float(values.get('pinwalk_call_seconds_count{call="upsert",part="vectors"}', 0))
        return jobs_run >= 1 and upserts >= 1

    await until(shown)


@pytest.mark.timeout(600)
async def test_killing_the_worker_again_and_again_loses_nothing(
    place: Settings, place_graph: Graph, start_worker: Start
) -> None:
    by, board_n = await a_board(place_graph)
    ns = await made(place, place_graph, by, board_n, 48)

    for ready in (1, 17, 33):  # Killed in the middle of its batches, each time a little later.
        worker = start_worker()
        await until(lambda ready=ready: some_ready(place_graph, ns, ready))
        os.killpg(worker.process.pid, signal.SIGKILL)
        worker.process.wait(5)
    start_worker()
    # What the dead ones held comes back when its lease has run out.
    await until(lambda: are(place_graph, ns, PinStatus.READY), 240.0)

    async def announced() -> bool:
        return len(await ready_events(place_graph, ns)) >= len(ns)

    await until(announced)
    assert sorted(await ready_events(place_graph, ns)) == sorted(ns)
    index = await look(place)
    await until(lambda: indexed(index, ns))
    await index.close()
    assert [dead for dead in await jobs.dead(place_graph) if dead.pin_n in ns] == []


async def some_ready(graph: Graph, ns: Sequence[PinN], count: int) -> bool:
    found = await pins.by_ns(graph, SIGNED_OUT, ns)
    return sum(pin.status is PinStatus.READY for pin in found) >= count


async def test_imported_pins_are_filled_in_quietly(place: Settings, place_graph: Graph, start_worker: Start) -> None:
    by, board_n = await a_board(place_graph)
    async with open_pictures(place) as (pictures, _):
        rows = [
            ImportPin(
                ext=f"quiet:{secrets.token_hex(8)}",
                creator_n=by,
                title="Imported",
                picture=uploaded(await pictures.take(jpeg(secrets.randbits(60)))),
            )
            for _ in range(5)
        ]
    ns = list((await imports.pins(place_graph, rows)).values())
    await imports.saves(place_graph, [ImportSave(board_n=board_n, pin_n=n) for n in ns])
    start_worker()

    await until(lambda: are(place_graph, ns, PinStatus.READY))

    index = await look(place)
    await until(lambda: indexed(index, ns))
    await index.close()
    assert await ready_events(place_graph, ns) == []


async def test_a_deleted_pin_leaves_the_index(place: Settings, place_graph: Graph, start_worker: Start) -> None:
    by, board_n = await a_board(place_graph)
    start_worker()
    (n,) = await made(place, place_graph, by, board_n)
    await until(lambda: are(place_graph, [n], PinStatus.READY))

    await pin_writes.delete(place_graph, by, n)

    index = await look(place)

    async def gone() -> bool:
        return not await index.fetch([n])

    await until(gone)
    await index.close()


async def test_a_pin_whose_picture_is_lost_is_failed_and_shown_all_the_same(
    place: Settings, place_graph: Graph
) -> None:
    by, board_n = await a_board(place_graph)
    (n,) = await made(place, place_graph, by, board_n)
    picture = (await graph_pictures.of_pins(place_graph, [n]))[n]
    embedder = RemoteEmbedder(place.embedder_url or "")
    spaces = MilvusSpaces(place, embedder, place_graph)
    now = [datetime.now(UTC)]
    while (await outbox.sequence_once(place_graph)).events:
        pass

    async with open_pictures(place) as (pictures, _):
        await pictures.delete(picture.sha256)
        relay = Relay(place_graph, Embed(place_graph, pictures, embedder, spaces), worker="test", clock=lambda: now[0])
        for _ in range(JOB_ATTEMPTS_MAX):
            now[0] += timedelta(minutes=2)
            await relay.step()

    assert await are(place_graph, [n], PinStatus.FAILED)
    assert [pin.n for pin in await pins.by_ns(place_graph, SIGNED_OUT, [n])] == [n]
    assert [dead.kind for dead in await jobs.dead(place_graph) if dead.pin_n == n] == ["embed"]
    await spaces.close()
    await embedder.close()
