"""A Milvus server: the wheel `milvus` (Apache-2.0), which is the real one, in an environment of its own."""

from __future__ import annotations

import logging
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import venv
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import grpc  # type: ignore[import-untyped]
from pymilvus import MilvusClient
from pymilvus.exceptions import MilvusException

from app import children
from app.children import Guard, Program
from tests.servers.server import Missing, NotStarted, Obtained, Server, wait

VERSION = "2.3.5"
WHEEL = f"milvus=={VERSION} --hash=sha256:69515a0630ce29fd10e101fa442afea8ca1387b93a456cd9bd41fdf3deb93d04"
FETCH_TIMEOUT_S = 300
START_TIMEOUT_S = 180.0
FIRST_PASSWORD = "Milvus"
FIXED_PORTS = (2379, 2380, 9091)
"""Those that the wheel gives no choice of: its etcd's, and the one of its metrics."""
PORTS = (
    *("proxy-port", "proxy-internal-port", "root-coord-port", "query-coord-port", "query-node-port"),
    *("index-coord-port", "index-node-port", "data-coord-port", "data-node-port"),
)


def obtain(folder: Path) -> Obtained:
    """The server's own environment, made once for each version."""
    place = folder / VERSION
    program = place / "bin" / "milvus-server"
    if program.exists():
        return Obtained(program, VERSION)
    if sys.platform != "linux" or os.uname().machine != "x86_64":
        raise Missing("the wheel of the Milvus server is for Linux on x86-64 alone")
    fresh = folder / f".{os.getpid()}"
    venv.create(fresh, with_pip=True, clear=True)
    wanted = fresh / "wanted.txt"
    wanted.write_text(f"{WHEEL}\n")
    pip = [fresh / "bin" / "python", "-m", "pip", "install", "--quiet", "--require-hashes", "--only-binary", ":all:"]
    fetched = subprocess.run([*pip, "-r", wanted], capture_output=True, text=True, timeout=FETCH_TIMEOUT_S, check=False)
    if fetched.returncode != 0:
        shutil.rmtree(fresh)
        raise Missing(f"the wheel of the Milvus server could not be fetched:\n{fetched.stderr[-1000:]}")
    # Its command names the folder it was made in.
    script = fresh / "bin" / "milvus-server"
    script.write_text(script.read_text().replace(str(fresh), str(place)))
    shutil.rmtree(place, ignore_errors=True)
    fresh.replace(place)
    return Obtained(program, VERSION)


@contextmanager
def running(found: Obtained, folder: Path) -> Iterator[Mapping[str, str]]:
    """A server that asks for a password, on free ports. Its time tick is 50 ms, for tests that read what they write."""
    for port in FIXED_PORTS:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                raise NotStarted(f"port {port} is taken, which the Milvus server needs")
    guard, log = Guard.start(), folder / "milvus.log"
    ports = {name: children.free_port() for name in PORTS}
    settings = [f"{part}" for name, port in ports.items() for part in (f"--{name}", port)]
    program = Program(
        name="milvus",
        command=[
            *(str(found.program), "--data", str(folder / "data"), *settings),
            *("--authorization-enabled", "true", "--extra-config", "proxy.timeTickInterval=50"),
        ],
        environment={"HOME": str(folder), "PATH": "/usr/bin:/bin"},
        stop_signal=signal.SIGINT,
        stop_timeout_s=20.0,
    )
    child = children.start(program, guard, log)
    address = f"http://127.0.0.1:{ports['proxy-port']}"
    try:
        wait(child, lambda: answers(address), log, within_s=START_TIMEOUT_S)
        yield {
            "vectors_uri": address,
            "vectors_token": f"root:{with_a_password_of_its_own(address)}",
            "vectors_profile": "server",
            "vectors_timeout_s": "15",
        }
    finally:
        child.stop()
        guard.close()


def answers(address: str) -> bool:
    """Whether the server answers who knows the password that every new one has."""
    logging.getLogger("pymilvus").setLevel(logging.CRITICAL)
    try:
        client = MilvusClient(address, token=f"root:{FIRST_PASSWORD}", timeout=2)
    except MilvusException:
        return False
    try:
        client.list_collections(timeout=2)
    except (MilvusException, grpc.RpcError):
        return False
    finally:
        client.close()
    return True


def with_a_password_of_its_own(address: str) -> str:
    """The new password of the user `root`, once it is the one that counts."""
    password = secrets.token_urlsafe(24)
    client = MilvusClient(address, token=f"root:{FIRST_PASSWORD}", timeout=5)
    client.update_password("root", FIRST_PASSWORD, password)
    client.close()
    deadline = time.monotonic() + START_TIMEOUT_S
    while answers(address):
        if time.monotonic() > deadline:
            raise NotStarted("the Milvus server still takes the password that every new one has")
        time.sleep(children.POLL_S)
    return password


SERVER = Server(name="milvus", obtain=obtain, running=running)
