"""Holds a collection that was filled against the graph, against the one that is read, and against an exact search."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from domain.ids import PinN
from graph import census
from graph.client import Graph
from vectors import exact
from vectors.embedder import FloatArray
from vectors.index import Hit
from vectors.milvus import MilvusIndex

_QUERIES: Final = 24
_LIMIT: Final = 20
_TIE: Final = 1e-4
"""Two scores so near are one: pictures that are alike to the last bit come in any order."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found: `pins` have a vector, `missing` have one in the old collection alone; `recall` is 0 to 1."""

    pins: int
    missing: list[PinN]
    rows: int
    recall: float


async def check(graph: Graph, filled: MilvusIndex, read: MilvusIndex, moved: Callable[[int], None]) -> Checked:
    """Goes over every Pin once, some 2,000 vectors in memory at a time; `moved` hears how many are behind.

    Recall is the share of the exact search's 20 nearest that Milvus finds too, for 24 Pins spread over all. Raises
    Unavailable.
    """
    queries = await filled.fetch(await census.spread(graph, _QUERIES))
    asked = np.stack(list(queries.values())) if queries else np.zeros((0, 1), np.float32)
    best: list[list[Hit]] = [[] for _ in queries]
    pins, missing = 0, []
    async for batch in census.pins(graph):
        ns = [pin.n for pin in batch]
        rows = await filled.fetch(ns)
        pins += len(rows)
        absent = [n for n in ns if n not in rows]
        missing += sorted(await read.present(absent)) if absent else []
        if queries and rows:
            best = await asyncio.to_thread(_merged, best, asked, rows)
        moved(len(batch))
    found = await filled.search(asked, _LIMIT) if queries else []
    return Checked(pins, missing, await filled.count(), _recall(best, found))


def _merged(best: Sequence[list[Hit]], asked: FloatArray, rows: dict[PinN, FloatArray]) -> list[list[Hit]]:
    ranked = exact.rank(asked, rows, _LIMIT)
    return [
        sorted([*old, *new], key=lambda hit: (-hit.score, hit.pin_n))[:_LIMIT]
        for old, new in zip(best, ranked, strict=True)
    ]


def _recall(expected: Sequence[list[Hit]], found: Sequence[list[Hit]]) -> float:
    wanted = sum(len(hits) for hits in expected)
    if not wanted:
        return 1.0
    shared = 0
    for hits, got in zip(expected, found, strict=True):
        if hits:  # Whatever is as near as the last that was expected is right, also when it came in meanwhile.
            shared += min(len(hits), sum(hit.score >= hits[-1].score - _TIE for hit in got))
    return shared / wanted
