"""The model-free image embedder: colour, texture, gradients and layout, fitted once; deterministic and offline."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from vectors.embedder import FloatArray

NAME: Final = "lookalike"
VERSION: Final = "1"
DIM: Final = 256


class LookalikeEmbedder:
    """An ImageEmbedder that needs no model: 256-d, the same bits for the same picture on every run."""

    name: str = NAME
    version: str = VERSION
    dim: int = DIM

    async def images(self, pictures: Sequence[bytes]) -> FloatArray:
        raise NotImplementedError
