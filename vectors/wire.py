"""What travels between the embedder process and its clients: length-prefixed pictures, and raw float32 rows back."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from domain.errors import Invalid
from vectors.embedder import IMAGES_MAX, EmbedderInfo, FloatArray, ModelInfo, ModelState

BINARY: Final = "application/octet-stream"
ROWS_HEADER: Final = "x-rows"
DIM_HEADER: Final = "x-dim"
REQUEST_BYTES_MAX: Final = 64 * 1024 * 1024
_LENGTH: Final = struct.Struct("<I")


def pack_pictures(pictures: Sequence[bytes]) -> bytes:
    """Each picture after its length (four bytes, little-endian)."""
    return b"".join(part for picture in pictures for part in (_LENGTH.pack(len(picture)), picture))


def unpack_pictures(body: bytes) -> list[bytes]:
    """The pictures of `pack_pictures`. Raises Invalid for anything else."""
    pictures: list[bytes] = []
    at = 0
    while at < len(body):
        if len(pictures) == IMAGES_MAX:
            raise Invalid(f"At most {IMAGES_MAX} pictures in one request.", ("pictures",))
        start = at + _LENGTH.size
        if start > len(body):
            raise Invalid("The request ends within a length.", ("pictures",))
        at = start + int(_LENGTH.unpack_from(body, at)[0])
        if at > len(body):
            raise Invalid("The request ends within a picture.", ("pictures",))
        pictures.append(body[start:at])
    return pictures


def pack_rows(rows: FloatArray) -> bytes:
    """The rows as little-endian float32, one after the other."""
    return np.ascontiguousarray(rows, dtype="<f4").tobytes()


def unpack_rows(body: bytes, rows: int, dim: int) -> FloatArray:
    """The (rows, dim) array of `pack_rows`. Raises ValueError when the size does not fit."""
    return np.frombuffer(body, dtype="<f4").astype(np.float32).reshape(rows, dim)


def info_json(info: EmbedderInfo) -> dict[str, Any]:
    """The answer of GET /info."""
    return {
        "image": model_json(info.image),
        "text": model_json(info.text),
        "more_images": [model_json(model) for model in info.more_images],
        "more_texts": [model_json(model) for model in info.more_texts],
    }


def read_info(body: Any) -> EmbedderInfo:
    """The EmbedderInfo of `info_json`. Raises ValueError, KeyError or TypeError for anything else."""
    return EmbedderInfo(
        image=read_model(body["image"]),
        text=read_model(body["text"]),
        more_images=tuple(read_model(model) for model in body.get("more_images", ())),
        more_texts=tuple(read_model(model) for model in body.get("more_texts", ())),
    )


def model_json(model: ModelInfo) -> dict[str, Any]:
    """One model as it travels."""
    return {
        "name": model.name,
        "version": model.version,
        "dim": model.dim,
        "state": model.state.value,
        "detail": model.detail,
    }


def read_model(body: Any) -> ModelInfo:
    """The model of `model_json`. Raises ValueError, KeyError or TypeError for anything else."""
    return ModelInfo(
        name=str(body["name"]),
        version=str(body["version"]),
        dim=int(body["dim"]),
        state=ModelState(body["state"]),
        detail=str(body["detail"]),
    )
