"""Opens what a command or the worker needs of the stores, from the settings, and waits for it where that is wanted."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from app import secret_files, stores
from app.settings import Settings
from domain.errors import Unavailable
from graph import migrate
from graph.client import Graph
from media.decode import Decoder
from media.pictures import Pictures

_STATEMENT_TIMEOUT_S: Final = 20.0


async def open_graph(settings: Settings, *, within_s: float) -> Graph:
    """An open graph, waited for. Raises Unavailable when none is named, or it does not answer in time."""
    if settings.graph_uri is None:
        raise Unavailable("No graph server is known: set PINWALK_GRAPH_URI, or start everything with `pinwalk serve`.")
    password = secret_files.graph_password(settings)
    end = time.monotonic() + within_s
    while True:
        try:
            return await Graph.open(
                settings.graph_uri, settings.graph_user, password, pool_size=settings.graph_pool_size
            )
        except Unavailable:
            if time.monotonic() > end:
                raise
            await asyncio.sleep(0.5)


@asynccontextmanager
async def ready_graph(settings: Settings, *, within_s: float = 30.0) -> AsyncIterator[Graph]:
    """An open graph with its schema up to date, for a command. Raises Unavailable when it does not answer in time.

    Patient with each statement: the server may have just been started, and the first time of one takes it seconds.
    """
    graph = await open_graph(settings, within_s=within_s)
    try:
        await migrate.migrate(graph)
        yield graph.patient(_STATEMENT_TIMEOUT_S)
    finally:
        await graph.close()


@asynccontextmanager
async def open_pictures(settings: Settings, *, within_s: float = 30.0) -> AsyncIterator[tuple[Pictures, Decoder]]:
    """The pictures of this installation and the processes that open or paint them.

    Raises Invalid or Unavailable, with what to do, when they cannot be kept within that time.
    """
    async with stores.open_store(settings, within_s=within_s) as store:
        decoder = Decoder(processes=settings.decoders)
        try:
            yield Pictures(store, decoder), decoder
        finally:
            await decoder.close()
