"""`pinwalk serve`: starts the servers and processes of one machine, restarts what dies, stops all in order.

Parts start side by side: the API answers `/healthz` at once and says in `/readyz` what is not up yet. A part that dies
is started again after a pause that doubles; one that keeps dying is left dead and the rest goes on, but for the API,
without which there is nothing to serve. Nothing here outlives this process (`app/children.py`).
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from rich.markup import escape

from app import children, hold, parts, secret_files, stores
from app.children import FAILED, Child, Guard, Program
from app.demo import mark
from app.log_tail import LogTail
from app.parts import Part, Plan
from app.settings import Settings
from app.terminal import Terminal
from domain.errors import Conflict, ProductError, Unavailable
from graph.embedded import archive, jars
from vectors import models

BACKOFF_S_MIN: Final = 0.25
BACKOFF_S_MAX: Final = 10.0
RESTART_WINDOW_S: Final = 600.0
WATCH_S: Final = 0.1
ASK_S: Final = 0.25
TAIL_S: Final = 1.0
READY_WAIT_S: Final = 60.0
STORE_WAIT_S: Final = 5.0
# The API and the worker first, so that nothing is asked of a server that is going.
STOP_ORDER: Final = ((parts.API, parts.WORKER), (parts.EMBEDDER,), (parts.MILVUS, parts.NEO4J))


@dataclass(slots=True)
class Kept:
    """A part, its present process, and when it died lately."""

    part: Part
    tail: LogTail
    child: Child | None = None
    up: asyncio.Event = field(default_factory=asyncio.Event)
    deaths: list[float] = field(default_factory=list)
    given_up: bool = False


class Supervisor:
    """Keeps the parts of a plan running from `start` to `stop`."""

    def __init__(self, plan: Plan, guard: Guard, terminal: Terminal) -> None:
        self.plan = plan
        self.guard = guard
        self.terminal = terminal
        self.settings: Settings = plan.settings
        self.kept = {part.name: Kept(part, LogTail.at_end(self.log_path(part.name))) for part in plan.parts}
        self.failed = asyncio.Event()
        self.short_lived: list[Child] = []
        self._tasks: list[asyncio.Task[None]] = []

    def log_path(self, name: str) -> Path:
        return self.settings.logs_dir / f"{name}.log"

    def start(self) -> None:
        """Starts every part, each as soon as those it comes after are ready; returns at once."""
        self.terminal.starting(list(self.kept))
        self._tasks = [asyncio.create_task(self._keep(kept)) for kept in self.kept.values()]
        self._tasks.append(asyncio.create_task(self._tell()))

    async def until_up(self, *names: str) -> None:
        """Waits until these parts were ready once (those not run here count as ready).

        Raises Unavailable when one of them is given up.
        """
        for name in names:
            kept = self.kept.get(name)
            while kept is not None and not kept.up.is_set():
                if kept.given_up:
                    raise Unavailable(f"{name} does not start; its log is {self.log_path(name)}")
                await asyncio.sleep(WATCH_S)

    async def stop(self) -> None:
        """Stops all in order: each within its own time, then killed."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for names in STOP_ORDER:
            going = [kept.child for name in names if (kept := self.kept.get(name)) and kept.child]
            if parts.WORKER in names:
                going += self.short_lived
            for child in going:
                child.ask_to_stop()
            for child in going:
                await asyncio.to_thread(child.wait_stopped, child.program.stop_timeout_s)

    def kill(self) -> None:
        """Ends all at once."""
        for kept in self.kept.values():
            if kept.child:
                children.kill_group(kept.child.process.pid)

    async def _keep(self, kept: Kept) -> None:
        name = kept.part.name
        try:
            await _until(kept.part.may_start)
            while True:
                await self._live_once(kept)
                pause_s = self._pause(kept)
                if pause_s is None:
                    break
                why = kept.tail.last_words(1) if _code(kept) == FAILED else ""
                self.terminal.died(name, _code(kept), pause_s, str(self.log_path(name)), why)
                await asyncio.sleep(pause_s)
        except ProductError as error:
            self.terminal.say(f"[red]{error.message}[/red]")
        kept.given_up = True
        self.terminal.given_up(name, len(kept.deaths), str(self.log_path(name)), kept.tail.last_words())
        if name == parts.API:
            self.failed.set()

    async def _live_once(self, kept: Kept) -> None:
        """From one start of a part to its end."""
        began = time.monotonic()
        path = self.log_path(kept.part.name)
        await asyncio.to_thread(kept.part.prepare)
        # Not in a thread: on Linux a child is signalled when the thread that started it ends.
        kept.child = children.start(kept.part.program, self.guard, path)
        ready = False
        while kept.child.alive:
            if not ready:
                ready = await self._asked(kept)
                if ready:
                    kept.up.set()
                    self.terminal.ready(kept.part.name, time.monotonic() - began)
                elif time.monotonic() - began > self.settings.start_timeout_s:
                    self.terminal.say(f"{kept.part.name} is not ready after {self.settings.start_timeout_s:.0f} s")
                    await asyncio.to_thread(kept.child.stop)
            await asyncio.sleep(WATCH_S if ready else ASK_S)
        await asyncio.to_thread(kept.child.wait_stopped, 0.1)

    async def _asked(self, kept: Kept) -> bool:
        """Whether the part is ready. A refusal that no waiting mends ends it."""
        assert kept.child is not None  # noqa: S101  Only asked of what was started.
        try:
            return await asyncio.to_thread(kept.part.ready) and kept.child.alive
        except ProductError:
            await asyncio.to_thread(kept.child.stop)
            raise

    def _pause(self, kept: Kept) -> float | None:
        """Seconds to wait before the next start; None when there were too many."""
        now = time.monotonic()
        kept.deaths = [at for at in kept.deaths if now - at < RESTART_WINDOW_S] + [now]
        if len(kept.deaths) > self.settings.restarts_max:
            return None
        return min(BACKOFF_S_MAX, BACKOFF_S_MIN * 2.0 ** (len(kept.deaths) - 1))

    async def _tell(self) -> None:
        """Brings the important lines of the logs to the terminal, and keeps the logs bounded."""
        while True:
            await asyncio.sleep(TAIL_S)
            for name, kept in self.kept.items():
                for line in await asyncio.to_thread(kept.tail.look):
                    self.terminal.line(name, line)
                await asyncio.to_thread(children.trim, self.log_path(name))


