"""Putting a Pin on a Board and taking it off."""

from __future__ import annotations

from domain.ids import BoardN, PinN, SectionId, UserN
from domain.model import Save
from graph.client import Graph


async def save(
    graph: Graph,
    *,
    by: UserN,
    pin_n: PinN,
    board_n: BoardN,
    section_id: SectionId | None = None,
    note: str | None = None,
) -> tuple[Save, bool]:
    """The save, and whether it is new. A repeat keeps its place; a note or section given anew replaces the old.

    Raises NotFound when the Board is not theirs to add to or the Pin invisible to them; Forbidden when the Pin is on no
    public Board, the Board is public, and somebody else made the Pin; Conflict when the Board is full.
    """
    raise NotImplementedError


async def unsave(graph: Graph, *, by: UserN, pin_n: PinN, board_n: BoardN) -> bool:
    """Whether the Board held the Pin. Raises NotFound when the Board is not theirs to change."""
    raise NotImplementedError
