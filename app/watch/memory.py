"""How much memory each process of a running Pinwalk holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import psutil

_NAMES: Final = (
    ("org.neo4j.server.CommunityEntryPoint", "neo4j"),
    ("milvus_lite", "milvus"),
    ("leash.py", "guard"),
)
_OURS: Final = ("serve", "api", "worker", "embedder", "demo", "archive")
_DECODERS: Final = " decoders"
ONCE: Final = frozenset({"demo", "archive"})
"""Commands that run to their end; whatever they start goes by their name."""


def by_process(pid: int) -> dict[str, int]:
    """Resident bytes of this process and of everything below it, by name: `api`, `api decoders`, `neo4j`, ….

    What several of one name hold is added up. Processes that end meanwhile are left out. Takes some milliseconds.
    """
    held: dict[str, int] = {}
    try:
        for name, process in _tree(psutil.Process(pid), "other"):
            try:
                held[name] = held.get(name, 0) + int(process.memory_info().rss)
            except psutil.Error:
                continue
    except psutil.Error:
        return held
    return held


def _tree(process: psutil.Process, above: str) -> Iterator[tuple[str, psutil.Process]]:
    """The process and its descendants, each with its name."""
    try:
        name = above if above in ONCE else named(process.cmdline()) or _below(above)
        children = process.children()
    except psutil.Error:
        return
    yield name, process
    for child in children:
        yield from _tree(child, name)


def _below(above: str) -> str:
    return above if above.endswith(_DECODERS) or above == "other" else above + _DECODERS


def named(command: list[str]) -> str | None:
    """What a process is, by its command line; None for one that its parent has made of itself."""
    if "multiprocessing" in " ".join(command[1:4]):
        return None
    for mark, name in _NAMES:
        if any(mark in word for word in command):
            return name
    words = [word for word in command if not word.startswith("-")]
    return next((word for word in words[1:4] if word in _OURS), None)
