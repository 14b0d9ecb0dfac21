"""The compiled loops of the board-deposit walk: which boards are visited, what they deposit, what scores best, and why.

Pins that are reached get a slot each, in the order of first touch, by way of a hash table of about a core's L2 cache.
An entry of the table is `node << 24 | slot + 1`, 0 when free; its size is a power of two.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit

from discovery.walk.chance import GOLDEN, uniform
from discovery.walk.kernels import MOVED, Floats, Ints, Nodes, Smalls, Words

BOARD_SIZE_DEPOSIT_MAX: Final = 64
"""A board's deposit on each of its Pins shrinks with its size up to this one: larger boards count alike."""
DEPOSITS_MAX: Final = 1 << 18
"""About as many deposits are made for one request; of large boards a sample is visited when there would be more."""
BOARD_PINS_VISITED_MIN: Final = 256
"""So many Pins of a board are visited at least, if it has them."""
_BLOCK: Final = 512

_U = np.uint64
_ONE: Final = np.uint64(1)
S24: Final = np.uint64(24)
SLOT: Final = np.uint64(0xFFFFFF)


@njit(cache=True, nogil=True)
def visited(
    words: Words, sources: Nodes, takes: Ints, seed: Any, boards: Nodes, seats: Nodes, sizes: Ints, ends: Ints
) -> Any:
    """Which boards are visited: their nodes, their lists' places and sizes; `ends` bounds each source's.

    What is returned means nothing: it keeps reads from being left out whose only use is what they fetch.

    All boards of a source when `takes` has room for all, else a systematic sample without replacement.
    """
    count = 0
    for i in range(sources.size):
        place = sources[i]
        if _U(words[place]) == MOVED:
            place = _U(words[place + _ONE])
        degree, take = np.int64(words[place]), takes[i]
        if take >= degree:
            for j in range(degree):
                boards[count] = words[place + _ONE + _U(j)]
                count += 1
        else:
            step = degree / take
            shift = uniform(seed, i) * step
            for j in range(take):
                at = min(np.int64(shift + j * step), degree - 1)
                boards[count] = words[place + _ONE + _U(at)]
                count += 1
        ends[i] = count
    for j in range(count):  # In a loop of its own, so that the cache misses overlap.
        sizes[j] = words[boards[j]]
    for j in range(count):
        seats[j] = boards[j]
        if _U(sizes[j]) == MOVED:
            seats[j] = words[boards[j] + _ONE]
            sizes[j] = words[seats[j]]
    some = _U(0)
    for line in range(16, 64, 16):  # The next words of each list are fetched together, before they are wanted.
        for j in range(count):
            some |= _U(words[seats[j] + _U(min(sizes[j], line))])
    return some


