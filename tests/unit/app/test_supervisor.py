from __future__ import annotations

import asyncio
import io
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from app import children, hold, parts, settings, supervisor
from app.children import Guard, Program
from app.parts import Part, Plan
from app.supervisor import Supervisor
from app.terminal import Terminal
from domain.errors import Conflict, Invalid, Unavailable

LIVES = "import time; print('up', flush=True); time.sleep(600)"
DIES = "raise SystemExit('no luck')"


@pytest.fixture
def terminal() -> Terminal:
    return Terminal(Console(file=io.StringIO(), width=200))


@pytest.fixture
def supervise(tmp_path: Path, guard: Guard, terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A supervisor of small Python programs, by name."""
    monkeypatch.setattr(supervisor, "BACKOFF_S_MIN", 0.01)

    def make(*, restarts_max: int = 8, ready: Callable[[], bool] = lambda: True, **codes: str) -> Supervisor:
        known = settings.load({}, data_dir=tmp_path, restarts_max=restarts_max)
        listed = [
            Part(
                program=Program(
                    name=name,
                    command=[sys.executable, "-c", code],
                    environment=settings.child_environment(),
                    stop_timeout_s=1.0,
                ),
                ready=ready,
            )
            for name, code in codes.items()
        ]
        return Supervisor(Plan(settings=known, parts=tuple(listed)), guard, terminal)

    return make


def said(terminal: Terminal) -> str:
    assert isinstance(terminal.console.file, io.StringIO)
    return terminal.console.file.getvalue()


async def until(true: Callable[[], Any], within_s: float = 30.0) -> None:
    deadline = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline
        await asyncio.sleep(children.POLL_S)


async def test_what_dies_is_started_again(supervise: Any) -> None:
    under_test = supervise(worker=LIVES)
    under_test.start()
    await under_test.until_up("worker")
    first = under_test.kept["worker"].child

    first.process.kill()

    await until(lambda: under_test.kept["worker"].child is not first and under_test.kept["worker"].child.alive)
    await under_test.stop()
    assert not under_test.kept["worker"].child.alive


async def test_what_keeps_dying_is_left_dead_and_the_rest_goes_on(supervise: Any, terminal: Terminal) -> None:
    under_test = supervise(worker=DIES, embedder=LIVES, restarts_max=2)
    under_test.start()

    await until(lambda: under_test.kept["worker"].given_up)

    assert len(under_test.kept["worker"].deaths) == 3
    assert "no luck" in said(terminal)
    await under_test.until_up("embedder")
    assert not under_test.failed.is_set()
    await under_test.stop()


async def test_without_the_api_there_is_nothing_to_serve(supervise: Any) -> None:
    under_test = supervise(api=DIES, restarts_max=1)
    under_test.start()

    await until(under_test.failed.is_set)

    await under_test.stop()


async def test_a_refusal_that_no_waiting_mends_ends_the_part_with_its_message(
    supervise: Any, terminal: Terminal
) -> None:
    def refused() -> bool:
        raise Invalid("the password is wrong")

    under_test = supervise(neo4j=LIVES, ready=refused)
    under_test.start()

    with pytest.raises(Unavailable, match="neo4j"):
        await under_test.until_up("neo4j")

    assert "the password is wrong" in said(terminal)
    assert not under_test.kept["neo4j"].child.alive
    await under_test.stop()


async def test_a_start_that_takes_too_long_is_a_death(
    supervise: Any, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    under_test = supervise(milvus=LIVES, ready=lambda: False, restarts_max=0)
    under_test.settings = settings.load({}, data_dir=under_test.settings.data_dir, start_timeout_s=0.1)
    monkeypatch.setattr(supervisor, "ASK_S", 0.05)

    under_test.start()

    await until(lambda: under_test.kept["milvus"].given_up or "not ready" in said(terminal))
    await under_test.stop()


def test_one_serve_holds_a_folder_and_says_where_its_parts_are(tmp_path: Path) -> None:
    with hold.acquire(tmp_path) as held:
        held.announce(hold.Running(pid=held_by_me(), api_url="http://127.0.0.1:1", graph_uri="bolt://127.0.0.1:2"))

        running = hold.running(tmp_path)
        assert running is not None
        assert running.graph_uri == "bolt://127.0.0.1:2"
        with pytest.raises(Conflict, match=f"process {held_by_me()}"), hold.acquire(tmp_path):
            pass

    assert hold.running(tmp_path) is None
    with hold.acquire(tmp_path):
        pass


def test_servers_that_have_an_address_are_not_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "GRAPH_URI": "bolt://graph.example:7687",
        "GRAPH_PASSWORD": "secret-of-theirs",
        "VECTORS_URI": "http://vectors.example:19530",
        "EMBEDDER_URL": "http://embedder.example:8090",
        "DATA_DIR": str(tmp_path),
    }.items():
        monkeypatch.setenv(f"PINWALK_{name}", value)

    plan = parts.plan(settings.load())

    assert {part.name for part in plan.parts} == {"api", "worker"}
    assert plan.settings.graph_uri == "bolt://graph.example:7687"
    assert plan.settings.graph_password == "secret-of-theirs"
    assert plan.settings.vectors_profile == "server"


def test_what_has_no_address_is_started_on_the_loopback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GRAPH_URI", "VECTORS_URI", "EMBEDDER_URL"):
        monkeypatch.delenv(f"PINWALK_{name}", raising=False)
    monkeypatch.setenv("PINWALK_DATA_DIR", str(tmp_path))

    plan = parts.plan(settings.load())

    assert {part.name for part in plan.parts} == set(parts.ALL)
    assert plan.settings.vectors_profile == "embedded"
    for address in (plan.settings.graph_uri, plan.settings.vectors_uri, plan.settings.embedder_url):
        assert address is not None
        assert "//127.0.0.1:" in address


def held_by_me() -> int:
    return os.getpid()
