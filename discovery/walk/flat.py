"""The save graph in memory: one flat array of words in which a node's id is the place of its list."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from discovery.walk import kernels
from discovery.walk.gate import Gate
from discovery.walk.kernels import MOST, SAVES, USED, Ints, Words

Flags = NDArray[np.bool_]

NARROW: Final = np.dtype(np.uint32)
WIDE: Final = np.dtype(np.uint64)
NARROW_WORDS_MAX: Final = 0xFFFFFFFF - 1
"""Past so many words an offset needs 64 bits."""
TAIL_SHARE: Final = 64
"""One free word behind the lists for so many in use: for lists that outgrow their room, and for new ones."""
TAIL_WORDS_MIN: Final = 1 << 18
_N_SPARE_MIN: Final = 4_096


@dataclass(slots=True)
class Flat:
    """Boards' Pins and Pins' boards, always the same set of pairs. Read it inside `gate.walking()`.

    `board_at` and `pin_at` give the node of an `n`, 0 for one that never had a list. Slack: a quarter of each list and
    at least two places are free, so that most saves are put in place; a list that outgrows its room moves to the tail
    behind the others. When half the tail is used, `worn` asks for a rebuild.
    """

    words: Words
    board_at: Words
    pin_at: Words
    counts: Ints
    built: int
    gate: Gate = field(default_factory=Gate)

    @classmethod
    def build(cls, boards: NDArray[Any], pins: NDArray[Any], *, wide: bool = False) -> Flat:
        """From the pairs (board, Pin), each once, in any order; lists keep the order of their pairs.

        Offsets have 32 bits where those reach, unless `wide`. The two sides are built on two cores. 176M pairs take
        some 15 s. Raises ValueError for arrays of different length or negative numbers.
        """
        if boards.shape != pins.shape or boards.ndim != 1:
            raise ValueError("boards and Pins come in pairs")
        if boards.size and min(int(boards.min()), int(pins.min())) < 0:
            raise ValueError("a board and a Pin are never negative")
        with ThreadPoolExecutor(2) as cores:
            boards_of, pins_of = cores.map(_degrees, (boards, pins))
            at = cores.map(lambda counts: np.zeros(counts.size, WIDE), (boards_of, pins_of))
            board_at, pin_at = at
            middle = kernels.places(pins_of, pin_at, 1)
            used = kernels.places(boards_of, board_at, middle)
            tail = max(TAIL_WORDS_MIN, used // TAIL_SHARE)
            kind = WIDE if wide or used + tail > NARROW_WORDS_MAX else NARROW
            words = np.zeros(used + tail, kind)  # By NumPy: it asks for huge pages.
            board_at, pin_at = board_at.astype(kind), pin_at.astype(kind)
            sides = ((boards_of, board_at, pin_at, boards, pins), (pins_of, pin_at, board_at, pins, boards))
            list(cores.map(lambda side: kernels.fill(words, *side), sides))
        counts = np.array([used, boards.size, int(pins_of.max(initial=0))], np.int64)
        return cls(words, board_at, pin_at, counts, used)

    def edit(self, boards: Ints, pins: Ints, adds: Flags) -> int:
        """Adds (True) or takes off pairs, in order, while no walk is on. What is so already stays.

        Gives how many were done: fewer than all when the tail is full; taking off always finds room.
        """
        if not boards.size:
            return 0
        with self.gate.changing():
            self.board_at = _reaching(self.board_at, boards, adds)
            self.pin_at = _reaching(self.pin_at, pins, adds)
            known = (boards < self.board_at.size) & (pins < self.pin_at.size)
            if not known.all():  # Taken off, and never there.
                boards, pins, adds = boards[known], pins[known], adds[known]
            done = kernels.edit(self.words, self.board_at, self.pin_at, self.counts, boards, pins, adds, 0)
            return int(known.size) if done == boards.size else int(np.flatnonzero(known)[done])

    def owned(self) -> Flat:
        """The same in memory of this process's own, which the system backs with huge pages where it can.

        Steps over the pages of a file cost up to half as much again, and each change would copy one of those.
        """
        copies = (self.words.copy(), self.board_at.copy(), self.pin_at.copy(), self.counts.copy())
        return Flat(*copies, self.built)

    @property
    def saves(self) -> int:
        """How many pairs there are."""
        return int(self.counts[SAVES])

    @property
    def pin_degree_max(self) -> int:
        """The most boards that a Pin has been on since the lists were built."""
        return int(self.counts[MOST])

    @property
    def worn(self) -> bool:
        """Whether so many lists were made or moved that they should be built anew."""
        return int(self.counts[USED]) - self.built > (self.words.size - self.built) // 2

    @property
    def nbytes(self) -> int:
        """Memory that is reserved, free places and tail included."""
        return self.words.nbytes + self.board_at.nbytes + self.pin_at.nbytes

    def pins_of(self, board: int) -> Ints:
        """The Pins of a board; empty for one that was never named."""
        return self._list(self.board_at, board)

    def boards_of(self, pin: int) -> Ints:
        """The boards of a Pin; empty for one that was never named."""
        return self._list(self.pin_at, pin)

    def pairs(self, low: int, high: int) -> tuple[Ints, Ints]:
        """All pairs of the boards from `low` up to `high` (excluded): boards, Pins."""
        none = np.zeros(0, np.int64)
        count = kernels.pairs(self.words, self.board_at, low, high, none, none)
        boards, pins = np.empty((2, count), np.int64)
        kernels.pairs(self.words, self.board_at, low, high, boards, pins)
        return boards, pins

    def nodes(self, at: Words, ns: NDArray[Any]) -> NDArray[np.uint64]:
        """The node of each `n` by `board_at` or `pin_at`; 0 for one that there is none of."""
        inside = (ns >= 0) & (ns < at.size)
        found = np.zeros(ns.size, np.uint64)
        found[inside] = at[ns[inside]]
        return found

    def degrees(self, nodes: NDArray[np.uint64]) -> Ints:
        """How many neighbours each node has; 0 for node 0."""
        if not nodes.size:
            return np.zeros(0, np.int64)
        sizes = self.words[nodes].astype(np.int64)
        for i in np.flatnonzero(sizes == int(kernels.MOVED)):
            sizes[i] = self.words[self.words[int(nodes[i]) + 1]]
        return np.where(nodes > 0, sizes, 0)

    def _list(self, at: Words, n: int) -> Ints:
        if not 0 <= n < at.size or not at[n]:
            return np.zeros(0, np.int64)
        node = np.uint64(at[n])
        out = np.empty(kernels.neighbours(self.words, node, np.zeros(0, np.int64)), np.int64)
        kernels.neighbours(self.words, node, out)
        return out


def _degrees(owners: NDArray[Any]) -> Ints:
    top = int(owners.max()) + 1 if owners.size else 0
    counts = np.zeros(top, np.int64)
    kernels.degrees(owners, counts)
    return counts


def _reaching(at: Words, ns: Ints, adds: Flags) -> Words:
    """The same places, with room for every `n` that is to be added."""
    top = int(ns[adds].max(initial=-1)) + 1
    if top <= at.size:
        return at
    return np.concatenate([at, np.zeros(max(top - at.size, at.size // 8 + _N_SPARE_MIN), at.dtype)])
