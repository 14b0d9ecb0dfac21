"""`pinwalk serve` as a person meets it: a real process with real servers, killed in every way."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from app import children, parts, settings
from app.children import POLL_S

pytestmark = pytest.mark.timeout(900)
START_S = 240.0
STOP_S = 15.0
ORPHANS_S = 5.0


@dataclass(slots=True)
class Serving:
    """A `pinwalk serve` under test."""

    process: subprocess.Popen[str]
    url: str
    output: Path

    def children(self) -> list[psutil.Process]:
        found: list[psutil.Process] = psutil.Process(self.process.pid).children(recursive=True)
        return found

    def child(self, word: str) -> psutil.Process | None:
        for process in self.children():
            try:
                if word in " ".join(process.cmdline()):
                    return process
            except psutil.Error:
                continue
        return None

    def parts(self) -> dict[str, str]:
        """State of each part by name; empty while the API does not answer."""
        report = answer(f"{self.url}/readyz")
        return {name: part["state"] for name, part in report.get("parts", {}).items()}

    def said(self) -> str:
        return self.output.read_text("utf-8", "replace")


@pytest.fixture
def environment(tmp_path: Path, configured: settings.Settings) -> dict[str, str]:
    """Servers of the test's own, whatever the session's environment names."""
    others = ("graph_uri", "graph_user", "graph_password", "vectors_uri", "embedder_url")
    return settings.child_environment(
        without=others,
        data_dir=str(tmp_path / "data"),
        cache_dir=str(configured.cache_dir),
        port=str(children.free_port()),
        text_model="off",
        graph_heap="512m",
        graph_page_cache="64m",
    )


@pytest.fixture
def serve(environment: dict[str, str], tmp_path: Path, neo4j_jars: Path) -> Iterator[Callable[[], Serving]]:
    """Starts `pinwalk serve` on the test's data folder; all of them are gone afterwards."""
    started: list[Serving] = []

    def start() -> Serving:
        output = tmp_path / f"terminal-{len(started)}.log"
        with output.open("w") as file:
            process = subprocess.Popen(command(), env=environment, stdout=file, stderr=file, text=True)
        started.append(Serving(process, f"http://127.0.0.1:{environment['PINWALK_PORT']}", output))
        return started[-1]

    yield start
    for serving in started:
        if serving.process.poll() is None:
            serving.process.send_signal(signal.SIGINT)
            serving.process.wait(2 * STOP_S)


def command() -> list[str]:
    return [sys.executable, "-P", "-m", "app.cli", "serve"]


def answer(url: str) -> dict[str, Any]:
    """The JSON at an address, whatever its status; empty when nobody answers."""
    _, body = parts.get(url)
    return dict(json.loads(body)) if body else {}


def until(true: Callable[[], Any], within_s: float, serving: Serving | None = None) -> float:
    """Seconds until it was so; fails when it is not in time."""
    began = time.monotonic()
    while not true():
        waited = time.monotonic() - began
        assert waited < within_s, f"not so after {waited:.0f} s\n{serving.said() if serving else ''}"
        time.sleep(POLL_S * 10)
    return time.monotonic() - began


def graph_is_ready(serving: Serving) -> Callable[[], bool]:
    return lambda: serving.parts().get("graph") == "ready"


def test_kept_alive_alone_on_its_folder_gone_when_killed_and_started_again_with_everything_kept(
    serve: Callable[[], Serving],
) -> None:
    """One story, since each start costs seconds: start, second start, a server killed, all killed, start, Ctrl-C."""
    serving = serve()
    until(graph_is_ready(serving), START_S, serving)
    assert answer(f"{serving.url}/healthz") == {"status": "ok"}

    second = serve()
    assert second.process.wait(START_S) == 2
    assert f"process {serving.process.pid}" in second.said()

    neo4j, api = serving.child("CommunityEntryPoint"), serving.child("app.cli api")
    assert neo4j is not None
    assert api is not None
    neo4j.kill()
    until(lambda: serving.parts().get("graph") != "ready", START_S, serving)
    assert answer(f"{serving.url}/healthz") == {"status": "ok"}
    until(graph_is_ready(serving), START_S, serving)
    assert api.is_running()

    until(lambda: len(serving.children()) >= 5, START_S, serving)
    running = serving.children()
    os.kill(serving.process.pid, signal.SIGKILL)
    serving.process.wait(ORPHANS_S)
    until(lambda: not [process for process in running if alive(process)], ORPHANS_S)

    again = serve()
    until(graph_is_ready(again), START_S, again)
    running = again.children()
    again.process.send_signal(signal.SIGINT)
    assert again.process.wait(STOP_S) == 0
    assert not [process for process in running if alive(process)]


def test_a_port_in_use_is_one_clear_line(
    serve: Callable[[], Serving], environment: dict[str, str], tmp_path: Path
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", int(environment["PINWALK_PORT"])))
        taken.listen()

        serving = serve()

        assert serving.process.wait(START_S) == 2
    assert "PINWALK_PORT" in serving.said()


def alive(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False
