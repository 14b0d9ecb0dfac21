"""The servers that tests run against: real, started once a session, or those that the environment names."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import pytest

from app import children, settings
from app.children import Child, Guard, Program
from app.vector_server import milvus_options
from graph.client import Graph
from graph.embedded import archive, command, install
from graph.embedded.log_in import log_in
from graph.migrate import migrate
from tests.servers import redis_server
from tests.servers.server import Missing, Obtained
from vectors.embedded import EmbeddedVectors, listening
from vectors.milvus import Kind, MilvusIndex
from vectors.options import MilvusOptions

START_TIMEOUT_S = 90.0
GRAPH_PASSWORD = "only-for-tests-1"


def pytest_addoption(parser: pytest.Parser) -> None:
    """What a run may be asked for beside the tests themselves."""
    parser.addoption("--whole-secrecy", action="store_true", help="try the secrecy of boards at its whole size")
    parser.addoption("--write-contract", action="store_true", help="write docs/contract.md instead of comparing it")


@pytest.fixture(scope="session")
def configured() -> settings.Settings:
    """The settings of this environment; a test that needs others makes its own."""
    return settings.load()


@pytest.fixture(scope="session")
def store_settings(configured: settings.Settings) -> dict[str, Any]:
    """The settings of the media store that the environment names; none of them: a folder of one's own."""
    return {name: getattr(configured, name) for name in settings.names() if name.startswith("s3_")}


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of this session's own."""
    return tmp_path_factory.mktemp("pinwalk")


@pytest.fixture(scope="session")
def guard() -> Iterator[Guard]:
    """What ends our children should the test run be killed."""
    guard = Guard.start()
    yield guard
    guard.close()


@pytest.fixture(scope="session")
def neo4j_jars(configured: settings.Settings) -> Path:
    """The folder with the embedded server's jars; fetched when this machine never had them."""
    return install.install(configured.cache_dir)


@pytest.fixture(scope="session")
def graph_address(
    configured: settings.Settings, data_dir: Path, guard: Guard, request: pytest.FixtureRequest
) -> Iterator[tuple[str, str, str]]:
    """(uri, user, password) of a Neo4j server."""
    if configured.graph_uri:
        yield configured.graph_uri, configured.graph_user, configured.graph_password or ""
        return
    server = command.EmbeddedGraph(
        home=data_dir / "graph",
        jars=request.getfixturevalue("neo4j_jars"),
        port=children.free_port(),
        password=GRAPH_PASSWORD,
        heap="512m",
        page_cache="64m",
    )
    command.prepare(server)
    child = _started(
        Program(name="neo4j", command=server.command_with(archive.flags(server.jars)), environment=server.environment),
        guard,
        data_dir,
    )
    _wait(child, data_dir, lambda: log_in(server.uri, command.USER, GRAPH_PASSWORD))
    yield server.uri, command.USER, GRAPH_PASSWORD
    child.stop()


@pytest.fixture(scope="session")
async def graph(graph_address: tuple[str, str, str]) -> AsyncIterator[Graph]:
    """A connected, migrated graph, shared by the session: assert about your own ids alone."""
    uri, user, password = graph_address
    graph = await Graph.open(uri, user, password)
    await migrate(graph)
    yield graph.patient(20)  # The server was just started: the first time of each statement takes it seconds.
    await graph.close()


@pytest.fixture(scope="session")
def vectors_uri(configured: settings.Settings, data_dir: Path, guard: Guard) -> Iterator[str]:
    """The address of a Milvus server: use collections of your own, and drop them."""
    if configured.vectors_uri:
        yield configured.vectors_uri
        return
    server = EmbeddedVectors(home=data_dir / "vectors", port=children.free_port())
    program = Program(
        name="milvus",
        command=server.command,
        environment={**settings.child_environment(), **server.environment},
        stop_signal=server.stop_signal,
    )
    child = _started(program, guard, data_dir)
    _wait(child, data_dir, lambda: listening(server.port))
    yield server.uri
    child.stop()


@dataclass(frozen=True, slots=True)
class Vectors:
    """A Milvus server and how it is asked: use collections of your own, and drop them."""

    uri: str
    token: str | None
    options: MilvusOptions

    async def open(self, kind: Kind, *, embedder: str = "some-model", dim: int) -> MilvusIndex:
        """A collection to write to, whose reads see what was written."""
        return await MilvusIndex.open(
            self.uri, kind=kind, embedder=embedder, version="1.0", dim=dim, token=self.token, options=self.options
        )

    def follow(self, kind: Kind) -> MilvusIndex:
        """A reader of what the alias names, that sees all of it at once."""
        options = replace(self.options, consistency="Strong")
        return MilvusIndex.follow(self.uri, kind=kind, token=self.token, options=options)


@pytest.fixture(scope="session")
def vector_settings(configured: settings.Settings, vectors_uri: str) -> dict[str, Any]:
    """The settings, by field name, with which this session's Milvus is asked."""
    if configured.vectors_uri is None:
        return {"vectors_uri": vectors_uri, "vectors_profile": "embedded"}
    return configured_vectors(configured)


def configured_vectors(configured: settings.Settings) -> dict[str, Any]:
    """The settings, by field name, of the Milvus that the environment names."""
    names = [item.name for item in fields(configured) if item.name.startswith("vectors_")]
    return {name: getattr(configured, name) for name in names}


@pytest.fixture(scope="session")
def vectors(vector_settings: dict[str, Any]) -> Vectors:
    """This session's Milvus."""
    known = settings.load({}, **vector_settings)
    return Vectors(known.vectors_uri or "", known.vectors_token, milvus_options(known))


@pytest.fixture(scope="session")
def redis_program(configured: settings.Settings) -> Obtained:
    """A Redis server's program, fetched when this machine has none; without one the test is skipped."""
    try:
        return redis_server.obtain(configured.cache_dir / "servers" / "redis")
    except Missing as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def redis_url(
    configured: settings.Settings, guard: Guard, data_dir: Path, request: pytest.FixtureRequest
) -> Iterator[str]:
    """The address of a Redis server: use keys of your own."""
    if configured.redis_url:
        yield configured.redis_url
        return
    port = children.free_port()
    child = redis_server.start(request.getfixturevalue("redis_program"), data_dir, port, guard)
    yield f"redis://127.0.0.1:{port}"
    child.stop()


def _started(program: Program, guard: Guard, folder: Path) -> Child:
    return children.start(program, guard, folder / "logs" / f"{program.name}.log")


def _wait(child: Child, folder: Path, ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while not ready():
        if not child.alive or time.monotonic() > deadline:
            child.stop()
            pytest.exit(f"{child.program.name} did not start; its last words:\n{_last_words(child, folder)}", 3)
        time.sleep(children.POLL_S)


def _last_words(child: Child, folder: Path) -> str:
    return (folder / "logs" / f"{child.program.name}.log").read_text("utf-8", "replace")[-2000:]