async def _until(true: Callable[[], bool], *, every_s: float = ASK_S) -> None:
    """Asks, in a thread, until it is so; the caller bounds the wait by cancelling it."""
    while not await asyncio.to_thread(true):  # noqa: ASYNC110  Another process is asked; it cannot set an event.
        await asyncio.sleep(every_s)


def _code(kept: Kept) -> int | None:
    return kept.child.process.returncode if kept.child else None


async def serve(settings: Settings, *, demo: bool, terminal: Terminal) -> int:
    """Runs everything until a signal; the exit code.

    Raises Conflict when somebody else holds the data folder, Invalid or Unavailable when pictures cannot be kept.
    """
    with hold.acquire(settings.data_dir) as held:
        plan = parts.plan(settings)
        _check_port(plan.settings)
        _check_models(plan)
        await stores.check(plan.settings, within_s=STORE_WAIT_S)
        guard = Guard.start(keep_open=held.file.fileno())
        supervisor = Supervisor(plan, guard, terminal)
        held.announce(plan.running(os.getpid()))
        stopped = _signals(supervisor)
        supervisor.start()
        work = asyncio.create_task(_bring_up(supervisor, settings, demo=demo))
        ends = [asyncio.create_task(stopped.wait()), asyncio.create_task(supervisor.failed.wait())]
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (work, *ends):
                task.cancel()
            await asyncio.gather(work, *ends, return_exceptions=True)
            await _stop(supervisor)
    return 0 if stopped.is_set() else 1


@asynccontextmanager
async def around(settings: Settings, wanted: tuple[str, ...], terminal: Terminal) -> AsyncIterator[Settings]:
    """The settings of a command that needs some parts: those of a running `serve`, or parts started for this once.

    Raises Unavailable when a part does not start, Conflict when somebody else holds the data folder.
    """
    running = hold.running(settings.data_dir)
    if running is not None and running.graph_uri:
        yield parts.joined(settings, running)
        return
    plan = parts.plan(settings, wanted)
    if not plan.parts:
        yield plan.settings
        return
    with hold.acquire(settings.data_dir) as held:
        supervisor = Supervisor(plan, Guard.start(keep_open=held.file.fileno()), terminal)
        supervisor.start()
        try:
            await supervisor.until_up(*wanted)
            yield plan.settings
        finally:
            await _stop(supervisor)


