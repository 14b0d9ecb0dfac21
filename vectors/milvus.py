"""The Milvus index: one collection per embedder version, behind the alias `pins_look` or `pins_text`."""

from __future__ import annotations

import asyncio
import copy
import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Final, Literal, TypeVar

import structlog

from domain.calls import VECTORS, Call
from domain.errors import Unavailable
from domain.ids import PinN
from vectors import collection, exact
from vectors.collection import Connection, Missing
from vectors.embedder import FloatArray, label
from vectors.index import HITS_MAX, IDS_MAX, QUERIES_MAX, Hit, Pinned
from vectors.options import EMBEDDED, MilvusOptions

Kind = Literal["look", "text"]
T = TypeVar("T")

FOLLOW_S: Final = 1.0
"""How long a reader believes what an alias named: the bound within which every process follows when it moves."""
_THREADS: Final = 4
_OVERFETCH_MAX: Final = 1_000

log = structlog.get_logger(__name__)


class MilvusIndex:
    """A VectorIndex in Milvus. Its calls run in threads of their own: the event loop only waits.

    The WORKER opens it with its embedder's name, version and dim (`open`): it creates the collection when there is
    none and moves the alias with `promote`. Everybody else follows the alias (`follow`): no embedder need be known.

    `created`: whether the collection had to be made since `open`: it held nothing of what the graph believes.
    `mark`: what the graph should record with a Pin that is indexed here (`lookalike_1.5f0c9d21`): the embedder's
    label and a random part born with the collection. When the collection is lost, its successor has another mark, so
    every Pin counts as not indexed again, whoever was interrupted when. Empty for an index that follows.
    """

    def __init__(self, connection: Connection, kind: Kind, name: str, dim: int, *, first: bool = True) -> None:
        self.created = False
        self._first = first
        self.mark = ""
        self._kind = kind
        self._alias = f"pins_{kind}"
        self._dim = dim
        self._connection = connection
        self._rows = collection.Collection(connection, name)
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix=f"milvus-{kind}")
        self._writing = asyncio.Lock()
        self._pinned: Pinned | None = None
        self._pinned_at = 0.0

    @classmethod
    async def open(
        cls,
        uri: str,
        *,
        kind: Kind,
        embedder: str,
        version: str,
        dim: int,
        token: str | None = None,
        options: MilvusOptions = EMBEDDED,
        first: bool = True,
    ) -> MilvusIndex:
        """The collection `pins_<kind>_<embedder>_<version>`, made if missing; the alias is made if there is none.

        With `first=False` it is not: this collection is only being filled, or kept. Writes and reads go to this
        collection, whatever the alias names. Raises Unavailable; Invalid when the collection holds vectors of another
        dimension.
        """
        name = f"pins_{kind}_{label(embedder, version)}"
        # Who writes counts on what it has written, whatever readers are content with.
        index = cls(Connection(uri, token, replace(options, consistency="Strong")), kind, name, dim, first=first)
        try:
            await index._run("ensure", index._ensure)
        except BaseException:
            await index.close()
            raise
        return index

    @classmethod
    def follow(
        cls, uri: str, *, kind: Kind, token: str | None = None, options: MilvusOptions = EMBEDDED
    ) -> MilvusIndex:
        """An index for reading what the alias names. Connects at the first call; until there is a collection,
        every call raises Unavailable. Never creates anything."""
        return cls(Connection(uri, token, options), kind, f"pins_{kind}", 0)

    async def promote(self) -> None:
        """The alias names this collection from now on: readers follow within FOLLOW_S. Safe to repeat."""
        await self._run("promote", lambda: self._rows.point(self._alias, move=True))

    async def pinned(self) -> Pinned:
        """The collection that the alias names, asked again every FOLLOW_S; shares the connection of this index."""
        if self._pinned is None or time.monotonic() - self._pinned_at > FOLLOW_S:
            self._pinned_at = time.monotonic()
            try:
                name = await self._run("alias", lambda: self._rows.behind(self._alias))
            except Unavailable:
                if self._pinned is None:
                    raise
                return self._pinned  # What is remembered of it can still be used.
            if self._pinned is None or name is None or self._pinned.label != self._label(name):
                self._pinned = Pinned(None if name is None else self._label(name), self._at(name or self._alias))
        return self._pinned

    async def live_label(self) -> str | None:
        """The embedder label (`lookalike_1`) of the collection that the alias names; None when there is none."""
        name = await self._run("alias", lambda: self._rows.behind(self._alias))
        return None if name is None else self._label(name)

    async def upsert(self, ns: Sequence[PinN], vectors: FloatArray) -> None:
        """See VectorIndex. A collection that was dropped meanwhile is made anew, with another `mark`."""
        if vectors.ndim != 2 or len(vectors) != len(ns) or (self._dim and vectors.shape[1] != self._dim):
            raise ValueError(f"expected vectors of shape ({len(ns)}, {self._dim or 'dim'}), got {vectors.shape}")
        _bounded(ns)
        if not ns:
            return
        last = {n: i for i, n in enumerate(ns)}  # One row a Pin: the last one given counts.
        await self._write("upsert", lambda: self._rows.upsert(list(last), vectors[list(last.values())]))

    async def delete(self, ns: Sequence[PinN]) -> None:
        _bounded(ns)
        if ns:
            await self._write("delete", lambda: self._rows.delete(ns))

    async def search(
        self,
        vectors: FloatArray,
        limit: int,
        *,
        exclude: Collection[PinN] = (),
        within: Sequence[PinN] | None = None,
    ) -> list[list[Hit]]:
        """See VectorIndex. `within` is answered by fetching those vectors and comparing all: exact on any server."""
        if not 1 <= limit <= HITS_MAX or len(vectors) > QUERIES_MAX:
            raise ValueError(f"at most {QUERIES_MAX} query vectors and 1..{HITS_MAX} hits")
        _bounded(exclude)
        if not len(vectors):
            return []
        left_out = set(exclude)
        if within is not None:
            rows = await self.fetch([n for n in within if n not in left_out])
            return await self._run("rank", lambda: exact.rank(vectors, rows, limit))
        # A short list is cut from a longer answer: cheaper than a filter, and filters make graph indexes lose hits.
        if len(left_out) > _OVERFETCH_MAX:
            return await self._run("search", lambda: self._rows.search(vectors, limit, sorted(left_out)))
        found = await self._run("search", lambda: self._rows.search(vectors, limit + len(left_out)))
        return [[hit for hit in hits if hit.pin_n not in left_out][:limit] for hits in found]

    async def present(self, ns: Sequence[PinN]) -> set[PinN]:
        """Those of the Pins that have a vector."""
        _bounded(ns)
        return await self._run("present", lambda: self._rows.present(ns)) if ns else set()

    async def after(self, n: PinN, limit: int) -> list[PinN]:
        """The Pins after `n` that have a vector, ascending: at most `limit`, of an index of any size."""
        return await self._run("after", lambda: self._rows.after(n, limit))

    async def mark_of(self, label: str) -> str | None:
        """The mark of the collection of this kind and label as it is now; None when there is none."""
        rows = collection.Collection(self._connection, f"{self._alias}_{label}")
        born = await self._run("born", rows.born)
        return None if born is None else f"{label}.{born}"

    def labelled(self, label: str) -> MilvusIndex:
        """The collection of this kind and label, over the same connection: made by others, if at all."""
        return self._at(f"{self._alias}_{label}")

    async def collections(self) -> list[str]:
        """The labels of all collections of this kind."""
        names: list[str] = await self._run(
            "collections",
            lambda: self._connection.call(lambda client, timeout: client.list_collections(timeout=timeout)),
        )
        return sorted(self._label(name) for name in names if name.startswith(f"{self._alias}_"))

    async def fetch(self, ns: Sequence[PinN], *, fresh: bool = False) -> dict[PinN, FloatArray]:
        _bounded(ns)
        return await self._run("fetch", lambda: self._rows.fetch(ns, fresh=fresh)) if ns else {}

    async def count(self) -> int:
        return await self._run("count", self._rows.count)

    async def flush(self) -> None:
        """All rows are in their final form on disk. The writer does it on its own every `flush_rows`."""
        await self._run("flush", self._rows.flush)

    async def drop(self) -> None:
        """The collection is gone, and with it the alias if it named it. For tests and for `reindex`."""
        await self._run("drop", lambda: self._rows.drop(self._alias))

    async def close(self) -> None:
        self._connection.close()
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _label(self, collection: str) -> str:
        return collection.removeprefix(f"{self._alias}_")

    def _at(self, name: str) -> MilvusIndex:
        """A reader of the collection of this name, over the same connection."""
        twin = copy.copy(self)
        twin.__dict__["_rows"] = collection.Collection(self._connection, name)
        return twin

    def _ensure(self) -> None:
        made, born = self._rows.ensure(self._dim)
        self.created = self.created or made
        self.mark = f"{self._label(self._rows.name)}.{born}"
        if self._first:
            self._rows.point(self._alias, move=False)
        log.info("vector_collection_open", collection=self._rows.name, created=made, mark=self.mark)

    async def _write(self, name: str, work: Callable[[], T]) -> T:
        async with self._writing:  # Milvus Lite calls concurrent writers unsafe.
            return await self._run(name, work, repair=self._dim > 0)

    async def _run(self, name: str, work: Callable[[], T], *, repair: bool = False) -> T:
        if self._connection.closed:
            raise Unavailable("The vector index is closed.")
        loop = asyncio.get_running_loop()
        try:
            with Call(VECTORS, name, about=self._kind):
                return await loop.run_in_executor(self._threads, partial(self._repaired, work) if repair else work)
        except Missing as error:
            raise Unavailable(f"There is no vector collection behind {self._rows.name} yet.") from error

    def _repaired(self, work: Callable[[], T]) -> T:
        try:
            return work()
        except Missing:
            log.warning("vector_collection_lost", collection=self._rows.name)
            self._ensure()
            return work()


def _bounded(ns: Collection[PinN]) -> None:
    if len(ns) > IDS_MAX:
        raise ValueError(f"at most {IDS_MAX} Pins in one call, got {len(ns)}")
