"""The order by hand: of the Pins on a Board, and of the Boards on a profile.

A place is an integer on the edge; places fall from the head of the list. They begin as the sort keys by time, so that
what comes later stands first, and what is moved gets places between its new neighbours' ones. When there is no room
between two, all of the list gets new ones: at most 10,000 edges.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from domain.errors import Invalid, NotFound
from domain.events import Kind
from domain.ids import BoardN, PinN, UserN
from graph import outbox
from graph.client import LONG_WRITE_TIMEOUT_S, Graph, Tx

_STEP: Final = 1 << 10
_END: Final = 1 << 62
_RENUMBERED: Final = 1 << 20
"""How far places lie apart after all were given anew: as far as the keys of two milliseconds."""

LOCK: Final = """
MATCH (:User {n: $by})-[r:OWNS|COLLABORATES]->(b:Board {n: $b}) WHERE type(r) = 'OWNS' OR r.role = 'EDITOR'
WITH b LIMIT 1 SET b.lk = $k
WITH b WHERE b:Board
RETURN coalesce(b.arranged, false) AS arranged, coalesce(b.lastK, 0) AS last"""
FIRST_PLACES: Final = """
MATCH (:User {n: $by})-[:OWNS|COLLABORATES]->(b:Board {n: $b}) WITH b LIMIT 1 SET b.arranged = true
WITH b MATCH (b)-[h:HOLDS|HOLDS_SECRET]->() SET h.pos = h.k"""
# One of the two types gives all, the other nothing.
PLACES: Final = """
MATCH (:User {n: $by})-[:OWNS|COLLABORATES]->(b:Board {n: $b}) WITH b LIMIT 1
RETURN COLLECT { UNWIND $ps AS n
  OPTIONAL MATCH ()-[o:HOLDS]->() USING INDEX o:HOLDS(b, p) WHERE o.b = $b AND o.p = n
  OPTIONAL MATCH ()-[s:HOLDS_SECRET]->() USING INDEX s:HOLDS_SECRET(b, p) WHERE s.b = $b AND s.p = n
  WITH n, coalesce(o, s) AS h WHERE h IS NOT NULL RETURN [n, h.pos] } AS rows"""
ABOVE: Final = """
MATCH (:User {n: $by})-[:OWNS|COLLABORATES]->(b:Board {n: $b}) WITH b LIMIT 1
RETURN head(COLLECT { CALL (b) {
    MATCH ()-[h:HOLDS]->() USING INDEX h:HOLDS(b, pos) WHERE h.b = $b AND h.pos > $pos AND NOT h.p IN $ps
    WITH h ORDER BY h.b, h.pos LIMIT 1 RETURN h
    UNION ALL
    MATCH ()-[h:HOLDS_SECRET]->() USING INDEX h:HOLDS_SECRET(b, pos) WHERE h.b = $b AND h.pos > $pos AND NOT h.p IN $ps
    WITH h ORDER BY h.b, h.pos LIMIT 1 RETURN h } RETURN h.pos ORDER BY h.pos LIMIT 1 }) AS pos"""
ALL: Final = """
MATCH (:User {n: $by})-[:OWNS|COLLABORATES]->(b:Board {n: $b}) WITH b LIMIT 1
RETURN COLLECT { MATCH (b)-[h:HOLDS|HOLDS_SECRET]->() WHERE NOT h.p IN $ps
  RETURN h.p ORDER BY h.pos DESC } AS ns"""
PLACE: Final = """
MATCH (:User {n: $by})-[:OWNS|COLLABORATES]->(b:Board {n: $b}) WITH b LIMIT 1
SET b.lastK = CASE WHEN coalesce(b.lastK, 0) >= $last THEN b.lastK ELSE $last END
WITH b UNWIND $rows AS row
OPTIONAL MATCH ()-[o:HOLDS]->() USING INDEX o:HOLDS(b, p) WHERE o.b = $b AND o.p = row[0]
OPTIONAL MATCH ()-[s:HOLDS_SECRET]->() USING INDEX s:HOLDS_SECRET(b, p) WHERE s.b = $b AND s.p = row[0]
WITH coalesce(o, s) AS h, row
SET h.pos = row[1]"""
BOARDS: Final = """
MATCH (u:User {n: $by}) SET u.lk = $k
RETURN COLLECT { MATCH (u)-[o:OWNS]->(b:Board) RETURN [b.n, o.k] ORDER BY coalesce(o.pos, o.k) DESC } AS rows"""
PLACE_BOARDS: Final = """
UNWIND $rows AS row MATCH (:User {n: $by})-[o:OWNS]->(:Board {n: row[0]}) SET o.pos = row[1]"""


@dataclass(frozen=True, slots=True)
class _Board:
    """A Board that `by` may arrange; `last` is its newest save's key."""

    n: BoardN
    by: UserN
    last: int


