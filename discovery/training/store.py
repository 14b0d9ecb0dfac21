"""The trained model as a file: written whole, read by every API process, replaced while they run."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
import structlog

from discovery.kept import KeptFile
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


class KeptModel(KeptFile[Learnt]):
    """The newest model on disk. `refresh` reads it, in any thread; `learnt` is it, or None while there is none."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, _read, "model")

    @property
    def learnt(self) -> Learnt | None:
        """The model that was read last."""
        return self.value

    def refresh(self) -> bool:
        """As of any kept file, with a line in the log that says what was read."""
        new = super().refresh()
        if new and self.value is not None:
            said = self.value
            log.info("model_read", pins=said.model.ns.size, weight=said.weight, saves=said.saves)
        return new


def _read(path: Path) -> Learnt:
    with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
        version, weight, saves, *recipe = file["facts"].tolist()
        if version != VERSION:
            raise ValueError(f"it is of version {version:.0f}, not {VERSION}")
        factors, ridge, unobserved = recipe
        model = Ials(file["ns"], file["pins"], file["gram"], Recipe(int(factors), ridge, unobserved))
    width = int(factors)
    fits = model.ns.ndim == 1 and model.pins.shape == (model.ns.size, width) and model.gram.shape == (width, width)
    if not fits or not np.issubdtype(model.ns.dtype, np.integer):
        raise ValueError("its parts do not fit together")
    if not all(np.isfinite(part).all() for part in (model.pins, model.gram, [weight, ridge, unobserved])):
        raise ValueError("it has numbers that are none")
    return Learnt(model, weight, int(saves))
