"""The leanings as a file beside the model: written whole, read by every API process, replaced while they run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import isfinite
from pathlib import Path
from typing import Any, Final

import structlog

from discovery.kept import KeptFile
from discovery.leanings import FACTOR_MAX, Leanings
from discovery.replacing import replaced
from domain.model import Source

log = structlog.get_logger(__name__)

VERSION: Final = 1


def write(leanings: Leanings, path: Path) -> None:
    """Writes them whole, or not at all. Raises Unavailable when the disk is full."""
    said = {
        "version": VERSION,
        "factors": {source.name: factor for source, factor in leanings.factors.items()},
        "taken": leanings.taken,
        "viewers": leanings.viewers,
        "gain": leanings.gain,
        "learnt_ms": leanings.learnt_ms,
    }
    with replaced(path, "The leanings") as file:
        file.write(json.dumps(said, indent=1).encode())


class KeptLeanings(KeptFile[Leanings]):
    """The newest leanings on disk. Without a file nothing leans."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, _read, "leanings")

    @property
    def factors(self) -> Mapping[Source, float]:
        """By source what its declared weight is multiplied with; nothing while nothing is learnt."""
        return {} if self.value is None else self.value.factors

    def refresh(self) -> bool:
        """As of any kept file, with a line in the log that says what was read."""
        new = super().refresh()
        if new and self.value is not None:
            log.info("leanings_read", **{s.name: f for s, f in self.factors.items()}, taken=self.value.taken)
        return new


def _read(path: Path) -> Leanings:
    said: dict[str, Any] = json.loads(path.read_text("utf-8"))
    if said["version"] != VERSION:
        raise ValueError(f"they are of version {said['version']}, not {VERSION}")
    factors = {Source[name]: float(factor) for name, factor in said["factors"].items()}
    if not all(isfinite(f) and 1 / FACTOR_MAX - 1e-3 <= f <= FACTOR_MAX + 1e-3 for f in factors.values()):
        raise ValueError("a factor is out of its bounds")
    return Leanings(factors, int(said["taken"]), int(said["viewers"]), float(said["gain"]), int(said["learnt_ms"]))
