"""Shares of the first page that are promised whatever the scores say."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from discovery.candidate import Candidate, FeedQuery
from discovery.facts import Known
from domain.ids import PinN, TopicN
from domain.limits import PAGE_ITEMS_DEFAULT
from domain.model import Source

NEWEST_SAVES: Final = 3
_NEWEST_SHARE: Final = 6
_MOMENTUM_BASE: Final = 6
_MOMENTUM_EACH: Final = 2
_MOMENTUM_MAX: Final = 15
_SOURCE_SHARE: Final = 3
_EXPLORE_SHARE: Final = 1


@dataclass(frozen=True, slots=True)
class Share:
    """At least `least` of the first page shall be candidates for which `holds`, as far as there are so many."""

    least: int
    holds: Callable[[Candidate], bool]


def of_home(query: FeedQuery, known: Mapping[PinN, Known]) -> list[Share]:
    """What a home page promises: room for the topics of the newest saves in a row (6 + 2 a save, at most 15 of 25),
    for what the newest three saves led to, 3 places each led by WALK and by VISUAL, and one for EXPLORE."""
    shares = [
        Share(min(_MOMENTUM_MAX, _MOMENTUM_BASE + _MOMENTUM_EACH * streak), _about(topic, known))
        for topic, streak in sorted(query.momentum.items(), key=lambda item: (-item[1], item[0]))[:1]
    ]
    if not query.query_pins:
        return shares
    newest = frozenset(asked.pin_n for asked in query.query_pins[:NEWEST_SAVES])
    led = [Share(_SOURCE_SHARE, _led_by(source)) for source in (Source.WALK, Source.VISUAL)]
    return [*led, *shares, Share(_NEWEST_SHARE, _from(newest)), Share(_EXPLORE_SHARE, _led_by(Source.EXPLORE))]


def _about(topic: TopicN, known: Mapping[PinN, Known]) -> Callable[[Candidate], bool]:
    return lambda c: topic in known.get(c.pin_n, Known()).topics or any(r.topic_n == topic for r in c.reasons)


def _led_by(source: Source) -> Callable[[Candidate], bool]:
    return lambda c: c.reasons[0].source is source


def _from(pins: frozenset[PinN]) -> Callable[[Candidate], bool]:
    return lambda c: any(r.pin_n in pins for r in c.reasons)


def promised(
    candidates: Sequence[Candidate], shares: Sequence[Share], page: int = PAGE_ITEMS_DEFAULT
) -> list[Candidate]:
    """The same candidates, those that a share lacks brought to the first page in place of the last that none needs.

    Earlier shares are served first and never lose what they got.
    """
    asked = [(share.least, np.array([share.holds(c) for c in candidates], np.bool_)) for share in shares]
    return [candidates[place] for place in settled(len(candidates), asked, page).tolist()]


def settled(n: int, asked: Iterable[tuple[int, NDArray[np.bool_]]], page: int) -> NDArray[np.int64]:
    """(n,) the places 0 … n − 1 in the order of `promised`. Each share asks for so many of those where its (n,) holds.

    A caller that makes its candidates late need not make them all for this.
    """
    order, kept = np.arange(n), np.zeros(n, np.bool_)
    for least, holds in asked:
        head, tail = order[:page], order[page:]
        have = head[holds[head]]
        kept[have[:least]] = True
        # The best of the tail come, for the last of the head that neither this share needs nor an earlier one.
        free = np.flatnonzero(~kept[head] & ~holds[head])[::-1]
        coming = np.flatnonzero(holds[tail])[: max(least - have.size, 0)][: free.size]
        free = free[: coming.size]
        if coming.size:
            kept[tail[coming]] = True
            gone = head[free][::-1]
            head[free], rest = tail[coming], np.delete(tail, coming)
            order = np.concatenate([head, gone, rest])
    return order
