"""Sentence-transformers models: texts, and pictures by CLIP. Importing this module loads torch."""

from __future__ import annotations

import io
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from PIL import Image
from sentence_transformers import SentenceTransformer
from transformers.utils import logging as transformers_logging

from domain.errors import Invalid
from domain.limits import PICTURE_PIXELS_MAX
from vectors.embedder import TEXT_CHARS_MAX, FloatArray, unit_rows

_BATCH: Final = 16
_SIDE_MAX: Final = 564
_REMEMBERED: Final = 4_096


class SentenceModel:
    """A loaded model with its name and version; `dim` is what it really answers. Blocking: call it from a thread.

    Reads the folder only: nothing is fetched, and no code that came with the model is run.
    """

    def __init__(self, folder: Path, *, name: str, version: str, threads: int) -> None:
        torch.set_num_threads(threads)
        transformers_logging.disable_progress_bar()
        self.name = name
        self.version = version
        self._model: Any = SentenceTransformer(
            str(folder), device="cpu", local_files_only=True, trust_remote_code=False
        )
        self._model.eval()
        self.dim = 0

    def _encode(self, items: list[Any]) -> FloatArray:
        with torch.inference_mode():
            rows = self._model.encode(items, batch_size=_BATCH, convert_to_numpy=True, show_progress_bar=False)
        return unit_rows(np.asarray(rows, dtype=np.float32))


class SentenceTexts(SentenceModel):
    """Texts into unit rows. The latest 4,096 are remembered: searches repeat, and so do descriptions in an import."""

    def __init__(self, folder: Path, *, name: str, version: str, threads: int) -> None:
        super().__init__(folder, name=name, version=version, threads=threads)
        self.dim = int(self._encode(["warm"]).shape[1])
        self._known: OrderedDict[str, FloatArray] = OrderedDict()

    def vectors(self, texts: Sequence[str]) -> list[FloatArray | Invalid]:
        """A unit row per text."""
        asked = [text[:TEXT_CHARS_MAX] for text in texts]
        rows = {text: self._known[text] for text in asked if text in self._known}
        new = [text for text in dict.fromkeys(asked) if text not in rows]
        if new:
            rows |= dict(zip(new, self._encode(new), strict=True))
        for text, row in rows.items():
            self._known[text] = row
            self._known.move_to_end(text)
        while len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return [rows[text] for text in asked]


class SentenceImages(SentenceModel):
    """Picture files into unit rows. Raises ValueError at once when the model takes no pictures."""

    def __init__(self, folder: Path, *, name: str, version: str, threads: int) -> None:
        super().__init__(folder, name=name, version=version, threads=threads)
        try:
            self.dim = int(self._encode([Image.new("RGB", (64, 64), (128, 100, 80))]).shape[1])
        except (TypeError, AttributeError, KeyError) as error:
            raise ValueError(f"The model {name} takes no pictures: {error}") from error

    def vectors(self, pictures: Sequence[bytes]) -> list[FloatArray | Invalid]:
        """A unit row per picture file, or an Invalid in the place of one that cannot be decoded."""
        opened = [_open(picture) for picture in pictures]
        readable = [picture for picture in opened if not isinstance(picture, Invalid)]
        rows = iter(self._encode(readable)) if readable else iter(())
        return [picture if isinstance(picture, Invalid) else next(rows) for picture in opened]


def _open(data: bytes) -> Image.Image | Invalid:
    try:
        with Image.open(io.BytesIO(data), formats=("WEBP", "JPEG", "PNG")) as image:
            if image.width * image.height > PICTURE_PIXELS_MAX:
                return Invalid("This picture has too many pixels.")
            image.draft("RGB", (_SIDE_MAX, _SIDE_MAX))
            picture = image.convert("RGB")
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError) as error:
        return Invalid(f"This picture cannot be decoded: {error}")
    picture.thumbnail((_SIDE_MAX, _SIDE_MAX))
    return picture
