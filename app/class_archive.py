"""Makes the archive of the Neo4j server's classes, so that the next start is quicker."""

from __future__ import annotations

import asyncio
from typing import Final

from app import warm
from app.children import free_port
from app.settings import Settings
from graph.client import Graph
from graph.embedded import archive, jars
from graph.migrate import migrate

_STATEMENT_TIMEOUT_S: Final = 60.0
"""The server's first statements, while all its classes are written out, on a machine that does other things as well."""


def make(settings: Settings) -> None:
    """Makes it when there is none. Raises Unavailable when it cannot be made; everything works without it."""
    home = jars.folder(settings.cache_dir)
    if not archive.made(home):
        archive.make(home, free_port(), _exercise)


def _exercise(uri: str, user: str, password: str) -> None:
    """Asks an empty graph what the product asks of a full one, so that the classes for it are in the archive."""

    async def ask() -> None:
        graph = await Graph.open(uri, user, password)
        patient = graph.patient(_STATEMENT_TIMEOUT_S)
        try:
            await migrate(patient)
            await warm.first(patient)
            await warm.rest(patient)
        finally:
            await graph.close()

    asyncio.run(ask())
