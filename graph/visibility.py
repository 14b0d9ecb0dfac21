"""What a viewer may see: the one predicate that every read of a Pin, Board or User goes through."""

from __future__ import annotations

from collections.abc import Collection

from domain.ids import BoardN, PinN, UserN
from graph.client import Graph


async def visible(graph: Graph, viewer: UserN, ns: Collection[PinN]) -> set[PinN]:
    """Those of the Pins that the viewer may see. One statement."""
    raise NotImplementedError


async def visible_boards(graph: Graph, viewer: UserN, ns: Collection[BoardN]) -> set[BoardN]:
    """Those of the Boards that the viewer may see. One statement."""
    raise NotImplementedError


async def visible_users(graph: Graph, viewer: UserN, ns: Collection[UserN]) -> set[UserN]:
    """Those of the Users that the viewer may see: all but who blocks them. One statement."""
    raise NotImplementedError
