import asyncio

import pytest
from neo4j import AsyncSession, AsyncTransaction
from neo4j.exceptions import CypherSyntaxError

from domain.errors import NotFound, Taken, Unavailable
from graph.client import Graph, Tx, count_statements

SLOW = "UNWIND range(1, 1000000000) AS n RETURN sum(n) AS s"


async def test_a_read_gives_rows_by_column(graph: Graph) -> None:
    assert await graph.read("UNWIND [1, 2] AS n RETURN n, n * 2 AS twice") == [
        {"n": 1, "twice": 2},
        {"n": 2, "twice": 4},
    ]
    assert await graph.one("UNWIND [] AS n RETURN n") is None


async def test_statements_are_counted_across_tasks(graph: Graph) -> None:
    async def work(tx: Tx) -> None:
        await tx.run("RETURN 1 AS one")
        await tx.run("RETURN 1 AS one")

    with count_statements() as count:
        await asyncio.gather(graph.read("RETURN 1 AS one"), graph.write(work))

    assert count.n == 3
    await graph.read("RETURN 1 AS one")
    assert count.n == 3


async def test_a_slow_read_is_unavailable(graph: Graph) -> None:
    with pytest.raises(Unavailable):
        await graph.read("UNWIND range(1, 1000000000) AS n RETURN sum(n) AS s", timeout_s=0.3)

    assert await graph.ready()


async def test_a_cancellation_that_nobody_asked_for_is_unavailable(
    graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lost(*_: object, **__: object) -> None:
        raise asyncio.CancelledError

    async def work(tx: Tx) -> None:
        await tx.run("RETURN 1 AS one")

    monkeypatch.setattr(AsyncSession, "run", lost)
    monkeypatch.setattr(AsyncTransaction, "run", lost)
    for asked in (graph.read("RETURN 1 AS one"), graph.command("RETURN 1 AS one"), graph.write(work)):
        with pytest.raises(Unavailable, match="lost"):
            await asked
    monkeypatch.undo()

    assert await graph.ready()


async def test_who_cancels_a_statement_finds_it_cancelled(graph: Graph) -> None:
    async def work(tx: Tx) -> None:
        await tx.run(SLOW)

    for asked in (graph.read(SLOW), graph.write(work)):
        task = asyncio.ensure_future(asked)
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        with pytest.raises(TimeoutError):  # Whoever bounds a statement hears that its time is over.
            async with asyncio.timeout(0.05):
                await graph.read(SLOW)

    assert await graph.ready()


async def test_a_closed_port_is_unavailable() -> None:
    with pytest.raises(Unavailable):
        await Graph.open("bolt://127.0.0.1:9", "neo4j", "none")


async def test_a_wrong_password_is_unavailable(graph_address: tuple[str, str, str]) -> None:
    uri, user, _ = graph_address

    with pytest.raises(Unavailable, match="password"):
        await Graph.open(uri, user, "not-the-password")


async def test_what_the_work_raises_rolls_back(graph: Graph) -> None:
    async def work(tx: Tx) -> None:
        await tx.run("CREATE (:RolledBack)")
        raise NotFound("nothing")

    with pytest.raises(NotFound):
        await graph.write(work)

    assert (await graph.read("MATCH (x:RolledBack) RETURN count(x) AS n"))[0]["n"] == 0


async def test_a_unique_name_in_use_is_taken(graph: Graph) -> None:
    async def work(tx: Tx) -> None:
        await tx.run("CREATE (:Topic {slug: 'same', n: -5}), (:Topic {slug: 'same', n: -6})")

    with pytest.raises(Taken):
        await graph.write(work)


async def test_a_wrong_statement_is_a_bug_and_stays_one(graph: Graph) -> None:
    with pytest.raises(CypherSyntaxError):
        await graph.read("MATCH nonsense")


async def test_writers_in_each_others_way_all_succeed(graph: Graph) -> None:
    n = await graph.keys.topic()
    await graph.command("CREATE (:Contended {n: $n, side: 0}), (:Contended {n: $n, side: 1})", n=n)

    def crossing(first: int) -> asyncio.Future[None]:
        async def work(tx: Tx) -> None:
            for side in (first, 1 - first):
                await tx.run("MATCH (x:Contended {n: $n, side: $side}) SET x.lk = $side", n=n, side=side)

        return asyncio.ensure_future(graph.write(work))

    await asyncio.gather(*[crossing(i % 2) for i in range(12)])

    await graph.command("MATCH (x:Contended {n: $n}) DELETE x", n=n)
