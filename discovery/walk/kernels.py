"""The hot loops, compiled by numba. Bounds are unchecked: callers give arrays that fit, tests compare with a twin."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Smalls = NDArray[np.int32]
Floats = NDArray[np.float64]

BOARD_PINS_VISITED_MAX: Final = 1024
"""Of a larger board a systematic sample of this many Pins is visited, so that no board makes a walk slow."""
BOARD_SIZE_DEPOSIT_MAX: Final = 64
"""A board's deposit on each of its Pins shrinks with its size up to this one: larger boards count alike."""

_GOLDEN: Final = np.uint64(0x9E3779B97F4A7C15)
_MIX_1: Final = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2: Final = np.uint64(0x94D049BB133111EB)
_ONE: Final = np.uint64(1)
_S30: Final = np.uint64(30)
_S27: Final = np.uint64(27)
_S31: Final = np.uint64(31)
_S11: Final = np.uint64(11)


@njit(cache=True, nogil=True)
def uniform(seed: Any, i: Any) -> Any:
    """The `i`-th number of a seed's stream, in [0, 1). Source: splitmix64 (Steele, Lea, Flood 2014)."""
    z = np.uint64(seed) + (np.uint64(i) + _ONE) * _GOLDEN
    z = (z ^ (z >> _S30)) * _MIX_1
    z = (z ^ (z >> _S27)) * _MIX_2
    z = z ^ (z >> _S31)
    return np.float64(z >> _S11) * (1.0 / 9007199254740992.0)


@njit(cache=True, nogil=True)
def deposit(  # noqa: PLR0917 - numba takes arguments by position
    b_start: Ints,
    b_size: Smalls,
    b_items: Smalls,
    p_start: Ints,
    p_size: Smalls,
    p_items: Smalls,
    sources: Ints,
    origins: Ints,
    weights: Floats,
    takes: Ints,
    seed: Any,
    boosted: bool,
    here: Floats,
    near: Floats,
    near_board: Smalls,
    total: Floats,
    best: Floats,
    via_pin: Smalls,
    via_board: Smalls,
    touched_here: Smalls,
    touched: Smalls,
) -> int:
    """How many Pins were reached, their `n` in `touched`; their deposits in `total`, √V or V summed over the sources.

    From each source `takes` of its boards are visited: all, or a systematic sample without replacement. `here`,
    `total` and `best` come zeroed, as long as there are Pins, as do the rest; `here` is left zeroed.
    """
    count = 0
    for i in range(sources.size):
        source, take, degree = sources[i], takes[i], p_size[sources[i]]
        if take <= 0 or degree <= 0:
            continue
        step = degree / take
        shift = uniform(seed, i) * step if take < degree else 0.0
        reached = 0
        for j in range(take):
            at = min(int(shift + j * step), degree - 1) if take < degree else j
            board = p_items[p_start[source] + at]
            size = b_size[board]
            amount = weights[i] / min(size, BOARD_SIZE_DEPOSIT_MAX)
            visits, stride, first = size, 1.0, 0.0
            if size > BOARD_PINS_VISITED_MAX:
                visits, stride = BOARD_PINS_VISITED_MAX, size / BOARD_PINS_VISITED_MAX
                first = uniform(seed, 1_000_000 + board) * stride
                amount *= stride
            for m in range(visits):
                pin = b_items[b_start[board] + min(int(first + m * stride), size - 1)]
                if here[pin] == 0.0:
                    touched_here[reached] = pin
                    reached += 1
                    near[pin] = 0.0
                here[pin] += amount
                if amount > near[pin] or (amount == near[pin] and board < near_board[pin]):
                    near[pin] = amount
                    near_board[pin] = board
        for m in range(reached):
            pin = touched_here[m]
            value = here[pin]
            here[pin] = 0.0
            if total[pin] == 0.0:
                touched[count] = pin
                count += 1
            total[pin] += np.sqrt(value) if boosted else value
            if value > best[pin]:
                best[pin] = value
                via_pin[pin] = origins[i]
                via_board[pin] = near_board[pin]
    return count


@njit(cache=True, nogil=True)
def settle(  # noqa: PLR0917 - as above
    touched: Smalls, count: int, p_size: Smalls, total: Floats, best: Floats, boosted: bool, beta: float, scores: Floats
) -> None:
    """Scores of the touched Pins by place in `touched`: (Σ√V)² or ΣV, over degree^beta. Leaves the sums zeroed."""
    for m in range(count):
        pin = touched[m]
        value = total[pin] * total[pin] if boosted else total[pin]
        scores[m] = value / max(p_size[pin], 1) ** beta
        total[pin] = 0.0
        best[pin] = 0.0


@njit(cache=True, nogil=True)
def edit(  # noqa: PLR0917 - as above
    start: Ints, size: Smalls, room: Smalls, items: Smalls, owners: Ints, values: Ints, adds: Any, first: int
) -> int:
    """The place of the first edit, from `first` on, that found its list full; the number of edits when all are done.

    An edit adds a value to its owner's list, or takes it off (the last one takes its place). What is so already stays.
    """
    for i in range(first, owners.size):
        owner, value = owners[i], values[i]
        base, length = start[owner], size[owner]
        at = -1
        for j in range(length):
            if items[base + j] == value:
                at = j
                break
        if adds[i] and at < 0:
            if length >= room[owner]:
                return i
            items[base + length] = value
            size[owner] = length + 1
        elif not adds[i] and at >= 0:
            items[base + at] = items[base + length - 1]
            size[owner] = length - 1
    return int(owners.size)


@njit(cache=True, nogil=True)
def scatter(start: Ints, size: Smalls, items: Smalls, owners: Ints, values: Ints) -> None:
    """Appends each value to its owner's list; there must be room."""
    for i in range(owners.size):
        owner = owners[i]
        items[start[owner] + size[owner]] = values[i]
        size[owner] += 1


def warm() -> None:
    """Compiles every loop, or reads it from numba's cache, so that no request waits for it."""
    ints, smalls = np.zeros(2, np.int64), np.zeros(2, np.int32)
    floats, flags = np.zeros(2, np.float64), np.zeros(2, np.bool_)
    none, nothing = np.zeros(0, np.int64), np.zeros(0, np.float64)
    scratch = (floats, floats, smalls, floats, floats, smalls, smalls, smalls, smalls)
    lists = (ints, smalls, smalls, ints, smalls, smalls)
    deposit(*lists, none, none, nothing, none, np.uint64(1), True, *scratch)
    settle(smalls, 0, smalls, floats, floats, True, 0.7, floats)
    edit(ints, smalls, smalls, smalls, none, none, flags, 0)
    scatter(ints, smalls, smalls, none, none)
