"""Runs a program that must not outlive its parent. Started as a script by `app/children.py`; the standard library only.

    python leash.py PARENT_PID SIGNAL NICENESS PROGRAM…   becomes the program; Linux signals it when the parent dies
    python leash.py guard                                 watches a pipe; when it closes, ends what was named on it

The first is immediate but knows Linux alone and reaches the program, not what the program started. The guard reaches
whole process groups anywhere: it reads lines `+PID SIGNAL` and `-PID`, and at the end of the pipe (a clean stop has
taken every name back; a killed parent has not) it signals the groups still named and, two seconds later, kills them.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from contextlib import suppress

GRACE_S = 2.0
PR_SET_PDEATHSIG = 1


def run(parent: int, death_signal: int, niceness: int, command: list[str]) -> None:
    """Becomes `command`, to be sent `death_signal` when the thread that started us ends. Does not return."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
    if os.getppid() != parent:  # It died before we could ask.
        sys.exit(1)
    os.nice(niceness)
    os.execv(command[0], command)  # noqa: S606  The parent chose the program; there is no shell.


def guard() -> None:
    """Reads names from standard input until it closes, then ends the groups still named."""
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    named: dict[int, int] = {}
    for line in sys.stdin:
        if line.startswith("+"):
            pid, number = line[1:].split()
            named[int(pid)] = int(number)
        else:
            named.pop(int(line[1:]), None)
    for pid, number in named.items():
        _signal_group(pid, number)
    deadline = time.monotonic() + GRACE_S
    while named and time.monotonic() < deadline:
        named = {pid: number for pid, number in named.items() if _signal_group(pid, 0)}
        time.sleep(0.05)
    for pid in named:
        _signal_group(pid, signal.SIGKILL)


def _signal_group(pid: int, number: int) -> bool:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)
        return True
    return False


if __name__ == "__main__":
    if sys.argv[1] == "guard":
        guard()
    else:
        run(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])
