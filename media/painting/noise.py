"""Smooth chance: values that change gently over a line or a sheet, whatever its size in pixels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pil

from media.painting.chance import Chance

GRID = 128
"""Columns of the small arrays that sheets draw up."""


def rows(aspect: float, columns: int = GRID) -> int:
    """Rows of a small array of square cells on a sheet of this aspect."""
    return max(2, round(columns * aspect))


def field(
    chance: Chance, aspect: float, *, cells: float, octaves: int = 3, columns: int = GRID, stretch: float = 1.0
) -> NDArray[np.float64]:
    """Fractal value noise from 0 to 1, shape (rows, columns): about `cells` hills across in the first octave.

    `stretch` above 1 draws the hills out sideways.
    """
    shape = (rows(aspect, columns), columns)
    total = np.zeros(shape)
    for octave in range(octaves):
        across = max(2, round(cells * 2**octave))
        down = max(2, round(across * aspect * stretch))
        coarse = Pil.fromarray(chance.grid(down + 3, across + 3).astype(np.float32))
        # Half a cell of margin all round: the edge of an enlarged picture is flat.
        inner = (1.0, 1.0, across + 2.0, down + 2.0)
        total += np.asarray(coarse.resize((shape[1], shape[0]), Pil.Resampling.BICUBIC, box=inner)) / 2**octave
    low, high = float(total.min()), float(total.max())
    return (total - low) / max(high - low, 1e-9)


def line(chance: Chance, count: int, *, cells: float, octaves: int = 4, fall: float = 0.5) -> NDArray[np.float64]:
    """Fractal value noise from 0 to 1 along a line of `count` points; each octave counts `fall` as much."""
    at = np.linspace(0, 1, count)
    total = np.zeros(count)
    for octave in range(octaves):
        knots = max(2, round(cells * 2**octave)) + 1
        values = chance.grid(1, knots + 1)[0]
        spot = at * (knots - 1)
        index = np.minimum(spot.astype(np.int64), knots - 1)
        part = spot - index
        eased = part * part * (3 - 2 * part)
        total += (values[index] * (1 - eased) + values[index + 1] * eased) * fall**octave
    low, high = float(total.min()), float(total.max())
    return (total - low) / max(high - low, 1e-9)
