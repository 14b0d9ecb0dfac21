"""What the later steps of a feed need to know of its candidates, remembered for a while."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

import numpy as np

from domain.calls import Caches, Lookups
from domain.ids import BoardN, PinN, TopicN, UserN
from graph import taste
from graph.client import Graph
from vectors.embedder import FloatArray
from vectors.index import IDS_MAX, Hit, Pinned, VectorIndex

K = TypeVar("K")
V = TypeVar("V")

_FACTS_MAX: Final = 200_000
_FACTS_LIFE_MS: Final = 600_000
_VECTORS_MAX: Final = 30_000
_NEIGHBOURS_MAX: Final = 2_000
_NEIGHBOURS_LIFE_MS: Final = 300_000
_ABSENT_LIFE_MS: Final = 2_000
"""How long "has no vector" is believed: a Pin gets its vector seconds after it is made."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one Pin for spacing, quotas and duplicates. `picture` is the same for Pins of one picture."""

    creator_n: UserN | None = None
    board_n: BoardN | None = None
    picture: str | None = None
    topics: tuple[TopicN, ...] = ()
    untitled: bool = False


@dataclass(slots=True)
class Facts:
    """What one run has learnt of its candidates. A Pin may be missing from either."""

    known: dict[PinN, Known] = field(default_factory=dict)
    vectors: dict[PinN, FloatArray] = field(default_factory=dict)


class Memory(Generic[K, V]):
    """The latest values by key: at most `size`, each for `life_ms`, the one longest unused forgotten first."""

    def __init__(self, size: int, life_ms: int, now_ms: Callable[[], int]) -> None:
        self._size, self._life_ms, self._now_ms = size, life_ms, now_ms
        self._values: OrderedDict[K, tuple[int, V]] = OrderedDict()
        self.lookups = Lookups()

    def __len__(self) -> int:
        return len(self._values)

    def get(self, key: K) -> V | None:
        """The value, or None when there is none or it is too old."""
        found = self._values.get(key)
        if found is None or found[0] <= self._now_ms():
            self.lookups.misses += 1
            return None
        self.lookups.hits += 1
        self._values.move_to_end(key)
        return found[1]

    def clear(self) -> None:
        """Forgets everything."""
        self._values.clear()

    def put(self, key: K, value: V, *, life_ms: int | None = None) -> None:
        """Remembers the value, for a time of its own if given."""
        self._values[key] = (self._now_ms() + (self._life_ms if life_ms is None else life_ms), value)
        self._values.move_to_end(key)
        while len(self._values) > self._size:
            self._values.popitem(last=False)


class KnownPins:
    """Facts of Pins from the graph, for spacing only: up to ten minutes old, never a ground for showing a Pin."""

    def __init__(self, graph: Graph, now_ms: Callable[[], int]) -> None:
        self._graph = graph
        self._memory: Memory[PinN, Known] = Memory(_FACTS_MAX, _FACTS_LIFE_MS, now_ms)

    @property
    def lookups(self) -> Lookups:
        """How often a Pin was remembered."""
        return self._memory.lookups

    async def of(self, ns: Sequence[PinN]) -> dict[PinN, Known]:
        """What is known of each Pin; one statement for those not remembered."""
        known = {n: found for n in ns if (found := self._memory.get(n)) is not None}
        missing = [n for n in ns if n not in known]
        if missing:
            spacing = await taste.spacing(self._graph, missing)
            for n in missing:
                about = spacing.get(n)
                known[n] = (
                    Known()
                    if about is None
                    else Known(about.creator_n, about.board_n, about.picture, about.topics, about.untitled)
                )
                self._memory.put(n, known[n])
        return known


class Neighbours:
    """The vectors of Pins and the Pins nearest to them in one collection, remembered."""

    def __init__(self, index: VectorIndex, now_ms: Callable[[], int]) -> None:
        self._index = index
        self._vectors: Memory[PinN, FloatArray | None] = Memory(_VECTORS_MAX, _NEIGHBOURS_LIFE_MS * 12, now_ms)
        self._absent: Memory[PinN, bool] = Memory(_VECTORS_MAX, _ABSENT_LIFE_MS, now_ms)
        self._hits: Memory[tuple[PinN, int], list[Hit]] = Memory(_NEIGHBOURS_MAX, _NEIGHBOURS_LIFE_MS, now_ms)
        self._present: Pinned | None = None

    def lookups(self) -> Caches:
        """How often a vector, and a Pin's neighbours, were remembered."""
        return {"vectors": self._vectors.lookups, "neighbours": self._hits.lookups}

    async def _followed(self) -> Pinned:
        """The collection to read. Forgets all when another model's has taken over: its vectors are not comparable."""
        present = await self._index.pinned()
        if present != self._present:
            for memory in (self._vectors, self._absent, self._hits):
                memory.clear()
            self._present = present
        return present

    async def vectors(self, ns: Collection[PinN], *, fresh: bool = False) -> dict[PinN, FloatArray]:
        """The vectors of those of the Pins that have one: at most one call of the index.

        That a Pin has none is believed for two seconds, unless `fresh`.
        """
        return await self._fetched(await self._followed(), ns, fresh=fresh)

    async def _fetched(self, at: Pinned, ns: Collection[PinN], *, fresh: bool) -> dict[PinN, FloatArray]:
        known = {n: vector for n in ns if (vector := self._vectors.get(n)) is not None}
        missing = [n for n in ns if n not in known and (fresh or not self._absent.get(n))][:IDS_MAX]
        if missing:
            fetched = await at.index.fetch(missing, fresh=fresh)
            for n in missing if at == self._present else ():
                if n in fetched:
                    self._vectors.put(n, fetched[n])
                else:
                    self._absent.put(n, True)
            known |= fetched
        return known

    async def near(self, ns: Sequence[PinN], limit: int, *, fresh: bool = False) -> dict[PinN, list[Hit]]:
        """The Pins nearest to each of these that has a vector, best first, itself left out: two calls of the index.

        Up to five minutes old, unless `fresh`.
        """
        at = await self._followed()
        found = {} if fresh else {n: hits for n in ns if (hits := self._hits.get((n, limit))) is not None}
        missing = [n for n in ns if n not in found]
        if missing:
            vectors = await self._fetched(at, missing, fresh=fresh)
            asked = [n for n in missing if n in vectors]
            if asked:
                answers = await at.index.search(np.stack([vectors[n] for n in asked]), limit + 1)
                for n, hits in zip(asked, answers, strict=True):
                    found[n] = [hit for hit in hits if hit.pin_n != n][:limit]
                    if at == self._present:
                        self._hits.put((n, limit), found[n])
        return found

    async def toward(self, vectors: FloatArray, limit: int) -> list[list[Hit]]:
        """The Pins nearest to each of these vectors of the same model, best first: one call of the index."""
        return await (await self._followed()).index.search(vectors, limit)


def lookups_of(**kinds: Neighbours | None) -> Caches:
    """The lookups of several, by the kind of vectors: `look_vectors`, `text_neighbours`, …."""
    return {f"{kind}_{name}": found for kind, of in kinds.items() if of for name, found in of.lookups().items()}
