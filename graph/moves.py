"""Many Pins of a Board at once: moving them, between Boards or sections, and taking them off."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

from domain.errors import Conflict, NotFound
from domain.events import Event, Kind
from domain.ids import BoardN, PinN, SectionId, UserN
from domain.limits import BOARD_PINS_MAX
from graph import outbox, publicity
from graph.client import LONG_WRITE_TIMEOUT_S, Graph, Tx

# Both in one order, so that two who move to and fro wait for each other instead of locking each other out.
LOCK: Final = """
MATCH (:User {n: $by})-[r:OWNS|COLLABORATES]->(b:Board) WHERE b.n IN $ns AND (type(r) = 'OWNS' OR r.role = 'EDITOR')
WITH DISTINCT b ORDER BY b.n
SET b.lk = $k
WITH b WHERE b:Board
RETURN collect([b.n, b.privacy = 'PUBLIC', coalesce(b.lastK, 0), coalesce(b.arranged, false),
  COUNT { (b)-[:HOLDS]->() } + COUNT { (b)-[:HOLDS_SECRET]->() },
  $section IS NULL OR EXISTS { (b)-[:HAS_SECTION]->(:Section {id: $section}) }]) AS rows"""
# Of each Pin: its save here and on the other Board, and who is concerned when it comes onto or leaves public Boards.
HELD: Final = """
MATCH (:User {n: $by})-[r:OWNS|COLLABORATES]->(b:Board {n: $b}) WHERE type(r) = 'OWNS' OR r.role = 'EDITOR'
WITH b LIMIT 1
RETURN COLLECT { UNWIND $ps AS n MATCH (p:Pin {n: n})
  OPTIONAL MATCH ()-[o:HOLDS]->() USING INDEX o:HOLDS(b, p) WHERE o.b = $b AND o.p = n
  OPTIONAL MATCH ()-[s:HOLDS_SECRET]->() USING INDEX s:HOLDS_SECRET(b, p) WHERE s.b = $b AND s.p = n
  WITH p, n, coalesce(o, s) AS h WHERE h IS NOT NULL
  RETURN [n, h.k, p.creatorN, EXISTS { (p)<-[:HOLDS]-() }, head(COLLECT { MATCH (p)-[:SHOWS]->(i) RETURN i.sha256 })]
} AS rows"""
TAKEN_KEYS: Final = """
MATCH (:User {n: $by})-[:OWNS|COLLABORATES]->(b:Board {n: $b}) WITH b LIMIT 1
RETURN COLLECT { UNWIND $ks AS k CALL (k) {
    MATCH ()-[h:HOLDS]->() USING INDEX h:HOLDS(b, k) WHERE h.b = $b AND h.k = k RETURN h
    UNION ALL
    MATCH ()-[h:HOLDS_SECRET]->() USING INDEX h:HOLDS_SECRET(b, k) WHERE h.b = $b AND h.k = k RETURN h }
  RETURN k } AS ks"""
# Each row is a Pin, its key on the other Board, and its place there when that is arranged by hand.
MOVE: Final = """
MATCH (:User {n: $by})-[:OWNS|COLLABORATES]->(b:Board {n: $to}) WITH b LIMIT 1
SET b.lastK = $last
WITH b UNWIND $rows AS row MATCH (p:Pin {n: row[0]})
OPTIONAL MATCH ()-[o:HOLDS]->() USING INDEX o:HOLDS(b, p) WHERE o.b = $b AND o.p = row[0]
OPTIONAL MATCH ()-[s:HOLDS_SECRET]->() USING INDEX s:HOLDS_SECRET(b, p) WHERE s.b = $b AND s.p = row[0]
WITH b, p, row, coalesce(o, s) AS h
WITH b, p, h, properties(h) AS was, {b: $to, k: row[1], pos: row[2], sectionId: $section} AS now
DELETE h
FOREACH (_ IN CASE WHEN $public THEN [1] ELSE [] END | CREATE (b)-[x:HOLDS]->(p) SET x = was SET x += now)
FOREACH (_ IN CASE WHEN $public THEN [] ELSE [1] END | CREATE (b)-[x:HOLDS_SECRET]->(p) SET x = was SET x += now)"""
PLACE: Final = """
MATCH (:User {n: $by})-[:OWNS|COLLABORATES]->(b:Board {n: $b}) WITH b LIMIT 1
UNWIND $ps AS n
OPTIONAL MATCH ()-[o:HOLDS]->() USING INDEX o:HOLDS(b, p) WHERE o.b = $b AND o.p = n
OPTIONAL MATCH ()-[s:HOLDS_SECRET]->() USING INDEX s:HOLDS_SECRET(b, p) WHERE s.b = $b AND s.p = n
WITH coalesce(o, s) AS h
SET h.sectionId = $section"""
TAKE_OFF: Final = """
MATCH (:User {n: $by})-[:OWNS|COLLABORATES]->(b:Board {n: $b}) WITH b LIMIT 1
UNWIND $ps AS n
OPTIONAL MATCH ()-[o:HOLDS]->() USING INDEX o:HOLDS(b, p) WHERE o.b = $b AND o.p = n
OPTIONAL MATCH ()-[s:HOLDS_SECRET]->() USING INDEX s:HOLDS_SECRET(b, p) WHERE s.b = $b AND s.p = n
DELETE o, s"""


@dataclass(frozen=True, slots=True)
class _Board:
    n: BoardN
    public: bool
    last_k: int
    arranged: bool
    held: int
    placed: bool


@dataclass(frozen=True, slots=True)
class _Held:
    """A Pin's save. `shown` says that it is on some public Board."""

    pin_n: PinN
    k: int
    creator_n: UserN | None
    shown: bool
    picture: str


