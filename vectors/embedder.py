"""What an embedder is: shapes, names and states that every implementation keeps to."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

FloatArray: TypeAlias = NDArray[np.float32]

IMAGES_MAX: Final = 64
"""The most pictures in one call to the embedder process."""
TEXTS_MAX: Final = 256
"""The most texts in one call to the embedder process."""
TEXT_CHARS_MAX: Final = 4_000
"""A longer text is cut here; models read some 256 word pieces anyway."""


class ModelState(Enum):
    """Whether a model can answer. OFF: not installed or switched off, by choice."""

    LOADING = "loading"
    READY = "ready"
    FAILED = "failed"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """A model as others see it. `dim` is 0 and `version` empty while they are unknown (before a folder is read).

    `detail` says for people why a model is FAILED or OFF.
    """

    name: str
    version: str
    dim: int
    state: ModelState
    detail: str = ""

    @property
    def ready(self) -> bool:
        return self.state is ModelState.READY

    @property
    def label(self) -> str:
        """Name and version as one word of letters, digits and `_`, such as `lookalike_1`."""
        return label(self.name, self.version)


@dataclass(frozen=True, slots=True)
class EmbedderInfo:
    """What an embedder process offers: the models of its settings, and those loaded beside them.

    Neither of the two is ever None: one that is switched off says so by its state.
    """

    image: ModelInfo
    text: ModelInfo
    more_images: tuple[ModelInfo, ...] = ()
    more_texts: tuple[ModelInfo, ...] = ()

    @property
    def images(self) -> tuple[ModelInfo, ...]:
        """Every image model of the process, the one of its settings first."""
        return (self.image, *self.more_images)

    @property
    def texts(self) -> tuple[ModelInfo, ...]:
        """Every text model of the process, the one of its settings first."""
        return (self.text, *self.more_texts)


class ImageEmbedder(Protocol):
    """Turns pictures into unit vectors that are compared by dot product. Deterministic for one name and version."""

    @property
    def name(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def dim(self) -> int: ...

    async def images(self, pictures: Sequence[bytes]) -> FloatArray:
        """One float32 row of length 1 per picture file (WebP, JPEG, PNG), in order: shape (n, dim), n may be 0.

        Raises Invalid with field ("pictures", "<position>") for a file that cannot be decoded.
        """


class TextEmbedder(Protocol):
    """Turns texts into unit vectors that are compared by dot product. Deterministic for one name and version."""

    @property
    def name(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def dim(self) -> int: ...

    async def texts(self, texts: Sequence[str], *, model: str | None = None) -> FloatArray:
        """One float32 row of length 1 per text, in order: shape (n, dim), n may be 0. The empty text has a vector.

        `model` asks another model by its label, where the embedder has several; None: its own.
        """


def label(name: str, version: str) -> str:
    """Name and version as one word of letters, digits and `_`: the part of a collection's name that they make."""
    return re.sub(r"[^a-z0-9]+", "_", f"{name}_{version}".lower()).strip("_")


def unit_rows(rows: FloatArray) -> FloatArray:
    """The rows scaled to length 1, float32, contiguous. A row of zeros has no direction: it becomes the first axis."""
    scaled = np.array(rows, dtype=np.float32, order="C", ndmin=2)
    lengths = np.linalg.norm(scaled, axis=1)
    empty = ~(lengths > 1e-12)
    scaled[empty] = 0.0
    scaled[empty, :1] = 1.0
    lengths[empty] = 1.0
    scaled /= lengths[:, None]
    return scaled
