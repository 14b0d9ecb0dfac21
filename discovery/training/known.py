"""Which Pins a model knows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def rows(ns: NDArray[np.int64], asked: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The place of each asked Pin in `ns`, which is in order, and whether it is there."""
    at = np.minimum(np.searchsorted(ns, asked), max(ns.size - 1, 0))
    return at, (ns[at] == asked) if ns.size else np.zeros(len(asked), np.bool_)


def only(found: NDArray[Any], heard: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The scores of what a model has heard of, NaN for the rest."""
    return np.where(heard, np.asarray(found, np.float64), np.nan)
