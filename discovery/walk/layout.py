"""The save graph in memory: for each board its Pins and for each Pin its boards, as slices of two arrays with slack."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition
from typing import Final

import numpy as np

from discovery.walk import kernels
from discovery.walk.kernels import Ints, Smalls

_SLACK: Final = 0.25
_SLACK_MIN: Final = 2
_WASTE_MAX: Final = 0.5


class Lists:
    """A list of integers for each owner, in one array. Owners and values are the `n` of the graph, below 2³¹.

    A list that outgrows its place moves to the end of the array with more room; the array is packed anew when half
    of it has been left behind.
    """

    def __init__(self, owners: Ints, values: Ints) -> None:
        """From pairs, each once, in any order; a list keeps the order of its pairs."""
        top = int(owners.max()) + 1 if owners.size else 0
        counts = np.bincount(owners, minlength=top).astype(np.int64)
        room = np.where(counts > 0, np.maximum(counts + _SLACK_MIN, (counts * (1 + _SLACK)).astype(np.int64)), 0)
        self.start: Ints = np.concatenate([np.zeros(1, np.int64), np.cumsum(room)])[:-1]
        self.room: Smalls = room.astype(np.int32)
        self.size: Smalls = np.zeros(top, np.int32)
        self.used = int(room.sum())
        self.items: Smalls = np.empty(self.used + self.used // 8 + 1024, np.int32)
        self._left = 0
        kernels.scatter(self.start, self.size, self.items, owners, values)

    def of(self, owner: int) -> Smalls:
        """A copy of an owner's list; empty for one that was never named."""
        if not 0 <= owner < self.size.size:
            return np.zeros(0, np.int32)
        base = int(self.start[owner])
        return self.items[base : base + int(self.size[owner])].copy()

    def edit(self, owners: Ints, values: Ints, adds: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> None:
        """Adds to or takes off lists, in order. What is so already stays."""
        if not owners.size:
            return
        self._reach(int(owners.max()))
        done = 0
        while done < owners.size:
            done = kernels.edit(self.start, self.size, self.room, self.items, owners, values, adds, done)
            if done < owners.size:
                self._move(int(owners[done]))
        if self._left > _WASTE_MAX * self.used and self.used > 10_000:
            self._pack()

    def reach(self, owner: int) -> None:
        """Afterwards `owner` is within the arrays, with an empty list if it was new."""
        self._reach(owner)

    def _reach(self, owner: int) -> None:
        have = self.size.size
        if owner < have:
            return
        more = max(owner + 1, have + have // 4 + 1024) - have
        self.start = np.concatenate([self.start, np.zeros(more, np.int64)])
        self.size = np.concatenate([self.size, np.zeros(more, np.int32)])
        self.room = np.concatenate([self.room, np.zeros(more, np.int32)])

    def _move(self, owner: int) -> None:
        length, old = int(self.size[owner]), int(self.room[owner])
        room = length + length // 2 + 2 * _SLACK_MIN
        if self.used + room > self.items.size:
            self.items = np.concatenate([self.items, np.empty(self.items.size // 2 + room, np.int32)])
        base = int(self.start[owner])
        self.items[self.used : self.used + length] = self.items[base : base + length]
        self.start[owner], self.room[owner] = self.used, room
        self.used += room
        self._left += old

    def _pack(self) -> None:
        owners = np.repeat(np.arange(self.size.size), self.size)
        values = np.concatenate([self.of(int(owner)) for owner in np.flatnonzero(self.size)] or [self.items[:0]])
        top = self.size.size
        self.__init__(owners.astype(np.int64), values.astype(np.int64))  # type: ignore[misc]  # The same lists, packed.
        self._reach(top - 1)


class Gate:
    """Lets in any number of walks, or one change of the lists: each waits for the other to end."""

    def __init__(self) -> None:
        self._turn = Condition()
        self._walks = 0
        self._changes = 0
        self._changing = False

    @contextmanager
    def walking(self) -> Iterator[None]:
        """Holds off changes."""
        with self._turn:
            while self._changes:
                self._turn.wait()
            self._walks += 1
        try:
            yield
        finally:
            with self._turn:
                self._walks -= 1
                if not self._walks:
                    self._turn.notify_all()

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Holds off walks and other changes."""
        with self._turn:
            self._changes += 1
            while self._walks or self._changing:
                self._turn.wait()
            self._changing = True
        try:
            yield
        finally:
            with self._turn:
                self._changing = False
                self._changes -= 1
                self._turn.notify_all()


class Layout:
    """Boards' Pins and Pins' boards, always the same set of pairs. Read it inside `gate.walking()`."""

    def __init__(self, boards: Ints, pins: Ints) -> None:
        """From the pairs (board, Pin), each once."""
        self.gate = Gate()
        self.boards = Lists(boards, pins)
        self.pins = Lists(pins, boards)

    def edit(self, boards: Ints, pins: Ints, adds: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> None:
        """Adds (True) or takes off pairs, in order, while no walk is on. What is so already stays."""
        if not boards.size:
            return
        with self.gate.changing():
            self.boards.edit(boards, pins, adds)
            self.pins.edit(pins, boards, adds)

    @property
    def saves(self) -> int:
        """How many pairs there are."""
        return int(self.pins.size.sum())
