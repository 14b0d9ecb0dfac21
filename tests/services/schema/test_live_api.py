from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from domain.events import Event, Kind
from domain.ids import EventId, new_id
from domain.model import PinStatus
from graph import outbox, pin_writes, topics
from tests.services.schema.conftest import Caller, Person, Reply, Server, board_n, pin_n

NEW_PINS = """subscription ($b: [ID!], $u: [ID!], $t: [ID!], $since: ID) {
    newPins(boardIds: $b, userIds: $u, topicIds: $t, since: $since) {
        eventId at pin { id status } board { id } savedBy { id } } }"""
PROCESSED = "subscription ($id: ID!) { pinProcessed(pinId: $id) { id status saveCount } }"
SOON = 30.0


async def nxt(source: AsyncGenerator[Reply, None]) -> Reply:
    return await asyncio.wait_for(anext(source), SOON)


async def listening(server: Server, source: AsyncGenerator[Reply, None]) -> asyncio.Task[Reply]:
    """The next reply, once its subscription hears events."""
    before = server.bus.open_subscriptions
    task = asyncio.ensure_future(nxt(source))
    for _ in range(100_000):
        if server.bus.open_subscriptions > before or task.done():
            return task
        await asyncio.sleep(0)
    raise AssertionError("Nobody listens.")


async def ready(someone: Person, pin_id: str) -> None:
    n = await pin_n(someone, pin_id)
    await pin_writes.mark(someone.server.graph, [n], status=PinStatus.READY)
    await publish(someone, Kind.PIN_READY, pin_id)


async def publish(someone: Person, kind: Kind, pin_id: str, board_id: str | None = None) -> None:
    """Tells the subscriptions what the graph holds already."""
    board = await board_n(someone, board_id) if board_id else None
    event = Event(
        EventId(new_id("event")),
        kind,
        seq=2**40,
        at_ms=1_900_000_000_000,
        user=someone.n,
        board=board,
        pin=await pin_n(someone, pin_id),
    )
    await someone.server.bus.publish([event])


async def test_a_pin_being_processed_is_told_now_and_at_each_change(ana: Person, stranger: Caller) -> None:
    pin = await ana.pin(await ana.board())
    source = stranger.listen(PROCESSED, id=pin)

    first = await nxt(source)
    later = asyncio.ensure_future(nxt(source))
    await ready(ana, pin)

    assert first["pinProcessed"] == {"id": pin, "status": "PROCESSING", "saveCount": 1}
    assert (await later)["pinProcessed"]["status"] == "READY"
    with pytest.raises(StopAsyncIteration):
        await nxt(source)


@pytest.mark.parametrize("status", [PinStatus.READY, PinStatus.FAILED])
async def test_a_pin_that_is_settled_is_told_once(ana: Person, status: PinStatus) -> None:
    pin = await ana.pin(await ana.board())
    await pin_writes.mark(ana.server.graph, [await pin_n(ana, pin)], status=status)
    source = ana.listen(PROCESSED, id=pin)

    assert (await nxt(source))["pinProcessed"]["status"] == status.value
    with pytest.raises(StopAsyncIteration):
        await nxt(source)


async def test_a_pin_that_is_not_there_is_not_processed(ana: Person, ben: Person) -> None:
    secret = await ana.pin(await ana.board("Hidden", "SECRET"))

    for pin in (secret, "pin_x", "pin_01J8ZZZZZZZZZZZZZZZZZZZZZZ"):
        assert (await nxt(ben.listen(PROCESSED, id=pin))).codes == ["NOT_FOUND"]


async def test_a_follower_hears_once_of_a_pin_that_becomes_ready(ana: Person, ben: Person, cleo: Person) -> None:
    board = await ana.board()
    await ben.do("followUser", "user { id }", userId=ana.id)
    source = ben.listen(NEW_PINS)
    task = await listening(ana.server, source)

    unready, hers = await ana.pin(board, "Unready"), await ana.pin(board, "Hers")
    theirs = await cleo.pin(await cleo.board())
    await publish(ana, Kind.SAVED, unready, board)
    await ready(cleo, theirs)
    await ready(ana, hers)
    heard = (await task)["newPins"]
    then = asyncio.ensure_future(nxt(source))
    await ready(ana, unready)

    assert heard["pin"] == {"id": hers, "status": "READY"}
    assert heard["board"] == {"id": board}
    assert heard["at"] == "2030-03-17T17:46:40.000Z"
    assert (await then)["newPins"]["pin"]["id"] == unready
    await source.aclose()
    assert ana.server.bus.open_subscriptions == 0


async def test_a_follower_of_a_board_hears_of_what_is_saved_to_it(ana: Person, ben: Person, cleo: Person) -> None:
    board, pin = await ana.board(), await cleo.pin(await cleo.board())
    await ready(cleo, pin)
    await ben.do("followBoard", "board { id }", boardId=board)
    source = ben.listen(NEW_PINS)
    task = await listening(ana.server, source)

    await ana.save(pin, board)
    await publish(ana, Kind.SAVED, pin, board)

    heard = (await task)["newPins"]
    assert {k: heard[k] for k in ("pin", "board", "savedBy")} == {
        "pin": {"id": pin, "status": "READY"},
        "board": {"id": board},
        "savedBy": {"id": ana.id},
    }
    await source.aclose()


