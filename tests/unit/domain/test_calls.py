"""Calls: heard by whoever watches, however they end."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from domain.calls import Call, watched


@dataclass
class Heard:
    """Keeps what it hears."""

    events: list[tuple[str, str, str]] = field(default_factory=list)

    def began(self, call: Call) -> object:
        self.events.append(("began", call.name, ""))
        return call.name

    def ended(self, call: Call, held: object, seconds: float) -> None:
        assert seconds >= 0
        self.events.append(("ended", str(held), call.failed))


def test_a_watcher_hears_a_call_begin_and_end() -> None:
    heard = Heard()

    with watched(heard), Call("graph", "read"):
        pass

    assert heard.events == [("began", "read", ""), ("ended", "read", "")]


def test_an_error_ends_a_call_under_its_own_name_and_goes_on() -> None:
    heard = Heard()

    with watched(heard), pytest.raises(KeyError), Call("graph", "read"):
        raise KeyError

    assert heard.events[-1] == ("ended", "read", "KeyError")


async def test_a_call_that_is_cancelled_has_ended_too() -> None:
    heard = Heard()

    async def wait() -> None:
        with Call("graph", "read"):
            await asyncio.Event().wait()

    with watched(heard):
        task = asyncio.create_task(wait())
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait({task})

    assert heard.events[-1] == ("ended", "read", "CancelledError")


def test_nobody_hears_a_call_after_the_watch_or_of_before_it() -> None:
    heard = Heard()
    early = Call("graph", "early")

    early.__enter__()
    with watched(heard):
        early.__exit__(None, None, None)
    with Call("graph", "late"):
        pass

    assert heard.events == []


def test_watchers_end_in_the_opposite_order_so_that_spans_nest() -> None:
    order: list[str] = []

    class Named(Heard):
        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

        def ended(self, call: Call, held: object, seconds: float) -> None:
            super().ended(call, held, seconds)
            order.append(self.name)

    with watched(Named("first"), Named("second")), Call("graph", "read"):
        pass

    assert order == ["second", "first"]
