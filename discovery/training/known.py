"""Which Pins a model knows, and what it thinks of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray


def opinion(
    ns: NDArray[np.int64],
    saved: NDArray[np.int64],
    weights: NDArray[np.float64],
    asked: NDArray[np.int64],
    score: Callable[[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]], NDArray[np.float32]],
) -> NDArray[np.float64] | None:
    """What a model of the Pins `ns` thinks of each asked Pin, NaN of one that it does not know; None when it knows none
    of the saved or of the asked. `score` gives it by rows: of the saved that have one, their weights, of all asked."""
    own, there = rows(ns, saved)
    at, heard = rows(ns, asked)
    if not there.any() or not heard.any():
        return None
    return np.where(heard, score(own[there], weights[there], at).astype(np.float64), np.nan)


def rows(ns: NDArray[np.int64], asked: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The row of each asked Pin in `ns`, which is in order, and whether it has one."""
    at = np.minimum(np.searchsorted(ns, asked), max(ns.size - 1, 0))
    return at, (ns[at] == asked) if ns.size else np.zeros(len(asked), np.bool_)
