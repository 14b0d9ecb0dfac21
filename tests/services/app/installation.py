"""Processes of one installation, started and killed by tests: as many APIs and workers as a test wants."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from app import children, settings
from app.children import Child, Guard, Program
from app.settings import Settings
from tests.api.client import Client, until
from tests.services.app.conftest import environment, pinwalk

READY_S = 120.0


@dataclass(eq=False)
class Api:
    """An API process and a client of it."""

    url: str
    child: Child
    http: httpx.AsyncClient

    @property
    def client(self) -> Client:
        return Client(self.url, self.http)

    async def parts(self) -> dict[str, dict[str, str]]:
        """What `/readyz` says of each part; nothing while it does not answer."""
        try:
            found: dict[str, dict[str, str]] = (await self.http.get(f"{self.url}/readyz")).json()["parts"]
        except httpx.HTTPError:
            return {}
        return found

    async def until_ready(self, *names: str) -> None:
        """Waits until these parts are."""

        async def ready() -> bool:
            parts = await self.parts()
            return all(parts.get(name, {}).get("state") == "ready" for name in names)

        await until(ready, within_s=READY_S)


@dataclass
class Installation:
    """Starts processes over the servers of a place; stops what still runs."""

    place: Settings
    guard: Guard
    folder: Path
    redis_url: str | None = None
    started: list[Child] = field(default_factory=list)
    clients: list[httpx.AsyncClient] = field(default_factory=list)

    def api(self) -> Api:
        """Another API process, which takes connections a little later."""
        port = children.free_port()
        child = self._start("api", port=str(port))
        http = httpx.AsyncClient(timeout=30)
        self.clients.append(http)
        return Api(f"http://127.0.0.1:{port}", child, http)

    def worker(self) -> Child:
        """Another worker process."""
        return self._start("worker", worker_port=str(children.free_port()))

    async def stop(self) -> None:
        for http in self.clients:
            await http.aclose()
        for child in self.started:
            child.stop()

    def _start(self, name: str, **values: str) -> Child:
        if self.redis_url:
            values["redis_url"] = self.redis_url
        known = {**environment(self.place), **{settings.variable(key): value for key, value in values.items()}}
        program = Program(name=name, command=pinwalk(name), environment=known)
        self.started.append(children.start(program, self.guard, self.folder / f"{name}-{len(self.started)}.log"))
        return self.started[-1]


def kill(child: Child) -> None:
    """What a power cut does to a process."""
    os.killpg(child.process.pid, signal.SIGKILL)
    child.process.wait(10)
