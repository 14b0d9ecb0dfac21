"""Topics proposed where an owner named none, and in place of one that everything else contradicts."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from discovery.facts import Memory, Neighbours
from domain.ids import PinN, TopicN, UserN
from graph import proposals, topics, words
from graph.client import Graph
from graph.proposals import Evidence

PROPOSED_MAX: Final = 3
_SHARE_MIN: Final = 0.3
"""What share of all that was said a topic needs to be proposed."""
_SAID_MIN: Final = 2
"""By how many Pins or boards it must be said, unless the words name it."""
_WORDS_SHARE: Final = 0.5
"""What being named by the words counts, as a share."""
_CONTRADICTED_BY: Final = 5
_CONTRADICTED_SHARE: Final = 0.6
_HARDLY_EVER: Final = 0.1
_NEIGHBOURS: Final = 15
_LIKE_MIN: Final = 0.5
_TOPICS_LIFE_MS: Final = 60_000
_TOPICS_MAX: Final = 5_000


class Proposals:
    """The proposals of one process."""

    def __init__(
        self,
        graph: Graph,
        neighbours: Callable[[], Neighbours | None] = lambda: None,
        now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        """`neighbours` gives the vectors of words or looks by which Pins are near each other, None without any."""
        self._graph, self._neighbours = graph, neighbours
        self._names: Memory[None, dict[TopicN, frozenset[str]]] = Memory(1, _TOPICS_LIFE_MS, now_ms)

    async def for_board(self, evidence: Evidence) -> TopicN | None:
        """What the Board seems to be about: when its owner named nothing, or what its Pins and their other boards
        contradict. Raises Unavailable."""
        if evidence.own:
            return contradicting(evidence)
        named = _named(evidence.stems, await self._topics())
        return next(iter(likely(evidence.said, named)), None)

    async def for_pin(self, viewer: UserN, pin: PinN, evidence: Evidence) -> list[TopicN]:
        """What a Pin without topics seems to be about, the likeliest first, at most three: by its words, its boards and
        the public Pins near it. Raises Unavailable."""
        if evidence.own:
            return []
        named = _named(evidence.stems, await self._topics())
        said: list[tuple[TopicN, ...]] = [(topic,) for entry in evidence.said for topic in entry]
        near = self._neighbours()
        if near is not None:
            hits = (await near.near([pin], _NEIGHBOURS)).get(pin, [])
            like = [hit.pin_n for hit in hits if hit.score >= _LIKE_MIN]
            said += (await proposals.said_of(self._graph, viewer, like)).values() if like else []
        return likely(said, named)[:PROPOSED_MAX]

    async def _topics(self) -> Mapping[TopicN, frozenset[str]]:
        """The stems of every topic's name, up to a minute old."""
        kept = self._names.get(None)
        if kept is None:
            kept = {n: frozenset(words.stem(name).split()) for n, name in await topics.names(self._graph, _TOPICS_MAX)}
            self._names.put(None, kept)
        return kept


def likely(said: Iterable[Iterable[TopicN]], named: Iterable[TopicN]) -> list[TopicN]:
    """The topics that enough speaks for, the likeliest first. Each entry of `said` has one voice, shared by its topics.

    A topic's share of the voices counts, and half of the whole if the words name it; it needs two entries or the words.
    """
    votes, by = _votes(said)
    total, called = sum(votes.values()) or 1.0, set(named)
    worth = {t: votes[t] / total + (_WORDS_SHARE if t in called else 0.0) for t in {*votes, *called}}
    enough = [t for t, share in worth.items() if share >= _SHARE_MIN and (by[t] >= _SAID_MIN or t in called)]
    return sorted(enough, key=lambda t: (-worth[t], t))


def contradicting(evidence: Evidence) -> TopicN | None:
    """The topic that most say where hardly any say what the owner did; None when it is not so clear."""
    votes, by = _votes(evidence.said)
    total = sum(votes.values())
    if not total or any(votes[own] / total > _HARDLY_EVER for own in evidence.own):
        return None
    best = min(votes, key=lambda t: (-votes[t], t))
    clear = votes[best] / total >= _CONTRADICTED_SHARE and by[best] >= _CONTRADICTED_BY
    return best if clear else None


def _votes(said: Iterable[Iterable[TopicN]]) -> tuple[Counter[TopicN], Counter[TopicN]]:
    """The voices for each topic, in millionths so that their order counts for nothing; and by how many entries."""
    votes: Counter[TopicN] = Counter()
    by: Counter[TopicN] = Counter()
    for entry in said:
        listed = list(entry)
        for topic in listed:
            votes[topic] += 1_000_000 // len(listed)
        by.update(set(listed))
    return votes, by


def _named(stems: frozenset[str], names: Mapping[TopicN, frozenset[str]]) -> list[TopicN]:
    return [topic for topic, name in names.items() if name and name <= stems]
