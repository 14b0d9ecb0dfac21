"""The compiled loops that say from where a Pin was reached."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit

from discovery.walk.chance import GOLDEN
from discovery.walk.depositing import BOARD_SIZE_DEPOSIT_MAX, S24, SLOT
from discovery.walk.kernels import MOVED, Floats, Ints, Nodes, Words

_U = np.uint64
_ONE: Final = np.uint64(1)


@njit(cache=True, nogil=True)
def explain(
    words: Words,
    boards: Nodes,
    seats: Nodes,
    sizes: Ints,
    ends: Ints,
    weights: Floats,
    table: Nodes,
    shift: Any,
    following: Ints,
    nodes: Nodes,
    given: Floats,
    via: Ints,
) -> None:
    """By node and source what the source's visited boards that hold the node give it, in `given`, and in `via` the
    place of the smallest of them, the first of several. A board of which a sample was visited counts in full.

    `table` has a slot for each visited board, by its last place; `following` gives its place before that, or -1.
    `given` comes zeroed, `via` -1. Whichever is shorter is looked through: the node's boards, or the boards' Pins.
    """
    mask = _U(table.size - 1)
    source_of = np.empty(boards.size, np.int64)
    low = 0
    for i in range(ends.size):
        source_of[low : ends[i]] = i
        low = ends[i]
    deposits = sizes.sum()
    for r in range(nodes.size):
        place = nodes[r]
        if _U(words[place]) == MOVED:
            place = _U(words[place + _ONE])
        degree = np.int64(words[place])
        if degree > deposits:
            for j in range(boards.size):
                for m in range(sizes[j]):
                    if _U(words[seats[j] + _ONE + _U(m)]) == nodes[r]:
                        _given(sizes, weights, source_of, j, r, given, via)
                        break
            continue
        for m in range(degree):
            node = _U(words[place + _ONE + _U(m)])
            h = (node * GOLDEN) >> shift
            while table[h] != _U(0) and (table[h] >> S24) != node:
                h = (h + _ONE) & mask
            if table[h] == _U(0):
                continue
            at = np.int64(table[h] & SLOT) - 1
            while at >= 0:
                _given(sizes, weights, source_of, at, r, given, via)
                at = following[at]


@njit(cache=True, nogil=True)
def _given(sizes: Ints, weights: Floats, source_of: Ints, j: int, r: int, given: Floats, via: Ints) -> None:
    i, have = source_of[j], via[r, source_of[j]]
    given[r, i] += weights[i] / min(sizes[j], BOARD_SIZE_DEPOSIT_MAX)
    if have < 0 or sizes[j] < sizes[have] or (sizes[j] == sizes[have] and j < have):
        via[r, i] = j


@njit(cache=True, nogil=True)
def chained(boards: Nodes, table: Nodes, shift: Any, following: Ints) -> None:
    """Enters the boards in the table, each by its last place; a board that comes again follows its earlier places."""
    mask = _U(table.size - 1)
    for j in range(boards.size):
        h = (boards[j] * GOLDEN) >> shift
        while table[h] != _U(0) and (table[h] >> S24) != boards[j]:
            h = (h + _ONE) & mask
        following[j] = np.int64(table[h] & SLOT) - 1 if table[h] != _U(0) else -1
        table[h] = (boards[j] << S24) | _U(j + 1)
