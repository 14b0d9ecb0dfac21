"""The committed lock of the server's jars, and which of them are here, whole."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Final

LOCK: Final = "jgo.lock.toml"
FETCH_MB: Final = 140
RECORD: Final = "verified.json"


@dataclass(frozen=True, slots=True)
class Jar:
    """One file of the server, and the SHA-256 that it must have."""

    group: str
    artifact: str
    version: str
    classifier: str
    sha256: str

    @property
    def filename(self) -> str:
        suffix = f"-{self.classifier}" if self.classifier else ""
        return f"{self.artifact}-{self.version}{suffix}.jar"


def locked() -> tuple[Jar, ...]:
    """Every jar of the committed lock, in its order."""
    rows = tomllib.loads(_lock_text())["dependencies"]
    return tuple(
        Jar(row["groupId"], row["artifactId"], row["version"], row.get("classifier", ""), row["sha256"]) for row in rows
    )


def folder(cache: Path) -> Path:
    """Where this lock's jars are kept: another lock has another folder, so that two versions never mix."""
    return cache / f"neo4j-{hashlib.sha256(_lock_text().encode()).hexdigest()[:12]}"


def complete(cache: Path) -> bool:
    """Whether every jar was verified once and has kept its size since. Reads no jar."""
    home = folder(cache)
    try:
        sizes: dict[str, int] = json.loads((home / RECORD).read_text("utf-8"))
        return sizes.keys() == {jar.filename for jar in locked()} and all(
            (home / name).stat().st_size == size for name, size in sizes.items()
        )
    except (FileNotFoundError, ValueError):
        return False


def missing(home: Path, jars: Iterable[Jar]) -> list[Jar]:
    """The jars that are not in `home` with the right SHA-256; a wrong one is removed."""
    absent = []
    for jar in jars:
        path = home / jar.filename
        if path.exists() and digest(path) != jar.sha256:
            path.unlink()
        if not path.exists():
            absent.append(jar)
    return absent


def record(home: Path, jars: Iterable[Jar]) -> None:
    """Notes that all `jars` in `home` are verified; `complete` trusts it."""
    sizes = {jar.filename: (home / jar.filename).stat().st_size for jar in jars}
    fresh = home / f"{RECORD}.new"
    fresh.write_text(json.dumps(sizes), "utf-8")
    fresh.replace(home / RECORD)


def digest(path: Path) -> str:
    """The SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _lock_text() -> str:
    return resources.files("graph.embedded").joinpath(LOCK).read_text("utf-8")
