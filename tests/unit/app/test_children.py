from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from app import children, settings

START_S = 60.0
ORPHANS_S = 5.0


def until(true: Callable[[], Any], within_s: float) -> None:
    deadline = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline
        time.sleep(children.POLL_S)


def test_the_guard_ends_the_children_even_when_the_parents_death_is_told_to_nobody(tmp_path: Path) -> None:
    script = (
        "import subprocess, sys, time\n"
        "from app.children import Guard\n"
        "guard = Guard.start()\n"
        "child = subprocess.Popen(['sleep', '600'], start_new_session=True)\n"
        "guard.name(child.pid, 15)\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = psutil.Process(int(parent.stdout.readline()))

    parent.kill()
    parent.wait(ORPHANS_S)
    parent.stdout.close()

    until(lambda: not alive(child), ORPHANS_S)


def test_a_child_ignores_the_signal_to_stop_and_is_killed_in_time(tmp_path: Path) -> None:
    guard = children.Guard.start()
    code = "import signal, time; signal.signal(15, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)"
    program = children.Program(
        name="deaf",
        command=[sys.executable, "-c", code],
        environment=settings.child_environment(),
        stop_timeout_s=0.5,
    )
    child = children.start(program, guard, tmp_path / "deaf.log")
    until(lambda: "deaf" in (tmp_path / "deaf.log").read_text(), START_S)

    clean = child.stop()

    guard.close()
    assert not clean
    assert not child.alive


def test_a_child_that_the_parent_leaves_by_being_killed_is_signalled_by_the_system(tmp_path: Path) -> None:
    script = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from app import children, settings\n"
        "guard = children.Guard.start()\n"
        "environment = settings.child_environment()\n"
        "program = children.Program(name='x', command=['/bin/sleep', '600'], environment=environment)\n"
        "child = children.start(program, guard, None)\n"
        "guard.process.kill()\n"
        "print(child.process.pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = psutil.Process(int(parent.stdout.readline()))
    until(lambda: "sleep" in child.name(), START_S)

    parent.kill()
    parent.wait(ORPHANS_S)
    parent.stdout.close()

    if sys.platform == "linux":
        until(lambda: not alive(child), ORPHANS_S)
    else:
        child.kill()


def alive(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False
