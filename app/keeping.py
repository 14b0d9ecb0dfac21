"""What a process keeps up: parts with a state, work that is begun anew when it breaks, and what is under way."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, TypeVar

import structlog

from domain.errors import Unavailable

T = TypeVar("T")
log = structlog.get_logger(__name__)

STARTING: Final = "starting"
READY: Final = "ready"
DOWN: Final = "down"
OFF: Final = "off"
RETRY_S_MIN: Final = 0.25
RETRY_S_MAX: Final = 1.0


@dataclass(slots=True)
class Part:
    """A part of the product by name: its state, and for people why it is not ready."""

    name: str
    state: str = STARTING
    detail: str = ""

    def become(self, state: str, detail: str = "") -> None:
        """Sets the state, and logs it when it changed."""
        if state != self.state:
            log.info("part", part=self.name, state=state, detail=detail)
        self.state, self.detail = state, detail


class Underway:
    """How many requests are under way, and a wait until there are none. A block is one request."""

    def __init__(self) -> None:
        self._n = 0
        self._none = asyncio.Event()
        self._none.set()

    def __enter__(self) -> None:
        self._n += 1
        self._none.clear()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._n -= 1
        if self._n == 0:
            self._none.set()

    async def none(self) -> None:
        """Returns when there are none."""
        await self._none.wait()


async def until_up(part: Part, attempt: Callable[[], Awaitable[T]], *, wait_s_max: float = RETRY_S_MAX) -> T:
    """What the attempt gives once it does not raise Unavailable; each wait is twice as long, up to a second."""
    wait_s = RETRY_S_MIN
    while True:
        try:
            return await attempt()
        except Unavailable as error:
            part.become(STARTING, error.message)
        await asyncio.sleep(wait_s)
        wait_s = min(wait_s * 2, wait_s_max)


async def kept_up(name: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Runs the work to its end, anew after each bug that broke it off: a part must not go missing without a word."""
    while True:
        task = asyncio.create_task(work(), name=name)
        try:
            await asyncio.wait({task})
        finally:
            task.cancel()
            await asyncio.wait({task})
        error = None if task.cancelled() else task.exception()
        if error is None:
            return
        log.error("part_broke", part=name, exc_info=error)
        await asyncio.sleep(RETRY_S_MAX)


async def stopped(*tasks: asyncio.Task[Any]) -> None:
    """Cancels the tasks, and returns when all have ended, however they did."""
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks)
