"""Which Pins a model knows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def rows(ns: NDArray[np.int64], asked: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The row of each asked Pin in `ns`, which is in order, and whether it has one."""
    at = np.minimum(np.searchsorted(ns, asked), max(ns.size - 1, 0))
    return at, (ns[at] == asked) if ns.size else np.zeros(len(asked), np.bool_)
