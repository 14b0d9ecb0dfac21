"""Of several that want a lease one has it, until it lets go or its time is over."""

from __future__ import annotations

import asyncio
import secrets

import pytest

from graph import leases
from graph.client import Graph


@pytest.fixture
def name() -> str:
    return f"lease-{secrets.token_hex(6)}"


async def test_of_many_at_once_one_has_it(graph: Graph, name: str) -> None:
    held = await asyncio.gather(*(leases.hold(graph, name, f"worker {i}", life_ms=60_000) for i in range(16)))

    assert sum(held) == 1


async def test_who_has_it_keeps_it_and_lets_go_of_it(graph: Graph, name: str) -> None:
    assert await leases.hold(graph, name, "ana", life_ms=60_000)
    assert await leases.hold(graph, name, "ana", life_ms=60_000)
    assert not await leases.hold(graph, name, "bea", life_ms=60_000)

    await leases.let_go(graph, name, "bea")
    assert not await leases.hold(graph, name, "bea", life_ms=60_000)
    await leases.let_go(graph, name, "ana")
    assert await leases.hold(graph, name, "bea", life_ms=60_000)


async def test_a_dead_holders_lease_runs_out(graph: Graph, name: str) -> None:
    assert await leases.hold(graph, name, "dead", life_ms=200)

    async with asyncio.timeout(30):
        while not await leases.hold(graph, name, "alive", life_ms=60_000):  # noqa: ASYNC110  The graph has the clock.
            await asyncio.sleep(0.05)

    assert not await leases.hold(graph, name, "dead", life_ms=200)
