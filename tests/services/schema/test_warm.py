from __future__ import annotations

from functools import cached_property

from graph.client import Graph, count_statements
from loaders.request import Loaders
from loaders.warm import warm


async def test_every_loader_is_warmed_once(graph: Graph) -> None:
    with count_statements() as statements:
        await warm(graph)

    assert statements.n == sum(isinstance(made, cached_property) for made in vars(Loaders).values())
