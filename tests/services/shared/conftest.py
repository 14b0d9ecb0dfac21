"""Two processes' doors to one Redis, and a Redis that a test may stop."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from app import children
from app.children import Child, Guard
from shared.client import Shared
from tests.servers import redis_server
from tests.servers.server import Obtained

SECRET = secrets.token_bytes(32)


@asynccontextmanager
async def opened(url: str, secret: bytes = SECRET) -> AsyncIterator[Shared]:
    """A door that has looked once."""
    shared = Shared(url, secret)
    await shared.look()
    try:
        yield shared
    finally:
        await shared.close()


@pytest.fixture
async def here(redis_url: str) -> AsyncIterator[Shared]:
    """One process's door."""
    async with opened(redis_url) as shared:
        assert shared.up, shared.reason
        yield shared


@pytest.fixture
async def there(redis_url: str) -> AsyncIterator[Shared]:
    """Another process's door to the same."""
    async with opened(redis_url) as shared:
        yield shared


@dataclass
class Mortal:
    """A Redis server of a test's own, to be stopped and started again on its port."""

    program: Obtained
    folder: Path
    guard: Guard
    port: int
    child: Child | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}"

    def start(self, *options: str) -> None:
        self.child = redis_server.start(self.program, self.folder, self.port, self.guard, *options)

    def stop(self) -> None:
        if self.child is not None:
            self.child.stop()
            self.child = None


@pytest.fixture
def mortal(redis_program: Obtained, guard: Guard, tmp_path: Path) -> Iterator[Mortal]:
    """A server that runs at first."""
    server = Mortal(redis_program, tmp_path, guard, children.free_port())
    server.start()
    yield server
    server.stop()
