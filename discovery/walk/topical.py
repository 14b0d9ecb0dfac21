"""Lists in order of topic, so that a walk can keep to the part of a list that is about what its viewer cares for.

A Pin's boards stand in order of the boards' topics, a board's Pins in order of the Pins'; a directory says where each
topic ends. Saves that come later stand behind, in no part, until the lists are arranged again; what is taken off may
leave another topic's neighbour in a part. Source: biasing in Pixie (Eksombatchai et al., WWW 2018, section 3.1).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from discovery.walk import arranging
from discovery.walk.flat import Flat
from discovery.walk.kernels import Ints, Smalls, Words
from domain.ids import TopicN


@dataclass(frozen=True, slots=True)
class Parts:
    """Of each node n of a side the entries `first[n]` to `first[n + 1]`: a topic, and where its part of the list ends.
    The part begins where the entry before it ends."""

    first: Ints
    topics: Ints
    ends: Smalls


@dataclass(frozen=True, slots=True)
class Topical:
    """The parts of Pins' lists and of boards' lists."""

    pins: Parts
    boards: Parts


@dataclass(frozen=True, slots=True)
class Bias:
    """A walk's inclination: where a list has a part about `topic`, steps keep to it."""

    parts: Topical
    topic: TopicN


def arranged(flat: Flat, pin_topics: Ints) -> Topical:
    """Puts every list in order of topic, and says where the parts are. No edit may run meanwhile; walks may.

    `pin_topics` is the main topic of each Pin by its n, −1 for none; a board's topic is that of most of its Pins, ties
    by the smaller. Walks wait while lists are changed, some 0.3 s a million saves in all.
    """
    topics = np.full(max(flat.pin_at.size, pin_topics.size), -1, np.int64)
    topics[: pin_topics.size] = pin_topics
    board_topics = np.full(flat.board_at.size, -1, np.int64)
    arranging.main_topics(flat.words, flat.board_at, topics, board_topics)
    with flat.gate.changing():
        return Topical(_parts(flat.words, flat.pin_at, board_topics), _parts(flat.words, flat.board_at, topics))


def _parts(words: Words, at: Words, topics: NDArray[np.int64]) -> Parts:
    first = np.zeros(at.size + 1, np.int64)
    arranging.in_order(words, at, topics, first)
    first = np.cumsum(first)
    entries, ends = np.empty(int(first[-1]), np.int64), np.empty(int(first[-1]), np.int32)
    arranging.directory(words, at, topics, first, entries, ends)
    return Parts(first, entries, ends)
