"""An S3 server: the Versity S3 gateway over a folder (Apache-2.0), built by Go."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from app import children
from app.children import Guard, Program
from app.parts import answers
from tests.servers.server import Obtained, Server, go_install, wait

PACKAGE = "github.com/versity/versitygw/cmd/versitygw"
VERSION = "v1.8.0"
REGION = "us-east-1"
BUCKET = "pictures"


def obtain(folder: Path) -> Obtained:
    """The gateway, built once for each version."""
    return Obtained(go_install(PACKAGE, VERSION, folder / VERSION), VERSION)


@contextmanager
def running(found: Obtained, folder: Path, *, port: int | None = None) -> Iterator[Mapping[str, str]]:
    """A gateway with one empty bucket, on a free port of the loopback, with keys of its own."""
    port = port or children.free_port()
    access_key, secret_key = secrets.token_hex(10), secrets.token_urlsafe(30)
    (folder / "data" / BUCKET).mkdir(parents=True)
    (folder / "about").mkdir()
    log = folder / "versitygw.log"
    program = Program(
        name="versitygw",
        command=[
            str(found.program),
            *("--port", f"127.0.0.1:{port}", "--region", REGION, "--health", "/health", "--quiet"),
            # Object attributes in files beside them: not every file system of a build machine keeps them.
            *("posix", "--sidecar", str(folder / "about"), str(folder / "data")),
        ],
        environment={"ROOT_ACCESS_KEY": access_key, "ROOT_SECRET_KEY": secret_key},
    )
    guard = Guard.start()
    child = children.start(program, guard, log)
    try:
        address = f"http://127.0.0.1:{port}"
        wait(child, lambda: answers(f"{address}/health"), log)
        yield {
            "s3_endpoint": address,
            "s3_client_endpoint": address,
            "s3_region": REGION,
            "s3_bucket": BUCKET,
            "s3_access_key": access_key,
            "s3_secret_key": secret_key,
        }
    finally:
        child.stop()
        guard.close()


SERVER = Server(name="versitygw", obtain=obtain, running=running)
