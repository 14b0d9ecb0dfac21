"""ThumbHash: a picture in about 25 bytes, to be drawn while the real one loads.

The format and the algorithm are Evan Wallace's (https://github.com/evanw/thumbhash, MIT licence).
"""

from __future__ import annotations

import base64
import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

_SIDE_MAX: Final = 100
_LUMINANCE_LIMIT: Final = 7  # The format's, for pictures without alpha; ours never have any.


def thumb_hash(pixels: NDArray[np.uint8]) -> str:
    """The base64 ThumbHash of an RGB array (height, width, 3), at most 100 pixels a side."""
    height, width = pixels.shape[:2]
    if max(height, width) > _SIDE_MAX:
        raise ValueError(f"at most {_SIDE_MAX} pixels a side, not {width}x{height}")
    rgb = pixels.astype(np.float64) / 255
    red, green, blue = rgb[..., 0], rgb[..., 1], rgb[..., 2]
    nx = max(1, _round(_LUMINANCE_LIMIT * width / max(width, height)))
    ny = max(1, _round(_LUMINANCE_LIMIT * height / max(width, height)))
    l_dc, l_ac, l_scale = _channel((red + green + blue) / 3, max(3, nx), max(3, ny))
    p_dc, p_ac, p_scale = _channel((red + green) / 2 - blue, 3, 3)
    q_dc, q_ac, q_scale = _channel(red - green, 3, 3)

    landscape = width > height
    header = (
        _round(63 * l_dc)
        | _round(31.5 + 31.5 * p_dc) << 6
        | _round(31.5 + 31.5 * q_dc) << 12
        | _round(31 * l_scale) << 18
        | (ny if landscape else nx) << 24
        | _round(63 * p_scale) << 27
        | _round(63 * q_scale) << 33
        | landscape << 39
    )
    nibbles = [_round(15 * value) for value in (*l_ac, *p_ac, *q_ac)]
    if len(nibbles) % 2:
        nibbles.append(0)
    body = bytes(low | high << 4 for low, high in zip(nibbles[::2], nibbles[1::2], strict=True))
    return base64.b64encode(header.to_bytes(5, "little") + body).decode()


def _channel(channel: NDArray[np.float64], nx: int, ny: int) -> tuple[float, list[float], float]:
    """The mean, the low cosine coefficients scaled to 0..1, and their scale."""
    height, width = channel.shape
    across = np.cos(np.pi / width * np.outer(np.arange(nx), np.arange(width) + 0.5))
    down = np.cos(np.pi / height * np.outer(np.arange(ny), np.arange(height) + 0.5))
    coefficients = down @ channel @ across.T / (width * height)
    low = [
        float(coefficients[cy, cx]) for cy in range(ny) for cx in range(nx) if (cx or cy) and cx * ny < nx * (ny - cy)
    ]
    scale = max(abs(value) for value in low)
    if scale > 0:
        low = [0.5 + 0.5 / scale * value for value in low]
    return float(coefficients[0, 0]), low, scale


def _round(value: float) -> int:
    """Half up, as the format's first implementation rounds."""
    return math.floor(value + 0.5)
