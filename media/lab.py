"""CIELAB, in which equal distances look about equally large, from and to 8-bit sRGB (white point D65)."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

# IEC 61966-2-1.
_TO_XYZ: Final = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
_FROM_XYZ: Final = np.linalg.inv(_TO_XYZ)
_WHITE: Final = _TO_XYZ.sum(axis=1)
_EDGE: Final = 6 / 29


def to_lab(rgb: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rows of L* (0..100), a*, b* from rows of red, green, blue (0..255)."""
    share = rgb / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    xyz = linear @ _TO_XYZ.T / _WHITE
    bent = np.where(xyz > _EDGE**3, np.cbrt(xyz), xyz / (3 * _EDGE**2) + 4 / 29)
    return np.stack([116 * bent[:, 1] - 16, 500 * (bent[:, 0] - bent[:, 1]), 200 * (bent[:, 1] - bent[:, 2])], axis=1)


def to_rgb(lab: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rows of red, green, blue (0..255, cut to that range) from rows of L*, a*, b*."""
    bent_y = (lab[:, 0] + 16) / 116
    bent = np.stack([bent_y + lab[:, 1] / 500, bent_y, bent_y - lab[:, 2] / 200], axis=1)
    xyz = np.where(bent > _EDGE, bent**3, 3 * _EDGE**2 * (bent - 4 / 29)) * _WHITE
    linear = np.clip(xyz @ _FROM_XYZ.T, 0, 1)
    share = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    result: NDArray[np.float64] = np.clip(share * 255, 0, 255)
    return result


def hex_of(rgb: NDArray[np.float64]) -> str:
    """Red, green, blue (0..255) as "#rrggbb"."""
    return "#" + "".join(f"{round(float(value)):02x}" for value in rgb)
