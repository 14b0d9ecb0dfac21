"""Embedder processes started for tests, the real way: by settings, in a process of their own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from app import settings
from tests.services.conftest import READY_WITHIN_S

SERVE = "from app import embedder, settings; embedder.run(settings.load())"


@dataclass
class EmbedderProcess:
    """A running embedder; `first` is what it said of its models as soon as its address answered."""

    address: str
    first: dict[str, dict[str, str]]
    process: subprocess.Popen[bytes]

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def wait_until(self, wanted: Callable[[dict[str, dict[str, str]]], bool]) -> dict[str, dict[str, str]]:
        """The first /info that satisfies `wanted`."""
        deadline = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < deadline:
            info: dict[str, dict[str, str]] = httpx.get(f"{self.address}/info", timeout=20).json()
            if wanted(info):
                return info
            time.sleep(0.05)
        raise AssertionError(f"not within {READY_WITHIN_S} s: {info}")


@pytest.fixture(scope="session")
def start_embedder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., EmbedderProcess]]:
    """Starts an embedder process with these settings; all are ended with the session."""
    started: list[subprocess.Popen[bytes]] = []
    logs = tmp_path_factory.mktemp("embedders")

    def start(**values: str) -> EmbedderProcess:
        port = _free_port()
        began = time.monotonic()
        with (logs / f"{len(started)}.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-c", SERVE],
                env=settings.child_environment(embedder_port=str(port), **values) | {"HF_HUB_OFFLINE": "1"},
                stdout=subprocess.DEVNULL,
                stderr=log,
            )
        started.append(process)
        address = f"http://127.0.0.1:{port}"
        while time.monotonic() - began < 60:
            assert process.poll() is None, (logs / f"{len(started) - 1}.log").read_text()
            try:
                first = httpx.get(f"{address}/info", timeout=20).json()
            except httpx.TransportError:
                time.sleep(0.02)
            else:
                return EmbedderProcess(address, first, process)
        raise AssertionError("the embedder's address did not answer")

    yield start
    for process in started:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
    for process in started:
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGKILL)
            process.wait(10)


@pytest.fixture(scope="session")
def light_embedder(start_embedder: Callable[..., EmbedderProcess]) -> EmbedderProcess:
    """Pictures by look, no texts."""
    process = start_embedder(text_model="off")
    process.wait_until(lambda info: info["image"]["state"] == "ready")
    return process


@pytest.fixture(scope="session")
def model_embedder(start_embedder: Callable[..., EmbedderProcess], tiny_clip: Path) -> EmbedderProcess:
    """Pictures by CLIP, texts by the bundled model."""
    process = start_embedder(image_model=str(tiny_clip))
    process.wait_until(lambda info: "loading" not in (info["image"]["state"], info["text"]["state"]))
    return process


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
