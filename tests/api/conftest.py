"""The whole API in this process, on a real socket of the loopback, over the real graph, vectors and embedder."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from app import connect, embedder, main, settings, worker
from app.children import free_port
from app.mcp_door import opening
from app.transports import quotas
from events.bus import Bus
from graph import columns, jobs
from tests.api.client import Client, until


class QuietServer(uvicorn.Server):
    """A server that leaves the signals of the test run alone."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Nothing is captured."""
        yield


@contextlib.asynccontextmanager
async def serving(config: uvicorn.Config) -> AsyncIterator[str]:
    """The address of an app that is served while the block lasts."""
    config.loop = "none"
    server = QuietServer(config)
    running = asyncio.create_task(server.serve())
    while not server.started:
        assert not running.done(), "the server did not start"
        await asyncio.sleep(0.01)
    try:
        yield f"http://{config.host}:{config.port}"
    finally:
        server.should_exit = True
        await running


def roomy(path: Path) -> Path:
    """The shipped quotas with a hundred times as much of everything."""
    path.write_text(quotas.SHIPPED.read_text().replace("_000\n", "_000_00\n").replace("= 100\n", "= 10_000\n"))
    return path


@pytest.fixture(scope="session")
async def api_settings(
    graph_address: tuple[str, str, str],
    vector_settings: dict[str, Any],
    data_dir: Path,
    store_settings: dict[str, Any],
    configured: settings.Settings,
) -> AsyncIterator[settings.Settings]:
    """Settings of an API process and a worker over the servers of this session, with an embedder in this process.

    All tests come from one address: the shipped quotas, but with room for them.
    """
    uri, user, password = graph_address
    port = free_port()
    image = embedder.wanted_image(None, threads=1)
    text = embedder.wanted_text("off", threads=1)
    config = uvicorn.Config(
        embedder.create_app(image, text), host="127.0.0.1", port=port, log_config=None, access_log=False
    )
    async with serving(config) as embedder_url:
        yield settings.load(
            {},
            port=free_port(),
            data_dir=data_dir / "api",
            graph_uri=uri,
            graph_user=user,
            graph_password=password,
            redis_url=configured.redis_url,
            embedder_url=embedder_url,
            text_model="off",
            decoders=1,
            quotas=roomy(data_dir / "quotas.toml"),
            origins=("https://friend.example",),
            **vector_settings,
            **store_settings,
        )


@pytest.fixture(scope="session")
def api_config(api_settings: settings.Settings) -> uvicorn.Config:
    """The API, not yet served: with the tools for language models that only read, and with all of them."""
    return main.config(api_settings, {"/mcp-read": opening("read"), "/mcp-write": opening("write")})


@pytest.fixture(scope="session")
async def server(api_config: uvicorn.Config) -> AsyncIterator[str]:
    """The address of the API, once all that it reads from the graph is there."""
    async with serving(api_config) as url, httpx.AsyncClient() as http:

        async def ready() -> bool:
            parts = (await http.get(f"{url}/readyz")).json()["parts"]
            return all(parts[name]["state"] == "ready" for name in ("graph", "walk", "media"))

        await until(ready, within_s=60)
        yield url


@pytest.fixture(scope="session")
async def client(server: str) -> AsyncIterator[Client]:
    """A client of the API."""
    async with httpx.AsyncClient(timeout=15) as http:
        yield Client(server, http)


@pytest.fixture
async def bus(client: Client, api_config: uvicorn.Config) -> Bus:
    """The bus of the API, on which nobody listens any more."""
    found: Bus = api_config.app.state.api.resources.bus  # type: ignore[union-attr]

    async def quiet() -> bool:
        return found.open_subscriptions == 0

    await until(quiet)
    return found


@pytest.fixture(scope="session")
async def working(api_settings: settings.Settings, client: Client) -> AsyncIterator[None]:
    """A worker, in this process, for as long as the session lasts, once it has done what tests before left to do."""
    running = asyncio.create_task(worker.run(api_settings))
    async with connect.ready_graph(api_settings) as graph:

        async def caught_up() -> bool:
            return not {queue.state for queue in await jobs.queues(graph, columns.milliseconds())} & {"due", "running"}

        await until(caught_up, within_s=240)
    yield
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
