import asyncio
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from domain.events import Kind
from domain.ids import PinN
from domain.limits import EVENT_BATCH_MAX
from graph import follows, jobs, outbox, pin_writes, saves
from graph.client import Graph, Tx
from tests.services.graph.conftest import World


async def sequenced(graph: Graph) -> None:
    while (await outbox.sequence_once(graph)).events:
        pass


async def test_every_event_is_seen_once_in_order_beside_writers(graph: Graph, world: World) -> None:
    ana = (await world.user()).n
    board, other = (await world.board(ana)).n, (await world.board(ana)).n
    pins = [await world.pin(ana, board) for _ in range(5)]
    await sequenced(graph)
    start = await outbox.last_seq(graph)
    writing = True
    seen: list[tuple[int, Kind, int]] = []

    async def write() -> None:
        for _ in range(6):
            await asyncio.gather(*[world.save(ana, pin, other) for pin in pins])
            await asyncio.gather(*[saves.unsave(graph, by=ana, pin_n=pin, board_n=other) for pin in pins])

    async def sequence() -> None:
        while writing:
            await outbox.sequence_once(graph)

    async def read() -> None:
        position = start
        while True:
            last = not writing and not (await outbox.sequence_once(graph)).events
            events = await outbox.after(graph, position)
            seen.extend((e.seq, e.kind, e.pin or 0) for e in events if e.board == other)
            position = events[-1].seq if events else position
            if last and not events:
                return

    reading = [asyncio.create_task(sequence()) for _ in range(2)] + [asyncio.create_task(read())]
    await write()
    writing = False
    await asyncio.gather(*reading)

    assert [s for s, _, _ in seen] == sorted({s for s, _, _ in seen})
    assert len(seen) == 60
    assert [sum(kind is k for _, kind, _ in seen) for k in (Kind.SAVED, Kind.UNSAVED)] == [30, 30]


async def test_an_event_names_what_changed(graph: Graph, world: World) -> None:
    ana, bob = (await world.user()).n, (await world.user()).n
    await sequenced(graph)
    start = await outbox.last_seq(graph)
    board = (await world.board(ana)).n
    pin = await world.pin(ana, board)
    await follows.follow_user(graph, bob, ana)
    await sequenced(graph)

    mine = [e for e in await outbox.after(graph, start) if e.user in {ana, bob}]

    named = {(e.kind, e.user, e.board, e.pin, e.target) for e in mine}
    assert named == {
        (Kind.BOARD_CREATED, ana, board, None, None),
        (Kind.PIN_CREATED, ana, board, pin, None),
        (Kind.FOLLOWED, bob, None, None, ana),
    }
    assert await outbox.by_id(graph, mine[0].id) == mine[0]
    assert await outbox.by_id(graph, "event_none") is None


async def test_jobs_follow_from_a_new_and_a_changed_pin(graph: Graph, world: World) -> None:
    ana = (await world.user()).n
    pin = await world.pin(ana, (await world.board(ana)).n)
    await pin_writes.update(graph, by=ana, pin_n=pin, title="Other")
    await sequenced(graph)

    rows = await graph.read("MATCH (j:Job) WHERE j.p = $p RETURN j.kind AS kind ORDER BY kind", p=pin)

    assert [row["kind"] for row in rows] == ["embed", "embed", "render"]


async def test_what_has_outlived_its_use_is_trimmed(graph: Graph, world: World) -> None:
    ana = (await world.user()).n
    pin = await world.pin(ana, (await world.board(ana)).n, key="old")
    await sequenced(graph)
    later = datetime.now(UTC) + timedelta(hours=30)

    while await outbox.trim(graph, later):
        pass

    assert await pin_writes.made_with(graph, ana, "old") is None
    assert await graph.read("MATCH (e:Event) WHERE e.p = $p RETURN e.id", p=pin)


async def test_nothing_new_gives_nothing(graph: Graph) -> None:
    await sequenced(graph)

    assert (await outbox.sequence_once(graph)).events == 0
    assert await outbox.after(graph, 2**60) == []
    assert sum((await jobs.counts(graph)).values()) >= 0


async def test_what_piled_up_is_given_its_order_by_time(graph: Graph) -> None:
    now_ms = time.time_ns() // 1_000_000
    events = [replace(outbox.event(Kind.SAVED, pin=PinN(7)), at_ms=now_ms + i) for i in range(EVENT_BATCH_MAX + 200)]
    await sequenced(graph)
    start = await outbox.last_seq(graph)

    async def write(tx: Tx) -> None:
        await outbox.append_all(tx, events[::-1])  # The store would rather give them in this order.

    await graph.write(write)
    await sequenced(graph)

    mine, seen = {event.id for event in events}, []
    while found := await outbox.after(graph, start):
        seen += [event.id for event in found if event.id in mine]
        start = found[-1].seq
    assert seen == [event.id for event in events]