@njit(cache=True, nogil=True)
def visits_of(count: int) -> Any:
    """How many Pins of each of so many boards are visited at most."""
    return max(BOARD_PINS_VISITED_MIN, DEPOSITS_MAX // max(count, 1))


@njit(cache=True, nogil=True)
def slot_of(table: Nodes, shift: Any, keys: Nodes, count: Any, node: Any) -> Any:
    """The slot of a node; `count` when it is new: then it has that one now."""
    mask = _U(table.size - 1)
    h = (node * GOLDEN) >> shift
    entry = table[h]
    while entry != _U(0) and (entry >> S24) != node:
        h = (h + _ONE) & mask
        entry = table[h]
    if entry != _U(0):
        return np.int64(entry & SLOT) - 1
    table[h] = (node << S24) | _U(count + 1)
    keys[count] = node
    return count


@njit(cache=True, nogil=True)
def enter(table: Nodes, shift: Any, keys: Nodes, count: Any, nodes: Nodes) -> Any:
    """How many slots there are once every node but 0 has one."""
    for i in range(nodes.size):
        if nodes[i] != _U(0) and slot_of(table, shift, keys, count, nodes[i]) == count:
            count += 1
    return count


@njit(cache=True, nogil=True, error_model="numpy")
def deposit(
    words: Words,
    seats: Nodes,
    sizes: Ints,
    ends: Ints,
    weights: Floats,
    visits_max: int,
    seed: Any,
    boosted: bool,
    table: Nodes,
    shift: Any,
    keys: Nodes,
    count: Any,
    here: Floats,
    near: Smalls,
    total: Floats,
    most: Floats,
    via: Smalls,
    touched: Ints,
) -> Any:
    """How many Pins have a slot now; in `total`, by slot, √V or V summed over the sources, in `most` the largest V of
    one source, and in `via` the place of the smallest board, the first of several, that gave to it.

    `here`, `total` and `most` come zeroed from slot 0 on; `here` is left so.
    """
    nodes, amounts, places = np.empty(_BLOCK, np.uint64), np.empty(_BLOCK), np.empty(_BLOCK, np.int32)
    low = 0
    for i in range(ends.size):
        reached: Any = 0
        held = 0
        for j in range(low, ends[i]):
            size, first = sizes[j], seats[j] + _ONE
            amount = weights[i] / min(size, BOARD_SIZE_DEPOSIT_MAX)
            visits, stride, begin = size, 1.0, 0.0
            if size > visits_max:
                visits, stride = visits_max, size / visits_max
                begin = uniform(seed, 1_000_000 + np.int64(words[seats[j] - _U(2)])) * stride
                amount *= stride
            m = 0
            while m < visits:
                if held == _BLOCK:
                    count, reached = _put(
                        *(nodes, amounts, places, held, sizes, table, shift, keys, count, here, near, touched, reached)
                    )
                    held = 0
                some = min(visits - m, _BLOCK - held)
                if visits == size:
                    for k in range(some):
                        nodes[held + k] = words[first + _U(m + k)]
                else:
                    for k in range(some):
                        at = min(np.int64(begin + (m + k) * stride), size - 1)
                        nodes[held + k] = words[first + _U(at)]
                for k in range(some):
                    amounts[held + k] = amount
                    places[held + k] = j
                held += some
                m += some
        count, reached = _put(
            *(nodes, amounts, places, held, sizes, table, shift, keys, count, here, near, touched, reached)
        )
        for m in range(reached):
            slot = touched[m]
            value = here[slot]
            here[slot] = 0.0
            total[slot] += np.sqrt(value) if boosted else value
            more = np.int64(value > most[slot])
            most[slot] = max(value, most[slot])
            via[slot] = more * np.int64(near[slot]) + (1 - more) * np.int64(via[slot])
        low = ends[i]
    return count


@njit(cache=True, nogil=True)
def _put(
    nodes: Nodes,
    amounts: Floats,
    places: Smalls,
    held: int,
    sizes: Ints,
    table: Nodes,
    shift: Any,
    keys: Nodes,
    count: Any,
    here: Floats,
    near: Smalls,
    touched: Ints,
    reached: Any,
) -> Any:
    """Puts a block of deposits where they belong: how many slots there are, and how many of them were touched."""
    mask = _U(table.size - 1)
    some = _U(0)
    for m in range(held):  # In a loop of its own, so that the cache misses overlap.
        some |= table[(nodes[m] * GOLDEN) >> shift]
    touched[reached] = np.int64(some & _ONE)  # Overwritten below; without a use the loop would be left out.
    for m in range(held):
        node = nodes[m]
        h = (node * GOLDEN) >> shift
        entry = table[h]
        if (entry != _U(0)) & ((entry >> S24) != node):
            while True:
                h = (h + _ONE) & mask
                entry = table[h]
                if entry == _U(0) or (entry >> S24) == node:
                    break
        # Whether a Pin is new is as good as a coin's toss: reckoned, not branched on, several times faster.
        new = np.int64(entry == _U(0))
        slot = (np.int64(entry & SLOT) - 1) * (1 - new) + count * new
        table[h] = (node << S24) | _U(slot + 1)
        keys[slot] = node
        count += new
        value = here[slot]
        first = np.int64(value == 0.0)
        touched[reached] = slot
        reached += first
        here[slot] = value + amounts[m]
        have = np.int64(near[slot]) * (1 - first)
        closer = np.int64(sizes[places[m]] < sizes[have]) | first
        near[slot] = closer * np.int64(places[m]) + (1 - closer) * have
    return count, reached


@njit(cache=True, nogil=True)
def settle(total: Floats, most: Floats, count: Any, boosted: bool, value: Floats) -> None:
    """(Σ√V)² or ΣV of each slot in `value`. `total` and `most` are left zeroed."""
    for slot in range(count):
        value[slot] = total[slot] * total[slot] if boosted else total[slot]
        total[slot] = 0.0
        most[slot] = 0.0
