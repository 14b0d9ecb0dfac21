"""Random numbers by position: the i-th of a seed's stream, so that a walk repeats bit for bit whatever ran before."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit

GOLDEN: Final = np.uint64(0x9E3779B97F4A7C15)
_MIX_1: Final = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2: Final = np.uint64(0x94D049BB133111EB)
_ONE: Final = np.uint64(1)
_S30: Final = np.uint64(30)
_S27: Final = np.uint64(27)
_S31: Final = np.uint64(31)
_S11: Final = np.uint64(11)


@njit(cache=True, nogil=True, inline="always")
def mixed(z: Any) -> Any:
    """Sixty-four bits that look random, from any. Source: splitmix64 (Steele, Lea, Flood, OOPSLA 2014)."""
    z = (z ^ (z >> _S30)) * _MIX_1
    z = (z ^ (z >> _S27)) * _MIX_2
    return z ^ (z >> _S31)


@njit(cache=True, nogil=True)
def uniform(seed: Any, i: Any) -> Any:
    """The `i`-th number of a seed's stream, in [0, 1)."""
    z = mixed(np.uint64(seed) + (np.uint64(i) + _ONE) * GOLDEN)
    return np.float64(z >> _S11) * (1.0 / 9007199254740992.0)
