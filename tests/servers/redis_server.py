"""A Redis server: Debian's, installed or fetched from the Debian mirror into a folder of ours, without root."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from app import children
from app.children import Child, Guard, Program
from tests.servers.server import Missing, Obtained, Server, wait

PACKAGES = ("redis-tools", "libatomic1", "libjemalloc2", "liblzf1")
FETCH_TIMEOUT_S = 120


def obtain(folder: Path) -> Obtained:
    """The `redis-server` of this machine; where there is none but Debian's apt is, Debian's, fetched once."""
    installed = shutil.which("redis-server")
    program = Path(installed) if installed else folder / "usr" / "bin" / "redis-check-rdb"
    if not program.exists():
        fetch(folder)
    # The name it is started by decides what it is: the server, the checker of files, the sentinel.
    named = program if installed else folder / "redis-server"
    if not installed and not named.exists():
        named.symlink_to(program)
    said = subprocess.run(
        [named, "--version"], env=environment(named), capture_output=True, text=True, timeout=10, check=False
    )
    if said.returncode != 0:
        raise Missing(f"redis-server does not run here: {said.stderr[-500:]}")
    return Obtained(named, said.stdout.split("v=")[1].split()[0])


def fetch(folder: Path) -> None:
    """Debian's packages of it, laid open in the folder. Raises Missing where that cannot be done."""
    advice = "install redis-server and run this again"
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        raise Missing(f"there is no redis-server here, and no apt to fetch one with: {advice}")
    fresh = folder.with_name(f"{folder.name}.{os.getpid()}")
    fresh.mkdir(parents=True)
    fetched = subprocess.run(
        ["apt-get", "download", *PACKAGES],
        cwd=fresh,
        capture_output=True,
        text=True,
        timeout=FETCH_TIMEOUT_S,
        check=False,
    )
    if fetched.returncode != 0:
        shutil.rmtree(fresh)
        raise Missing(f"there is no redis-server here, and apt has none: {advice} ({fetched.stderr[-300:].strip()})")
    for package in fresh.glob("*.deb"):
        subprocess.run(["dpkg-deb", "-x", package, fresh], timeout=FETCH_TIMEOUT_S, check=True)
        package.unlink()
    shutil.rmtree(folder, ignore_errors=True)
    fresh.replace(folder)


def environment(program: Path) -> dict[str, str]:
    """What a fetched server needs to find its libraries."""
    folders = [str(path) for path in (program.parent / "usr" / "lib").glob("*-linux-gnu*")]
    return {"LD_LIBRARY_PATH": ":".join(folders)} if folders else {}


def start(found: Obtained, folder: Path, port: int, guard: Guard, *options: str) -> Child:
    """A server that keeps nothing, on this port of the loopback. Raises NotStarted."""
    log = folder / f"redis-{port}.log"
    program = Program(
        name="redis",
        command=[
            *(str(found.program), "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder)),
            *("--save", "", "--appendonly", "no", *options),
        ],
        environment=environment(found.program),
    )
    child = children.start(program, guard, log)
    wait(child, lambda: pings(port), log)
    return child


def pings(port: int) -> bool:
    """Whether a server that wants no password, or one that does, answers there."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=0.5) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(64).startswith((b"+PONG", b"-NOAUTH"))
    except OSError:
        return False


@contextmanager
def running(found: Obtained, folder: Path) -> Iterator[Mapping[str, str]]:
    """A server with a password of its own, on a free port of the loopback."""
    guard, port = Guard.start(), children.free_port()
    child = start(found, folder, port, guard, "--requirepass", "only-for-tests-1")
    try:
        yield {"redis_url": f"redis://:only-for-tests-1@127.0.0.1:{port}"}
    finally:
        child.stop()
        guard.close()


SERVER = Server(name="redis", obtain=obtain, running=running)
