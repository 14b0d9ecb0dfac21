"""Picture files made on the spot."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
from PIL import Image as Pil


def photo(width: int = 400, height: int = 300, seed: int = 7) -> Pil.Image:
    """A smooth, colourful picture: red in the upper left corner, blue in the lower right one."""
    rng = np.random.default_rng(seed)
    small = rng.integers(40, 215, (7, 9, 3), dtype=np.uint8)
    small[0, 0], small[-1, -1] = (250, 10, 10), (10, 10, 250)
    return Pil.fromarray(small).resize((width, height), Pil.Resampling.BICUBIC)


def encoded(image: Pil.Image, kind: str = "JPEG", **options: Any) -> bytes:
    """The picture as a file of this kind."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def opened(data: bytes) -> Pil.Image:
    """The picture in a file, loaded."""
    image = Pil.open(io.BytesIO(data))
    image.load()
    return image


def png(width: int, height: int) -> bytes:
    """A PNG file of this size, all black, one bit a pixel: small, however many pixels it unpacks to."""
    packer = zlib.compressobj(1)
    row = b"\0" * (1 + (width + 7) // 8)
    body = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    return _png(width, height, body)


def png_bomb(width: int, height: int) -> bytes:
    """A PNG file of 100 KB that claims this size."""
    return _png(width, height, b"\0" * 100_000)


def _png(width: int, height: int, body: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def near(colour: tuple[int, ...], other: tuple[int, ...], within: int = 40) -> bool:
    """Whether two colours differ by little in each channel."""
    return all(abs(a - b) <= within for a, b in zip(colour, other, strict=True))