async def arrange_pins(
    graph: Graph, *, by: UserN, board_n: BoardN, pin_ns: Sequence[PinN], before: PinN | None
) -> None:
    """The Pins, in this order, stand before that Pin of the Board; at its end for None.

    Raises NotFound when the Board is not theirs to change or does not hold one of them, Invalid when `before` is one of
    the Pins or one is named twice.
    """
    _refuse_twice(pin_ns, before, "pinIds")
    k, ns = graph.keys.k(), list(pin_ns)

    async def work(tx: Tx) -> None:
        rows = await tx.run(LOCK, by=by, b=board_n, k=k)
        if not rows:
            raise NotFound("There is no such board among yours.", ("boardId",))
        if not rows[0]["arranged"]:
            await tx.run(FIRST_PLACES, by=by, b=board_n)
        named = [*ns, before] if before is not None else ns
        places = dict((await tx.run(PLACES, by=by, b=board_n, ps=named))[0]["rows"])
        if any(n not in places for n in ns):
            raise NotFound("One of these Pins is not on this board.", ("pinIds",))
        if before is not None and before not in places:
            raise NotFound("This Pin is not on this board.", ("before",))
        if ns:
            board = _Board(board_n, by, rows[0]["last"])
            placed = await _placed(tx, board, ns, None if before is None else places[before])
            await tx.run(PLACE, by=by, b=board_n, rows=placed, last=max(pos for _, pos in placed))
            await outbox.append(tx, outbox.event(Kind.BOARD_UPDATED, user=by, board=board_n))

    await graph.write(work, timeout_s=LONG_WRITE_TIMEOUT_S)


async def arrange_boards(graph: Graph, *, by: UserN, board_ns: Sequence[BoardN], before: BoardN | None) -> None:
    """The Boards, in this order, stand before that one on their owner's profile; at its end for None.

    Raises NotFound when one is not theirs, Invalid when `before` is one of them or one is named twice.
    """
    _refuse_twice(board_ns, before, "boardIds")
    k = graph.keys.k()

    async def work(tx: Tx) -> None:
        rows = await tx.run(BOARDS, by=by, k=k)
        keys = {BoardN(n): key for n, key in rows[0]["rows"]} if rows else {}
        if any(n not in keys for n in board_ns):
            raise NotFound("One of these boards is not yours.", ("boardIds",))
        if before is not None and before not in keys:
            raise NotFound("This board is not yours.", ("before",))
        order = _ordered(list(keys), board_ns, before)
        # At most 1,000: all are placed, the first at the newest one's key, so that a board made later stands first.
        head = max(keys.values(), default=0)
        await tx.run(PLACE_BOARDS, by=by, rows=[[n, head - i] for i, n in enumerate(order)])

    await graph.write(work)


async def _placed(tx: Tx, board: _Board, ns: Sequence[PinN], low: int | None) -> list[list[int]]:
    """The Pins with their places just above `low`, or below everything; all of the Board when there is no room."""
    found = await tx.run(ABOVE, by=board.by, b=board.n, ps=ns, pos=-_END if low is None else low)
    high = found[0]["pos"]
    if low is None:  # The end: `high` is the lowest place of all others.
        top = board.last if high is None else high
        if top > _STEP * (len(ns) + 1):
            return [[n, top - _STEP * (i + 1)] for i, n in enumerate(ns)]
    elif high is None:  # The head: a later save's key is greater than the Board's last one.
        return [[n, max(low, board.last) + len(ns) - i] for i, n in enumerate(ns)]
    elif high - low > len(ns):
        step = min(_STEP, (high - low) // (len(ns) + 1))
        return [[n, low + step * (len(ns) - i)] for i, n in enumerate(ns)]
    return await _anew(tx, board, ns, low)


async def _anew(tx: Tx, board: _Board, ns: Sequence[PinN], low: int | None) -> list[list[int]]:
    others = [PinN(n) for n in (await tx.run(ALL, by=board.by, b=board.n, ps=ns))[0]["ns"]]
    before = None
    if low is not None:
        places = dict((await tx.run(PLACES, by=board.by, b=board.n, ps=others))[0]["rows"])
        before = next((n for n in others if places[n] == low), None)
    order = _ordered(others, ns, before)
    return [[n, board.last - _RENUMBERED * i] for i, n in enumerate(order)]


def _ordered(all_: Sequence[int], moved: Sequence[int], before: int | None) -> list[int]:
    leaving = set(moved)
    rest = [n for n in all_ if n not in leaving]
    at = len(rest) if before is None else rest.index(before)
    return [*rest[:at], *moved, *rest[at:]]


def _refuse_twice(ns: Sequence[int], before: int | None, field: str) -> None:
    if len(set(ns)) < len(ns):
        raise Invalid("Name each once.", (field,))
    if before is not None and before in ns:
        raise Invalid("What is moved cannot stand before itself.", ("before",))
