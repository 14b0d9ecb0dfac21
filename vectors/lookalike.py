"""The model-free image embedder: colour, texture, gradients and layout, fitted once; deterministic and offline."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from domain.errors import Invalid
from vectors.embedder import FloatArray

NAME: Final = "lookalike"
VERSION: Final = "1"
DIM: Final = 256


class Lookalike:
    def __init__(self) -> None:
        self.name = NAME
        self.version = VERSION
        self.dim = DIM

    def vectors(self, pictures: Sequence[bytes]) -> list[FloatArray | Invalid]:
        """A unit row per picture file, or an Invalid in the place of one that cannot be decoded."""
        raise NotImplementedError


class LookalikeEmbedder:
    """An ImageEmbedder that needs no model: 256-d, the same bits for the same picture on every run."""

    name: str = NAME
    version: str = VERSION
    dim: int = DIM

    async def images(self, pictures: Sequence[bytes]) -> FloatArray:
        raise NotImplementedError
