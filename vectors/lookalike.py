"""The model-free image embedder: colour, texture and layout, projected by what was fitted once; deterministic, offline.

`lookalike_projection.npz` holds what was fitted (`app/bench/fit_lookalike.py` makes it): a dictionary of patches, and
for each block of features its mean and its first principal axes, half-whitened. It holds no picture.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from domain.errors import Invalid
from vectors import lookalike_features
from vectors.embedder import FloatArray, unit_rows
from vectors.lookalike_features import Dictionary

NAME: Final = "lookalike"
VERSION: Final = "1"
DIM: Final = 256
PROJECTION: Final = Path(__file__).with_name("lookalike_projection.npz")
WEIGHTS: Final = {"colour": 1.0, "texture": 0.8, "layout": 0.2}
"""How much each block counts, relative to the others; each has unit length before."""


class Lookalike:
    """The embedder for a thread of its own: `vectors` blocks, some milliseconds a picture."""

    def __init__(self, projection: Path = PROJECTION) -> None:
        self.name = NAME
        self.version = VERSION
        self.dim = DIM
        with np.load(projection) as arrays:
            fitted = {name: arrays[name].astype(np.float32) for name in arrays.files}
        self._fine, self._coarse = (
            Dictionary(fitted[f"{zoom}.mean"], fitted[f"{zoom}.basis"], fitted[f"{zoom}.centres"])
            for zoom in ("fine", "coarse")
        )
        self._means = {name: fitted[f"{name}.mean"] for name in WEIGHTS}
        self._axes = {name: fitted[f"{name}.axes"] for name in WEIGHTS}

    def vector(self, picture: bytes) -> FloatArray:
        """The picture file's unit vector (256,). Raises Invalid for a file that cannot be decoded."""
        blocks = lookalike_features.blocks(lookalike_features.pixels(picture), self._fine, self._coarse)
        parts = [
            weight * unit_rows((blocks[name] - self._means[name]) @ self._axes[name])[0]
            for name, weight in WEIGHTS.items()
        ]
        whole: FloatArray = unit_rows(np.concatenate(parts))[0]
        return whole

    def vectors(self, pictures: Sequence[bytes]) -> list[FloatArray | Invalid]:
        """A unit row per picture file, or an Invalid in the place of one that cannot be decoded."""
        return [self._vector_or_error(picture) for picture in pictures]

    def _vector_or_error(self, picture: bytes) -> FloatArray | Invalid:
        try:
            return self.vector(picture)
        except Invalid as error:
            return error


class LookalikeEmbedder:
    """An ImageEmbedder in this process: 256-d, the same bits for the same picture on every run. For tests and tools."""

    def __init__(self) -> None:
        self._model = Lookalike()
        self.name = self._model.name
        self.version = self._model.version
        self.dim = self._model.dim

    async def images(self, pictures: Sequence[bytes]) -> FloatArray:
        """See ImageEmbedder."""
        rows = await asyncio.to_thread(self._model.vectors, pictures)
        for position, row in enumerate(rows):
            if isinstance(row, Invalid):
                raise Invalid(row.message, ("pictures", str(position)))
        return np.stack([r for r in rows if not isinstance(r, Invalid)]) if rows else np.zeros((0, DIM), np.float32)
