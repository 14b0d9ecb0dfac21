"""Spaces a feed's candidates by look, creator and board.

Greedy with a sliding window: each place takes, of the best candidates left, the one with the largest
z(score) − LOOK · (largest cosine to the window) − Σ_d (1/d) · (CREATOR if the same creator, BOARD if the same board),
d places back. The soft spacing by class is Pinterest's; windows over looks are as in sliding spectrum decomposition
(Huang et al., KDD 2021), with the simpler penalty of maximal marginal relevance (Carbonell, Goldstein, SIGIR 1998).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numba import njit

from discovery.candidate import Candidate
from discovery.facts import Known
from domain.ids import PinN
from vectors.embedder import FloatArray

WINDOW: Final = 8
"""Places back that still count: about what a person sees at once."""
AHEAD: Final = 64
"""How many of the best candidates left compete for a place: none falls further back than its score deserves."""
LOOK: Final = 1.0
CREATOR: Final = 0.6
BOARD: Final = 0.3
COPY: Final = 0.9995
"""From this cosine on two Pins show the same picture: the second comes as late as it can."""


def _greedy(  # noqa: PLR0917 - numba takes arguments by position
    values: Any,
    cosines: Any,
    creators: Any,
    boards: Any,
    window: int,
    ahead: int,
    look: float,
    creator: float,
    board: float,
) -> Any:
    n = cosines.shape[0]
    order = np.empty(n, np.int64)
    size = min(ahead, n)
    pool = np.arange(size)
    following = size
    last = np.full(window, -1, np.int64)
    near = np.zeros((window, max(size, 1)), np.float32)
    for place in range(n):
        best, chosen = -1e300, 0
        for slot in range(size):
            item = pool[slot]
            value, alike = values[item], np.float32(0.0)
            for back in range(1, min(place, window) + 1):
                at = (place - back) % window
                other = last[at]
                alike = max(alike, near[at, slot])
                if creators[item] >= 0 and creators[item] == creators[other]:
                    value -= creator / back
                if boards[item] >= 0 and boards[item] == boards[other]:
                    value -= board / back
            value -= look * alike + (1000.0 if alike >= COPY else 0.0)
            if value > best or (value == best and item < pool[chosen]):
                best, chosen = value, slot
        item = pool[chosen]
        order[place] = item
        now = place % window
        last[now] = item
        if following < n:
            pool[chosen] = following
            following += 1
            for at in range(window):
                near[at, chosen] = cosines[last[at], pool[chosen]] if last[at] >= 0 else 0.0
        else:
            size -= 1
            pool[chosen] = pool[size]
            near[:, chosen] = near[:, size]
        for slot in range(size):
            near[now, slot] = cosines[item, pool[slot]]
    return order


_greedy_compiled = njit(cache=True, nogil=True)(_greedy)


def spaced(
    candidates: Sequence[Candidate],
    known: Mapping[PinN, Known],
    vectors: Mapping[PinN, FloatArray],
    *,
    plain: bool = False,
) -> list[Candidate]:
    """The same candidates, given best first, spaced. Those without a vector look like nothing else.

    CPU-bound, some milliseconds for 500, without the GIL: call it in a thread. `plain` runs the uncompiled twin.
    """
    if len(candidates) < 2:
        return list(candidates)
    dim = next((vector.size for vector in vectors.values()), 1)
    rows = np.zeros((len(candidates), dim), np.float32)
    for i, candidate in enumerate(candidates):
        vector = vectors.get(candidate.pin_n)
        if vector is not None and vector.size == dim:
            rows[i] = vector
    scores = np.array([c.score for c in candidates])
    values = (scores - scores.mean()) / max(float(scores.std()), 1e-9)
    facts = [known.get(c.pin_n, Known()) for c in candidates]
    creators = np.array([-1 if f.creator_n is None else f.creator_n for f in facts], np.int64)
    boards = np.array([-1 if f.board_n is None else f.board_n for f in facts], np.int64)
    greedy = _greedy if plain else _greedy_compiled
    # All at once and outside of the loop: numba's own product of vectors would need SciPy.
    order = greedy(values, rows @ rows.T, creators, boards, WINDOW, AHEAD, LOOK, CREATOR, BOARD)
    return [candidates[i] for i in order.tolist()]


def warm() -> None:
    """Compiles the loop, or reads it from numba's cache."""
    _greedy_compiled(
        np.zeros(2), np.eye(2, 2, dtype=np.float32), *np.zeros((2, 2), np.int64), WINDOW, AHEAD, 1.0, 1.0, 1.0
    )
