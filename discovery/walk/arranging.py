"""The compiled loops that put lists in order of topic."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit

from discovery.walk.kernels import Ints, Smalls, Words, seat

_U = np.uint64
_ONE: Final = np.uint64(1)
_TWO: Final = np.uint64(2)


@njit(cache=True, nogil=True)
def main_topics(words: Words, at: Words, topics: Ints, out: Ints) -> None:
    """The topic of most neighbours of each node, ties by the smaller; −1 where no neighbour has one."""
    for n in range(at.size):
        if _U(at[n]) == _U(0):
            continue
        found = _topics_of(words, _U(at[n]), topics)
        found.sort()
        best, i = 0, 0
        while i < found.size:
            j = i
            while j < found.size and found[j] == found[i]:
                j += 1
            if found[i] >= 0 and j - i > best:
                best, out[n] = j - i, found[i]
            i = j


@njit(cache=True, nogil=True)
def in_order(words: Words, at: Words, topics: Ints, counts: Ints) -> None:
    """Sorts every list by its neighbours' topics, those without one last; in `counts[n + 1]` how many topics n has."""
    for n in range(at.size):
        if _U(at[n]) == _U(0):
            continue
        found = _topics_of(words, _U(at[n]), topics)
        for j in range(found.size):
            if found[j] < 0:
                found[j] = np.iinfo(np.int64).max
        order, place = np.argsort(found, kind="mergesort"), seat(words, _U(at[n]))
        before = np.empty(found.size, np.uint64)
        for j in range(found.size):
            before[j] = words[place + _ONE + _U(j)]
        for j in range(found.size):
            words[place + _ONE + _U(j)] = before[order[j]]
        for j in range(found.size):
            topic = found[order[j]]
            if topic < np.iinfo(np.int64).max and (j == 0 or topic != found[order[j - 1]]):
                counts[n + 1] += 1


@njit(cache=True, nogil=True)
def directory(words: Words, at: Words, topics: Ints, first: Ints, entries: Ints, ends: Smalls) -> None:
    """Where each topic's part ends, in lists that are in order; entries from `first[n]` on for node n."""
    for n in range(at.size):
        if first[n] == first[n + 1]:
            continue
        found, k = _topics_of(words, _U(at[n]), topics), first[n] - 1
        for j in range(found.size):
            if found[j] < 0:
                break
            if j == 0 or found[j] != found[j - 1]:
                k += 1
                entries[k] = found[j]
            ends[k] = j + 1


@njit(cache=True, nogil=True)
def _topics_of(words: Words, node: Any, topics: Ints) -> Ints:
    place = seat(words, node)
    found = np.empty(np.int64(words[place]), np.int64)
    for j in range(found.size):
        found[j] = topics[np.int64(words[_U(words[place + _ONE + _U(j)]) - _TWO])]
    return found
