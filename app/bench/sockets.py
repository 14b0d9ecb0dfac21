"""`pinwalk bench sockets`: what sockets that stay open cost the API in memory, idle and with a subscription each."""

from __future__ import annotations

import asyncio
import json
import math
import secrets
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, TypeVar

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from app import hold
from app.bench import crowd
from app.bench.client import Failed, token_for
from app.bench.crowd import Person
from app.bench.report import Timings, show
from app.bench.soak import settled
from app.connect import ready_graph
from app.files import as_many_files_as_allowed
from app.settings import Settings
from app.transports.over_sockets import INIT_S_MAX, PROTOCOL, SOCKETS_MAX
from app.transports.standing import CHECK_EVERY_S
from app.watch import memory
from domain.errors import Unavailable
from graph import sessions
from graph.client import Graph

T = TypeVar("T")

QUERY: Final = "subscription { newPins { eventId pin { id title image { url } creator { username } } } }"
OPENING: Final = 20
"""Sockets that are opened at a time."""
SETTLE_S: Final = INIT_S_MAX + CHECK_EVERY_S + 5.0
"""After this a socket has been looked at once whether its caller may stay: from then on nothing about it changes."""
_TIMEOUT_S: Final = 30.0
_SAMPLES: Final = 11
_SAMPLE_EVERY_S: Final = 0.5


async def run(settings: Settings, *, url: str, sockets: int = 1_000, json_path: Path | None = None) -> None:
    """Prints by how much the resident memory of a running `pinwalk serve`'s API grew with so many open sockets.

    First they are idle after `connection_init`; then each has one `newPins` subscription as well; then they are closed.
    Each account has as many sockets as it may. Raises Unavailable when no `pinwalk serve` runs on the data folder
    or not every part becomes ready, Failed when a socket was closed meanwhile.
    """
    running = hold.running(settings.data_dir)
    if running is None:
        raise Unavailable("Nothing runs on this data folder: start `pinwalk serve` in another terminal first.")
    as_many_files_as_allowed()
    await settled(url, running.pid)
    address = url.replace("http", "ws", 1) + "/graphql"
    opening, begun = Timings("a socket opened and acknowledged"), Timings("a subscription, and a ping after it")
    async with ready_graph(settings) as graph, _tokens(settings, graph, math.ceil(sockets / SOCKETS_MAX)) as tokens:
        wanted = [tokens[i // SOCKETS_MAX] for i in range(sockets)]
        await _warm(address, wanted[:OPENING])
        before = await _held(running.pid)
        held = _Sockets(address)
        try:
            await _each(wanted, held.open, opening)
            await asyncio.sleep(SETTLE_S)
            idle = await _held(running.pid)
            await _each(held.connections, _subscribe, begun)
            await asyncio.sleep(SETTLE_S)
            subscribed = await _held(running.pid)
            held.check(sockets)
        finally:
            await held.close()
        await asyncio.sleep(SETTLE_S)
        after = await _held(running.pid)
    grew = {
        "API before (MB)": _mb(before),
        f"{sockets:,} idle sockets (MB more)": _mb(idle - before),
        f"{sockets:,} sockets with a subscription (MB more)": _mb(subscribed - before),
        "after they are closed (MB more)": _mb(after - before),
        "an idle socket (KiB)": round((idle - before) / 1024 / sockets, 1),
        "a socket with a subscription (KiB)": round((subscribed - before) / 1024 / sockets, 1),
    }
    show(f"{sockets:,} open sockets ({url})", [opening, begun], grew, json_path)


class _Sockets:
    """Sockets that were opened, each acknowledged."""

    def __init__(self, address: str) -> None:
        self._address = address
        self.connections: list[ClientConnection] = []

    async def open(self, token: str) -> None:
        """One more."""
        self.connections.append(await _opened(self._address, token))

    def check(self, count: int) -> None:
        """Raises Failed unless so many are open."""
        closed = [one for one in self.connections if one.close_code is not None]
        if closed or len(self.connections) != count:
            raise Failed(f"{len(closed)} of {count} sockets were closed: {closed[0].close_reason if closed else ''}")

    async def close(self) -> None:
        """Closes them all."""
        await asyncio.gather(*(one.close() for one in self.connections), return_exceptions=True)


@asynccontextmanager
async def _tokens(settings: Settings, graph: Graph, count: int) -> AsyncIterator[list[str]]:
    """Access tokens of so many accounts of the crowd, with sessions that live as long as the block."""
    people = await crowd.people(graph, count)
    families = [await _session(graph, one) for one in people]
    try:
        yield [token_for(settings, one.n, one.id, family) for one, family in zip(people, families, strict=True)]
    finally:
        for family in families:
            await sessions.end_family(graph, family)


async def _session(graph: Graph, person: Person) -> str:
    until = datetime.now(UTC) + timedelta(hours=1)
    return await sessions.open(graph, person.n, token_hash=secrets.token_hex(32), expires_at=until)


async def _warm(address: str, tokens: list[str]) -> None:
    """What the first sockets of a process bring with them is not theirs."""
    held = _Sockets(address)
    try:
        await _each(tokens, held.open, Timings("warm"))
        await _each(held.connections, _subscribe, Timings("warm"))
    finally:
        await held.close()


async def _each(things: Collection[T], act: Callable[[T], Awaitable[None]], timings: Timings) -> None:
    """`act` on each, some at a time. Raises what it raised first."""
    waiting = iter(tuple(things))

    async def some() -> None:
        for thing in waiting:
            began = time.perf_counter()
            await act(thing)
            timings.ms.append((time.perf_counter() - began) * 1_000)

    async with asyncio.TaskGroup() as group:
        for _ in range(OPENING):
            group.create_task(some())


async def _opened(address: str, token: str) -> ClientConnection:
    connection = await connect(
        address, subprotocols=[Subprotocol(PROTOCOL)], open_timeout=_TIMEOUT_S, close_timeout=1, compression=None
    )
    payload = {"authorization": f"Bearer {token}"}
    await connection.send(json.dumps({"type": "connection_init", "payload": payload}))
    await _told(connection, "connection_ack")
    return connection


async def _subscribe(connection: ClientConnection) -> None:
    await connection.send(json.dumps({"id": "1", "type": "subscribe", "payload": {"query": QUERY}}))
    await connection.send(json.dumps({"type": "ping"}))
    await _told(connection, "pong")


async def _told(connection: ClientConnection, kind: str) -> None:
    """Waits for a message of this kind. Raises Failed for an error or a close."""
    with suppress(ConnectionClosed):
        async with asyncio.timeout(_TIMEOUT_S):
            while (message := json.loads(await connection.recv()))["type"] not in {kind, "error"}:
                pass
            if message["type"] == kind:
                return
            raise Failed(f"a socket answered {message}")
    raise Failed(f"a socket was closed: {connection.close_code} {connection.close_reason}")


async def _held(pid: int) -> float:
    """Resident bytes of the API now, the median of some looks."""
    looks: list[int] = []
    for _ in range(_SAMPLES):
        looks.append((await asyncio.to_thread(memory.by_process, pid)).get("api", 0))
        await asyncio.sleep(_SAMPLE_EVERY_S)
    return statistics.median(looks)


def _mb(size: float) -> float:
    return round(size / (1 << 20), 1)
