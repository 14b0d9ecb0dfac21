"""Takes apart what is left of deleted accounts, in the graph and in the media store."""

from __future__ import annotations

import asyncio
from typing import Final

import structlog

from domain.ids import UserN
from graph import exports, leaving
from graph.client import Graph
from media import exports as archives
from media import parquet
from media.store import MediaStore

log = structlog.get_logger(__name__)

_IDLE_S: Final = 1.0


async def take_apart(graph: Graph, store: MediaStore, turn: asyncio.Lock) -> UserN | None:
    """The account that was taken apart; None when there is none. What died in the middle is simply repeated.

    `turn` is that of what writes the files of engagement (`engagement.keep`).
    """
    n = await leaving.leaving(graph)
    if n is None:
        return None

    async def files() -> None:
        ids = await exports.of_leaving(graph, n)
        for export in ids:
            await store.delete(archives.stored_at(export))
        await exports.forget(graph, ids)
        async with turn:
            await parquet.forget(store, n)

    await leaving.take_apart(graph, n, files)
    log.info("account_taken_apart", user_n=n)
    return n


async def run(graph: Graph, store: MediaStore, turn: asyncio.Lock) -> None:
    """Works until it is cancelled."""
    while True:
        if await take_apart(graph, store, turn) is None:
            await asyncio.sleep(_IDLE_S)
