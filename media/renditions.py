"""Sized copies of a picture: which there are, and how they are made. Pure: pixels in, bytes out."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Final

from PIL import Image as Pil

from domain.limits import FULL_PIXELS_MAX, RENDITION_WIDTHS
from domain.model import Rendition

CONTENT_TYPE: Final = "image/webp"
FIRST: Final = "564"
"""The rendition that is made before a Pin's creation is answered."""
NAMES: Final = (*(str(width) for width in RENDITION_WIDTHS), "full")

_QUALITY: Final = 80
_METHOD: Final = 3
_METHOD_LARGE: Final = 1
_LARGE_PIXELS: Final = 4_000_000


def size(name: str, width: int, height: int) -> tuple[int, int]:
    """The rendition's width and height for an original of this size: never wider than the original.

    `full` is as large as the original, or half as wide and high past FULL_PIXELS_MAX.
    """
    if name == "full":
        return (width, height) if width * height <= FULL_PIXELS_MAX else (max(1, width // 2), max(1, height // 2))
    to_width = min(int(name), width)
    return to_width, max(1, round(height * to_width / width))


def pixels(names: Iterable[str], width: int, height: int) -> int:
    """How many pixels of a picture of this size are enough to make these renditions well.

    Twice the width of the widest, since the scaling inside decoders is coarse and the last halving is ours.
    """
    whole_width, whole_height = size("full", width, height)
    wide = min(whole_width, 2 * max(size(name, width, height)[0] for name in names))
    return wide * max(1, round(whole_height * wide / whole_width))


def plan(width: int, height: int) -> tuple[Rendition, ...]:
    """All renditions of a picture of this size, in rising width, not yet made (`bytes` 0)."""
    return tuple(Rendition(name, *size(name, width, height), 0) for name in NAMES)


def make(image: Pil.Image, names: Iterable[str], *, width: int, height: int) -> dict[str, tuple[int, int, bytes]]:
    """For each name its width, height and WebP bytes, without any metadata.

    `image` is RGB and upright, and the original (`width` x `height`) or a copy large enough for the names.
    Renditions of one size share their bytes.
    """
    made: dict[str, tuple[int, int, bytes]] = {}
    by_size: dict[tuple[int, int], bytes] = {}
    for name in names:
        wanted = size(name, width, height)
        if wanted not in by_size:
            by_size[wanted] = encode(scaled(image, *wanted))
        made[name] = (*wanted, by_size[wanted])
    return made


def scaled(image: Pil.Image, width: int, height: int) -> Pil.Image:
    """The picture at this size; itself when it already is."""
    if image.size == (width, height):
        return image
    return image.resize((width, height), Pil.Resampling.LANCZOS, reducing_gap=2.0)


def encode(image: Pil.Image) -> bytes:
    """The RGB picture as WebP, without metadata."""
    buffer = io.BytesIO()
    method = _METHOD if image.width * image.height <= _LARGE_PIXELS else _METHOD_LARGE
    # Named outright: what the plugin does not find here it takes from `info`, which came with the upload.
    image.save(buffer, "WEBP", quality=_QUALITY, method=method, exif=b"", xmp=b"", icc_profile=b"")
    return buffer.getvalue()
