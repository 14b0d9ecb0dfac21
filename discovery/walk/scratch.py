"""A thread's own arrays for walking, kept from one request to the next."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Final

import numpy as np

from discovery.walk import depositing
from discovery.walk.kernels import Floats, Ints, Nodes, Smalls

SLOTS_MIN: Final = 1 << 12
_SLOTS_KEPT_MAX: Final = 1 << 19
"""A request that needed more gives the memory back."""

_own = threading.local()


@dataclass(slots=True)
class Scratch:
    """Slots for the Pins that a walk reaches, and the hash table that finds them.

    `here`, `total` and `most` stay zeroed between walks.
    """

    whole: Nodes
    table: Nodes
    shift: np.uint64
    keys: Nodes
    here: Floats
    near: Smalls
    total: Floats
    most: Floats
    via: Smalls
    touched: Ints
    value: Floats
    score: Floats
    count: int = 0

    @classmethod
    def empty(cls, slots: int) -> Scratch:
        """An empty one of the thread's, with room for so many slots."""
        have: Scratch | None = getattr(_own, "scratch", None)
        if have is None or have.keys.size <= slots:
            size = _power(max(slots, SLOTS_MIN))
            have = _new(size)
            if size <= _SLOTS_KEPT_MAX:
                _own.scratch = have
        have.count = 0
        have._fit(slots)  # noqa: SLF001 - its own
        return have

    @classmethod
    def of_entries(cls, entries: int) -> Scratch:
        """One of the thread's with room for so many entries to be sorted, in `whole`, and a slot for each; its table
        is not cleared."""
        have: Scratch | None = getattr(_own, "scratch", None)
        if have is None or have.keys.size <= entries:
            return cls.empty(entries)
        have.count = 0
        return have

    def leave_out(self, nodes: Nodes) -> None:
        """Gives nothing to these, so that they are never among the best. `keys` are rising."""
        keys = self.keys[: self.count]
        at = np.minimum(np.searchsorted(keys, nodes), self.count - 1)
        self.value[at[keys[at] == nodes]] = 0.0

    def widened(self, slots: int) -> Scratch:
        """The same slots, with room for so many in all."""
        if slots <= self.keys.size - 1 and slots * 5 <= self.table.size * 4:
            return self
        wide = _new(_power(max(slots, SLOTS_MIN)))
        depositing.enter(wide.table, wide.shift, wide.keys, 0, self.keys[: self.count].copy())
        wide.count = self.count
        return wide

    def _fit(self, slots: int) -> None:
        """Takes as much of the table as that many slots need, so that it stays in the cache, and clears it."""
        size = min(_power(slots + slots // 4 + 2), self.whole.size)
        self.table = self.whole[:size]
        self.table[:] = 0
        self.shift = _shift(size)


def table_for(nodes: int) -> tuple[Nodes, np.uint64]:
    """An empty hash table with room for so many nodes."""
    size = _power(2 * nodes + 4)
    return np.zeros(size, np.uint64), _shift(size)


def _new(size: int) -> Scratch:
    table = np.zeros(2 * size, np.uint64)
    keys = np.empty(size + 1, np.uint64)
    here, total, most, value, score = (np.zeros(size + 1) for _ in range(5))
    near, via = np.zeros(size + 1, np.int32), np.zeros(size + 1, np.int32)
    touched = np.zeros(size + 1, np.int64)
    return Scratch(table, table, _shift(2 * size), keys, here, near, total, most, via, touched, value, score)


def _shift(size: int) -> np.uint64:
    """What leaves as many bits of a hash as a table of this size, a power of two, has."""
    return np.uint64(64 - size.bit_length() + 1)


def _power(least: int) -> int:
    return 1 << max(int(least - 1).bit_length(), 4)
