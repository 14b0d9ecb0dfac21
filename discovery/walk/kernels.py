"""The compiled loops that make and change the flat layout. Bounds are unchecked: callers give arrays that fit.

A node is the place of its degree in one array of words: `n, room, degree, neighbour, neighbour, …`, then free places.
A list that outgrew its room has MOVED for its degree, and its first word says where it is now; the node stays what it
was, so that nobody who names it has to change.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Smalls = NDArray[np.int32]
Floats = NDArray[np.float64]
Words = NDArray[Any]
"""Unsigned, of 32 or 64 bits."""
Nodes = NDArray[np.uint64]

MOVED: Final = np.uint64(0xFFFFFFFF)
HEADER: Final = 3
"""Words of a node before its neighbours."""
ROOM_NEW: Final = 6
"""Free places of a node that is made while walks go on."""

USED, SAVES, MOST = 0, 1, 2
"""Places in `counts`: words in use, pairs, the largest degree of a Pin that there has been."""

_BLOCK: Final = 64
_U = np.uint64
_ONE: Final = np.uint64(1)
_TWO: Final = np.uint64(2)


@njit(cache=True, nogil=True)
def room_of(degree: Any) -> Any:
    """How many neighbours a new list has room for: a quarter more than it has, at least two."""
    return degree + max(2, degree // 4)


@njit(cache=True, nogil=True)
def degrees(owners: Any, counts: Ints) -> None:
    """Adds to `counts` how often each owner occurs."""
    for i in range(owners.size):
        counts[owners[i]] += 1


@njit(cache=True, nogil=True)
def places(counts: Ints, at: Words, first: int) -> int:
    """The first free word after nodes for all owners with a degree, from `first` on; their places in `at`, else 0."""
    word = first
    for n in range(counts.size):
        if counts[n] > 0:
            at[n] = word + 2
            word += HEADER + room_of(counts[n])
    return word


@njit(cache=True, nogil=True)
def fill(words: Words, counts: Ints, at: Words, values_at: Words, owners: Any, values: Any) -> None:
    """Writes the headers of a side, then its neighbours, in the order of the pairs."""
    for n in range(counts.size):
        if counts[n] > 0:
            words[at[n] - _TWO] = n
            words[at[n] - _ONE] = room_of(counts[n])
    nodes, others, ends = np.empty(_BLOCK, np.uint64), np.empty(_BLOCK, np.uint64), np.empty(_BLOCK, np.uint64)
    for low in range(0, owners.size, _BLOCK):
        size = min(_BLOCK, owners.size - low)
        for j in range(size):  # One stage after the other, so that the cache misses of a block overlap.
            nodes[j] = at[owners[low + j]]
            others[j] = values_at[values[low + j]]
        for j in range(size):
            ends[j] = words[nodes[j]]
        for j in range(size):
            ends[j] = words[nodes[j] + ends[j] + _ONE]
        for j in range(size):
            degree = _U(words[nodes[j]]) + _ONE
            words[nodes[j]] = degree
            words[nodes[j] + degree] = others[j]


@njit(cache=True, nogil=True)
def seat(words: Words, node: Any) -> Any:
    """Where a node's list is now."""
    return _U(words[node + _ONE]) if _U(words[node]) == MOVED else node


@njit(cache=True, nogil=True)
def neighbours(words: Words, node: Any, out: Ints) -> Any:
    """How many neighbours a node has; their `n` in `out`, as far as it reaches."""
    place = seat(words, node)
    degree = np.int64(words[place])
    for j in range(np.int64(min(degree, np.int64(out.size)))):
        out[j] = words[_U(words[place + _ONE + _U(j)]) - _TWO]
    return degree


@njit(cache=True, nogil=True)
def pairs(words: Words, board_at: Words, low: int, high: int, boards: Any, pins: Any) -> int:
    """How many pairs the boards `low` to `high` (excluded) have; those in the two arrays, as far as they reach."""
    count = 0
    for n in range(low, min(high, board_at.size)):
        node = _U(board_at[n])
        if node == _U(0):
            continue
        place = seat(words, node)
        for j in range(np.int64(words[place])):
            if count < boards.size:
                boards[count] = n
                pins[count] = words[_U(words[place + _ONE + _U(j)]) - _TWO]
            count += 1
    return count


