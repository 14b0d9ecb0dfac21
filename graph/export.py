"""Public saves for the walk: HOLDS and nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from typing import Final

from domain.ids import BoardN, PinN
from graph.client import Graph

_BOARDS_A_RANGE: Final = 2_000
_TIMEOUT_S: Final = 30.0

LAST_BOARD: Final = "MATCH (b:Board) WHERE b.n > 0 RETURN max(b.n) AS n"
NEXT_BOARD: Final = "MATCH (s:Seq {name: 'board'}) RETURN s.value AS n"
EDGES: Final = """
MATCH (b:Board) WHERE b.n >= $low AND b.n < $high
RETURN collect([b.n, COLLECT { MATCH (b)-[h:HOLDS]->() RETURN h.p }]) AS rows"""
STATES: Final = """
RETURN COLLECT { UNWIND $pairs AS pair
  MATCH ()-[h:HOLDS]->() USING INDEX h:HOLDS(b, p) WHERE h.b = pair[0] AND h.p = pair[1] RETURN [h.b, h.p] } AS rows"""
BOARD_PINS: Final = """
RETURN COLLECT { UNWIND $ns AS n MATCH (b:Board {n: n})
  RETURN [n, COLLECT { MATCH (b)-[h:HOLDS]->() RETURN h.p }] } AS rows"""
PIN_BOARDS: Final = """
RETURN COLLECT { UNWIND $ns AS n MATCH (p:Pin {n: n})
  RETURN [n, COLLECT { MATCH (p)<-[h:HOLDS]-() RETURN h.b }] } AS rows"""


async def edges(graph: Graph) -> AsyncIterator[list[tuple[BoardN, list[PinN]]]]:
    """Every public save as (Board, its Pins), some 2,000 Boards at a time; Boards without Pins are left out.

    Take `outbox.last_seq` before the first, and apply what comes after it.
    """
    row = await graph.one(LAST_BOARD, timeout_s=_TIMEOUT_S)
    last = row["n"] if row and row["n"] is not None else -1
    for low in range(0, last + 1, _BOARDS_A_RANGE):
        held = await boards_between(graph, low, low + _BOARDS_A_RANGE)
        if held:
            yield held


async def boards_between(graph: Graph, low: int, high: int) -> list[tuple[BoardN, list[PinN]]]:
    """The public saves of the Boards from `low` to before `high`, some 2,000; Boards without any are left out."""
    found = await graph.one(EDGES, low=low, high=high, timeout_s=_TIMEOUT_S)
    return [(BoardN(board_n), pin_ns) for board_n, pin_ns in found["rows"] if pin_ns] if found else []


async def boards_end(graph: Graph) -> int:
    """The number after the last that any Board has or had."""
    row = await graph.one(NEXT_BOARD, timeout_s=_TIMEOUT_S)
    return int(row["n"]) if row and row["n"] is not None else 0


async def states(graph: Graph, pairs: Collection[tuple[BoardN, PinN]]) -> set[tuple[BoardN, PinN]]:
    """Those of the pairs that are public saves now."""
    row = await graph.one(STATES, pairs=[list(pair) for pair in pairs])
    return {(BoardN(board_n), PinN(pin_n)) for board_n, pin_n in row["rows"]} if row else set()


async def board_pins(graph: Graph, board_ns: Collection[BoardN]) -> dict[BoardN, list[PinN]]:
    """The Pins publicly on each Board now; an empty list for a Board that is secret or gone."""
    row = await graph.one(BOARD_PINS, ns=list(board_ns), timeout_s=_TIMEOUT_S)
    found = dict(row["rows"]) if row else {}
    return {n: found.get(n, []) for n in board_ns}


async def pin_boards(graph: Graph, pin_ns: Collection[PinN]) -> dict[PinN, list[BoardN]]:
    """The public Boards that hold each Pin now; an empty list for a Pin on none or gone."""
    row = await graph.one(PIN_BOARDS, ns=list(pin_ns), timeout_s=_TIMEOUT_S)
    found = dict(row["rows"]) if row else {}
    return {n: found.get(n, []) for n in pin_ns}
