"""Compiles every loop of the walk, or reads it from numba's cache, so that no request waits for it."""

from __future__ import annotations

import numpy as np

from discovery.walk import deposit, kernels, pixie, topical
from discovery.walk.flat import WIDE, Flat
from discovery.walk.topical import Bias
from domain.ids import PinN, TopicN


def warm(*, wide: bool = False) -> None:
    """Walks once over a tiny graph in every way that the product does, its offsets of 64 bits if `wide`. 0.2 s when
    compiled before, else some 20 s."""
    pairs = np.array([(b, p) for b in range(3) for p in range(b, b + 4)], np.int64)
    flat = Flat.build(pairs[:, 0].copy(), pairs[:, 1].copy(), wide=wide)
    flat.edit(np.array([7, 0]), np.array([9, 0]), np.array([True, False]))
    flat.pairs(0, 10)
    flat.pins_of(1)
    ask = [(PinN(1), 1.0), (PinN(2), 0.5)]
    for vias in (1, 2):
        deposit.recommend(flat, ask, limit=5, exclude=(PinN(3),), seed=1, vias=vias)
    pixie.recommend(flat, ask, limit=5, steps=100)
    parts = topical.arranged(flat, np.zeros(flat.pin_at.size, np.int64))
    pixie.recommend(flat, ask, limit=5, steps=100, bias=Bias(parts, TopicN(0)), vias=2)
    many = np.indices((2, 6_000)).reshape(2, -1).astype(np.int64)  # Enough for the way of large requests.
    flat = Flat.build(many[0], many[1], wide=wide)
    deposit.recommend(flat, [(PinN(0), 1.0)], limit=50, exclude=(), seed=1)
    kernels.sum_of(flat.words)
    kernels.sum_of(np.zeros(1, np.uint64))
    kernels.sound(flat.words, flat.pin_at, int(flat.counts[kernels.USED]))


def warm_for(flat: Flat) -> None:
    """As `warm`, for offsets as this layout has them: before walks go over one that may be the first of its kind."""
    warm(wide=flat.words.dtype == WIDE)
