"""The blend and its shortlist said plainly, candidate by candidate: what the fast way must say to the bit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from discovery import parts, rank
from discovery.candidate import Candidate, ReasonRef
from discovery.shares import Share
from domain.model import Source


def blended(
    candidates: Sequence[Candidate], weights: Mapping[Source, float], now_ms: int, factors: Mapping[Source, float]
) -> list[Candidate]:
    """All candidates, best first, as `rank.blend` describes it."""
    told = np.zeros((len(candidates), len(parts.SOURCES)))
    times = np.array([factors.get(source, 1.0) for source in parts.SOURCES])
    added: list[list[tuple[float, ReasonRef]]] = [[] for _ in candidates]
    for source in Source:
        said = [(i, r) for i, c in enumerate(candidates) for r in c.reasons if r.source is source]
        if not said:
            continue
        values = rank._levels(source, np.array([reason.score for _, reason in said], np.float64), now_ms)
        spread = float(values.std())
        z = (values - values.mean()) / spread if spread > 1e-12 else np.zeros_like(values)
        column = parts.PLACES[source.name]
        for (place, reason), part in zip(said, weights.get(source, 0.0) * (np.clip(z, -2.0, 3.0) + 2.5), strict=True):
            told[place, column] = part
            added[place].append((float(part * times[column]), reason))
    totals = told @ times
    order = sorted(range(len(candidates)), key=lambda i: (-totals[i], candidates[i].pin_n))
    packed = parts.packed(told)
    for some in added:
        some.sort(key=lambda part: (-part[0], part[1].source.name))
    return [
        candidates[i]._replace(
            score=float(totals[i]), reasons=tuple(reason for _, reason in added[i][: rank.REASONS_MAX]), parts=packed[i]
        )
        for i in order
    ]


def promised(candidates: Sequence[Candidate], shares: Sequence[Share], page: int) -> list[Candidate]:
    """One by one: what a share lacks comes to the page for the last that neither it nor an earlier one needs."""
    head, tail = list(candidates[:page]), list(candidates[page:])
    kept: set[int] = set()
    for share in shares:
        have = [c.pin_n for c in head if share.holds(c)]
        kept.update(have[: share.least])
        for candidate in [c for c in tail if share.holds(c)][: max(share.least - len(have), 0)]:
            free = [i for i, c in enumerate(head) if c.pin_n not in kept and not share.holds(c)]
            if not free:
                break
            tail.remove(candidate)
            tail.insert(0, head[free[-1]])
            head[free[-1]] = candidate
            kept.add(candidate.pin_n)
    return head + tail
