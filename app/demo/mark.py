"""Remembers beside an embedded graph that it holds the demo world, so that a later start need not ask it first."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

WORLD: Final = "demo-world-1"
_FILE: Final = ".demo-world"


def loaded(graph_home: Path, password: str) -> bool:
    """Whether the demo world was loaded into the graph of this folder, with this password. It goes with the graph."""
    try:
        return (graph_home / _FILE).read_text("ascii") == _seal(password)
    except (OSError, UnicodeDecodeError):
        return False


def note(graph_home: Path, password: str) -> None:
    """Says from now on that it was."""
    (graph_home / _FILE).write_text(_seal(password), "ascii")


def _seal(password: str) -> str:
    return hashlib.sha256(f"{WORLD}:{password}".encode()).hexdigest()
