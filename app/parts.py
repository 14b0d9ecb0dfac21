"""The programs that `pinwalk serve` runs: what each is started with and how to know that it is ready."""

from __future__ import annotations

import http.client
import json
import signal
import sys
import urllib.parse
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from app import secret_files, settings
from app.children import Program, free_port
from app.hold import Running
from app.settings import Settings
from graph.embedded import archive, command, jars
from graph.embedded.command import EmbeddedGraph
from vectors.embedded import EmbeddedVectors, listening

PROBE_TIMEOUT_S: Final = 1.0
NEO4J: Final = "neo4j"
MILVUS: Final = "milvus"
EMBEDDER: Final = "embedder"
WORKER: Final = "worker"
API: Final = "api"
ADDRESSES: Final = ("graph_uri", "vectors_uri", "vectors_profile", "embedder_url")
_WORKER_NICENESS: Final = 5
ANSWER_BYTES_MAX: Final = 1 << 20
ALL: Final = (NEO4J, MILVUS, EMBEDDER, WORKER, API)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A program to keep running. `prepare` runs before each start; `may_start` is asked before the first one.

    All three are asked in a thread and may block for a second or so.
    """

    program: Program
    ready: Callable[[], bool]
    prepare: Callable[[], None] = lambda: None
    may_start: Callable[[], bool] = lambda: True

    @property
    def name(self) -> str:
        return self.program.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is started here, and the settings that every part gets (addresses filled in)."""

    settings: Settings
    parts: tuple[Part, ...]

    def running(self, pid: int) -> Running:
        """What other terminals are told."""
        return Running(
            pid=pid,
            api_url=self.settings.base_url,
            graph_uri=self.settings.graph_uri or "",
            vectors_uri=self.settings.vectors_uri or "",
            vectors_profile=self.settings.vectors_profile,
            embedder_url=self.settings.embedder_url or "",
            worker_url=f"http://{self.settings.worker_host}:{self.settings.worker_port}",
        )


def plan(given: Settings, wanted: tuple[str, ...] = ALL) -> Plan:
    """The parts among `wanted` that are not served from elsewhere, on free ports of the loopback.

    The graph and the API are started at once, since the first answer needs both; the others when the API answers from
    the graph and the walk. So a machine of two cores answers early, and loads models afterwards.
    """
    given = replace(given, port=given.port or free_port())
    local = local_url(given)
    parts: list[Part] = []

    def answering() -> bool:
        return API not in wanted or settled(local)

    overrides: dict[str, str] = {"data_dir": str(given.data_dir), "cache_dir": str(given.cache_dir)}
    if given.graph_uri is None:
        graph = _graph(given)
        overrides["graph_uri"] = graph.uri
        if NEO4J in wanted:
            parts.append(_graph_part(graph))
    if given.vectors_uri is None:
        vectors = EmbeddedVectors(home=given.data_dir / "vectors", port=free_port())
        overrides |= {"vectors_uri": vectors.uri, "vectors_profile": "embedded"}
        if MILVUS in wanted:
            parts.append(_vectors_part(vectors, answering))
    own_embedder = given.embedder_url is None
    if given.worker_port is None:
        overrides["worker_port"] = str(free_port())
    if own_embedder:
        port = given.embedder_port or free_port()
        overrides |= {
            "embedder_url": f"http://127.0.0.1:{port}",
            "embedder_host": "127.0.0.1",
            "embedder_port": str(port),
        }
    overrides["port"] = str(given.port)
    environment = settings.child_environment(without=_shadowed(given), **overrides)
    known = settings.load(environment)
    if EMBEDDER in wanted and own_embedder:
        parts.append(_own(EMBEDDER, environment, lambda: answers(f"{known.embedder_url}/healthz"), answering))
    if API in wanted:
        parts.append(_own(API, environment, lambda: answers(f"{local}/healthz")))
    if WORKER in wanted:
        worker = _own(WORKER, environment, lambda: True, answering)
        # What people wait for comes first, and so does the graph that both ask.
        parts.append(replace(worker, program=replace(worker.program, niceness=_WORKER_NICENESS)))
    return Plan(settings=known, parts=tuple(parts))


