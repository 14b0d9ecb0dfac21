"""Heeds what a viewer did not want: Pins that they were shown and left alone, and what looks like those they hid."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final

import numpy as np

from discovery.candidate import Candidate
from domain.ids import PinN
from vectors.embedder import FloatArray

LOOKS_FREE: Final = 1.0
"""A Pin may be looked at so often, without anything done, before it sinks."""
ALIKE_FROM: Final = 0.75
ALIKE_FULL: Final = 0.95
"""From the first cosine of two looks a Pin sinks, at the second by ALIKE_COSTS of its score."""
ALIKE_COSTS: Final = 0.6


def heeded(
    candidates: Sequence[Candidate],
    *,
    looks: Mapping[PinN, float],
    disliked: Collection[PinN],
    vectors: Mapping[PinN, FloatArray],
) -> list[Candidate]:
    """The candidates with lowered scores, best first; those that nothing is said of keep theirs and their order.

    `looks` is how often the viewer has probably looked at each Pin without doing anything: its score is divided by
    1 + what is over LOOKS_FREE. `disliked` are Pins that they hid, `vectors` the looks that are known.
    """
    alike = _likeness(candidates, disliked, vectors)
    kept = {n: 1.0 - ALIKE_COSTS * share for n, share in alike.items() if share}
    found = [
        candidate._replace(score=candidate.score * kept.get(n, 1.0) / (1.0 + max(0.0, looks.get(n, 0.0) - LOOKS_FREE)))
        if (n := candidate.pin_n) in kept or n in looks
        else candidate
        for candidate in candidates
    ]
    return sorted(found, key=lambda candidate: -candidate.score)


def _likeness(
    candidates: Sequence[Candidate], disliked: Collection[PinN], vectors: Mapping[PinN, FloatArray]
) -> dict[PinN, float]:
    """From 0 to 1, how much each looks like the nearest of those that were hidden."""
    hidden = [vectors[n] for n in disliked if n in vectors]
    ns = [candidate.pin_n for candidate in candidates if candidate.pin_n in vectors]
    if not hidden or not ns:
        return {}
    cosines = (np.stack([vectors[n] for n in ns]) @ np.stack(hidden).T).max(axis=1)
    share = np.clip((cosines - ALIKE_FROM) / (ALIKE_FULL - ALIKE_FROM), 0.0, 1.0)
    return dict(zip(ns, share.tolist(), strict=True))
