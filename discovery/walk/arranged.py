"""A second copy of the public saves, for walks about a topic: pruned, in order of topic, changed with the first.

What is taken off the first copy is taken off this one at once. What is added stands in no topic's part, and pruned
saves that are named again stay, until it is made anew.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Final

import numpy as np

from discovery.walk import pruning, topical
from discovery.walk.flat import Flags, Flat
from discovery.walk.kernels import Ints
from discovery.walk.pruning import PinTopics
from discovery.walk.rebuild import Edits, Rebuild
from discovery.walk.topical import Topical

_STALE_SHARE: Final = 20
"""One change for so many saves: then it is to be made anew."""


class Arranged:
    """The copy, and where the parts of its lists are."""

    def __init__(self, flat: Flat, parts: Topical) -> None:
        self.flat, self.parts = flat, parts
        self._edits, self._full = 0, False

    @property
    def stale(self) -> bool:
        """Whether so much has changed that it should be made anew."""
        return self._full or self._edits * _STALE_SHARE > self.flat.saves

    def edit(self, boards: Ints, pins: Ints, adds: Flags) -> None:
        """Changes the copy as the first one is changed."""
        self._edits += boards.size
        done = self.flat.edit(boards, pins, adds)
        if done < boards.size:  # No room: what is taken off is off all the same.
            self._full, off = True, ~adds[done:]
            self.flat.edit(boards[done:][off], pins[done:][off], adds[done:][off])


class Arranging(Rebuild):
    """The making of one, while walks and changes go on."""

    def __init__(self, flat: Flat, writing: threading.Lock, about: PinTopics) -> None:
        """`writing` as for a rebuild. Of several topics of a Pin the first named is its main one."""
        super().__init__(flat, writing)
        self._about = about
        self.parts: Topical | None = None

    def build(self) -> Flat:
        """The pruned copy, its lists in order of topic."""
        boards, pins = self.pairs()
        kept = pruning.kept(boards, pins, self._about)
        flat = Flat.build(boards[kept], pins[kept], wide=self._flat.words.dtype.itemsize == 8)
        main = np.full(max(flat.pin_at.size, int(self._about.pins.max(initial=-1)) + 1), -1, np.int64)
        main[self._about.pins[::-1]] = self._about.topics[::-1]
        self.parts = topical.arranged(flat, main)
        return flat

    def roomier(self, flat: Flat, noted: Sequence[Edits]) -> Flat:  # noqa: ARG002
        """None: its parts are of the lists as they were built."""
        raise MemoryError("more was added meanwhile than its tail has room for")
