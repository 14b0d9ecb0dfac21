"""A synthetic graph for benchmarks: power-law Pins, log-normal boards; and the machine's own limits."""

from __future__ import annotations

import time
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from discovery.walk import measuring
from domain.ids import PinN

BOARD_PINS_MEAN: Final = 25
BOARD_PINS_SIGMA: Final = 0.5
PIN_BOARDS_MEAN: Final = 20
POPULARITY_EXPONENT: Final = 0.75
"""The popularity of the r-th Pin is proportional to r to minus this power."""
_READS: Final = 4_000_000


def saves(edges: int, *, seed: int) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """About so many different pairs (board, Pin): boards of 25 Pins on average (log-normal, σ = 0.5), Pins on 20."""
    boards = max(edges // BOARD_PINS_MEAN, 1)
    rng = np.random.default_rng(seed)
    middle = np.log(BOARD_PINS_MEAN) - BOARD_PINS_SIGMA**2 / 2
    sizes = np.maximum(1, rng.lognormal(middle, BOARD_PINS_SIGMA, boards)).astype(np.int64)
    made = measuring.power_law(sizes, max(edges // PIN_BOARDS_MEAN, 1), POPULARITY_EXPONENT, np.uint64(seed))
    return made[0], made[1]


def queries(pins: NDArray[Any], count: int, *, seed: int) -> list[list[tuple[PinN, float]]]:
    """So many questions of 5 to 20 weighted Pins, drawn as saves are: popular ones more often."""
    rng = np.random.default_rng(seed)
    asked = []
    for _ in range(count):
        size = int(rng.integers(5, 21))
        drawn = pins[rng.integers(0, pins.size, size)]
        asked.append([(PinN(int(n)), float(w)) for n, w in zip(drawn, 0.05 + rng.random(size), strict=True)])
    return asked


def even_queries(pins: int, count: int, *, seed: int) -> list[list[tuple[PinN, float]]]:
    """So many questions of 5 to 20 weighted Pins, any Pin as likely as another."""
    return queries(np.arange(pins), count, seed=seed)


def random_read_ns(words: NDArray[Any]) -> float:
    """Nanoseconds of one of many random reads over the array that do not wait for each other: the best of three."""
    measuring.random_reads(words, 1_000, np.uint64(1))
    times = []
    for turn in range(3):
        began = time.perf_counter()
        measuring.random_reads(words, _READS, np.uint64(turn + 2))
        times.append((time.perf_counter() - began) * 1e9 / _READS)
    return min(times)