async def _bring_up(supervisor: Supervisor, given: Settings, *, demo: bool) -> None:
    """Says where it all is as soon as that can be used, and brings up the rest: the demo world, when asked for one.

    A demo world that is not there yet is loaded first.
    """
    known, terminal = supervisor.settings, supervisor.terminal
    log_in = ("demo", secret_files.demo_password(known)) if demo else None
    there = log_in is None or (given.graph_uri is None and mark.loaded(parts.graph_home(given), log_in[1]))
    try:
        if there:
            await _answering(supervisor)
            terminal.addresses(known, log_in)
        await supervisor.until_up(*supervisor.kept)
        await _answering(supervisor)
        if log_in is not None and await _load_demo(supervisor, given) and given.graph_uri is None:
            mark.note(parts.graph_home(given), log_in[1])
        if not there:
            terminal.addresses(known, log_in)
        await _make_archive(supervisor, given)
    except Unavailable as error:
        terminal.say(f"[red]{error.message}[/red]")


async def _answering(supervisor: Supervisor) -> None:
    """Waits until the API answers from the graph and the walk; after a minute it says that they are late."""
    await supervisor.until_up(parts.API)
    local = parts.local_url(supervisor.settings)
    try:
        async with asyncio.timeout(READY_WAIT_S):
            await _until(lambda: parts.settled(local), every_s=WATCH_S)
    except TimeoutError:
        supervisor.terminal.say(f"[yellow]not every part is ready yet: {local}/readyz says which[/yellow]")


async def _load_demo(supervisor: Supervisor, given: Settings) -> bool:
    """Runs the command that loads the demo world, to its end; a failure is told and leaves the rest running."""
    began = time.monotonic()
    if await _run_once(supervisor, parts.once("demo", supervisor.settings, given)):
        supervisor.terminal.ready("demo", time.monotonic() - began)
        return True
    path = supervisor.log_path("demo")
    words = LogTail(path, 0).last_words()
    supervisor.terminal.say(f"[red]the demo world was not loaded[/red] (log: {path})\n{escape(words)}")
    return False


async def _make_archive(supervisor: Supervisor, given: Settings) -> None:
    """Makes the next start quicker, behind everything else that the machine has to do."""
    if parts.NEO4J in supervisor.kept and not archive.made(jars.folder(supervisor.settings.cache_dir)):
        await _run_once(supervisor, parts.once("archive", supervisor.settings, given, niceness=19))


async def _run_once(supervisor: Supervisor, program: Program) -> bool:
    """Runs a program to its end; whether it ended well."""
    child = children.start(program, supervisor.guard, supervisor.log_path(program.name))
    supervisor.short_lived.append(child)
    await _until(lambda: not child.alive)
    await asyncio.to_thread(child.wait_stopped, 0.1)
    supervisor.short_lived.remove(child)
    return child.process.returncode == 0


async def _stop(supervisor: Supervisor) -> None:
    began = time.monotonic()
    supervisor.terminal.say("stopping")
    await supervisor.stop()
    await asyncio.to_thread(supervisor.guard.close)
    supervisor.terminal.say(f"stopped everything in {time.monotonic() - began:.1f} s")


def _signals(supervisor: Supervisor) -> asyncio.Event:
    """Set by the first signal that asks us to stop; the second one ends all at once."""
    stopped = asyncio.Event()

    def asked() -> None:
        if stopped.is_set():
            supervisor.kill()
        stopped.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, asked)
    return stopped


def _check_models(plan: Plan) -> None:
    """Raises Invalid for a model that is nothing, before a process is started that would only die of it."""
    if any(part.name == parts.EMBEDDER for part in plan.parts):
        models.find_text(plan.settings.text_model)
        if plan.settings.image_model:
            models.find_image(plan.settings.image_model)


def _check_port(settings: Settings) -> None:
    """Raises Conflict when somebody listens where the API shall."""
    with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as failure:
            raise Conflict(
                f"The API cannot listen on {settings.host}:{settings.port} ({failure.strerror}): "
                "set PINWALK_PORT (0 takes a free one) or PINWALK_HOST"
            ) from failure
