"""Orders candidates: blends what the sources said, by declared weights and what engagement has taught of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from types import MappingProxyType
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from discovery import parts, shares
from discovery.candidate import Candidate, ReasonRef
from domain.model import Source

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

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
LED_MIN: Final = 5
"""So many candidates led by each source stay, where some are left out."""
_COLUMNS: Final = {id(source): column for column, source in enumerate(parts.SOURCES)}
"""By identity: an enum's own hash is slow, and this is asked for every reason of every candidate."""
_NAMES: Final = np.argsort(np.argsort([source.name for source in parts.SOURCES]))
"""The place of each column's source in the order of their names."""


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
    most: int | None = None,
) -> list[Candidate]:
    """The candidates, best first, by Σ factor · weight · (z + 2.5) over the sources that named them; `most` at most.

    `weights` are declared, `factors` learnt (discovery/leanings.py), 1 where none is given. Each candidate carries its
    parts, weight · (z + 2.5), so that the factors can be learnt anew whatever they are now. Where candidates are left
    out, each source of `weights` keeps LED_MIN that it leads, as far as it leads so many: they come in place of the
    last (discovery/shares.py), so that a page can keep its own promises.

    z is a source's score among its own candidates: of its logarithm where scores have a long tail (WALK, POPULAR), of
    minus the logarithm of age where they are times (FOLLOWED, FRESH); kept within −2 and 3. Ties by smaller Pin.
    Reasons are put in order of what they added, at most REASONS_MAX.
    """
    said = _said(candidates, weights, now_ms)
    told = np.zeros((len(candidates), len(parts.SOURCES)))
    told[said.at, said.of] = said.part
    times = np.array([factors.get(source, 1.0) for source in parts.SOURCES])
    totals = told @ times
    order = np.lexsort((np.array([c.pin_n for c in candidates]), -totals))
    best = np.lexsort((_NAMES[said.of], -(said.part * times[said.of]), said.at))
    said, starts = said.of_rows(best), np.searchsorted(said.at, np.arange(len(candidates) + 1))
    if most is not None and most < order.size:
        leads = said.of[starts[:-1]][order]
        asked = [(LED_MIN, leads == parts.PLACES[source.name]) for source in weights]
        order = order[shares.settled(order.size, asked, most)[:most]]
    nth, bounds, made = said.nth.tolist(), starts.tolist(), []
    for i, score, told_of in zip(order.tolist(), totals[order].tolist(), parts.packed(told[order]), strict=True):
        one = candidates[i]
        reasons = _best(one.reasons, nth[bounds[i] : bounds[i + 1]])
        made.append(Candidate(one.pin_n, reasons, score, one.k, one.weak, told_of))
    return made


class _Said(NamedTuple):
    """A row for each reason of each candidate: the candidate's place, the source's column, the reason's place among
    the candidate's, the part that it adds."""

    at: Ints
    of: Ints
    nth: Ints
    part: Floats

    def of_rows(self, rows: Ints) -> _Said:
        """Those rows, in that order."""
        return _Said(self.at[rows], self.of[rows], self.nth[rows], self.part[rows])


def _said(candidates: Sequence[Candidate], weights: Mapping[Source, float], now_ms: int) -> _Said:
    """What each source adds to each candidate that it names, in their order."""
    rows = (
        (at, _COLUMNS[id(reason.source)], nth, reason.score)
        for at, candidate in enumerate(candidates)
        for nth, reason in enumerate(candidate.reasons)
    )
    table = np.fromiter(chain.from_iterable(rows), np.float64).reshape(-1, 4)  # Places and milliseconds stay whole.
    scores, of = table[:, 3], table[:, 1].astype(np.int64)
    part = np.zeros(of.size)
    for column in np.unique(of).tolist():
        own, source = of == column, parts.SOURCES[column]
        values = _levels(source, scores[own], now_ms)
        spread = float(values.std())
        z = (values - values.mean()) / spread if spread > 1e-12 else np.zeros_like(values)
        part[own] = weights.get(source, 0.0) * (np.clip(z, _Z_MIN, _Z_MAX) + _PRESENT)
    return _Said(table[:, 0].astype(np.int64), of, table[:, 2].astype(np.int64), part)


def _best(reasons: tuple[ReasonRef, ...], order: Sequence[int]) -> tuple[ReasonRef, ...]:
    return reasons if len(reasons) == 1 else tuple(reasons[nth] for nth in order[:REASONS_MAX])


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
