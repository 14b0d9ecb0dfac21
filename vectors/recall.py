"""Whether Milvus finds what the exact index finds: asked once at start, and shown by readiness."""

from __future__ import annotations

import asyncio
import secrets
import time
from dataclasses import replace
from typing import Final

import numpy as np
import structlog

from domain.ids import PinN
from vectors.collection import Collection, Connection
from vectors.embedder import unit_rows
from vectors.exact import ExactIndex
from vectors.options import MilvusOptions

RECALL_MIN: Final = 0.95
_ROWS: Final = 400
_DIM: Final = 32
_QUERIES: Final = 8
_LIMIT: Final = 20
_LIFE_S: Final = 3_600
_PREFIX: Final = "recall_check_"

log = structlog.get_logger(__name__)


async def measure(uri: str, *, token: str | None = None, options: MilvusOptions) -> float:
    """The share of the exact index's top 20 that Milvus finds too, 0 to 1, with the index and search settings given.

    A fixed random set (400 x 32, eight queries) in a scratch collection that is dropped again. Raises Unavailable.
    """
    rng = np.random.default_rng(20)
    rows = unit_rows(rng.standard_normal((_ROWS, _DIM)).astype(np.float32))
    queries = unit_rows(rng.standard_normal((_QUERIES, _DIM)).astype(np.float32))
    ns = [PinN(n) for n in range(_ROWS)]
    twin = ExactIndex(_DIM)
    await twin.upsert(ns, rows)
    expected = await twin.search(queries, _LIMIT)

    started = time.monotonic()

    def ask() -> list[set[PinN]]:
        connection = Connection(uri, token, replace(options, consistency="Strong"))
        try:
            _drop_leftovers(connection)
            scratch = Collection(connection, f"{_PREFIX}{int(time.time())}_{secrets.token_hex(3)}")
            scratch.ensure(_DIM)
            try:
                scratch.upsert(ns, rows)
                scratch.flush()
                return [{hit.pin_n for hit in hits} for hits in scratch.search(queries, _LIMIT)]
            finally:
                scratch.drop()
        finally:
            connection.close()

    found = await asyncio.to_thread(ask)
    recall = sum(len({h.pin_n for h in hits} & got) for hits, got in zip(expected, found, strict=True)) / (
        _QUERIES * _LIMIT
    )
    level = log.info if recall >= RECALL_MIN else log.error
    level("vector_recall", recall=round(recall, 4), least=RECALL_MIN, ms=round((time.monotonic() - started) * 1e3))
    return recall


def _drop_leftovers(connection: Connection) -> None:
    """Scratch collections of processes that died in the middle, once they are old enough to be nobody's."""
    names: list[str] = connection.call(lambda client, timeout: client.list_collections(timeout=timeout))
    for name in names:
        born = name.removeprefix(_PREFIX).partition("_")[0]
        if name.startswith(_PREFIX) and born.isdigit() and int(born) < time.time() - _LIFE_S:
            Collection(connection, name).drop()
