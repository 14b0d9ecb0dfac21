"""Installs what `package-lock.json` names beside it, once, and runs the scripts there."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
INSTALL_S_MAX = 300
RUN_S_MAX = 60.0


def installed() -> Path:
    """The folder with the scripts and their packages. Skips the test where there is no Node."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("Node is not installed: the clients and audits of npm are not run")
    mark, lock = HERE / "node_modules" / ".installed", (HERE / "package-lock.json").read_text()
    if not (mark.is_file() and mark.read_text() == lock):
        command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        done = subprocess.run(command, cwd=HERE, capture_output=True, text=True, timeout=INSTALL_S_MAX, check=False)
        assert done.returncode == 0, done.stderr
        mark.write_text(lock)
    return HERE


async def run(script: str, *arguments: str) -> list[Any]:
    """The lines of JSON that a script of this folder prints; fails when it ends with an error."""
    program = await started(script, *arguments)
    async with asyncio.timeout(RUN_S_MAX):
        out, err = await program.communicate()
    assert program.returncode == 0, err.decode()
    return [json.loads(line) for line in out.splitlines()]


async def started(script: str, *arguments: str) -> asyncio.subprocess.Process:
    """The script, running. Whoever starts it ends it."""
    return await asyncio.create_subprocess_exec(
        "node", str(installed() / script), *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
