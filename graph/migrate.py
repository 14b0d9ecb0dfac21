"""Brings the graph's schema up to date from the files in graph/migrations."""

from __future__ import annotations

from graph.client import Graph


async def migrate(graph: Graph) -> list[str]:
    """The names of the migrations that were applied now, in order; none the second time.

    Raises Conflict when a file that was applied has since been changed.
    """
    raise NotImplementedError
