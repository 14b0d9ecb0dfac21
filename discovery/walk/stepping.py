"""The compiled loops of Pixie's walk: many walkers in lock step, so that their cache misses overlap, and their visits.

What a step reached is noted as `node << 24 | number of the step`, one after the other; sorted, the visits of a Pin
stand together, query Pin by query Pin. A sort by the processor's vectors costs less than a look into a table each.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit

from discovery.walk.chance import GOLDEN, mixed
from discovery.walk.kernels import MOVED, Floats, Ints, Nodes, Smalls, Words

WALKERS: Final = 64
STEPS_MAX: Final = 1 << 23
"""Of one request: the number of a step has 24 bits."""
RESTART_MIX: Final = np.uint64(0xD1342543DE82EF95)

_U = np.uint64
_ONE: Final = np.uint64(1)
S24: Final = np.uint64(24)
STEP: Final = np.uint64(0xFFFFFF)
_S32: Final = np.uint64(32)
_LOW: Final = np.uint64(0xFFFFFFFF)


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
) -> int:
    """How many rounds of WALKERS steps were made from one query Pin, each Pin → board → Pin, noted in `entries` and
    `boards` from place `first` on.

    After a step a walker goes back to the start with probability `restart` / 2³². With a `table`, zeroed and larger
    than the number of Pins that can be reached, the walk ends early once `high_pins` Pins have `high_visits` visits.
    """
    pos, drawn, at = np.empty(WALKERS, np.uint64), np.empty(WALKERS, np.uint64), np.empty(WALKERS, np.uint64)
    board = np.empty(WALKERS, np.uint64)
    pos[:] = start
    stream = _U(seed)
    high: Any = 0
    for t in range(rounds):
        for w in range(WALKERS):
            drawn[w] = mixed(stream + GOLDEN * _U(w + 1))
        stream += GOLDEN * _U(WALKERS)
        for w in range(WALKERS):  # One stage after the other: the misses of all walkers overlap.
            place = pos[w]
            degree = _U(words[place])
            if degree == MOVED:
                place = _U(words[place + _ONE])
                degree = _U(words[place])
            at[w] = place + _ONE + (((drawn[w] >> _S32) * degree) >> _S32)
        for w in range(WALKERS):
            board[w] = words[at[w]]
            boards[first + w] = board[w]
        for w in range(WALKERS):
            place = board[w]
            degree = _U(words[place])
            if degree == MOVED:
                place = _U(words[place + _ONE])
                degree = _U(words[place])
            at[w] = place + _ONE + (((drawn[w] & _LOW) * degree) >> _S32)
        for w in range(WALKERS):  # Reckoned, not branched on: half of the guesses would be wrong.
            reached = _U(words[at[w]])
            back = _U(((drawn[w] * RESTART_MIX) >> _S32) < restart)
            pos[w] = back * start + (_ONE - back) * reached
            entries[first + w] = (reached << S24) | _U(first + w)
        if table.size:
            high += visited(entries, first, table, shift, high_visits)
            if high >= high_pins:
                return t + 1
        first += WALKERS
    return rounds


@njit(cache=True, nogil=True)
def visited(entries: Nodes, first: int, table: Nodes, shift: Any, high_visits: Any) -> Any:
    """How many Pins now have `high_visits` visits, by a round from `first` on. Entries are `node << 24 | visits`."""
    mask = _U(table.size - 1)
    high: Any = 0
    for w in range(WALKERS):
        node = entries[first + w] >> S24
        h = (node * GOLDEN) >> shift
        while table[h] != _U(0) and (table[h] >> S24) != node:
            h = (h + _ONE) & mask
        visits = (table[h] & STEP) + _ONE
        high += np.int64(visits == high_visits)
        table[h] = (node << S24) | visits
    return high


@njit(cache=True, nogil=True)
def counted(
    entries: Nodes, boards: Words, source_of: Smalls, keys: Nodes, value: Floats, via: Smalls, via_board: Nodes
) -> Any:
    """How many Pins there are; by slot their nodes, rising, (Σ√V)² over the query Pins, which of these gave most, the
    first of several, and the board that led there last from it. `entries` are sorted; `source_of` is by round."""
    count, at, size = 0, 0, entries.size
    while at < size:
        entry = entries[at]
        node, place = entry >> S24, np.int64(entry & STEP)
        at += 1
        source, total, most = source_of[place // WALKERS], 1.0, 1
        best, by = source, place
        if at < size and (entries[at] >> S24) == node:  # Most have one visit.
            total, most, visits = 0.0, 0, 1
            while at < size and (entries[at] >> S24) == node:
                step_ = np.int64(entries[at] & STEP)
                at += 1
                if source_of[step_ // WALKERS] != source:
                    total += np.sqrt(np.float64(visits))
                    if visits > most:
                        most, best, by = visits, source, place
                    source, visits = source_of[step_ // WALKERS], 0
                visits += 1
                place = step_
            total += np.sqrt(np.float64(visits))
            if visits > most:
                best, by = source, place
        keys[count], value[count], via[count], via_board[count] = node, total * total, best, boards[by]
        count += 1
    return count


@njit(cache=True, nogil=True)
def traced(entries: Nodes, boards: Words, source_of: Smalls, nodes: Nodes, counts: Ints, last: Nodes) -> None:
    """By node and query Pin how many visits there were, in `counts`, and the board of the last of them, in `last`.
    `entries` are sorted; both come zeroed."""
    for row in range(nodes.size):
        low, high = 0, entries.size
        while low < high:
            middle = (low + high) // 2
            if (entries[middle] >> S24) < nodes[row]:
                low = middle + 1
            else:
                high = middle
        while low < entries.size and (entries[low] >> S24) == nodes[row]:
            place = np.int64(entries[low] & STEP)
            source = source_of[place // WALKERS]
            counts[row, source] += 1
            last[row, source] = boards[place]
            low += 1
