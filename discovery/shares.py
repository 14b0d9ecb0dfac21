"""Shares of the first page that are promised whatever the scores say."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

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
_SHORTLIST_SHARE: Final = 5
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


def of_sources(sources: Iterable[Source]) -> list[Share]:
    """What a shortlist promises, so that a page can keep its own: five places led by each source."""
    return [Share(_SHORTLIST_SHARE, _led_by(source)) for source in sources]


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
    head, tail = list(candidates[:page]), list(candidates[page:])
    kept: set[PinN] = set()
    for share in shares:
        have = [c.pin_n for c in head if share.holds(c)]
        kept.update(have[: share.least])
        lacking = share.least - len(have)
        for candidate in [c for c in tail if share.holds(c)][: max(lacking, 0)]:
            free = [i for i, c in enumerate(head) if c.pin_n not in kept and not share.holds(c)]
            if not free:
                break
            tail.remove(candidate)
            tail.insert(0, head[free[-1]])
            head[free[-1]] = candidate
            kept.add(candidate.pin_n)
    return head + tail
