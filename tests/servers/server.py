"""A real server that the suites can be held against: how to get it, how to run it, and which tests it has to pass."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from app.children import POLL_S, Child

BUILD_TIMEOUT_S = 900


class Missing(Exception):
    """The server cannot be had on this machine; the message says what is needed for it."""


class NotStarted(Exception):
    """The server is here but did not start; the message ends with its last words."""


@dataclass(frozen=True, slots=True)
class Obtained:
    """A server's program on this machine."""

    program: Path
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A server by name.

    `obtain(folder)` gets the program into a folder that stays (building or fetching it at most once), or raises
    Missing. `running(obtained, folder)` runs it while a `with` block lasts, its data in a folder that goes, and gives
    the settings by field name (`s3_endpoint="http://…"`) with which the tests reach it.
    """

    name: str
    obtain: Callable[[Path], Obtained]
    running: Callable[[Obtained, Path], AbstractContextManager[Mapping[str, str]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """Tests, as pytest is given them, that are run while these servers are named by the settings."""

    name: str
    servers: tuple[Server, ...]
    tests: tuple[str, ...]


def go_install(package: str, version: str, folder: Path) -> Path:
    """The program of a Go package at this version, built through the Go module proxy when the folder lacks it."""
    program = folder / package.rsplit("/", 1)[-1]
    if program.is_file():
        return program
    go = shutil.which("go")
    if go is None:
        raise Missing(f"there is no Go here to build {package} with: install Go and run this again")
    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / f".{os.getpid()}"
    built = subprocess.run(
        ["/usr/bin/env", f"GOBIN={fresh}", go, "install", f"{package}@{version}"],
        capture_output=True,
        text=True,
        timeout=BUILD_TIMEOUT_S,
        check=False,
    )
    if built.returncode != 0:
        raise Missing(f"{package}@{version} could not be built:\n{built.stderr[-2000:]}")
    (fresh / program.name).replace(program)
    shutil.rmtree(fresh)
    return program


def wait(child: Child, ready: Callable[[], bool], log: Path, *, within_s: float = 60) -> None:
    """Returns when the child is ready. Raises NotStarted when it ends before that, or does not become ready in time."""
    deadline = time.monotonic() + within_s
    while not ready():
        if not child.alive or time.monotonic() > deadline:
            child.stop()
            words = log.read_text("utf-8", "replace")[-2000:] if log.exists() else ""
            raise NotStarted(f"{child.program.name} did not start; its last words:\n{words}")
        time.sleep(POLL_S)
