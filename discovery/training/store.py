"""The trained models as a file: written whole, read by every API process, replaced while they run.

An .npz that is not compressed. The large matrix in it is not read but mapped: processes of one machine share it.
"""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
import structlog
from numpy.lib import format as npy
from numpy.typing import NDArray

from discovery.kept import KeptFile
from discovery.replacing import replaced
from discovery.training.ease import Ease
from discovery.training.ials import Ials, Recipe
from discovery.training.learning import BEGINNINGS, Learnt

log = structlog.get_logger(__name__)

VERSION: Final = 3
_LOCAL_HEADER: Final = struct.Struct("<26xHH")
_CHUNK_BYTES: Final = 1 << 20


def write(learnt: Learnt, path: Path) -> None:
    """Writes the models whole, or not at all. Raises Unavailable when the disk is full."""
    with replaced(path, "The model") as file:
        np.savez(
            file,
            facts=np.array([VERSION, learnt.saves, *learnt.weights], np.float64),
            recipe=np.array(learnt.ials[0].recipe, np.float64),
            ns=learnt.ials[0].ns,
            pins=np.stack([model.pins for model in learnt.ials]),
            gram=np.stack([model.gram for model in learnt.ials]),
            ease_ns=learnt.ease.ns,
            ease_weights=learnt.ease.weights,
        )


class KeptModel(KeptFile[Learnt]):
    """The newest models on disk. `refresh` reads them, in any thread; `learnt` is them, None before there are any."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, _read, "model")

    @property
    def learnt(self) -> Learnt | None:
        """The models that were read last."""
        return self.value

    def refresh(self) -> bool:
        """As of any kept file, with a line in the log that says what was read."""
        new = super().refresh()
        if new and self.value is not None:
            said = self.value
            log.info("model_read", pins=said.pins, weights=said.weights, saves=said.saves)
        return new


def _read(path: Path) -> Learnt:
    with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
        version, *facts = file["facts"].tolist()
        if version != VERSION:
            raise ValueError(f"it is of version {version:.0f}, not {VERSION}")
        saves, *weights = facts
        factors, ridge, unobserved = file["recipe"].tolist()
        recipe = Recipe(int(factors), ridge, unobserved)
        ns, pins, gram = file["ns"], file["pins"], file["gram"]
        linear = Ease(file["ease_ns"], _mapped(opened, "ease_weights"))
    width, head, count = recipe.factors, linear.ns.size, len(weights) - 1
    fits = ns.ndim == 1 and pins.shape == (count, ns.size, width) and gram.shape == (count, width, width)
    fits = fits and linear.ns.ndim == 1 and linear.weights.shape == (head, head) and count == BEGINNINGS
    whole = all(np.issubdtype(each.dtype, np.integer) for each in (ns, linear.ns))
    if not fits or not whole or linear.weights.dtype != np.float16:
        raise ValueError("its parts do not fit together")
    # The mapped matrix has a checksum and was finite when it was written: to look at all of it takes longer.
    if not all(np.isfinite(part).all() for part in (pins, gram, [*weights, ridge, unobserved])):
        raise ValueError("it has numbers that are none")
    models = tuple(Ials(ns, *parts, recipe) for parts in zip(pins, gram, strict=True))
    return Learnt(models, linear, tuple(weights), int(saves))


def _mapped(opened: BinaryIO, name: str) -> NDArray[Any]:
    """An array of an .npz where it stands in the file, for reading, once its checksum was found right."""
    with zipfile.ZipFile(opened) as archive:
        member = archive.getinfo(f"{name}.npy")
        if member.compress_type != zipfile.ZIP_STORED:
            raise ValueError(f"its {name} is compressed")
        with archive.open(member) as checked:
            while checked.read(_CHUNK_BYTES):
                pass
    opened.seek(member.header_offset)
    name_bytes, extra_bytes = _LOCAL_HEADER.unpack(opened.read(_LOCAL_HEADER.size))
    opened.seek(name_bytes + extra_bytes, 1)
    npy.read_magic(opened)
    shape, in_columns, dtype = npy.read_array_header_1_0(opened)
    if in_columns:
        raise ValueError(f"its {name} stands by columns")
    if not np.prod(shape):
        return np.zeros(shape, dtype)
    return np.memmap(opened, dtype, "r", opened.tell(), shape)
