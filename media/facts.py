"""What is known of a picture without opening it again: its colours, ThumbHash and perceptual signature."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pil

from media.palette import palette
from media.signature import cropped, signature
from media.thumb_hash import thumb_hash

RgbArray = NDArray[np.uint8]

_SIDE_MAX = 96


@dataclass(frozen=True, slots=True)
class Facts:
    """Size in pixels (of the whole picture) and looks; the texts are as in `domain.model.Image`.

    `crops` are the signatures of the picture lightly cropped; none of a generated picture.
    """

    width: int
    height: int
    dominant_color: str
    palette: tuple[str, ...]
    thumb_hash: str
    signature: str
    crops: tuple[str, ...] = ()


def of_image(image: Pil.Image, *, width: int, height: int, crops: bool = False) -> Facts:
    """The facts of an RGB picture of `width` x `height` pixels, read from `image`, any smaller copy of it."""
    scale = min(1.0, _SIDE_MAX / max(image.size))
    small = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    pixels = np.asarray(image.resize(small, Pil.Resampling.BOX) if scale < 1 else image)
    colours = palette(pixels)
    return Facts(
        width=width,
        height=height,
        dominant_color=colours[0],
        palette=colours,
        thumb_hash=thumb_hash(pixels),
        signature=signature(image),
        crops=cropped(image) if crops else (),
    )
