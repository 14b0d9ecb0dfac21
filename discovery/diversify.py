"""Spaces a feed's candidates: sliding spectrum decomposition over looks, soft spacing over classes.

Greedy: each place takes, of the best candidates left, the one with the largest θ·z(score) + (1 − θ)·γ·‖residual‖ − q.
The residual is what is left of a look after Gram–Schmidt against the looks in a sliding window; when one leaves the
window, its projection is added back (SSD: Huang et al., KDD 2021). q = Σ_class weight · Σ_d (1/d)·[the same class d
places back], Pinterest's soft spacing. The window begins with what the viewer saw last.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from discovery.candidate import Candidate
from discovery.facts import Known
from discovery.spacing import SpacedBy, Spacing, keys
from domain.ids import PinN
from vectors.embedder import FloatArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

COPY: Final = 0.9995
"""From this cosine on two Pins show the same picture."""


@njit(cache=True, nogil=True)
def order_of(
    values: Floats, cosines: FloatArray, classes: Ints, weights: Floats, first: int, window: int, ahead: int, look: Any
) -> Ints:
    """The places of the items from `first` on, spaced; those before were seen, oldest first.

    `values` are θ·z(score), `look` is (1 − θ)·γ; `cosines` (n, n) of looks, 1 for each with itself; `classes` (c, n)
    with −1 for none. Bases of one window are orthogonal to each other, so a residual's square is 1 − Σ (projection)²
    over the window, and a projection follows from cosines alone: Cholesky's recursion, O(window) an item.
    """
    n = cosines.shape[0]
    onto, rest, taken = np.zeros((window, n)), np.ones(n), np.zeros(n, np.bool_)
    chosen, left = np.empty(n, np.int64), first
    for place in range(n):
        item = place
        if place >= first:
            item = _next(values, rest, taken, classes, weights, chosen, place, left, window, ahead, look)
        chosen[place] = item
        taken[item] = True
        while left < n and taken[left]:
            left += 1
        now = place % window  # The oldest leaves: its projections are added back.
        for i in range(n):
            rest[i] += onto[now, i] * onto[now, i]
            onto[now, i] = 0.0
        if rest[item] < 1e-6:  # It adds nothing that the window does not have.
            continue
        projected = np.empty(n)
        for i in range(n):
            projected[i] = cosines[item, i]
        for back in range(window):
            share = onto[back, item]
            if share != 0.0:
                for i in range(n):
                    projected[i] -= share * onto[back, i]
        scale = 1.0 / np.sqrt(rest[item])
        for i in range(n):
            onto[now, i] = projected[i] * scale
            rest[i] -= onto[now, i] * onto[now, i]
    return chosen[first:]


@njit(cache=True, nogil=True)
def _next(
    values: Floats,
    rest: Floats,
    taken: Any,
    classes: Ints,
    weights: Floats,
    chosen: Ints,
    place: int,
    left: int,
    window: int,
    ahead: int,
    look: Any,
) -> Any:
    """The best of the first `ahead` items that are left, ties by the earlier."""
    best, found, competing, item = -np.inf, -1, 0, left
    while item < taken.size and competing < ahead:
        if not taken[item]:
            competing += 1
            value = values[item] + look * np.sqrt(max(rest[item], 0.0))
            for c in range(weights.size):
                if classes[c, item] < 0:
                    continue
                for back in range(1, min(place, window) + 1):
                    if classes[c, item] == classes[c, chosen[place - back]]:
                        value -= weights[c] / back
            if value > best:
                best, found = value, item
        item += 1
    return found


def spaced(
    candidates: Sequence[Candidate],
    known: Mapping[PinN, Known],
    vectors: Mapping[PinN, FloatArray],
    spacing: Spacing,
    seen: Sequence[PinN] = (),
) -> list[Candidate]:
    """The same candidates, given best first, spaced. Those without a vector look like nothing else.

    `seen` is what the viewer saw last, oldest first; of it the last `spacing.window` count.
    CPU-bound, some milliseconds for 500, without the GIL: call it in a thread.
    """
    if len(candidates) < 2:
        return list(candidates)
    before = list(seen)[-spacing.window :]
    ns = [*before, *(c.pin_n for c in candidates)]
    cosines = _cosines(ns, vectors)
    scores = np.array([c.score for c in candidates])
    values = np.zeros(len(ns))
    values[len(before) :] = spacing.relevance * (scores - scores.mean()) / max(float(scores.std()), 1e-9)
    classes = _classes(ns, known, cosines, spacing)
    look = (1.0 - spacing.relevance) * spacing.look
    weights = np.array(list(spacing.classes.values()), np.float64)
    order = order_of(values, cosines, classes, weights, len(before), spacing.window, spacing.ahead, look)
    return [candidates[i - len(before)] for i in order.tolist()]


def _cosines(ns: Sequence[PinN], vectors: Mapping[PinN, FloatArray]) -> FloatArray:
    """Of each two looks; of one without a look 0 with all others and 1 with itself."""
    dim = next((vector.size for vector in vectors.values()), 1)
    rows = np.zeros((len(ns), dim), np.float32)
    for i, n in enumerate(ns):
        vector = vectors.get(n)
        if vector is not None and vector.size == dim:
            rows[i] = vector
    cosines = rows @ rows.T  # All at once and outside of the loop: numba's own product would need SciPy.
    np.fill_diagonal(cosines, 1.0)
    return np.asarray(cosines, np.float32)


def _classes(ns: Sequence[PinN], known: Mapping[PinN, Known], cosines: FloatArray, spacing: Spacing) -> Ints:
    facts = [known.get(n, Known()) for n in ns]
    rows = np.full((len(spacing.classes), len(ns)), -1, np.int64)
    for row, by in enumerate(spacing.classes):
        # The first that looks the same stands for all of them.
        rows[row] = (cosines >= COPY).argmax(axis=1) if by is SpacedBy.COPY else keys(facts, by)
    return rows


def warm() -> None:
    """Compiles the loop, or reads it from numba's cache."""
    order_of(np.zeros(2), np.eye(2, dtype=np.float32), np.zeros((1, 2), np.int64), np.zeros(1), 0, 2, 2, 1.0)