async def move(
    graph: Graph,
    *,
    by: UserN,
    pin_ns: Sequence[PinN],
    from_n: BoardN,
    to_n: BoardN,
    section_id: SectionId | None,
) -> None:
    """All of the Pins on the other Board, in that section or in none, or nothing at all; the same Board: another
    section. A Pin keeps when it was saved, by whom, and its note. One that is there already stays, and leaves here.

    Raises NotFound when a Board is not theirs to change, has no such section, or holds one of the Pins neither here nor
    there; Conflict when the other Board would be too full, or would make public what others keep secret.
    """
    k = graph.keys.k()
    ns = list(dict.fromkeys(pin_ns))

    async def work(tx: Tx) -> None:
        here, there = await _locked(tx, by, (from_n, to_n), section_id, k)
        held = {each.pin_n: each for each in await _held(tx, by, from_n, ns)}
        if here.n == there.n:
            _complete(ns, held)
            await tx.run(PLACE, by=by, b=to_n, ps=ns, section=section_id)
            await outbox.append(tx, outbox.event(Kind.BOARD_UPDATED, user=by, board=to_n))
            return
        kept = {each.pin_n for each in await _held(tx, by, to_n, ns)}
        _complete(ns, held.keys() | kept)
        moved = [held[n] for n in ns if n in held and n not in kept]
        _refuse(moved, by, there)
        await _carry(tx, by, (here, there), moved, section_id)
        twice = [n for n in ns if n in kept]
        await tx.run(TAKE_OFF, by=by, b=from_n, ps=[n for n in twice if n in held])
        if section_id is not None:
            await tx.run(PLACE, by=by, b=to_n, ps=twice, section=section_id)
        await _settle(tx, (here, there), list(held.values()), k)
        await outbox.append_all(tx, _events(by, here.n, there.n, held, moved))

    await graph.write(work, timeout_s=LONG_WRITE_TIMEOUT_S)


async def unsave(graph: Graph, *, by: UserN, board_n: BoardN, pin_ns: Sequence[PinN]) -> set[PinN]:
    """Takes those of the Pins off the Board that it holds, and says which. Raises NotFound for a Board not theirs."""
    k = graph.keys.k()
    ns = list(dict.fromkeys(pin_ns))

    async def work(tx: Tx) -> set[PinN]:
        here, _ = await _locked(tx, by, (board_n, board_n), None, k)
        held = await _held(tx, by, board_n, ns)
        if held:
            await tx.run(TAKE_OFF, by=by, b=board_n, ps=[each.pin_n for each in held])
            await _settle(tx, (here,), held, k)
            events = [outbox.event(Kind.UNSAVED, user=by, board=board_n, pin=each.pin_n) for each in held]
            await outbox.append_all(tx, events)
        return {each.pin_n for each in held}

    return await graph.write(work, timeout_s=LONG_WRITE_TIMEOUT_S)


