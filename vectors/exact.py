"""The exact index: every vector compared. For small data and tests; recall is measured against it."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence

import numpy as np

from domain.ids import PinN
from vectors.embedder import FloatArray
from vectors.index import HITS_MAX, Hit, Pinned


class ExactIndex:
    """A VectorIndex in memory, exact; a search costs O(rows · dim) a query vector, in a thread."""

    def __init__(self, dim: int) -> None:
        self._dim = dim
        self._rows: dict[PinN, FloatArray] = {}

    async def upsert(self, ns: Sequence[PinN], vectors: FloatArray) -> None:
        if vectors.shape != (len(ns), self._dim):
            raise ValueError(f"expected vectors of shape ({len(ns)}, {self._dim}), got {vectors.shape}")
        for n, vector in zip(ns, vectors, strict=True):
            self._rows[n] = np.array(vector, dtype=np.float32)

    async def delete(self, ns: Sequence[PinN]) -> None:
        for n in ns:
            self._rows.pop(n, None)

    async def search(
        self,
        vectors: FloatArray,
        limit: int,
        *,
        exclude: Collection[PinN] = (),
        within: Sequence[PinN] | None = None,
    ) -> list[list[Hit]]:
        if not 1 <= limit <= HITS_MAX:
            raise ValueError(f"1..{HITS_MAX} hits")
        wanted = None if within is None else set(within)
        left_out = set(exclude)
        rows = {n: v for n, v in self._rows.items() if n not in left_out and (wanted is None or n in wanted)}
        return await asyncio.to_thread(rank, vectors, rows, limit)

    async def fetch(self, ns: Sequence[PinN], *, fresh: bool = False) -> dict[PinN, FloatArray]:  # noqa: ARG002  Here all is.
        return {n: self._rows[n].copy() for n in ns if n in self._rows}

    async def pinned(self) -> Pinned:
        return Pinned(None, self)

    async def count(self) -> int:
        return len(self._rows)

    async def close(self) -> None:
        """Nothing is held."""


def rank(queries: FloatArray, rows: Mapping[PinN, FloatArray], limit: int) -> list[list[Hit]]:
    """For each query the rows of largest cosine, best first, ties by smaller Pin; compares everything."""
    if not rows:
        return [[] for _ in range(len(queries))]
    ns = np.fromiter(rows, dtype=np.int64, count=len(rows))
    table = np.stack(list(rows.values()))
    lengths = np.linalg.norm(queries, axis=1)[:, None] * np.linalg.norm(table, axis=1)[None, :]
    scores = np.clip(queries @ table.T / np.maximum(lengths, 1e-12), -1.0, 1.0)
    return [[Hit(PinN(int(ns[i])), float(row[i])) for i in np.lexsort((ns, -row))[:limit]] for row in scores]
