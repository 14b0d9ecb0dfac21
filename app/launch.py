"""How a command begins and ends: its settings and log, the servers around it, its signals.

What is heavy is imported when it is needed, so that `pinwalk --help` is quick.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, Final

from app import settings
from app.settings import Settings

if TYPE_CHECKING:
    from app.terminal import Terminal
    from app.watch.figures import Process

_QUIET: Final = ("command", "archive")


def prepared(process: str) -> Settings:
    """The settings of the environment, with the log set up for the process of this name. Raises Invalid."""
    from app.logging import configure

    known = settings.load()
    # A command tells its user itself; a log is for who asks for one.
    quiet = process in _QUIET and not settings.given("log_level")
    configure("warning" if quiet else known.log_level, process=process)
    return known


def traced(process: Process) -> AbstractContextManager[None]:
    """Sends traces while the block lasts, where the environment names a collector."""
    if not settings.traces_wanted():
        return nullcontext()
    from app.watch.traces import traced as sent

    return sent(process)


def fetch(known: Settings) -> None:
    """Fetches the Neo4j server where it is needed and not here yet. Raises Unavailable."""
    from graph.embedded import jars

    if known.graph_uri is not None or jars.complete(known.cache_dir):
        return
    from app.fetching import fetch as run

    run(known.cache_dir)


def until_stopped(work: Coroutine[Any, Any, Any]) -> None:
    """Runs `work` until it ends or a signal cancels it. Raises what it raises: work that was cancelled by nobody's
    signal has failed as well."""

    async def run() -> None:
        task, told = asyncio.create_task(work), asyncio.Event()

        def stop() -> None:
            told.set()
            task.cancel()

        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop)
        try:
            await task
        except asyncio.CancelledError:
            if not told.is_set():
                raise

    asyncio.run(run())


def around(
    work: Callable[[Settings], Awaitable[None]], *, needs: tuple[str, ...], terminal: Terminal | None = None
) -> None:
    """Runs `work` with the addresses of what it needs: running already, or started for this once.

    `terminal` is told of what is started; None: standard output.
    """
    from app.supervisor import around as opened
    from app.terminal import Terminal

    known = prepared("command")
    fetch(known)

    async def run() -> None:
        async with opened(known, needs, terminal or Terminal()) as joined:
            await work(joined)

    until_stopped(run())
