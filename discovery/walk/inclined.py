"""The compiled loop of Pixie's biased walk: steps keep to the part of a list that is about a topic, where there is one.

As `stepping.step`, in the same order of random numbers; finding the part costs some reads more a step.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit

from discovery.walk.chance import GOLDEN, mixed
from discovery.walk.kernels import MOVED, Ints, Nodes, Smalls, Words
from discovery.walk.stepping import RESTART_MIX, S24, WALKERS, visited

_U = np.uint64
_ONE: Final = np.uint64(1)
_TWO: Final = np.uint64(2)
_S32: Final = np.uint64(32)
_LOW: Final = np.uint64(0xFFFFFFFF)


@njit(cache=True, nogil=True)
def drawn_place(words: Words, node: Any, drawn: Any, topic: int, first: Ints, topics: Ints, ends: Smalls) -> Any:
    """The place of the neighbour that a number below 2³² draws: of the topic's part, of the whole list without one."""
    place = _U(words[node + _ONE]) if _U(words[node]) == MOVED else node
    degree, n = np.int64(words[place]), np.int64(words[node - _TWO])
    low, size = np.int64(0), degree
    if n + 1 < first.size:
        at, end = first[n], first[n + 1]
        while at < end:
            middle = (at + end) // 2
            if topics[middle] < topic:
                at = middle + 1
            else:
                end = middle
        if at < first[n + 1] and topics[at] == topic:
            begin = np.int64(ends[at - 1]) if at > first[n] else np.int64(0)
            stop = min(np.int64(ends[at]), degree)  # The list may have grown shorter since.
            if stop > begin:
                low, size = begin, stop - begin
    return place + _ONE + _U(low) + ((drawn * _U(size)) >> _S32)


@njit(cache=True, nogil=True, error_model="numpy")
def step(
    words: Words,
    start: Any,
    rounds: int,
    restart: Any,
    seed: Any,
    high_visits: Any,
    high_pins: int,
    table: Nodes,
    shift: Any,
    first: int,
    entries: Nodes,
    boards: Words,
    topic: int,
    pin_first: Ints,
    pin_topics: Ints,
    pin_ends: Smalls,
    board_first: Ints,
    board_topics: Ints,
    board_ends: Smalls,
) -> int:
    """What `stepping.step` gives, of a walk that keeps to a topic."""
    pos, drawn = np.empty(WALKERS, np.uint64), np.empty(WALKERS, np.uint64)
    pos[:] = start
    stream = _U(seed)
    high: Any = 0
    for t in range(rounds):
        for w in range(WALKERS):
            drawn[w] = mixed(stream + GOLDEN * _U(w + 1))
        stream += GOLDEN * _U(WALKERS)
        for w in range(WALKERS):
            at = drawn_place(words, pos[w], drawn[w] >> _S32, topic, pin_first, pin_topics, pin_ends)
            boards[first + w] = words[at]
        for w in range(WALKERS):
            board = _U(boards[first + w])
            at = drawn_place(words, board, drawn[w] & _LOW, topic, board_first, board_topics, board_ends)
            node = _U(words[at])
            pos[w] = start if ((drawn[w] * RESTART_MIX) >> _S32) < restart else node
            entries[first + w] = (node << S24) | _U(first + w)
        if table.size:
            high += visited(entries, first, table, shift, high_visits)
            if high >= high_pins:
                return t + 1
        first += WALKERS
    return rounds
