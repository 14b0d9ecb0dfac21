"""Which Pins a model knows."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray


class Met(NamedTuple):
    """The saved and the asked Pins in a model: the row of each, and whether it has one."""

    own: NDArray[np.int64]
    there: NDArray[np.bool_]
    at: NDArray[np.int64]
    heard: NDArray[np.bool_]


def meet(ns: NDArray[np.int64], saved: NDArray[Any], asked: NDArray[Any]) -> Met | None:
    """Where a model of the Pins `ns` knows these; None when it knows none of the saved or none of the asked."""
    met = Met(*rows(ns, saved), *rows(ns, asked))
    return met if met.there.any() and met.heard.any() else None


def rows(ns: NDArray[np.int64], asked: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The row of each asked Pin in `ns`, which is in order, and whether it has one."""
    at = np.minimum(np.searchsorted(ns, asked), max(ns.size - 1, 0))
    return at, (ns[at] == asked) if ns.size else np.zeros(len(asked), np.bool_)
