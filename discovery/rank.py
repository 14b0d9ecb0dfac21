"""Orders candidates: blends what the sources said, with documented weights until engagement teaches better ones."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from discovery.candidate import Candidate, ReasonRef
from domain.model import Source

REASONS_MAX: Final = 4
COLD_SAVES: Final = 3
"""The number of saves at which behaviour and content weigh alike: behaviour has n/(n + 3)."""

_BEHAVIOUR: Final = frozenset({Source.WALK, Source.VISUAL, Source.TEXT})
_CONTENT: Final = frozenset({Source.TOPIC, Source.FRESH, Source.POPULAR})
_CONTENT_KEEPS: Final = 0.3
"""What is left of the weight of content once behaviour is known well."""
_Z_MIN: Final = -2.0
_Z_MAX: Final = 3.0
_PRESENT: Final = 2.5
"""Added to each z-score, so that being named by a source is always worth more than not."""
_HOUR_MS: Final = 3_600_000


def warmed(weights: Mapping[Source, float], saves: int) -> dict[Source, float]:
    """The weights for a viewer of so many saves: from a cold start behaviour takes over as n/(n + COLD_SAVES)."""
    known = saves / (saves + COLD_SAVES)
    shift = dict.fromkeys(_BEHAVIOUR, known) | dict.fromkeys(_CONTENT, 1 - (1 - _CONTENT_KEEPS) * known)
    return {source: weight * shift.get(source, 1.0) for source, weight in weights.items()}


def blend(candidates: Sequence[Candidate], weights: Mapping[Source, float], *, now_ms: int) -> list[Candidate]:
    """The candidates by Σ weight · (z + 2.5) over the sources that named them, best first, ties by smaller Pin.

    z is a source's score among its own candidates: of its logarithm where scores have a long tail (WALK, POPULAR), of
    minus the logarithm of age where they are times (FOLLOWED, FRESH); kept within −2 and 3. Reasons are put in order
    of what they added, at most REASONS_MAX.
    """
    worth = _worths(candidates, now_ms)
    blended = []
    for candidate in candidates:
        parts = [(weights.get(r.source, 0.0) * worth[candidate.pin_n, r.source], r) for r in candidate.reasons]
        parts.sort(key=lambda part: (-part[0], part[1].source.name))
        reasons = tuple(reason for _, reason in parts[:REASONS_MAX])
        blended.append(replace(candidate, reasons=reasons, score=sum(part for part, _ in parts)))
    return sorted(blended, key=lambda c: (-c.score, c.pin_n))


def _worths(candidates: Sequence[Candidate], now_ms: int) -> dict[tuple[int, Source], float]:
    said: dict[Source, list[tuple[int, ReasonRef]]] = {}
    for candidate in candidates:
        for reason in candidate.reasons:
            said.setdefault(reason.source, []).append((candidate.pin_n, reason))
    worth = {}
    for source, reasons in said.items():
        values = np.array([_level(source, reason.score, now_ms) for _, reason in reasons])
        spread = float(values.std())
        z = (values - values.mean()) / spread if spread > 1e-12 else np.zeros_like(values)
        for (pin_n, _), value in zip(reasons, np.clip(z, _Z_MIN, _Z_MAX).tolist(), strict=True):
            worth[pin_n, source] = value + _PRESENT
    return worth


def _level(source: Source, score: float, now_ms: int) -> float:
    if source in {Source.WALK, Source.POPULAR}:
        return math.log(max(score, 1e-12))
    if source in {Source.FOLLOWED, Source.FRESH}:
        return -math.log(max(now_ms - score, 0.0) + _HOUR_MS)
    return score


def leading(candidates: Sequence[Candidate], first: Source) -> list[Candidate]:
    """The candidates of one source by its own score, then the others, scored 0, in the order they came."""
    led = [(r.score, c) for c in candidates for r in c.reasons if r.source is first]
    rest = [c for c in candidates if all(r.source is not first for r in c.reasons)]
    ordered = sorted(led, key=lambda pair: (-pair[0], pair[1].pin_n))
    return [replace(c, score=score, reasons=_first(c, first)) for score, c in ordered] + [
        replace(c, score=0.0) for c in rest
    ]


def _first(candidate: Candidate, source: Source) -> tuple[ReasonRef, ...]:
    return tuple(sorted(candidate.reasons, key=lambda r: r.source is not source))[:REASONS_MAX]


def fused(candidates: Sequence[Candidate]) -> list[Candidate]:
    """The candidates by the score that their sources gave them together, weak ones after all others."""
    return sorted(candidates, key=lambda c: (c.weak, -c.score, c.pin_n))
