"""What a Board shows: pages of its saves, its cover."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from domain.ids import BoardN, PinN, UserN
from domain.model import Save
from domain.page import Page, PageArgs
from graph.client import Graph


async def pins_pages(
    graph: Graph, viewer: UserN, keys: Sequence[tuple[BoardN, PageArgs]]
) -> dict[tuple[BoardN, PageArgs], Page[Save]]:
    """A page of saves, newest first, for each (Board, arguments) the viewer may see. One statement.

    A Board that the viewer may not see has an empty page.
    """
    raise NotImplementedError


async def covers(graph: Graph, viewer: UserN, ns: Collection[BoardN]) -> dict[BoardN, PinN]:
    """The cover Pin of each Board that the viewer may see: the chosen one while it is held, else the newest."""
    raise NotImplementedError
