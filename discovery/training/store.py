"""The trained models as a file: written whole, read by every API process, replaced while they run."""

from __future__ import annotations

import os
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import numpy as np
import structlog
from numpy.typing import NDArray

from discovery.training.ease import Thinned
from discovery.training.ials import Ials, Recipe
from discovery.training.learning import Learnt
from domain.errors import Unavailable

log = structlog.get_logger(__name__)

VERSION: Final = 2


def write(learnt: Learnt, path: Path) -> None:
    """Writes the models whole, or not at all. Raises Unavailable when the disk is full."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with beside.open("wb") as file:
            facts = np.array([VERSION, learnt.saves, *learnt.weights], np.float64)
            np.savez(file, allow_pickle=False, facts=facts, **_arrays(learnt))
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        raise Unavailable(f"The models {path} could not be written: {error.strerror or error}.") from error


class KeptModel:
    """The newest models on disk. `refresh` reads it, in any thread; `learnt` is them, or None while there are none."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int] | None = None
        self.learnt: Learnt | None = None

    def refresh(self) -> bool:
        """Whether there were new ones. A file that is damaged or of another version is refused with a line in the log,
        and the models before stay."""
        try:
            found = self._path.stat()
            if (found.st_mtime_ns, found.st_size) == self._seen:
                return False
            self._seen = (found.st_mtime_ns, found.st_size)
            self.learnt = _read(self._path)
        except FileNotFoundError:
            return False
        except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
            log.warning("models_refused", path=str(self._path), reason=str(error))
            return False
        log.info("models_read", pins=self.learnt.pins, weights=self.learnt.weights, saves=self.learnt.saves)
        return True


def _arrays(learnt: Learnt) -> dict[str, NDArray[Any]]:
    model, linear = learnt.ials, learnt.ease
    arrays: dict[str, NDArray[Any]] = {
        "ns": model.ns,
        "pins": model.pins,
        "gram": model.gram,
        "recipe": np.array(model.recipe, np.float64),
    }
    if linear is not None:
        arrays |= {"ease_ns": linear.ns, "ease_columns": linear.columns, "ease_weights": linear.weights}
    return arrays


def _read(path: Path) -> Learnt:
    with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
        version, *facts = file["facts"].tolist()
        if version != VERSION:
            raise ValueError(f"it is of version {version:.0f}, not {VERSION}")
        saves, *weights = facts
        factors, ridge, unobserved = file["recipe"].tolist()
        model = Ials(file["ns"], file["pins"], file["gram"], Recipe(int(factors), ridge, unobserved))
        linear = Thinned(file["ease_ns"], file["ease_columns"], file["ease_weights"]) if "ease_ns" in file else None
    if not _fits(model, linear) or len(weights) != 1 + (linear is not None):
        raise ValueError("its parts do not fit together")
    return Learnt(model, linear, tuple(weights), int(saves))


def _fits(model: Ials, linear: Thinned | None) -> bool:
    if model.pins.shape != (model.ns.size, model.gram.shape[0]) or not np.isfinite(model.pins).all():
        return False
    if linear is None:
        return True
    size, columns = linear.ns.size, linear.columns
    whole = columns.shape == linear.weights.shape and len(columns) == size and np.isfinite(linear.weights).all()
    return bool(whole and (not columns.size or (columns.min() >= 0 and columns.max() < size)))
