"""Builds a worn layout anew in the background, while walks and changes go on over the old one."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import numpy as np

from discovery.walk.flat import Flags, Flat
from discovery.walk.kernels import Ints

_BOARDS_A_TURN: Final = 20_000
"""Boards copied while changes wait: a few milliseconds."""
_EDITS_LEFT_MAX: Final = 1_000


class Rebuild:
    """One rebuild. Changes are noted from its making on, and made again on the new layout: nothing taken off
    meanwhile comes back, and nothing added is lost."""

    def __init__(self, flat: Flat, writing: threading.Lock) -> None:
        """`writing` is held now, and by whoever edits `flat` or calls `note`."""
        self._flat, self._writing = flat, writing
        self._noted: list[tuple[Ints, Ints, Flags]] = []
        self.done = threading.Event()

    def note(self, boards: Ints, pins: Ints, adds: Flags) -> None:
        """Remembers a change of the old layout for the new one."""
        self._noted.append((boards, pins, adds))

    @contextmanager
    def finished(self) -> Iterator[Flat]:
        """The new layout, up to date, with `writing` held: swap it in. Takes as long as a build."""
        try:
            flat = self.build()
            while True:
                with self._writing:
                    if sum(boards.size for boards, _, _ in self._noted) <= _EDITS_LEFT_MAX:
                        self._catch_up(flat)
                        yield flat
                        return
                    noted, self._noted = self._noted, []
                self._repeat(flat, noted)
        finally:
            self.done.set()

    def build(self) -> Flat:
        """The new layout from what the old one held."""
        return Flat.build(*self.pairs(), wide=self._flat.words.dtype.itemsize == 8)

    def pairs(self) -> tuple[Ints, Ints]:
        """What the old layout holds, read a range of boards at a time; changes go on in between."""
        parts = []
        low, end = 0, 1
        while low < end:
            with self._writing:
                end = self._flat.board_at.size
                parts.append(self._flat.pairs(low, low + _BOARDS_A_TURN))
            low += _BOARDS_A_TURN
        none = np.zeros(0, np.int64)
        boards, pins = zip(*parts, strict=True) if parts else ((), ())
        return np.concatenate([none, *boards]), np.concatenate([none, *pins])

    def _catch_up(self, flat: Flat) -> None:
        noted, self._noted = self._noted, []
        self._repeat(flat, noted)

    @staticmethod
    def _repeat(flat: Flat, noted: list[tuple[Ints, Ints, Flags]]) -> None:
        for boards, pins, adds in noted:
            if flat.edit(boards, pins, adds) < boards.size:
                raise MemoryError("more was added during a rebuild than its tail has room for")
