"""Newton's method for what is concave: fits of a few coefficients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Told = tuple[float, Floats, Floats]
"""At a point: the value, its slope (n,) and its negative curvature (n, n)."""

_TURNS: Final = 30
_HALVINGS: Final = 20
_NEAR: Final = 1e-9


def highest(told: Callable[[Floats], Told], start: Floats) -> Floats:
    """Where a concave function is highest, from `start`: at most 30 steps.

    Each step is halved until the value grows: far from the top, a whole one may leap past it.
    """
    found, (value, slope, bend) = start, told(start)
    for _ in range(_TURNS):
        step = np.linalg.solve(bend, slope)
        for _ in range(_HALVINGS):
            reached = told(found + step)
            if reached[0] >= value:
                break
            step = step / 2
        else:
            return found
        found, (value, slope, bend) = found + step, reached
        if np.abs(step).max() < _NEAR:
            break
    return found
