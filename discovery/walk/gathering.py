"""The compiled loops of large requests: deposits as numbers that are sorted, then summed from left to right.

A deposit is `node << 24 | place of its board`; sorted, those of one Pin stand together, source by source, in the order
in which they were made. Three passes over memory in order, and a sort by the processor's vectors, cost half of as many
looks into a hash table; the sums are the same to the last bit.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit

from discovery.walk.chance import uniform
from discovery.walk.depositing import BOARD_SIZE_DEPOSIT_MAX, S24, SLOT
from discovery.walk.kernels import Floats, Ints, Nodes, Smalls, Words

_U = np.uint64
_ONE: Final = np.uint64(1)


@njit(cache=True, nogil=True, error_model="numpy")
def gathered(
    words: Words,
    seats: Nodes,
    sizes: Ints,
    ends: Ints,
    weights: Floats,
    visits_max: int,
    seed: Any,
    source_of: Smalls,
    amounts: Floats,
    entries: Nodes,
) -> Any:
    """How many deposits there are, in `entries`; by place of the board their source and amount. Bounds as `deposit`."""
    low, count = 0, 0
    for i in range(ends.size):
        for j in range(low, ends[i]):
            size, first, place = sizes[j], seats[j] + _ONE, _U(j)
            source_of[j] = i
            amounts[j] = weights[i] / min(size, BOARD_SIZE_DEPOSIT_MAX)
            if size <= visits_max:
                for m in range(size):
                    entries[count + m] = (_U(words[first + _U(m)]) << S24) | place
                count += size
                continue
            stride = size / visits_max
            begin = uniform(seed, 1_000_000 + np.int64(words[seats[j] - _U(2)])) * stride
            amounts[j] *= stride
            for m in range(visits_max):
                at = min(np.int64(begin + m * stride), size - 1)
                entries[count + m] = (_U(words[first + _U(at)]) << S24) | place
            count += visits_max
        low = ends[i]
    return count


@njit(cache=True, nogil=True)
def summed(
    entries: Nodes, sizes: Ints, source_of: Smalls, amounts: Floats, keys: Nodes, value: Floats, via: Smalls
) -> Any:
    """How many Pins there are; by slot their nodes, rising, (Σ√V)² over the sources, and the place of the smallest
    board, the first of several, of the source that gave most, the first of several. `entries` are sorted."""
    roots = np.sqrt(amounts)
    count, at, size = 0, 0, entries.size
    while at < size:
        entry = entries[at]
        node, place = entry >> S24, np.int64(entry & SLOT)
        if at + 1 == size or (entries[at + 1] >> S24) != node:  # Most get one alone.
            keys[count], value[count], via[count] = node, roots[place] * roots[place], place
            count += 1
            at += 1
            continue
        total, most, best = 0.0, 0.0, place
        near, source, here = place, source_of[place], amounts[place]
        at += 1
        while at < size and (entries[at] >> S24) == node:
            place = np.int64(entries[at] & SLOT)
            at += 1
            if source_of[place] == source:
                here += amounts[place]
                near = place if sizes[place] < sizes[near] else near
                continue
            total += np.sqrt(here)
            if here > most:
                most, best = here, near
            near, source, here = place, source_of[place], amounts[place]
        total += np.sqrt(here)
        if here > most:
            best = near
        keys[count], value[count], via[count] = node, total * total, best
        count += 1
    return count
