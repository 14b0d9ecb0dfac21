"""Runs the suites against real servers that the product did not start: `make test-servers`, `… ONLY=s3,milvus`.

A server that cannot be had on this machine is said to be skipped, with what it needs. The exit code is 1 when a test
failed or a server did not start.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from app import settings
from tests.servers import list_of_suites
from tests.servers.server import Missing, NotStarted, Suite

ROOT = Path(__file__).parent.parent.parent
SUITE_TIMEOUT_S = 3_600


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table at the end."""

    suite: str
    servers: str
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: float = 0.0
    note: str = ""

    def __str__(self) -> str:
        figures = f"{self.passed:>6} {self.failed:>6} {self.skipped:>7} {self.seconds:>6.0f} s"
        return f"{self.suite:<10} {self.servers:<34} {figures}  {self.note.splitlines()[0] if self.note else ''}"


def main(only: str) -> int:
    """Runs the suites named (all when none is), prints a table; 1 when something failed."""
    known = {suite.name: suite for suite in list_of_suites.SUITES}
    wanted = [name for name in only.split(",") if name] or list(known)
    for name in wanted:
        if name not in known:
            say(f"There is no suite {name!r}: there are {', '.join(known)}.")
            return 2
    kept = settings.load().cache_dir / "servers"
    rows = [run(known[name], kept) for name in wanted]
    say(f"\n{'suite':<10} {'servers':<34} passed failed skipped     time")
    for row in rows:
        say(str(row))
    return 1 if any(row.failed for row in rows) else 0


def run(suite: Suite, kept: Path) -> Row:
    """Starts the suite's servers, runs its tests, stops them."""
    folder = Path(tempfile.mkdtemp(prefix=f"pinwalk-{suite.name}-"))
    names = ", ".join(server.name for server in suite.servers)
    with ExitStack() as stack:
        try:
            obtained = [(server, server.obtain(kept / server.name)) for server in suite.servers]
            names = ", ".join(f"{server.name} {found.version}" for server, found in obtained)
            say(f"\n== {suite.name}: {names}")
            values: dict[str, str] = {}
            for server, found in obtained:
                place = folder / server.name
                place.mkdir()
                values |= stack.enter_context(server.running(found, place))
        except Missing as missing:
            say(f"\n== {suite.name}: SKIPPED: {missing}")
            return Row(suite.name, names, note=f"SKIPPED: {missing}")
        except NotStarted as failure:
            say(str(failure))
            return Row(suite.name, names, failed=1, note=f"NOT STARTED, see {folder}")
        row = test(suite, names, values, folder / "report.xml")
    if row.failed == 0:
        shutil.rmtree(folder, ignore_errors=True)
        return row
    say(f"The servers' logs are in {folder}")
    return row


def test(suite: Suite, names: str, values: dict[str, str], report: Path) -> Row:
    """Runs the tests with the servers' addresses in the settings."""
    began = time.monotonic()
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}", *suite.tests]
    environment = settings.child_environment(**values)
    done = subprocess.run(command, cwd=ROOT, env=environment, timeout=SUITE_TIMEOUT_S, check=False)
    took = time.monotonic() - began
    if not report.exists():
        return Row(suite.name, names, failed=1, seconds=took, note=f"pytest ended with {done.returncode}")
    counts = ET.parse(report).getroot().find("testsuite")  # noqa: S314  Our own file.
    assert counts is not None
    number = {key: int(counts.get(key, "0")) for key in ("tests", "failures", "errors", "skipped")}
    failed = number["failures"] + number["errors"]
    passed = number["tests"] - failed - number["skipped"]
    if failed == 0 and done.returncode != 0:
        return Row(suite.name, names, passed, 1, number["skipped"], took, f"pytest ended with {done.returncode}")
    return Row(suite.name, names, passed, failed, number["skipped"], took)


def say(text: str) -> None:
    """Prints at once: what follows may take minutes."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main(",".join(sys.argv[1:])))
