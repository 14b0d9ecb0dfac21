"""Fetches the server's jars once, many at a time, each verified against the committed lock.

A jar is fetched into a folder of its own and moved to its place when its SHA-256 is right. So what is in place is
whole, an interrupted fetch goes on where it stopped, and a jar that was half written is fetched anew.
"""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from jgo.config import GlobalSettings
from jgo.maven import MavenContext
from requests import RequestException

from domain.errors import Unavailable
from graph.embedded import jars
from graph.embedded.jars import Jar

AT_ONCE: Final = 16
ATTEMPTS_MAX: Final = 3
TIMEOUT_S: Final = 20


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the fetch is: of `jars_total` jars, `jars_done` are in place; `bytes_done` were fetched just now."""

    jars_done: int
    jars_total: int
    bytes_done: int


def install(cache: Path, progress: Callable[[Progress], None] = lambda _: None) -> Path:
    """The folder with every jar of the lock, verified; fetches what is missing.

    One process fetches at a time; a second one waits for it. Raises Unavailable, with the ways out, when a jar cannot
    be fetched or is not what the lock says.
    """
    home = jars.folder(cache)
    home.mkdir(parents=True, exist_ok=True)
    if jars.complete(cache):
        return home
    with _alone(home):
        wanted = jars.locked()
        absent = jars.missing(home, wanted)
        if absent:
            _fetch_all(home, absent, len(wanted), progress)
        jars.record(home, wanted)
        shutil.rmtree(home / "fetching", ignore_errors=True)
    return home


def _fetch_all(home: Path, absent: list[Jar], total: int, progress: Callable[[Progress], None]) -> None:
    done, fetched = total - len(absent), 0
    progress(Progress(done, total, 0))
    remotes = GlobalSettings.load().repositories or None
    context = MavenContext(repo_cache=home / "fetching", remote_repos=remotes, timeout=TIMEOUT_S)
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="fetch") as pool:
        pending: set[Future[int]] = {pool.submit(_fetch, context, home, jar) for jar in absent}
        try:
            while pending:
                finished, pending = wait(pending, return_when=FIRST_COMPLETED)
                for future in finished:
                    fetched += future.result()
                    done += 1
                    progress(Progress(done, total, fetched))
        except (RequestException, RuntimeError, OSError) as failure:
            raise Unavailable(_ways_out(home, failure)) from failure
        finally:
            for future in pending:
                future.cancel()


def _fetch(context: MavenContext, home: Path, jar: Jar) -> int:
    """Bytes of one jar, put in its place."""
    component = context.project(jar.group, jar.artifact).at_version(jar.version)
    artifact = component.artifact(jar.classifier, "jar")
    for attempt in range(1, ATTEMPTS_MAX + 1):
        partial = artifact.cached_path
        partial.unlink(missing_ok=True)
        try:
            path = Path(artifact.resolve())
        except (RequestException, OSError):
            if attempt == ATTEMPTS_MAX:
                raise
            continue
        if jars.digest(path) == jar.sha256:
            size = path.stat().st_size
            path.replace(home / jar.filename)
            return size
    raise RuntimeError(f"{jar.filename} is not the file that the lock names (its SHA-256 differs)")


def _ways_out(home: Path, failure: Exception) -> str:
    reason = str(failure).splitlines()[0][:200] if str(failure) else type(failure).__name__
    return (
        f"The Neo4j server could not be fetched ({reason}).\n"
        "What is here already is kept; any of these helps:\n"
        "  - run the same command again with a network that reaches the package registries\n"
        "    (a mirror is named in the [repositories] section of ~/.config/jgo.conf);\n"
        "  - set PINWALK_GRAPH_URI, PINWALK_GRAPH_USER and PINWALK_GRAPH_PASSWORD: a Neo4j 5 server of your own\n"
        "    is used and nothing is fetched;\n"
        f"  - copy the folder {home} from a machine that has it."
    )


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    with (home / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
