"""Child processes that never outlive their parent: start, see, stop. Who is started, and why, is the supervisor's.

Every child leads a process group of its own: the Ctrl-C of a terminal does not reach it, so that children are stopped
in order, and what a child has started is stopped with it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

LEASH: Final = Path(__file__).with_name("leash.py")
LOG_BYTES_MAX: Final = 8 << 20
LOG_FILES_KEPT: Final = 3
KILL_WAIT_S: Final = 3.0
FAILED: Final = 2
"""The exit code of a command of ours that was refused: what it printed last says why."""
POLL_S: Final = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What to run: its name for people, command, environment, and the signal that ends it cleanly.

    `niceness` above 0 lets others go first, 19 everybody.
    """

    name: str
    command: list[str]
    environment: Mapping[str, str] = field(repr=False)
    stop_signal: int = signal.SIGTERM
    stop_timeout_s: float = 5.0
    niceness: int = 0


@dataclass(slots=True)
class Guard:
    """The watcher that ends our children when we are killed. One per parent process."""

    process: subprocess.Popen[bytes]
    pipe: IO[bytes]

    @classmethod
    def start(cls, *, keep_open: int | None = None) -> Guard:
        """A started watcher. It keeps the file `keep_open` open: a lock on it lasts as long as our children."""
        command = [sys.executable, "-I", "-S", str(LEASH), "guard"]
        reading, writing = os.pipe()
        kept = () if keep_open is None else (keep_open,)
        process = subprocess.Popen(command, stdin=reading, pass_fds=kept, start_new_session=True)  # noqa: S603  Ours.
        os.close(reading)
        return cls(process, os.fdopen(writing, "wb", buffering=0))

    def name(self, pid: int, stop_signal: int) -> None:
        self._tell(f"+{pid} {stop_signal}\n")

    def forget(self, pid: int) -> None:
        self._tell(f"-{pid}\n")

    def close(self) -> None:
        """Lets the guard go; whatever is still named is ended by it."""
        self.pipe.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(KILL_WAIT_S)

    def _tell(self, line: str) -> None:
        with contextlib.suppress(OSError):  # A guard that was killed is missed at the next death only.
            self.pipe.write(line.encode())


@dataclass(slots=True)
class Child:
    """A running program."""

    program: Program
    process: subprocess.Popen[bytes]
    guard: Guard
    started_at: float = field(default_factory=time.monotonic)

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def ask_to_stop(self) -> None:
        """Sends its stop signal, to the program alone (it ends what it has started); does not wait."""
        if self.alive:
            with contextlib.suppress(ProcessLookupError):
                self.process.send_signal(self.program.stop_signal)

    def wait_stopped(self, timeout_s: float) -> bool:
        """Waits, then kills whatever is left of its group. Whether it went by itself."""
        clean = True
        try:
            self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            clean = False
        kill_group(self.process.pid)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(KILL_WAIT_S)
        self.guard.forget(self.process.pid)
        return clean

    def stop(self) -> bool:
        self.ask_to_stop()
        return self.wait_stopped(self.program.stop_timeout_s)


def start(program: Program, guard: Guard, output: Path | IO[bytes] | None) -> Child:
    """Starts a program; its output goes to the end of the file `output`, to an open pipe, or (None) where ours goes.

    Must be called in the main thread: on Linux a child is signalled when the *thread* that started it ends.
    """
    on_leash = [str(os.getpid()), str(int(program.stop_signal)), str(program.niceness)]
    command = [sys.executable, "-I", "-S", str(LEASH), *on_leash]
    with contextlib.ExitStack() as stack:
        stream: IO[bytes] | None
        if isinstance(output, Path):
            trim(output)
            stream = stack.enter_context(output.open("ab"))
        else:
            stream = output
        process = subprocess.Popen(  # noqa: S603  Our own programs; no shell.
            [*command, *program.command],
            env=dict(program.environment),
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            start_new_session=True,
        )
    guard.name(process.pid, int(program.stop_signal))
    return Child(program, process, guard)


def kill_group(pid: int) -> None:
    """Ends what is left of a child's process group, at once."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def free_port() -> int:
    """A port of the loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def trim(path: Path) -> None:
    """Keeps a log bounded, also one that is being written to the end of: over 8 MB it is copied aside and emptied."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.stat().st_size < LOG_BYTES_MAX:
        return
    for number in range(LOG_FILES_KEPT - 1, 0, -1):
        older = path.with_name(f"{path.name}.{number}")
        if older.exists():
            older.replace(path.with_name(f"{path.name}.{number + 1}"))
    shutil.copyfile(path, path.with_name(f"{path.name}.1"))
    os.truncate(path, 0)
