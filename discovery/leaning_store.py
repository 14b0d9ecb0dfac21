"""The leanings as a file beside the model: written whole, read by every API process, replaced while they run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import isfinite
from pathlib import Path
from typing import Any, Final

import structlog

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


class KeptLeanings:
    """The newest leanings on disk. `refresh` reads them, in any thread; `leanings` is them, or None while there are
    none."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int] | None = None
        self.leanings: Leanings | None = None

    @property
    def factors(self) -> Mapping[Source, float]:
        """By source what its declared weight is multiplied with; nothing while nothing is learnt."""
        return {} if self.leanings is None else self.leanings.factors

    def refresh(self) -> bool:
        """Whether leanings were read that are new. What is damaged or of another version is refused with a line in the
        log, and what was before stays. Without a file nothing leans."""
        try:
            found = self._path.stat()
            if (found.st_mtime_ns, found.st_size) == self._seen:
                return False
            self._seen = (found.st_mtime_ns, found.st_size)
            self.leanings = _read(json.loads(self._path.read_text()))
        except FileNotFoundError:
            self._seen = self.leanings = None
            return False
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            log.warning("leanings_refused", path=str(self._path), reason=str(error))
            return False
        log.info("leanings_read", **{s.name: f for s, f in self.leanings.factors.items()}, taken=self.leanings.taken)
        return True


def _read(said: dict[str, Any]) -> Leanings:
    if said["version"] != VERSION:
        raise ValueError(f"they are of version {said['version']}, not {VERSION}")
    factors = {Source[name]: float(factor) for name, factor in said["factors"].items()}
    if not all(isfinite(f) and 1 / FACTOR_MAX - 1e-3 <= f <= FACTOR_MAX + 1e-3 for f in factors.values()):
        raise ValueError("a factor is out of its bounds")
    return Leanings(factors, int(said["taken"]), int(said["viewers"]), float(said["gain"]), int(said["learnt_ms"]))
