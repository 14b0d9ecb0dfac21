"""Spacing's exact twin: Gram–Schmidt over the vectors themselves, as the paper writes it. Slow and simple."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from discovery.candidate import Candidate
from discovery.diversify import COPY
from discovery.facts import Known
from discovery.spacing import SpacedBy, Spacing
from domain.ids import PinN


def spaced(
    candidates: Sequence[Candidate],
    known: Mapping[PinN, Known],
    vectors: Mapping[PinN, np.ndarray],
    spacing: Spacing,
    seen: Sequence[PinN] = (),
) -> list[PinN]:
    """What `diversify.spaced` gives, as Pins, up to rounding."""
    scores = np.array([c.score for c in candidates])
    z = dict(zip([c.pin_n for c in candidates], (scores - scores.mean()) / max(float(scores.std()), 1e-9), strict=True))
    dim = len(next(iter(vectors.values()), np.zeros(1)))
    left = [c.pin_n for c in candidates]
    residual = {n: vectors[n].astype(float) if n in vectors else np.zeros(dim) for n in [*seen, *left]}
    window: list[tuple[PinN, dict[PinN, np.ndarray]]] = []
    order: list[PinN] = []

    def worth(n: PinN) -> float:
        new = float(np.linalg.norm(residual[n])) if n in vectors else 1.0
        value = spacing.relevance * z[n] + (1 - spacing.relevance) * spacing.look * new
        for by, weight in spacing.classes.items():
            for back, (other, _) in enumerate(reversed(window), 1):
                value -= weight / back * _alike(by, n, other, known, vectors)
        return float(value)

    early = list(seen[-spacing.window :])
    for place in range(len(early) + len(candidates)):
        n = early[place] if place < len(early) else max(left[: spacing.ahead], key=worth)
        if place >= len(early):
            order.append(n)
            left.remove(n)
        if len(window) == spacing.window:
            for other, part in window.pop(0)[1].items():
                residual[other] = residual[other] + part
        basis, length = residual[n].copy(), float(np.linalg.norm(residual[n]))
        parts = {}
        if length > 1e-3:
            for other in [*early[place + 1 :], *left]:
                parts[other] = (residual[other] @ basis) / length**2 * basis
                residual[other] = residual[other] - parts[other]
        window.append((n, parts))
    return order


def _alike(
    by: SpacedBy, one: PinN, other: PinN, known: Mapping[PinN, Known], vectors: Mapping[PinN, np.ndarray]
) -> bool:
    a, b = known.get(one, Known()), known.get(other, Known())
    match by:
        case SpacedBy.COPY:
            return one in vectors and other in vectors and float(vectors[one] @ vectors[other]) >= COPY
        case SpacedBy.CREATOR:
            return a.creator_n is not None and a.creator_n == b.creator_n
        case SpacedBy.BOARD:
            return a.board_n is not None and a.board_n == b.board_n
        case SpacedBy.TOPIC:
            return bool(a.topics and b.topics) and a.topics[0] == b.topics[0]
        case SpacedBy.UNTITLED:
            return a.untitled and b.untitled
