"""The trained models as a file: written whole, read by every API process, replaced while they run."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import numpy as np
import structlog
from numpy.typing import NDArray

from discovery.training.ials import Ials, Recipe
from discovery.training.learning import Learnt
from domain.errors import Unavailable

log = structlog.get_logger(__name__)

VERSION: Final = 2
_NAMES: Final = ("ns", "pins", "gram", "recipe")


def write(learnt: Learnt, path: Path) -> None:
    """Writes the models whole, or not at all. Raises Unavailable when the disk is full."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with beside.open("wb") as file:
            facts = np.array([VERSION, learnt.saves, *learnt.weights], np.float64)
            parts = [_arrays(model, f"{i}_") for i, model in enumerate(learnt.models)]
            np.savez(file, allow_pickle=False, facts=facts, **{name: part[name] for part in parts for name in part})
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


def _read(path: Path) -> Learnt:
    with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
        version, *facts = file["facts"].tolist()
        if version != VERSION:
            raise ValueError(f"it is of version {version:.0f}, not {VERSION}")
        saves, *weights = facts
        models = tuple(_model({name: file[f"{i}_{name}"] for name in _NAMES}) for i in range(len(weights)))
    return Learnt(models, tuple(weights), int(saves))


def _arrays(model: Ials, prefix: str) -> dict[str, NDArray[Any]]:
    arrays: tuple[NDArray[Any], ...] = (model.ns, model.pins, model.gram, np.array(model.recipe, np.float64))
    return {f"{prefix}{name}": array for name, array in zip(_NAMES, arrays, strict=True)}


def _model(arrays: Mapping[str, NDArray[Any]]) -> Ials:
    ns, pins, gram, (factors, ridge, unobserved) = (arrays[name] for name in _NAMES)
    if pins.shape != (ns.size, gram.shape[0]) or not np.isfinite(pins).all():
        raise ValueError("its parts do not fit together")
    return Ials(ns, pins, gram, Recipe(int(factors), float(ridge), float(unobserved)))