@njit(cache=True, nogil=True)
def edit(
    words: Words,
    board_at: Words,
    pin_at: Words,
    counts: Ints,
    boards: Ints,
    pins: Ints,
    adds: Any,
    first: int,
) -> int:
    """The place of the first edit, from `first` on, that found no free words; the number of edits when all are done.

    An edit adds a pair or takes it off. What is so already stays. Taking off never needs room.
    """
    for i in range(first, boards.size):
        board, pin = _U(board_at[boards[i]]), _U(pin_at[pins[i]])
        if not adds[i]:
            if board != _U(0) and pin != _U(0) and _take(words, board, pin):
                _take(words, pin, board)
                counts[SAVES] -= 1
            continue
        if board != _U(0) and pin != _U(0) and _holds(words, board, pin):
            continue
        if counts[USED] + _needs(words, board) + _needs(words, pin) > words.size:
            return i
        if board == _U(0):
            board = _node(words, counts, boards[i])
            board_at[boards[i]] = board
        if pin == _U(0):
            pin = _node(words, counts, pins[i])
            pin_at[pins[i]] = pin
        _append(words, counts, board, pin)
        counts[MOST] = max(counts[MOST], _append(words, counts, pin, board))
        counts[SAVES] += 1
    return int(boards.size)


@njit(cache=True, nogil=True)
def _needs(words: Words, node: Any) -> Any:
    if node == _U(0):
        return HEADER + ROOM_NEW
    place = seat(words, node)
    degree, room = np.int64(words[place]), np.int64(words[place - _ONE])
    return HEADER + _grown(degree) if degree >= room else 0


@njit(cache=True, nogil=True)
def _grown(degree: Any) -> Any:
    return degree + degree // 2 + 4


@njit(cache=True, nogil=True)
def _node(words: Words, counts: Ints, n: Any) -> Any:
    node = _U(counts[USED]) + _TWO
    words[node - _TWO] = n
    words[node - _ONE] = ROOM_NEW
    words[node] = 0
    counts[USED] += HEADER + ROOM_NEW
    return node


@njit(cache=True, nogil=True)
def _append(words: Words, counts: Ints, node: Any, value: Any) -> Any:
    place = seat(words, node)
    degree = np.int64(words[place])
    if degree >= np.int64(words[place - _ONE]):
        room = _grown(degree)
        moved = _U(counts[USED]) + _TWO
        words[moved - _TWO] = words[place - _TWO]
        words[moved - _ONE] = room
        for j in range(degree + 1):
            words[moved + _U(j)] = words[place + _U(j)]
        words[node] = MOVED
        words[node + _ONE] = moved
        counts[USED] += HEADER + room
        place = moved
    words[place + _U(degree) + _ONE] = value
    words[place] = degree + 1
    return degree + 1


@njit(cache=True, nogil=True)
def _find(words: Words, place: Any, value: Any) -> Any:
    for j in range(np.int64(words[place])):
        if _U(words[place + _ONE + _U(j)]) == value:
            return j
    return -1


@njit(cache=True, nogil=True)
def _holds(words: Words, one: Any, other: Any) -> Any:
    left, right = seat(words, one), seat(words, other)
    if _U(words[left]) <= _U(words[right]):  # The shorter list is asked.
        return _find(words, left, other) >= 0
    return _find(words, right, one) >= 0


@njit(cache=True, nogil=True)
def _take(words: Words, node: Any, value: Any) -> Any:
    place = seat(words, node)
    at = _find(words, place, value)
    if at < 0:
        return False
    last = _U(words[place])
    words[place + _ONE + _U(at)] = words[place + last]
    words[place] = last - _ONE
    return True


@njit(cache=True, nogil=True)
def sum_of(words: Any) -> Any:
    """A checksum of 64-bit words: any changed word, and any two that changed places, give another."""
    a, b, c, d = _ONE, _TWO, _U(3), _U(4)
    prime, s29 = _U(0x9E3779B185EBCA87), _U(29)
    whole = words.size - words.size % 4
    for i in range(0, whole, 4):
        a = (a ^ words[i]) * prime
        a ^= a >> s29
        b = (b ^ words[i + 1]) * prime
        b ^= b >> s29
        c = (c ^ words[i + 2]) * prime
        c ^= c >> s29
        d = (d ^ words[i + 3]) * prime
        d ^= d >> s29
    for i in range(whole, words.size):
        a = (a ^ words[i]) * prime
        a ^= a >> s29
    for lane in (b, c, d, _U(words.size)):
        a = (a ^ lane) * prime
        a ^= a >> s29
    return a


@njit(cache=True, nogil=True)
def sound(words: Words, at: Words, used: int) -> bool:
    """Whether every node of a side lies within the words in use, and names only words in use."""
    for n in range(at.size):
        node = np.int64(at[n])
        if node == 0:
            continue
        if node < 2 or node + 1 >= used or np.int64(words[node - 2]) != n:
            return False
        place = np.int64(words[node + 1]) if _U(words[node]) == MOVED else node
        if place < 2 or place >= used:
            return False
        degree, room = np.int64(words[place]), np.int64(words[place - 1])
        if degree > room or place + 1 + room > used:
            return False
        for j in range(degree):
            if np.int64(words[place + 1 + j]) < 2 or np.int64(words[place + 1 + j]) >= used:
                return False
    return True
