"""Public saves for the walk: HOLDS and nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection

from domain.ids import BoardN, PinN
from graph.client import Graph


async def edges(graph: Graph) -> AsyncIterator[list[tuple[BoardN, list[PinN]]]]:
    """Every public save as (Board, its Pins), some 2,000 Boards at a time; Boards without Pins are left out.

    Take `outbox.last_seq` before the first, and apply what comes after it.
    """
    raise NotImplementedError
    yield []


async def states(graph: Graph, pairs: Collection[tuple[BoardN, PinN]]) -> set[tuple[BoardN, PinN]]:
    """Those of the pairs that are public saves now."""
    raise NotImplementedError


async def board_pins(graph: Graph, board_ns: Collection[BoardN]) -> dict[BoardN, list[PinN]]:
    """The Pins publicly on each Board now; an empty list for a Board that is secret or gone."""
    raise NotImplementedError


async def pin_boards(graph: Graph, pin_ns: Collection[PinN]) -> dict[PinN, list[BoardN]]:
    """The public Boards that hold each Pin now; an empty list for a Pin on none or gone."""
    raise NotImplementedError
