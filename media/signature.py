"""The perceptual signature: 256 bits that stay nearly the same when a picture is resized or encoded anew."""

from __future__ import annotations

from typing import Final

import numpy as np
from PIL import Image as Pil

_SIDE: Final = 64
_LOW: Final = 16
_DCT: Final = np.cos(np.pi / _SIDE * np.outer(np.arange(_LOW + 1), np.arange(_SIDE) + 0.5))
CROPS: Final = (
    *((0.025, 0.025, 0.025, 0.025), (0.05, 0.05, 0.05, 0.05)),
    *((0.05, 0.0, 0.0, 0.0), (0.0, 0.05, 0.0, 0.0), (0.0, 0.0, 0.05, 0.0), (0.0, 0.0, 0.0, 0.05)),
)
"""What is cut off on the left, at the top, on the right and at the bottom, as shares of the picture."""
_FLAT: Final = 120.0  # About what resizing and compression add by themselves.


def signature(image: Pil.Image) -> str:
    """64 hex digits: whether each of the 256 lowest cosine coefficients of the brightness lies above their median.

    Copies of one picture differ in few bits, unrelated pictures in about half. The mean brightness is left out and
    the next coefficient down the first column takes its place. What is as good as zero counts as below, so that a
    plain surface does not get the signature of its noise.
    """
    return _of_grey(image.convert("L").resize((_SIDE, _SIDE), Pil.Resampling.BOX))


def cropped(image: Pil.Image) -> tuple[str, ...]:
    """The signatures of the picture lightly cropped, in the ways of CROPS: a cropped copy has nearly one of them."""
    grey = image.convert("L")
    boxes = (
        (left * grey.width, top * grey.height, (1 - right) * grey.width, (1 - bottom) * grey.height)
        for left, top, right, bottom in CROPS
    )
    return tuple(_of_grey(grey.resize((_SIDE, _SIDE), Pil.Resampling.BOX, box=box)) for box in boxes)


def _of_grey(grey: Pil.Image) -> str:
    coefficients = _DCT @ np.asarray(grey, dtype=np.float64) @ _DCT.T
    low = coefficients[:_LOW, :_LOW].copy()
    low[0, 0] = coefficients[_LOW, 0]
    low[np.abs(low) < _FLAT] = 0
    bits = (low > np.median(low)).ravel()
    return np.packbits(bits).tobytes().hex()


def distance(one: str, other: str) -> int:
    """In how many of the 256 bits two signatures differ."""
    return (int(one, 16) ^ int(other, 16)).bit_count()
