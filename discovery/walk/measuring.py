"""Compiled loops for benchmarks of the walk: a synthetic graph, and the machine's limits."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit

from discovery.walk.chance import GOLDEN, mixed
from discovery.walk.kernels import Ints

_U = np.uint64
_S11: Final = np.uint64(11)
_S32: Final = np.uint64(32)
_SPREAD: Final = np.uint64(0x9E3779B1)


@njit(cache=True, nogil=True)
def power_law(sizes: Ints, pins: int, exponent: float, seed: Any) -> Any:
    """Pairs (board, Pin), each once: board b draws `sizes[b]` Pins, the r-th with probability like r^-exponent."""
    total = sizes.sum()
    boards_out, pins_out = np.empty(total, np.uint32), np.empty(total, np.uint32)
    k, stream, power = 0, _U(seed), 1.0 / (1.0 - exponent)
    for b in range(sizes.size):
        first = k
        for _ in range(sizes[b]):
            stream += GOLDEN
            rank = np.int64(pins * (np.float64(mixed(stream) >> _S11) / 9007199254740992.0) ** power)
            pins_out[k] = (_U(min(rank, np.int64(pins - 1))) * _SPREAD) % _U(pins)
            k += 1
        drawn = np.sort(pins_out[first:k])
        k = first
        for j in range(drawn.size):
            if j == 0 or drawn[j] != drawn[j - 1]:
                boards_out[k], pins_out[k] = b, drawn[j]
                k += 1
    return boards_out[:k], pins_out[:k]


@njit(cache=True, nogil=True)
def random_reads(words: Any, count: int, seed: Any) -> Any:
    """The sum of so many words at random places: reads that overlap as the processor can."""
    stream, size, some = _U(seed), _U(words.size), _U(0)
    for _ in range(count):
        stream += GOLDEN
        some += _U(words[((mixed(stream) >> _S32) * size) >> _S32])
    return some
