"""Who holds a data folder: one `pinwalk serve` at a time, and where to reach what it runs."""

from __future__ import annotations

import dataclasses
import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from domain.errors import Conflict

LOCK: Final = "serve.lock"
ORPHANS_WAIT_S: Final = 8.0
POLL_S: Final = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A `pinwalk serve` at work on a data folder: its process, and the addresses of its parts."""

    pid: int
    api_url: str = ""
    graph_uri: str = ""
    vectors_uri: str = ""
    vectors_profile: str = ""
    embedder_url: str = ""
    worker_url: str = ""


@dataclass(slots=True)
class Hold:
    """The lock on a data folder. The system lets it go when the last process that has the file open is gone."""

    file: IO[str]

    def announce(self, running: Running) -> None:
        """Says where the parts are, for commands in other terminals."""
        self.file.seek(0)
        self.file.truncate()
        json.dump(dataclasses.asdict(running), self.file)
        self.file.flush()


@contextmanager
def acquire(data_dir: Path) -> Iterator[Hold]:
    """The lock on `data_dir`, for the length of the block. Raises Conflict that names the holder.

    When the holder was killed, what it had started is being ended: that is waited for, a few seconds at most.
    """
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = (data_dir / LOCK).open("a+", encoding="utf-8")
    deadline = time.monotonic() + ORPHANS_WAIT_S
    while not _locked(file):
        holder = _read(file)
        if holder is not None and (_alive(holder.pid) or time.monotonic() > deadline):
            file.close()
            raise Conflict(
                f"{data_dir} is held by another `pinwalk serve` (process {holder.pid}).\n"
                "Stop that one, or give this one a folder of its own: PINWALK_DATA_DIR=… PINWALK_PORT=…"
            )
        if time.monotonic() > deadline:
            file.close()
            raise Conflict(f"{data_dir} is held by another process. Stop that one, or set PINWALK_DATA_DIR.")
        time.sleep(POLL_S)
    with file:
        hold = Hold(file)
        hold.announce(Running(pid=os.getpid()))
        yield hold
        file.seek(0)
        file.truncate()


def running(data_dir: Path) -> Running | None:
    """The `pinwalk serve` at work on `data_dir`, or None."""
    try:
        with (data_dir / LOCK).open("r", encoding="utf-8") as file:
            holder = _read(file)
    except FileNotFoundError:
        return None
    return holder if holder is not None and _alive(holder.pid) else None


def _locked(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read(file: IO[str]) -> Running | None:
    file.seek(0)
    try:
        values: dict[str, Any] = json.loads(file.read())
        return Running(**values)
    except (ValueError, TypeError):
        return None


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
