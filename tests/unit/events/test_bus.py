"""The bus: who hears what, in order, and what becomes of those who do not keep up."""

from __future__ import annotations

import asyncio

import pytest

from domain.errors import Unavailable
from domain.events import Event, Kind
from domain.ids import EventId, PinN
from events.bus import Bus, TooSlow


def event(seq: int, kind: Kind = Kind.SAVED) -> Event:
    """An event at this position, of the Pin of that number."""
    return Event(EventId(f"event_{seq}"), kind, seq=seq, pin=PinN(seq))


async def test_a_subscriber_hears_the_kinds_it_asked_for_in_order_from_then_on() -> None:
    bus = Bus()
    await bus.publish([event(1)])
    with bus.subscribe([Kind.SAVED]) as saves, bus.subscribe() as everything:
        await bus.publish([event(2), event(3, Kind.PIN_READY), event(4)])

        assert [(await anext(saves)).seq for _ in range(2)] == [2, 4]
        assert [(await anext(everything)).seq for _ in range(3)] == [2, 3, 4]


async def test_what_is_not_wanted_is_not_queued() -> None:
    bus = Bus(queue_events_max=1)
    with bus.subscribe([Kind.SAVED], wants=lambda each: each.pin == 7) as mine:
        await bus.publish([event(n) for n in range(10)])

        assert (await anext(mine)).pin == 7


async def test_a_reader_waits_for_the_next_event() -> None:
    bus = Bus()
    with bus.subscribe() as subscription:
        waiting = asyncio.ensure_future(anext(subscription))
        await asyncio.sleep(0)
        assert not waiting.done()
        await bus.publish([event(1)])

        assert (await waiting).seq == 1


async def test_who_does_not_keep_up_is_told_and_others_hear_on() -> None:
    bus = Bus(queue_events_max=3)
    with bus.subscribe() as slow, bus.subscribe() as quick:
        for n in range(5):
            await bus.publish([event(n)])
            assert (await anext(quick)).seq == n

        with pytest.raises(TooSlow):
            await anext(slow)
        assert bus.open_subscriptions == 1


async def test_leaving_the_block_lets_go() -> None:
    bus = Bus()
    with bus.subscribe() as subscription:
        assert bus.open_subscriptions == 1

    assert bus.open_subscriptions == 0
    await bus.publish([event(1)])
    with pytest.raises(StopAsyncIteration):
        await anext(subscription)


async def test_closing_the_bus_ends_every_subscription_and_takes_no_more() -> None:
    bus = Bus()
    subscription = bus.subscribe()
    waiting = asyncio.ensure_future(anext(subscription))
    await asyncio.sleep(0)

    bus.close()

    with pytest.raises(StopAsyncIteration):
        await waiting
    with pytest.raises(Unavailable):
        bus.subscribe()


async def test_there_is_a_most_that_may_listen() -> None:
    bus = Bus(subscriptions_max=2)
    with bus.subscribe(), bus.subscribe(), pytest.raises(Unavailable):
        bus.subscribe()
    with bus.subscribe():
        pass


async def test_a_burst_gives_way_to_others() -> None:
    bus = Bus()
    subscriptions = [bus.subscribe() for _ in range(1_000)]
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    counting = asyncio.ensure_future(count())
    await bus.publish([event(n) for n in range(5)])
    counting.cancel()

    assert turns >= 20
    assert len(subscriptions) == bus.open_subscriptions
    bus.close()
