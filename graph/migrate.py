"""Brings the graph's schema up to date from the files in graph/migrations."""

from __future__ import annotations

import hashlib
import re
import time
from pathlib import Path
from typing import Any, Final

import structlog

from domain.errors import Conflict
from graph.client import Graph

log = structlog.get_logger(__name__)

FOLDER: Final = Path(__file__).parent / "migrations"
_STATEMENT_TIMEOUT_S: Final = 150.0
_NAME: Final = re.compile(r"\d{4}_[a-z0-9_]+\.cypher")

ONE_MIGRATION_EACH: Final = "CREATE CONSTRAINT migration_name IF NOT EXISTS FOR (m:Migration) REQUIRE m.name IS UNIQUE"
APPLIED: Final = "MATCH (m:Migration) RETURN collect([m.name, m.sha]) AS rows"
RECORD: Final = "MERGE (m:Migration {name: $name}) ON CREATE SET m.sha = $sha, m.at = $now"


async def migrate(graph: Graph, folder: Path = FOLDER) -> list[str]:
    """The names of the migrations that were applied now, in order; none the second time.

    Every statement of a file may run twice, so that a start that was interrupted in the middle is simply repeated.
    Raises Conflict when a file that was applied has since been changed or is gone.
    """
    files = _files(folder)
    await graph.command(ONE_MIGRATION_EACH, timeout_s=_STATEMENT_TIMEOUT_S)
    applied = dict((await graph.read(APPLIED))[0]["rows"])
    _refuse_changed(files, applied)
    done = []
    for name, path in files.items():
        if name in applied:
            continue
        for statement in statements(path.read_text("utf-8")):
            await graph.command(statement, timeout_s=_STATEMENT_TIMEOUT_S)  # As much ours as a constant is.
        await graph.command(RECORD, name=name, sha=_sha(path), now=time.time_ns() // 1_000_000)
        log.info("migration_applied", name=name)
        done.append(name)
    return done


async def complete(graph: Graph, folder: Path = FOLDER) -> bool:
    """Whether every migration has been applied. Reads alone. Raises Conflict as `migrate` does."""
    files = _files(folder)
    applied = dict((await graph.read(APPLIED, timeout_s=_STATEMENT_TIMEOUT_S))[0]["rows"])
    _refuse_changed(files, applied)
    return applied.keys() == files.keys()


def statements(text: str) -> list[str]:
    """The statements of a file: separated by a semicolon at the end of a line, without comment lines."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("//")]
    return [part.strip() for part in re.split(r";\s*(?:\n|$)", "\n".join(lines)) if part.strip()]


def _files(folder: Path) -> dict[str, Path]:
    return {path.name: path for path in sorted(folder.iterdir()) if _NAME.fullmatch(path.name)}


def _refuse_changed(files: dict[str, Path], applied: dict[str, Any]) -> None:
    for name, sha in applied.items():
        if name not in files:
            raise Conflict(f"The graph has migration {name}, which this version does not know. Run a newer version.")
        if _sha(files[name]) != sha:
            raise Conflict(f"Migration {name} was changed after it was applied. Restore it and add a new file instead.")


def _sha(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