async def held(graph: Graph, *, by: UserN, board_n: BoardN, pin_ns: Sequence[PinN]) -> set[PinN]:
    """Which of the Pins are on the Board, if it is theirs to change. Raises NotFound when it is not."""
    row = await graph.one(HELD, by=by, b=board_n, ps=list(pin_ns))
    if row is None:
        raise NotFound("There is no such board among yours.", ("boardId",))
    return {PinN(each[0]) for each in row["rows"]}


async def _locked(
    tx: Tx, by: UserN, ns: tuple[BoardN, BoardN], section_id: SectionId | None, k: int
) -> tuple[_Board, _Board]:
    rows = (await tx.run(LOCK, by=by, ns=list(ns), section=section_id, k=k))[0]["rows"]
    found = {row[0]: _Board(*row) for row in rows}
    for n, field in zip(ns, ("fromBoardId", "toBoardId"), strict=True):
        if n not in found:
            raise NotFound("There is no such board among yours.", (field,))
    if not found[ns[1]].placed:
        raise NotFound("This board has no such section.", ("sectionId",))
    return found[ns[0]], found[ns[1]]


async def _held(tx: Tx, by: UserN, board_n: BoardN, ns: Sequence[PinN]) -> list[_Held]:
    return [_Held(*row) for row in (await tx.run(HELD, by=by, b=board_n, ps=ns))[0]["rows"]]


def _complete(ns: Sequence[PinN], present: Collection[PinN]) -> None:
    missing = sum(n not in present for n in ns)
    if missing:
        raise NotFound(f"{missing} of these Pins are not on the board they should leave. None was moved.", ("pinIds",))


def _refuse(moved: Sequence[_Held], by: UserN, there: _Board) -> None:
    if there.held + len(moved) > BOARD_PINS_MAX:
        raise Conflict(f"The board would hold more than {BOARD_PINS_MAX} Pins. None was moved.", ("toBoardId",))
    hidden = sum(not each.shown and each.creator_n != by for each in moved)
    if there.public and hidden:
        raise Conflict(
            f"{hidden} of these Pins are other people's and on no public board: only they can put them on one. "
            "None was moved.",
            ("pinIds",),
        )


async def _carry(
    tx: Tx, by: UserN, boards: tuple[_Board, _Board], moved: Sequence[_Held], section_id: SectionId | None
) -> None:
    """The saves on the other Board: they keep their keys where these are free, and come first where places count."""
    if not moved:
        return
    here, there = boards
    taken = set((await tx.run(TAKEN_KEYS, by=by, b=there.n, ks=[each.k for each in moved]))[0]["ks"])
    rows: list[list[Any]] = []
    last = max([there.last_k, *(each.k for each in moved)])
    for each in moved:
        k = each.k
        if k in taken:
            k = last = last + 1
        taken.add(k)
        rows.append([each.pin_n, k, None])
    if there.arranged:
        for row in reversed(rows):
            last += 1
            row[2] = last
    await tx.run(MOVE, by=by, b=here.n, to=there.n, rows=rows, last=last, public=there.public, section=section_id)


async def _settle(tx: Tx, boards: Sequence[_Board], changed: Sequence[_Held], k: int) -> None:
    """What goes by publicity, after these saves came or went."""
    await publicity.open_pins(tx, [each.pin_n for each in changed if not each.shown])
    await publicity.recount_boards(tx, [board.n for board in boards if board.public])
    shown = [each for each in changed if each.shown]
    await publicity.close_pictures(tx, [each.picture for each in shown], k)
    await publicity.recount_creators(tx, {each.creator_n for each in changed}, k)


def _events(by: UserN, from_n: BoardN, to_n: BoardN, held: Collection[PinN], moved: Sequence[_Held]) -> list[Event]:
    left = [outbox.event(Kind.UNSAVED, user=by, board=from_n, pin=n) for n in held]
    return left + [outbox.event(Kind.MOVED, user=by, board=to_n, pin=each.pin_n) for each in moved]
