"""Builds a worn layout anew in the background, while walks and changes go on over the old one."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import numpy as np

from discovery.walk import warming
from discovery.walk.flat import Flags, Flat
from discovery.walk.kernels import Ints

_BOARDS_A_TURN: Final = 20_000
"""Boards copied while changes wait: a few milliseconds."""
_EDITS_LEFT_MAX: Final = 1_000
Edits = tuple[Ints, Ints, Flags]
"""Boards, Pins, and whether each pair is added or taken off."""


class Rebuild:
    """One rebuild. Changes are noted from its making on, and made again on the new layout: nothing taken off
    meanwhile comes back, and nothing added is lost."""

    def __init__(self, flat: Flat, writing: threading.Lock, waiting: Sequence[Edits] = ()) -> None:
        """`writing` is held now, and by whoever edits `flat` or calls `note`. `waiting` are changes, in order, that
        `flat` had no room for."""
        self._flat, self._writing = flat, writing
        self._noted: list[Edits] = list(waiting)
        self.over = threading.Event()
        """Set by whoever runs it, when it has been swapped in or given up."""

    def note(self, boards: Ints, pins: Ints, adds: Flags) -> None:
        """Remembers a change of the old layout for the new one."""
        self._noted.append((boards, pins, adds))

    @contextmanager
    def finished(self) -> Iterator[Flat]:
        """The new layout, up to date, with `writing` held: swap it in. Takes as long as a build."""
        flat = self.build()
        while True:
            if flat.words.dtype != self._flat.words.dtype:  # Offsets of 32 bits reach no more.
                warming.warm_for(flat)
            with self._writing:
                noted, self._noted = self._noted, []
                last = sum(boards.size for boards, _, _ in noted) <= _EDITS_LEFT_MAX and not flat.worn
                if last and self._repeat(flat, noted):
                    yield flat
                    return
            if not self._repeat(flat, noted) or flat.worn:
                flat = self.roomier(flat, noted)

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

    def roomier(self, flat: Flat, noted: Sequence[Edits]) -> Flat:
        """Another new layout: with these changes, and with a tail for those to come."""
        boards, pins = flat.pairs(0, flat.board_at.size)
        return Flat.build(*_changed(boards, pins, noted), wide=flat.words.dtype.itemsize == 8)

    @staticmethod
    def _repeat(flat: Flat, noted: Sequence[Edits]) -> bool:
        """Makes the changes, as far as there is room; whether there was."""
        return all(flat.edit(boards, pins, adds) == boards.size for boards, pins, adds in noted)


def _changed(boards: Ints, pins: Ints, noted: Sequence[Edits]) -> tuple[Ints, Ints]:
    """The pairs, each once, as changes in order leave them; repeating a change that is made already is harmless."""
    boards = np.concatenate([boards, *(edit[0] for edit in noted)])
    pins = np.concatenate([pins, *(edit[1] for edit in noted)])
    there = np.ones(boards.size, np.bool_)
    there[boards.size - sum(edit[0].size for edit in noted) :] = np.concatenate(
        [np.zeros(0, np.bool_), *(e[2] for e in noted)]
    )
    order = np.lexsort((pins, boards))  # Stable: of each pair the last change comes last.
    last = np.ones(order.size, np.bool_)
    last[:-1] = (np.diff(boards[order]) != 0) | (np.diff(pins[order]) != 0)
    kept = order[last]
    kept = np.sort(kept[there[kept]])
    return boards[kept], pins[kept]
