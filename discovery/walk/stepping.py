"""The compiled loop of Pixie's walk: many walkers in lock step, so that their cache misses overlap.

Visits are counted in a hash table of about a core's L2 cache: an entry is `node << 24 | visits`, 0 when free.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit

from discovery.walk.chance import GOLDEN, mixed
from discovery.walk.depositing import slot_of
from discovery.walk.kernels import MOVED, Floats, Nodes, Smalls, Words

WALKERS: Final = 64
VISITS_MASK: Final = np.uint64(0xFFFFFF)
RESTART_MIX: Final = np.uint64(0xD1342543DE82EF95)

_U = np.uint64
_ONE: Final = np.uint64(1)
_S24: Final = np.uint64(24)
_S32: Final = np.uint64(32)
_LOW: Final = np.uint64(0xFFFFFFFF)


@njit(cache=True, nogil=True, error_model="numpy")
def step(  # noqa: C901, PLR0912 - calls and branches are what the loop avoids
    words: Words,
    start: Any,
    rounds: int,
    restart: Any,
    seed: Any,
    high_visits: Any,
    high_pins: int,
    table: Nodes,
    boards: Nodes,
    shift: Any,
) -> int:
    """How many rounds of WALKERS steps were made from one query Pin, each Pin → board → Pin, counted in `table`.

    After a step a walker goes back to the start with probability `restart` / 2³². The walk ends early once `high_pins`
    Pins have `high_visits` visits. `boards` has for each entry the board that last led there.
    """
    pos, drawn, at = np.empty(WALKERS, np.uint64), np.empty(WALKERS, np.uint64), np.empty(WALKERS, np.uint64)
    board, reached = np.empty(WALKERS, np.uint64), np.empty(WALKERS, np.uint64)
    pos[:] = start
    mask, stream = _U(table.size - 1), _U(seed)
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
        for w in range(WALKERS):
            place = board[w]
            degree = _U(words[place])
            if degree == MOVED:
                place = _U(words[place + _ONE])
                degree = _U(words[place])
            at[w] = place + _ONE + (((drawn[w] & _LOW) * degree) >> _S32)
        for w in range(WALKERS):
            reached[w] = words[at[w]]
        for w in range(WALKERS):  # Reckoned, not branched on: half of the guesses would be wrong.
            back = _U(((drawn[w] * RESTART_MIX) >> _S32) < restart)
            pos[w] = back * start + (_ONE - back) * reached[w]
        for w in range(WALKERS):
            node = reached[w]
            h = (node * GOLDEN) >> shift
            entry = table[h]
            if (entry != _U(0)) & ((entry >> _S24) != node):
                while True:
                    h = (h + _ONE) & mask
                    entry = table[h]
                    if entry == _U(0) or (entry >> _S24) == node:
                        break
            visits = (entry & VISITS_MASK) + _ONE
            high += np.int64(visits == high_visits)
            table[h] = (node << _S24) | visits
            boards[h] = board[w]
        if high >= high_pins:
            return t + 1
    return rounds


@njit(cache=True, nogil=True)
def collect(
    visits: Nodes,
    boards: Nodes,
    source: int,
    table: Nodes,
    shift: Any,
    keys: Nodes,
    count: Any,
    total: Floats,
    most: Floats,
    via: Smalls,
    via_board: Nodes,
) -> Any:
    """How many slots there are now: √visits of one query Pin's walk added to `total`, and in `via` and `via_board` the
    query Pin that gave most and its board. `visits` is left empty."""
    for h in range(visits.size):
        entry = visits[h]
        if entry == _U(0):
            continue
        visits[h] = _U(0)
        slot = slot_of(table, shift, keys, count, entry >> _S24)
        count = max(count, slot + 1)
        value = np.float64(entry & VISITS_MASK)
        total[slot] += np.sqrt(value)
        if value > most[slot]:
            most[slot] = value
            via[slot] = source
            via_board[slot] = boards[h]
    return count