async def test_secret_saves_are_told_to_nobody(ana: Person, ben: Person) -> None:
    secret, public = await ana.board("Hidden", "SECRET"), await ana.board()
    await ben.do("followUser", "user { id }", userId=ana.id)
    followed, named = ben.listen(NEW_PINS), ana.listen(NEW_PINS, b=[secret], u=[ana.id])
    tasks = [await listening(ana.server, followed), await listening(ana.server, named)]

    hidden = await ana.pin(secret)
    await ready(ana, hidden)
    await publish(ana, Kind.SAVED, hidden, secret)
    shown = await ana.pin(public)
    await ready(ana, shown)

    assert [(await task)["newPins"]["pin"]["id"] for task in tasks] == [shown, shown]
    for source in (followed, named):
        await source.aclose()


async def test_boards_users_and_topics_may_be_named(ana: Person, ben: Person, stranger: Caller) -> None:
    topic = await topics.ensure(ana.server.graph, name="Moss", slug=secrets.token_hex(6))
    board = await ana.board()
    wanted: list[dict[str, Any]] = [{"b": [board]}, {"u": [ana.id]}, {"t": [topic.id]}]
    sources = [stranger.listen(NEW_PINS, **named) for named in wanted]
    tasks = [await listening(ana.server, source) for source in sources]

    await ready(ben, await ben.pin(await ben.board()))
    pin = await ana.pin(board, topic_ids=(topic.id,))
    await ready(ana, pin)

    assert [(await task)["newPins"]["pin"]["id"] for task in tasks] == [pin] * 3
    for source in sources:
        await source.aclose()


async def test_what_was_missed_comes_first(ana: Person, ben: Person) -> None:
    server, board = ana.server, await ana.board()
    first, second = await ana.pin(board), await ana.pin(board)
    for pin in (first, second):
        await pin_writes.mark(server.graph, [await pin_n(ana, pin)], status=PinStatus.READY)
    while (await outbox.sequence_once(server.graph)).events:
        pass
    start = max(0, await outbox.last_seq(server.graph) - 50)
    events = [e for e in await outbox.after(server.graph, start) if e.kind is Kind.PIN_READY]
    by_pin = {e.pin: e.id for e in events}
    since = by_pin[await pin_n(ana, first)]
    source = ben.listen(NEW_PINS, u=[ana.id], since=since)

    missed = (await nxt(source))["newPins"]

    assert missed["pin"]["id"] == second
    assert missed["eventId"] == by_pin[await pin_n(ana, second)]
    await source.aclose()


async def test_everything_missed_comes_once_in_order_as_far_as_it_may_be_seen_now(ana: Person, ben: Person) -> None:
    server, kept, closing = ana.server, await ana.board(), await ana.board()
    made = [await ana.pin(kept if i % 2 else closing, f"Pin {i}") for i in range(60)]
    for pin in made:
        await pin_writes.mark(server.graph, [await pin_n(ana, pin)], status=PinStatus.READY)
    while (await outbox.sequence_once(server.graph)).events:
        pass
    ns = [await pin_n(ana, pin) for pin in made]
    events: list[Event] = []
    while page := await outbox.after(server.graph, events[-1].seq if events else 0):
        events += page
    ready_at = {e.pin: e for e in events if e.kind is Kind.PIN_READY and e.pin in ns}
    wanted = sorted((ready_at[n].seq, pin) for i, (n, pin) in enumerate(zip(ns, made, strict=True)) if i % 2)
    oldest = min(ready_at.values(), key=lambda e: e.seq)
    before = next(e for e in reversed(events) if e.seq < oldest.seq)
    await ana.do("updateBoard", "board { id }", boardId=closing, privacy="SECRET")

    source = ben.listen(NEW_PINS, u=[ana.id], since=before.id)
    heard = [(await nxt(source))["newPins"] for _ in range(5)]
    later = await ana.pin(kept, "Later")
    heard += [(await nxt(source))["newPins"] for _ in range(len(wanted) - 5)]
    await ready(ana, later)

    assert [one["pin"]["id"] for one in heard] == [pin for _, pin in wanted]
    assert len({one["eventId"] for one in heard}) == len(wanted)
    assert (await nxt(source))["newPins"]["pin"]["id"] == later
    await source.aclose()

    again = ben.listen(NEW_PINS, u=[ana.id], since=heard[-3]["eventId"])
    assert [(await nxt(again))["newPins"]["eventId"] for _ in range(2)] == [one["eventId"] for one in heard[-2:]]
    await again.aclose()


async def test_a_since_that_is_not_kept_any_more_is_bad_input(ben: Person) -> None:
    for since in ("event_01J8ZZZZZZZZZZZZZZZZZZZZZZ", "moss", ""):
        reply = await nxt(ben.listen(NEW_PINS, since=since))

        assert reply.codes == ["BAD_USER_INPUT"]
        assert "too old" in reply.errors[0]["message"]


async def test_listening_has_bounds(ana: Person, ben: Person, stranger: Caller) -> None:
    secret = await ana.board("Hidden", "SECRET")

    assert (await nxt(stranger.listen(NEW_PINS))).codes == ["UNAUTHENTICATED"]
    assert (await nxt(ben.listen(NEW_PINS, b=[secret]))).codes == ["NOT_FOUND"]
    assert (await nxt(ben.listen(NEW_PINS, u=["user_x"]))).codes == ["NOT_FOUND"]
    assert (await nxt(ben.listen(NEW_PINS, t=["topic_x"] * 101))).codes == ["BAD_USER_INPUT"]
