"""Which saves a Pixie walk steps over: without diffuse boards, and of a popular Pin's boards those most like it.

Boards of the highest topic entropy are dropped; of a Pin on d boards the ⌈d^δ⌉ are kept whose topics have the largest
cosine with its own. Source: graph pruning in Pixie (Eksombatchai et al., WWW 2018, section 3.2).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

DIFFUSE_SHARE: Final = 0.1
DELTA: Final = 0.91
"""The paper finds its best trade between quality and size here."""


@dataclass(frozen=True, slots=True)
class PinTopics:
    """What Pins are about: pairs (Pin, topic), each once, of equal weight; topics number from 0 to `count` − 1."""

    pins: Ints
    topics: Ints
    count: int


def kept(
    boards: NDArray[Any],
    pins: NDArray[Any],
    about: PinTopics,
    *,
    diffuse_share: float = DIFFUSE_SHARE,
    delta: float = DELTA,
) -> NDArray[np.bool_]:
    """Which of the saves (board, Pin), each once, are kept. Ties by the smaller board. Some 200 bytes a save.

    `diffuse_share` (0 ≤ … < 1) of the boards that have topics at all is dropped; `delta` (0 < … ≤ 1), 1 keeps all.
    Raises ValueError for others.
    """
    if not 0.0 <= diffuse_share < 1.0 or not 0.0 < delta <= 1.0:
        raise ValueError("a share is from 0 to below 1, δ above 0 and at most 1")
    if not boards.size:
        return np.zeros(0, np.bool_)
    boards, pins = boards.astype(np.int64), pins.astype(np.int64)
    save, topic = _spread(pins, about)
    held, counts = np.unique(boards[save] * about.count + topic, return_counts=True)
    board_of, entropy = held // about.count, np.zeros(int(boards.max()) + 1)
    whole = np.bincount(board_of, counts, entropy.size)
    share = counts / whole[board_of]
    np.subtract.at(entropy, board_of, share * np.log(share))
    keep = ~_most(entropy, np.flatnonzero(whole), diffuse_share)[boards]
    weight = counts[np.searchsorted(held, boards[save] * about.count + topic)]
    length = np.sqrt(np.bincount(board_of, counts.astype(np.float64) ** 2, entropy.size))[boards]
    length *= np.sqrt(np.bincount(save, minlength=pins.size))
    likeness = np.bincount(save, weight, pins.size) / np.maximum(length, 1e-300)
    order = np.lexsort((boards, -likeness, ~keep, pins))
    degrees = np.bincount(pins[keep], minlength=int(pins.max()) + 1)
    starts = np.searchsorted(pins[order], np.arange(degrees.size))
    places = np.empty(pins.size, np.int64)
    places[order] = np.arange(pins.size) - starts[pins[order]]
    return np.asarray(keep & (places < np.ceil(degrees[pins] ** delta - 1e-9)))


def _spread(pins: Ints, about: PinTopics) -> tuple[Ints, Ints]:
    """A row for each save and topic of its Pin: the save's place, the topic."""
    order = np.argsort(about.pins, kind="stable")
    named, topics = about.pins[order], about.topics[order]
    low, high = np.searchsorted(named, pins, "left"), np.searchsorted(named, pins, "right")
    sizes = high - low
    save = np.repeat(np.arange(pins.size), sizes)
    within = np.arange(save.size) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return save, topics[low[save] + within]


def _most(entropy: Floats, among: Ints, share: float) -> NDArray[np.bool_]:
    """The boards of the highest entropy among some, ties by the larger: this share of them, rounded down."""
    dropped = np.zeros(entropy.size, np.bool_)
    count = int(share * among.size)
    if count:
        dropped[among[np.argsort(entropy[among], kind="stable")[-count:]]] = True
    return dropped
