"""What the look-alike embedder sees in a picture before anything fitted is applied to it: pure functions of pixels.

Colour: a histogram of CIELAB chroma. Texture: small patches of the picture, coded by a dictionary of such patches
(VLAD: Jégou et al., "Aggregating local descriptors into a compact image representation", CVPR 2010). Layout: the mean
colour of each cell of a coarse grid. The middle of a picture counts more than its edges.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from PIL import Image, ImageOps

from domain.errors import Invalid
from domain.limits import PICTURE_PIXELS_MAX
from vectors.embedder import FloatArray

SIDE: Final = 128
CHROMA_BINS: Final = 14
CHROMA_RANGE: Final = 60.0
LAYOUT_CELLS: Final = 8
PATCH: Final = 6
FINE: Final = 1
COARSE: Final = 4
_CENTRE: Final = 0.35
_CONTRAST_LEAST: Final = 9.0

PixelArray = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Dictionary:
    """How patches are coded: `mean` (dims,) and `basis` (patch values, dims) project them, `centres` (words, dims)."""

    mean: FloatArray
    basis: FloatArray
    centres: FloatArray


def pixels(data: bytes) -> PixelArray:
    """The picture file as a square of 128 x 128 sRGB pixels, upright, on white. Raises Invalid if it is none."""
    try:
        with Image.open(io.BytesIO(data), formats=("WEBP", "JPEG", "PNG")) as image:
            if image.width * image.height > PICTURE_PIXELS_MAX:
                raise Invalid("This picture has too many pixels.")
            image.draft("RGB", (2 * SIDE, 2 * SIDE))
            picture = ImageOps.exif_transpose(image)
            if picture.has_transparency_data:
                picture = picture.convert("RGBA")
                picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture)
            square = picture.convert("RGB").resize((SIDE, SIDE), Image.Resampling.LANCZOS, reducing_gap=3.0)
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError) as error:
        raise Invalid(f"This picture cannot be decoded: {error}") from error
    return np.asarray(square)


def lab(rgb: PixelArray) -> FloatArray:
    """CIELAB (D65) of sRGB pixels: (side, side, 3) float32."""
    linear, to_xyz = _colour_tables()
    xyz = linear[rgb].reshape(-1, 3) @ to_xyz
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116).astype(np.float32)
    out = np.stack([116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])], axis=1)
    return np.asarray(out.reshape(rgb.shape), dtype=np.float32)


def chroma(colours: FloatArray) -> FloatArray:
    """Square roots of the (a, b) histogram, 14 x 14 bins over ±60, each pixel shared among its four nearest bins."""
    bins, weight = CHROMA_BINS, _centre(SIDE)
    place = (colours[..., 1:] + CHROMA_RANGE) / (2 * CHROMA_RANGE) * bins - 0.5
    place = np.clip(place, 0, bins - 1.001).reshape(-1, 2)
    low = place.astype(np.int32)
    part = place - low
    counts = np.zeros(bins * bins)
    for da in (0, 1):
        for db in (0, 1):
            share = (part[:, 0] if da else 1 - part[:, 0]) * (part[:, 1] if db else 1 - part[:, 1])
            counts += np.bincount((low[:, 0] + da) * bins + low[:, 1] + db, share * weight, bins * bins)
    return np.asarray(np.sqrt(counts / counts.sum()), dtype=np.float32)


def layout(colours: FloatArray) -> FloatArray:
    """The mean CIELAB colour of each cell of an 8 x 8 grid."""
    return _shrunk(colours, SIDE // LAYOUT_CELLS).reshape(-1)


def patches(colours: FloatArray, zoom: int) -> FloatArray:
    """Every second patch (every one, zoomed out) of 6 x 6 pixels of the picture made `zoom` times smaller:
    (patches, 3 · 6 · 6), each channel less its mean, the whole divided by its contrast."""
    small = _shrunk(colours, zoom)
    step = 2 if zoom == FINE else 1
    view = sliding_window_view(small, (PATCH, PATCH), (0, 1))[::step, ::step]
    values = view.reshape(view.shape[0] * view.shape[1], 3, PATCH * PATCH)
    values = values - values.mean(axis=2, keepdims=True)
    values = values.reshape(len(values), -1)
    contrast = np.sqrt(np.einsum("ij,ij->i", values, values) / values.shape[1] + _CONTRAST_LEAST)
    return np.asarray(values / contrast[:, None], dtype=np.float32)


def texture(colours: FloatArray, zoom: int, dictionary: Dictionary) -> FloatArray:
    """The picture's patches against the dictionary: for each word the sum of how its patches differ from it, square
    roots with sign, unit length: (words · dims,)."""
    coded = (patches(colours, zoom) - dictionary.mean) @ dictionary.basis
    centres = dictionary.centres
    nearest = np.argmax(2 * coded @ centres.T - np.einsum("ij,ij->i", centres, centres), axis=1)
    member = np.zeros((len(coded), len(centres)), dtype=np.float32)
    member[np.arange(len(coded)), nearest] = _centre(round(len(coded) ** 0.5))
    sums = member.T @ coded - member.sum(axis=0)[:, None] * centres
    rooted = (np.sign(sums) * np.sqrt(np.abs(sums))).reshape(-1)
    return np.asarray(rooted / max(float(np.linalg.norm(rooted)), 1e-9), dtype=np.float32)


def blocks(rgb: PixelArray, fine: Dictionary, coarse: Dictionary) -> dict[str, FloatArray]:
    """The features of a picture by name: `colour`, `texture`, `layout`."""
    colours = lab(rgb)
    return {
        "colour": chroma(colours),
        "texture": np.concatenate([texture(colours, FINE, fine), texture(colours, COARSE, coarse)]),
        "layout": layout(colours),
    }


def _shrunk(colours: FloatArray, by: int) -> FloatArray:
    if by == 1:
        return colours
    side = len(colours) // by
    return np.asarray(colours.reshape(side, by, side, by, 3).mean(axis=(1, 3)), dtype=np.float32)


@cache
def _centre(side: int) -> FloatArray:
    """How much each place counts: a bell over the middle, flattened."""
    at = (np.arange(side) + 0.5) / side - 0.5
    return np.exp(-(at[:, None] ** 2 + at[None, :] ** 2) / (2 * _CENTRE**2)).reshape(-1).astype(np.float32)


@cache
def _colour_tables() -> tuple[FloatArray, FloatArray]:
    """Linear light by sRGB value, and the matrix from it to XYZ relative to white (IEC 61966-2-1)."""
    value = np.arange(256) / 255
    linear = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    matrix = np.array(
        [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
    )
    white = np.array([0.95047, 1.0, 1.08883])
    return linear.astype(np.float32), (matrix / white[:, None]).T.astype(np.float32)
