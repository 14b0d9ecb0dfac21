"""Orders candidates: blends what the sources said, by declared weights and what engagement has taught of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from discovery import parts
from discovery.candidate import Candidate, ReasonRef
from domain.model import Source

Floats = NDArray[np.float64]

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


def blend(
    candidates: Sequence[Candidate],
    weights: Mapping[Source, float],
    *,
    now_ms: int,
    factors: Mapping[Source, float] = MappingProxyType({}),
) -> list[Candidate]:
    """The candidates, best first, by Σ factor · weight · (z + 2.5) over the sources that named them.

    `weights` are declared, `factors` learnt (discovery/leanings.py), 1 where none is given. Each candidate carries its
    parts, weight · (z + 2.5), so that the factors can be learnt anew whatever they are now.

    z is a source's score among its own candidates: of its logarithm where scores have a long tail (WALK, POPULAR), of
    minus the logarithm of age where they are times (FOLLOWED, FRESH); kept within −2 and 3. Ties by smaller Pin.
    Reasons are put in order of what they added, at most REASONS_MAX.
    """
    told = np.zeros((len(candidates), len(parts.SOURCES)))
    times = np.array([factors.get(source, 1.0) for source in parts.SOURCES])
    added: list[list[tuple[float, ReasonRef]]] = [[] for _ in candidates]
    for source, said in _by_source(candidates).items():
        weight = weights.get(source, 0.0)
        values = _levels(source, np.array([reason.score for _, reason in said]), now_ms)
        spread = float(values.std())
        z = (values - values.mean()) / spread if spread > 1e-12 else np.zeros_like(values)
        each, column = weight * (np.clip(z, _Z_MIN, _Z_MAX) + _PRESENT), parts.PLACES[source.name]
        told[[place for place, _ in said], column] = each
        for (place, reason), part in zip(said, (each * times[column]).tolist(), strict=True):
            added[place].append((part, reason))
    totals = told @ times
    order = np.lexsort((np.array([c.pin_n for c in candidates]), -totals))
    return [
        candidates[i]._replace(score=score, reasons=_best(added[i]), parts=told_of)
        for i, score, told_of in zip(order.tolist(), totals[order].tolist(), parts.packed(told[order]), strict=True)
    ]


def _by_source(candidates: Sequence[Candidate]) -> dict[Source, list[tuple[int, ReasonRef]]]:
    """For each source the places of the candidates that it named, once each, with its reason."""
    said: dict[str, list[tuple[int, ReasonRef]]] = {}
    for place, candidate in enumerate(candidates):
        for reason in candidate.reasons:
            said.setdefault(reason.source.name, []).append((place, reason))
    return {Source[name]: reasons for name, reasons in said.items()}


def _best(added: list[tuple[float, ReasonRef]]) -> tuple[ReasonRef, ...]:
    if len(added) > 1:
        added.sort(key=lambda part: (-part[0], part[1].source.name))
    return tuple(reason for _, reason in added[:REASONS_MAX])


def _levels(source: Source, scores: Floats, now_ms: int) -> Floats:
    if source in {Source.WALK, Source.POPULAR}:
        return np.asarray(np.log(np.maximum(scores, 1e-12)))
    if source in {Source.FOLLOWED, Source.FRESH}:
        return np.asarray(-np.log(np.maximum(now_ms - scores, 0.0) + _HOUR_MS))
    return scores


def leading(candidates: Sequence[Candidate], first: Source) -> list[Candidate]:
    """The candidates of one source by its own score, then the others, scored 0, in the order they came."""
    led = [(r.score, c) for c in candidates for r in c.reasons if r.source is first]
    rest = [c for c in candidates if all(r.source is not first for r in c.reasons)]
    ordered = sorted(led, key=lambda pair: (-pair[0], pair[1].pin_n))
    return [c._replace(score=score, reasons=_first(c, first)) for score, c in ordered] + [
        c._replace(score=0.0) for c in rest
    ]


def _first(candidate: Candidate, source: Source) -> tuple[ReasonRef, ...]:
    return tuple(sorted(candidate.reasons, key=lambda r: r.source is not source))[:REASONS_MAX]


def fused(candidates: Sequence[Candidate]) -> list[Candidate]:
    """The candidates by the score that their sources gave them together, weak ones after all others."""
    return sorted(candidates, key=lambda c: (c.weak, -c.score, c.pin_n))
