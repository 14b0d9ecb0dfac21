"""What carries a write to what follows it, on a server that is reached by routing."""

from __future__ import annotations

import asyncio
import base64
import secrets
from collections.abc import AsyncIterator

import pytest

from domain.errors import Unavailable
from graph import bookmarks
from graph.client import Graph, Tx

COUNT = "MATCH (t:Trial {name: $name}) RETURN count(t) AS n"


@pytest.fixture
async def two(graph_address: tuple[str, str, str], graph: Graph) -> AsyncIterator[tuple[Graph, Graph]]:
    """The doors of two processes, by routing."""
    uri, user, password = graph_address
    routed = uri.replace("bolt", "neo4j", 1)
    one, other = await Graph.open(routed, user, password), await Graph.open(routed, user, password)
    yield one, other
    await one.close()
    await other.close()


async def trial(graph: Graph, name: str) -> None:
    async def work(tx: Tx) -> None:
        await tx.run("CREATE (:Trial {name: $name})", name=name)

    await graph.write(work)


async def written(graph: Graph, name: str) -> str:
    """The bookmark of a write."""
    with bookmarks.following(()) as chain:
        await trial(graph, name)
    [bookmark] = chain.writes
    return bookmark


def later(bookmark: str, by: int) -> str:
    """The bookmark that a server gives so many transactions later.

    After its prefix it is base64 of a packed list: the database's 16 bytes, the transaction's number, an empty list.
    """
    prefix, _, packed = bookmark.partition(":")
    data = base64.b64decode(packed)
    number = int.from_bytes(data[20:-1], "big") + by
    assert data[19] in (0xC9, 0xCA), data.hex()  # A number of two bytes, or of four.
    return f"{prefix}:{base64.b64encode(data[:19] + bytes([0xCA]) + number.to_bytes(4, 'big') + data[-1:]).decode()}"


async def test_a_write_leaves_a_bookmark_with_the_operation_that_made_it(two: tuple[Graph, Graph]) -> None:
    one, _ = two
    assert one.routed

    with bookmarks.following(()) as chain:
        await asyncio.gather(*(trial(one, "several") for _ in range(3)))
    assert 1 <= len(chain.writes) <= 3
    with bookmarks.following(()) as reading:
        await one.read(COUNT, name="several")
    assert not reading.writes


async def test_one_server_needs_none(graph_address: tuple[str, str, str]) -> None:
    uri, user, password = graph_address
    graph = await Graph.open(uri.replace("neo4j", "bolt", 1), user, password)

    with bookmarks.following(()) as chain:
        await trial(graph, "one server")

    assert not graph.routed
    assert not chain.writes
    await graph.close()


async def test_a_read_in_the_other_process_waits_for_what_it_follows(two: tuple[Graph, Graph]) -> None:
    one, other = two
    name = secrets.token_hex(8)
    ahead = later(await written(one, name), 30)

    with bookmarks.following([ahead]):
        with pytest.raises(Unavailable):  # As on a server that is behind: it says so, and does not answer from before.
            await other.read(COUNT, name=name, timeout_s=0.5)
        waiting = asyncio.create_task(other.read(COUNT, name=name, timeout_s=60))
    for _ in range(30):
        await trial(one, name)

    [row] = await waiting
    assert row["n"] >= 25  # Others write too; what came before the bookmark is there.


async def test_bookmarks_of_a_database_that_is_no_more_are_forgotten(two: tuple[Graph, Graph]) -> None:
    one, other = two
    name = secrets.token_hex(8)
    prefix, _, packed = (await written(one, name)).partition(":")
    data = base64.b64decode(packed)
    elsewhere = f"{prefix}:{base64.b64encode(data[:3] + secrets.token_bytes(16) + data[19:]).decode()}"

    with bookmarks.following([elsewhere, "nonsense"]):
        [row] = await other.read(COUNT, name=name)
        await trial(other, name)

    assert row["n"] == 1


async def test_a_read_that_writes_is_refused(two: tuple[Graph, Graph], graph: Graph) -> None:
    for each in (*two, graph):
        with pytest.raises(Exception, match="access mode"):
            await each.read("CREATE (:Trial)")
