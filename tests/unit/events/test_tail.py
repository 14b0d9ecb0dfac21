"""The tail: every event to every listener, in order, whoever fails in between."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import cast

import pytest

from domain.errors import Unavailable
from domain.events import Event, Kind
from domain.ids import EventId
from events import tail as tails
from events.tail import Tail
from graph.client import Graph

NO_GRAPH = cast("Graph", None)


class Outbox:
    """What stands in the graph, and how often it was asked."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.asked = 0
        self.down = False

    def add(self, count: int) -> None:
        """Adds so many events."""
        first = len(self.events) + 1
        self.events += [Event(EventId(f"event_{n}"), Kind.SAVED, seq=n) for n in range(first, first + count)]

    async def after(self, _: Graph, seq: int, limit: int = 500) -> list[Event]:
        """The events after a position."""
        self.asked += 1
        if self.down:
            raise Unavailable("down")
        return [event for event in self.events if event.seq > seq][:limit]


@pytest.fixture
def outbox(monkeypatch: pytest.MonkeyPatch) -> Outbox:
    """An outbox in memory in the place of the graph's."""
    made = Outbox()
    monkeypatch.setattr(tails.outbox, "after", made.after)
    return made


async def until(true: Callable[[], bool]) -> None:
    """Returns when it is true; fails when it is not within some seconds."""
    for _ in range(5_000):
        if true():
            return
        await asyncio.sleep(0.001)
    pytest.fail("not in time")


class Heard:
    """A listener that remembers, and fails while told to."""

    def __init__(self) -> None:
        self.seqs: list[int] = []
        self.failing = False

    async def __call__(self, events: Sequence[Event]) -> None:
        """Takes a batch."""
        if self.failing:
            raise Unavailable("not now")
        self.seqs += [event.seq for event in events]


async def test_each_listener_hears_everything_after_its_own_position(outbox: Outbox) -> None:
    tail, early, late = Tail(NO_GRAPH), Heard(), Heard()
    outbox.add(1_200)
    tail.add("early", early, after=0)
    tail.add("late", late, after=1_199)

    while await tail.poll():
        pass

    assert early.seqs == list(range(1, 1_201))
    assert late.seqs == [1_200]
    assert tail.position("early") == tail.position("late") == 1_200


async def test_one_poll_serves_all_who_are_at_one_position(outbox: Outbox) -> None:
    tail = Tail(NO_GRAPH)
    for name in "abc":
        tail.add(name, Heard(), after=0)

    await tail.poll()

    assert outbox.asked == 1


async def test_a_listener_that_fails_is_given_the_batch_again_and_holds_up_nobody(outbox: Outbox) -> None:
    tail, sound, ill = Tail(NO_GRAPH), Heard(), Heard()
    tail.add("sound", sound, after=0)
    tail.add("ill", ill, after=0)
    outbox.add(2)
    ill.failing = True
    with pytest.raises(Unavailable):
        await tail.poll()
    outbox.add(1)
    with pytest.raises(Unavailable):
        await tail.poll()
    ill.failing = False

    await tail.poll()

    assert sound.seqs == ill.seqs == [1, 2, 3]


async def test_running_it_survives_an_outbox_that_goes_and_comes_back(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tails, "RETRY_S_MIN", 0.001)
    tail, heard = Tail(NO_GRAPH, idle_s=0.001), Heard()
    tail.add("heard", heard, after=0)
    outbox.down = True
    running = asyncio.create_task(tail.run())
    await until(lambda: outbox.asked >= 3)
    outbox.add(1)
    outbox.down = False
    await until(lambda: bool(heard.seqs))

    running.cancel()
    assert heard.seqs == [1]
    assert tail.silent_s is not None


async def test_who_is_removed_hears_no_more(outbox: Outbox) -> None:
    tail, heard = Tail(NO_GRAPH), Heard()
    tail.add("heard", heard, after=0)
    tail.remove("heard")
    tail.remove("nobody")
    outbox.add(1)

    assert not await tail.poll()
    assert heard.seqs == []
    assert tail.position("heard") is None
