"""The trained model as a file: written whole, read by every API process, replaced while they run."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Final

import numpy as np
import structlog

from discovery.replacing import replaced
from discovery.training.ials import Ials, Recipe
from discovery.training.learning import Learnt

log = structlog.get_logger(__name__)

VERSION: Final = 2


def write(learnt: Learnt, path: Path) -> None:
    """Writes the model whole, or not at all. Raises Unavailable when the disk is full."""
    model = learnt.model
    facts = np.array([VERSION, learnt.weight, learnt.saves, *model.recipe], np.float64)
    with replaced(path, "The model") as file:
        np.savez(file, facts=facts, ns=model.ns, pins=model.pins, gram=model.gram)


class KeptModel:
    """The newest model on disk. `refresh` reads it, in any thread; `learnt` is it, or None while there is none."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int] | None = None
        self.learnt: Learnt | None = None

    def refresh(self) -> bool:
        """Whether a model was read that is new. One that is damaged or of another version is refused with a line in
        the log, and the one before stays."""
        try:
            found = self._path.stat()
            if (found.st_mtime_ns, found.st_size) == self._seen:
                return False
            self._seen = (found.st_mtime_ns, found.st_size)
            self.learnt = _read(self._path)
        except FileNotFoundError:
            return False
        except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
            log.warning("model_refused", path=str(self._path), reason=str(error))
            return False
        log.info("model_read", pins=self.learnt.model.ns.size, weight=self.learnt.weight, saves=self.learnt.saves)
        return True


def _read(path: Path) -> Learnt:
    with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
        version, weight, saves, *recipe = file["facts"].tolist()
        if version != VERSION:
            raise ValueError(f"it is of version {version:.0f}, not {VERSION}")
        factors, ridge, unobserved = recipe
        model = Ials(file["ns"], file["pins"], file["gram"], Recipe(int(factors), ridge, unobserved))
    if model.pins.shape != (model.ns.size, model.gram.shape[0]) or not np.isfinite(model.pins).all():
        raise ValueError("its parts do not fit together")
    return Learnt(model, weight, int(saves))
