"""A whole installation of its own for tests of the worker: nobody else takes its jobs."""

from __future__ import annotations

import io
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from app import children, settings
from app.children import Child, Guard, Program
from app.settings import Settings
from graph.client import Graph
from graph.embedded import archive, command
from graph.embedded.log_in import log_in
from graph.migrate import migrate
from tests.conftest import configured_vectors
from vectors.embedded import EmbeddedVectors, listening

START_TIMEOUT_S = 120.0
PASSWORD = "only-for-tests-2"


@pytest.fixture(scope="session")
def place(
    guard: Guard,
    tmp_path_factory: pytest.TempPathFactory,
    neo4j_jars: Path,
    store_settings: dict[str, Any],
    configured: Settings,
) -> Iterator[Settings]:
    """The settings of an installation whose graph, vectors and embedder (pictures alone) run; no worker does."""
    folder = tmp_path_factory.mktemp("place")
    server = command.EmbeddedGraph(
        home=folder / "graph",
        jars=neo4j_jars,
        port=children.free_port(),
        password=PASSWORD,
        heap="512m",
        page_cache="64m",
    )
    command.prepare(server)
    milvus = EmbeddedVectors(home=folder / "vectors", port=children.free_port())
    embedder_port = children.free_port()
    vectors = {"vectors_uri": milvus.uri, "vectors_profile": "embedded"}
    if configured.vectors_uri is not None:
        vectors = configured_vectors(configured)
    known = settings.load(
        {},
        data_dir=folder / "data",
        graph_uri=server.uri,
        graph_password=PASSWORD,
        embedder_url=f"http://127.0.0.1:{embedder_port}",
        embedder_port=embedder_port,
        worker_port=children.free_port(),
        text_model="off",
        model_folders=tmp_path_factory.getbasetemp(),
        **vectors,
        **store_settings,
    )
    programs = [
        Program(
            name="neo4j",
            command=server.command_with(archive.flags(server.jars)),
            environment=server.environment,
        ),
        Program(name="embedder", command=pinwalk("embedder"), environment=environment(known)),
    ]
    if configured.vectors_uri is None:
        programs.append(
            Program(
                name="milvus",
                command=milvus.command,
                environment={**settings.child_environment(), **milvus.environment},
                stop_signal=milvus.stop_signal,
            )
        )
    running: list[Child] = []
    try:
        running += [children.start(program, guard, folder / f"{program.name}.log") for program in programs]
        wait(lambda: log_in(server.uri, command.USER, PASSWORD))
        wait(lambda: configured.vectors_uri is not None or listening(milvus.port))
        wait(lambda: answers(f"http://127.0.0.1:{embedder_port}/healthz"))
        yield known
    finally:
        for child in reversed(running):
            child.stop()


@pytest.fixture(scope="session")
async def place_graph(place: Settings) -> AsyncIterator[Graph]:
    """The graph of that installation."""
    graph = await Graph.open(place.graph_uri or "", place.graph_user, PASSWORD)
    await migrate(graph)
    yield graph.patient(20)  # The server was just started.
    await graph.close()


@pytest.fixture
def start_worker(place: Settings, guard: Guard, tmp_path: Path) -> Iterator[Callable[[], Child]]:
    """Starts a worker process of that installation; whatever still runs is stopped at the end."""
    started: list[Child] = []

    def start() -> Child:
        program = Program(name="worker", command=pinwalk("worker"), environment=environment(place))
        started.append(children.start(program, guard, tmp_path / "worker.log"))
        return started[-1]

    yield start
    for child in started:
        child.stop()


def pinwalk(process: str) -> list[str]:
    return [sys.executable, "-m", "app.cli", process]


def environment(known: Settings) -> dict[str, str]:
    names = (
        "data_dir",
        "graph_uri",
        "graph_password",
        "vectors_uri",
        "vectors_profile",
        "embedder_url",
        "model_folders",
    )
    values = {name: str(getattr(known, name)) for name in (*names, "embedder_port", "worker_port", "text_model")}
    return settings.child_environment(**values)


def wait(ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while not ready():
        assert time.monotonic() < deadline, "a server did not start"
        time.sleep(children.POLL_S)


def answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=1.0).is_success
    except httpx.HTTPError:
        return False


def jpeg(seed: int) -> bytes:
    """A picture that no other seed makes."""
    pixels = np.random.default_rng(seed).integers(0, 255, (6, 5, 3), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels).resize((300, 360), Image.Resampling.BICUBIC).save(out, "JPEG")
    return out.getvalue()
