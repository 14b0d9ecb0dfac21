"""The compiled loops that choose the best of many scores, looking closely at few of them.

Values are never negative, so that their bits rise with them. They are gone over once, a block at a time, for each
block's largest: the k blocks with the largest hold at least k values from the least of those on, and every block below
a bound is passed over whole.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit

from discovery.walk.kernels import MOVED, Floats, Ints, Nodes, Words

POWERS: Final = 4_096
"""For degrees below this one, degree^-beta is looked up."""
_BLOCK_MAX: Final = 64
_BLOCK_MIN: Final = 8
_BLOCKS_A_PLACE: Final = 8
"""So many blocks there are at least for a place, where the values suffice."""
_AHEAD: Final = 0.05
"""The share of the values whose degrees are looked up first: with fewer the bound that they give is too low."""

_U = np.uint64
_ONE: Final = np.uint64(1)


@njit(cache=True, nogil=True)
def best(
    words: Words,
    keys: Nodes,
    first: int,
    count: Any,
    value: Floats,
    beta: float,
    powers: Floats,
    some: Ints,
    score: Floats,
    slots: Ints,
    values: Floats,
    ns: Ints,
) -> Any:
    """How many were found, at most as many as `slots` holds: the best by value / degree^beta of the slots from `first`
    to `count`, ties by smaller `n`, best first. `some` and `score` are for its own use, as long as there are slots.
    `powers` holds d^-beta for d below POWERS.

    A degree is a cache miss, and a Pin's score is never more than its value: those of the largest values are looked
    at first, and after that only what could still be among the best.
    """
    limit = slots.size
    if limit == 0 or count <= first:
        return 0
    block = _BLOCK_MAX
    while block > _BLOCK_MIN and block * _BLOCKS_A_PLACE * limit > count - first:
        block //= 2
    tops = _tops(value[first:count].view(np.int64), block)
    ahead: Any = limit
    if beta > 0.0:
        ahead = max(limit, np.int64(tops.size * (1.0 - (1.0 - _AHEAD) ** block)))
    size = _above(value, first, count, tops, block, _least(tops, ahead), some)
    normalised(words, keys, some, size, value, beta, powers, score)
    if beta > 0.0 and size >= limit:
        bound = np.partition(score[:size], size - limit)[size - limit]
        size = _above(value, first, count, tops, block, bound, some)
        normalised(words, keys, some, size, value, beta, powers, score)
    return _chosen(words, keys, some, size, score, slots, values, ns)


@njit(cache=True, nogil=True)
def normalised(
    words: Words, keys: Nodes, slots: Ints, count: Any, value: Floats, beta: float, powers: Floats, out: Floats
) -> None:
    """value / degree^beta of each of the first `count` of the slots. `powers` holds d^-beta for d below POWERS."""
    if beta == 0.0:
        for i in range(count):
            out[i] = value[slots[i]]
        return
    for i in range(count):  # In a loop of its own, so that the cache misses overlap.
        out[i] = words[keys[slots[i]]]
    for i in range(count):
        degree = np.int64(out[i])
        if _U(degree) == MOVED:
            degree = np.int64(words[_U(words[keys[slots[i]] + _ONE])])
        degree = max(degree, np.int64(1))
        out[i] = value[slots[i]] * (powers[degree] if degree < POWERS else np.float64(degree) ** -beta)


@njit(cache=True, nogil=True)
def _tops(bits: Ints, block: int) -> Ints:
    """The largest of each block."""
    tops = np.zeros((bits.size + block - 1) // block, np.int64)
    for at in range(bits.size // block):
        top = np.int64(0)
        for i in range(at * block, at * block + block):
            top = max(top, bits[i])
        tops[at] = top
    for i in range(bits.size // block * block, bits.size):
        tops[-1] = max(tops[-1], bits[i])
    return tops


@njit(cache=True, nogil=True)
def _least(tops: Ints, limit: int) -> Any:
    """What so many blocks reach, at least; 0 when there are no more."""
    if tops.size <= limit:
        return 0.0
    return np.partition(tops, tops.size - limit)[tops.size - limit : tops.size - limit + 1].view(np.float64)[0]


@njit(cache=True, nogil=True)
def _above(value: Floats, first: int, count: Any, tops: Ints, block: int, bound: float, some: Ints) -> Any:
    """How many slots have a value of `bound` or more, and more than nothing; they in `some`, rising."""
    least = np.full(1, bound).view(np.int64)[0]
    size: Any = 0
    for at in range(tops.size):
        if tops[at] < least or tops[at] == 0:
            continue
        low = first + at * block
        for slot in range(low, min(low + block, count)):
            some[size] = slot
            size += np.int64((value[slot] > 0.0) & (value[slot] >= bound))
    return size


@njit(cache=True, nogil=True)
def _chosen(
    words: Words, keys: Nodes, some: Ints, count: Any, score: Floats, slots: Ints, values: Floats, ns: Ints
) -> Any:
    """The best of some slots by a heap with the worst kept one on top."""
    size, limit = 0, slots.size
    for i in range(count):
        slot, value = some[i], score[i]
        if limit == 0 or (size == limit and value < values[0]):
            continue
        n = np.int64(words[keys[slot] - _U(2)])
        if size == limit and not _worse(values[0], ns[0], value, n):
            continue
        if size < limit:
            at = size
            size += 1
            while at > 0 and _worse(value, n, values[(at - 1) // 2], ns[(at - 1) // 2]):
                up = (at - 1) // 2
                slots[at], values[at], ns[at] = slots[up], values[up], ns[up]
                at = up
        else:
            at = _sifted(values, ns, slots, size, value, n)
        slots[at], values[at], ns[at] = slot, value, n
    for end in range(size - 1, 0, -1):
        slot, value, n = slots[end], values[end], ns[end]
        slots[end], values[end], ns[end] = slots[0], values[0], ns[0]
        at = _sifted(values, ns, slots, end, value, n)
        slots[at], values[at], ns[at] = slot, value, n
    return size


@njit(cache=True, nogil=True)
def _worse(score: Any, n: Any, other: Any, other_n: Any) -> Any:
    return score < other or (score == other and n > other_n)


@njit(cache=True, nogil=True)
def _sifted(values: Floats, ns: Ints, slots: Ints, size: int, value: Any, n: Any) -> Any:
    """Where something belongs that is put on top of the heap, the others having moved up."""
    at = 0
    while True:
        low = 2 * at + 1
        if low >= size:
            return at
        if low + 1 < size and _worse(values[low + 1], ns[low + 1], values[low], ns[low]):
            low += 1
        if not _worse(values[low], ns[low], value, n):
            return at
        slots[at], values[at], ns[at] = slots[low], values[low], ns[low]
        at = low