def once(command: str, known: Settings, given: Settings, *, niceness: int = 0) -> Program:
    """One of our own commands, with the addresses of what runs, to be run to its end."""
    overrides = {
        "data_dir": str(known.data_dir),
        "cache_dir": str(known.cache_dir),
        "port": str(known.port),
        "vectors_profile": known.vectors_profile,
    }
    overrides |= {key: value for key in ("graph_uri", "vectors_uri", "embedder_url") if (value := getattr(known, key))}
    environment = settings.child_environment(without=_shadowed(given), **overrides)
    return Program(name=command, command=_pinwalk(command), environment=environment, niceness=niceness)


def joined(given: Settings, running: Running) -> Settings:
    """The settings of a command that uses what a running `pinwalk serve` has started."""
    values: dict[str, Any] = {name: value for name in ADDRESSES if (value := getattr(running, name))}
    if given.graph_uri is None:
        values |= {"graph_user": settings.EMBEDDED_GRAPH_USER, "graph_password": None}
    return replace(given, public_url=running.api_url, **values)


def local_url(known: Settings) -> str:
    """Where this machine reaches the API."""
    host = "127.0.0.1" if known.host in ("0.0.0.0", "::") else known.host  # noqa: S104  Compared, not bound.
    return f"http://{f'[{host}]' if ':' in host else host}:{known.port}"


def answers(url: str) -> bool:
    """Whether a GET of `url` gets a 200, within a second."""
    return get(url)[0] == http.client.OK


def settled(api_url: str) -> bool:
    """Whether the API answers from the graph and the walk, and has answered who was waiting for that."""
    try:
        return bool(json.loads(get(f"{api_url}/readyz")[1])["settled"])
    except (ValueError, LookupError, TypeError):
        return False


def get(url: str, *, headers: Mapping[str, str] | None = None) -> tuple[int, bytes]:
    """Status and body; status 0 when there is no answer."""
    parsed = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parsed.hostname or "", parsed.port, timeout=PROBE_TIMEOUT_S)
    try:
        connection.request("GET", parsed.path, headers=headers or {})
        response = connection.getresponse()
        return response.status, response.read(ANSWER_BYTES_MAX)
    except (OSError, http.client.HTTPException):
        return 0, b""
    finally:
        connection.close()


def graph_home(given: Settings) -> Path:
    """Where an embedded graph keeps everything."""
    return given.data_dir / "graph"


def _graph(given: Settings) -> EmbeddedGraph:
    return EmbeddedGraph(
        home=graph_home(given),
        jars=jars.folder(given.cache_dir),
        port=free_port(),
        password=secret_files.kept(given.secrets_dir, secret_files.GRAPH_PASSWORD),
        heap=given.graph_heap,
        page_cache=given.graph_page_cache,
    )


def _graph_part(graph: EmbeddedGraph) -> Part:
    return Part(
        program=Program(
            name=NEO4J,
            command=graph.command_with(archive.flags(graph.jars)),
            environment=graph.environment,
            stop_timeout_s=6.0,
        ),
        prepare=lambda: command.prepare(graph),
        ready=lambda: command.speaks_bolt(graph.port),
    )


def _vectors_part(vectors: EmbeddedVectors, may_start: Callable[[], bool]) -> Part:
    environment = {**settings.child_environment(), **vectors.environment}
    return Part(
        program=Program(name=MILVUS, command=vectors.command, environment=environment, stop_signal=vectors.stop_signal),
        ready=lambda: listening(vectors.port),
        may_start=may_start,
    )


def _own(
    name: str, environment: dict[str, str], ready: Callable[[], bool], may_start: Callable[[], bool] = lambda: True
) -> Part:
    program = Program(name=name, command=_pinwalk(name), environment=environment, stop_signal=signal.SIGTERM)
    return Part(program=program, ready=ready, may_start=may_start)


def _pinwalk(*arguments: str) -> list[str]:
    return [sys.executable, "-P", "-m", "app.cli", *arguments]


def _shadowed(given: Settings) -> tuple[str, ...]:
    # The server started here has its own user and generated password.
    return ("graph_user", "graph_password") if given.graph_uri is None else ()
