"""The trash: deleted Pins and Boards for TRASH_LIFE_DAYS, seen by their owner alone, put back or emptied.

A deleted thing has another label, and its saves another type, TRASHED, that no read names but those here. A save comes
back when both its Board and its Pin are there again; as what it was: one that was secret never comes back public,
unless the Pin is the Board's owner's own or public anyway.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final, LiteralString

from domain.errors import Conflict, NotFound
from domain.events import Event, Kind
from domain.ids import BoardId, BoardN, PinId, PinN, UserN
from domain.limits import BOARD_PINS_MAX, TRASH_LIFE_DAYS, USER_BOARDS_MAX
from domain.model import Board, Pin
from domain.page import Page, PageArgs, PageItem
from graph import columns, outbox, publicity
from graph.client import LONG_WRITE_TIMEOUT_S, Graph, Tx

SAVES_A_STEP: Final = 5_000
ORPHANS_A_STEP: Final = 500
_EMPTIED_A_STEP: Final = 100
_EDGES_A_STEP: Final = 5_000

PINS: Final = (
    "RETURN COLLECT { MATCH (p:TrashedPin) USING INDEX p:TrashedPin(creatorN, trashedK) "
    "WHERE p.creatorN = $viewer AND p.trashedK < $k AND p.trashedAt > $since "
    "WITH p ORDER BY p.creatorN DESC, p.trashedK DESC LIMIT $limit MATCH (p)-[:SHOWS]->(i:Picture) RETURN [p.trashedK, "
    + columns.PIN
    + "] } AS rows"
)
BOARDS: Final = (
    "RETURN COLLECT { MATCH (b:TrashedBoard) USING INDEX b:TrashedBoard(ownerN, trashedK) "
    "WHERE b.ownerN = $viewer AND b.trashedK < $k AND b.trashedAt > $since "
    "WITH b ORDER BY b.ownerN DESC, b.trashedK DESC LIMIT $limit RETURN [b.trashedK, " + columns.BOARD + "] } AS rows"
)

RESTORE_PIN: Final = """
MATCH (:User {n: $by})-[:CREATED]->(p:TrashedPin {id: $id}) WHERE p.trashedAt > $since
SET p.lk = $k
WITH p WHERE p:TrashedPin
SET p:Pin REMOVE p:TrashedPin, p.trashedAt, p.trashedK, p.trashedWith SET p.lookVersion = '', p.textVersion = ''
RETURN p.n AS n"""
# Restored Pins reach every Board that held them, whosever it is; nothing of these is returned to anybody.
LOCK_OF_PINS: Final = """
UNWIND $ps AS pn MATCH (:User {n: $by})-[:CREATED]->(p:Pin {n: pn})
MATCH (p)<-[t:TRASHED]-(b:Board) WITH DISTINCT b ORDER BY b.n LIMIT $limit SET b.lk = $k
RETURN collect(b.n) AS ns"""
# Public again where it was, and is allowed to be; secret otherwise. A full Board does without.
# Where somebody else has its place in the order by hand meanwhile, it goes to the end.
_COMING: Final = """
WITH b, coalesce(t.pos, t.k) AS place, collect([p, t]) AS same
UNWIND range(0, size(same) - 1) AS i
WITH b, same[i][0] AS p, same[i][1] AS t, place, i > 0
  OR EXISTS { MATCH ()-[x:HOLDS]->() USING INDEX x:HOLDS(b, pos) WHERE x.b = b.n AND x.pos = place }
  OR EXISTS { MATCH ()-[x:HOLDS_SECRET]->() USING INDEX x:HOLDS_SECRET(b, pos) WHERE x.b = b.n AND x.pos = place }
  AS taken
WITH b, p, t, CASE WHEN NOT coalesce(b.arranged, false) THEN null WHEN taken THEN -1 - p.n ELSE place END AS pos,
  b.privacy = 'PUBLIC' AS public,
  COUNT { (b)-[:HOLDS]->() } + COUNT { (b)-[:HOLDS_SECRET]->() } < $most AS room
WITH b, p, t, pos, room AND NOT public AS hidden, room AND public AND
  (NOT coalesce(t.secret, true) OR p.creatorN = b.ownerN OR EXISTS { (p)<-[:HOLDS]-() }) AS open
WITH b, p, t, open, hidden, properties(t) AS was,
  {secret: null, pos: pos, sectionId: CASE WHEN EXISTS {
    MATCH (b)-[:HAS_SECTION]->(s) WHERE s.id = t.sectionId } THEN t.sectionId END} AS now
FOREACH (_ IN CASE WHEN open THEN [1] ELSE [] END | CREATE (b)-[h:HOLDS]->(p) SET h = was SET h += now)
FOREACH (_ IN CASE WHEN hidden THEN [1] ELSE [] END | CREATE (b)-[h:HOLDS_SECRET]->(p) SET h = was SET h += now)
DELETE t
SET b.lastK = CASE WHEN coalesce(b.lastK, 0) >= was.k THEN b.lastK ELSE was.k END
"""
SAVES_OF_PINS: Final = (
    """
UNWIND $ps AS pn MATCH (:User {n: $by})-[:CREATED]->(p:Pin {n: pn})
UNWIND $ns AS n MATCH (b:Board {n: n})-[t:TRASHED]->(p)"""
    + _COMING
    + "RETURN collect(CASE WHEN open THEN b.n END) AS ns"
)
RESTORE_BOARD: Final = """
MATCH (u:User {n: $by}) SET u.lk = $k
WITH u, COUNT { (u)-[:OWNS]->(:Board) } AS held
MATCH (u)-[:OWNS]->(b:TrashedBoard {id: $id}) WHERE b.trashedAt > $since
SET b.lk = $k
WITH b, held WHERE b:TrashedBoard
FOREACH (_ IN CASE WHEN held < $most THEN [1] ELSE [] END |
  SET b:Board REMOVE b:TrashedBoard, b.trashedAt, b.trashedK, b.orphans)
RETURN b.n AS n, held < $most AS room"""
LOCK_BOARD: Final = """
MATCH (:User {n: $by})-[:OWNS]->(b:Board {n: $b}) SET b.lk = $k
WITH b WHERE b:Board
RETURN COUNT { (b)-[:HOLDS]->() } + COUNT { (b)-[:HOLDS_SECRET]->() } AS held"""
# The Pins that went to the trash with their Board come back with it.
RESTORE_ORPHANS: Final = """
MATCH (u:User {n: $by})-[:OWNS]->(b:Board {n: $b})
MATCH (b)-[:TRASHED]->(p:TrashedPin {creatorN: $by}) WHERE p.trashedWith = $b
WITH p LIMIT $limit
SET p:Pin REMOVE p:TrashedPin, p.trashedAt, p.trashedK, p.trashedWith SET p.lookVersion = '', p.textVersion = ''
RETURN collect(p.n) AS ns"""
SAVES_OF_BOARD: Final = (
    """
MATCH (:User {n: $by})-[:OWNS]->(b:Board {n: $b})
MATCH (b)-[t:TRASHED]->(p:Pin) WITH b, t, p LIMIT $limit"""
    + _COMING
    + "RETURN collect([p.n, p.creatorN]) AS rows"
)

# Of a Board in the trash: its owner's own Pins that are on no other. They go with it.
TRASH_ORPHANS: Final = """
MATCH (u:User {n: $by})-[:OWNS]->(b:TrashedBoard {n: $b}) SET b.lk = $k
WITH b WHERE b:TrashedBoard
MATCH (b)-[:TRASHED]->(p:Pin {creatorN: $by}) WHERE NOT EXISTS { (p)<-[:HOLDS|HOLDS_SECRET]-() }
WITH b, p LIMIT $limit
SET p.lk = $k
WITH b, collect(p) AS ps
UNWIND range(0, size(ps) - 1) AS i WITH b, ps[i] AS p, i
WHERE p:Pin AND NOT EXISTS { (p)<-[:HOLDS|HOLDS_SECRET]-() }
SET p.trashedAt = b.trashedAt, p.trashedK = b.trashedK + i, p.trashedWith = b.n
SET p:TrashedPin REMOVE p:Pin
RETURN collect(p.n) AS ns"""
NO_ORPHANS: Final = "MATCH (:User {n: $by})-[:OWNS]->(b:TrashedBoard {n: $b}) REMOVE b.orphans"
LEFT_ORPHANS: Final = """
MATCH (u:User)-[:OWNS]->(b:TrashedBoard) WHERE b.orphans = true AND b.trashedAt < $before
RETURN b.n AS b, u.n AS u LIMIT $limit"""

OLD_PINS: Final = """
MATCH (p:TrashedPin) USING INDEX p:TrashedPin(trashedAt) WHERE p.trashedAt <= $before
RETURN p.n AS n ORDER BY p.trashedAt LIMIT $limit"""
OLD_BOARDS: Final = """
MATCH (b:TrashedBoard) USING INDEX b:TrashedBoard(trashedAt) WHERE b.trashedAt <= $before
RETURN b.n AS n ORDER BY b.trashedAt LIMIT $limit"""
UNTIE_PIN: Final = "MATCH (p:TrashedPin {n: $n})-[r:!SHOWS]-() WITH r LIMIT $limit DELETE r RETURN count(*) AS n"
UNTIE_WORDS: Final = """
MATCH (c:Comment|Report)-[:ON|AGAINST]->(:TrashedPin {n: $n}) WITH c LIMIT $limit
DETACH DELETE c RETURN count(*) AS n"""
UNTIE_BOARD: Final = """
MATCH (b:TrashedBoard {n: $n})-[r:!HAS_SECTION]-() WITH r LIMIT $limit DELETE r RETURN count(*) AS n"""
FORGET_PIN: Final = """
MATCH (p:TrashedPin {n: $n}) SET p.lk = $k WITH p WHERE p:TrashedPin AND p.trashedAt <= $before
OPTIONAL MATCH (p)-[:SHOWS]->(i:Picture) SET i.lk = $k
WITH p, i, i.sha256 AS sha256 DETACH DELETE p
WITH i, sha256 WHERE i IS NOT NULL AND NOT EXISTS { (i)<-[:SHOWS]-() } AND NOT EXISTS { (i)<-[:AVATAR]-() }
DELETE i RETURN sha256"""
FORGET_BOARD: Final = """
MATCH (b:TrashedBoard {n: $n}) SET b.lk = $k WITH b WHERE b:TrashedBoard AND b.trashedAt <= $before
OPTIONAL MATCH (b)-[:HAS_SECTION]->(s) DETACH DELETE s, b"""


def since_ms(now: datetime) -> int:
    """What came to the trash then or earlier is restorable no more, in milliseconds since 1970."""
    return columns.milliseconds(now - timedelta(days=TRASH_LIFE_DAYS))


async def pins_page(graph: Graph, viewer: UserN, args: PageArgs, now: datetime) -> Page[Pin]:
    """The viewer's Pins in the trash, the last deleted first. One statement."""
    return Page.cut([PageItem(columns.pin_of(pin), k) for k, pin in await _page(graph, PINS, viewer, args, now)], args)


async def boards_page(graph: Graph, viewer: UserN, args: PageArgs, now: datetime) -> Page[Board]:
    """The viewer's Boards in the trash, the last deleted first. One statement."""
    return Page.cut(
        [PageItem(columns.board_of(board), k) for k, board in await _page(graph, BOARDS, viewer, args, now)], args
    )


async def restore_pin(graph: Graph, *, by: UserN, pin_id: PinId, now: datetime) -> PinN:
    """The Pin, out of the trash and back on the Boards that held it, as far as they are there and not full.

    Raises NotFound when it is not in their trash (any more).
    """

    async def first(tx: Tx) -> PinN:
        rows = await tx.run(RESTORE_PIN, by=by, id=pin_id, since=since_ms(now), k=graph.keys.k())
        if not rows:
            raise NotFound("There is no such Pin in your trash.", ("pinId",))
        n = PinN(rows[0]["n"])
        if not await _come_back(tx, graph, by, [n]):
            await outbox.append(tx, outbox.event(Kind.PIN_RESTORED, user=by, pin=n))
        return n

    pin_n = await graph.write(first, timeout_s=LONG_WRITE_TIMEOUT_S)

    async def rest(tx: Tx) -> int:
        return await _come_back(tx, graph, by, [pin_n])

    # Once more at least: of a Pin and a Board restored at once, the later one sees the other.
    while await graph.write(rest, timeout_s=LONG_WRITE_TIMEOUT_S):
        pass
    return pin_n


async def restore_board(graph: Graph, *, by: UserN, board_id: BoardId, now: datetime) -> BoardN:
    """The Board, out of the trash, with its saves of Pins that are there, and with the Pins that went with it.

    Of a large one some come back at once, the rest when the worker hears of it (`fill`).
    Raises NotFound when it is not in their trash (any more), Conflict over USER_BOARDS_MAX.
    """
    k = graph.keys.k()

    async def first(tx: Tx) -> BoardN:
        rows = await tx.run(RESTORE_BOARD, by=by, id=board_id, since=since_ms(now), k=k, most=USER_BOARDS_MAX)
        if not rows:
            raise NotFound("There is no such board in your trash.", ("boardId",))
        if not rows[0]["room"]:
            raise Conflict(f"You have {USER_BOARDS_MAX} boards, which is the most. Delete one first.")
        n = BoardN(rows[0]["n"])
        await outbox.append(tx, outbox.event(Kind.BOARD_RESTORED, user=by, board=n))
        await _fill(tx, graph, by, n)
        return n

    board_n = await graph.write(first, timeout_s=LONG_WRITE_TIMEOUT_S)

    # Once more at least: of a Pin and a Board restored at once, the later one sees the other.
    await fill(graph, by, board_n, steps=1)
    return board_n


async def fill(graph: Graph, by: UserN, board_n: BoardN, *, steps: int | None = None) -> None:
    """Puts back what is still to come back to a restored Board, or `steps` times some of it. Safe to repeat."""

    async def work(tx: Tx) -> int:
        return await _fill(tx, graph, by, board_n)

    while steps is None or steps > 0:
        back: int = await graph.write(work, timeout_s=LONG_WRITE_TIMEOUT_S)
        if not back:
            break
        steps = None if steps is None else steps - 1


async def trash_orphans(graph: Graph, by: UserN, board_n: BoardN, *, steps: int | None = None) -> int:
    """How many Pins went to the trash with their deleted Board: its owner's own, on no other. Safe to repeat.

    Some 500 a step; None: all.
    """
    gone = 0
    while steps is None or steps > 0:
        steps = None if steps is None else steps - 1
        k = graph.keys.k()

        async def work(tx: Tx, k: int = k) -> int:
            rows = await tx.run(TRASH_ORPHANS, by=by, b=board_n, limit=ORPHANS_A_STEP, k=k)
            ns = rows[0]["ns"] if rows else []
            if ns:
                await outbox.append_all(tx, [outbox.event(Kind.PIN_DELETED, user=by, pin=PinN(n)) for n in ns])
            else:
                await tx.run(NO_ORPHANS, by=by, b=board_n)
            return len(ns)

        some = await graph.write(work, timeout_s=LONG_WRITE_TIMEOUT_S)
        gone += some
        if not some:
            break
    return gone


async def left_orphans(graph: Graph, before: datetime, limit: int) -> list[tuple[BoardN, UserN]]:
    """Boards deleted before then by a process that died before it had trashed their orphans, each with its owner."""
    rows = await graph.read(LEFT_ORPHANS, before=columns.milliseconds(before), limit=limit)
    return [(BoardN(row["b"]), UserN(row["u"])) for row in rows]


async def empty_pins(graph: Graph, now: datetime, limit: int) -> list[str | None]:
    """Forgets Pins whose time in the trash is over, at most `limit`: of each the hash of its Picture when that went
    with it, since nothing shows it any more, else None. A transaction each, and one for each 5,000 of its edges."""
    before = since_ms(now)
    freed: list[str | None] = []
    for row in await graph.read(OLD_PINS, before=before, limit=min(limit, _EMPTIED_A_STEP)):
        await _untie(graph, UNTIE_WORDS, row["n"])
        await _untie(graph, UNTIE_PIN, row["n"])
        k = graph.keys.k()

        async def work(tx: Tx, n: int = row["n"], k: int = k) -> str | None:
            rows = await tx.run(FORGET_PIN, n=n, k=k, before=before)
            return str(rows[0]["sha256"]) if rows else None

        freed.append(await graph.write(work))
    return freed


async def empty_boards(graph: Graph, now: datetime, limit: int) -> int:
    """How many Boards were forgotten, with their sections, whose time in the trash is over: at most `limit`."""
    before = since_ms(now)
    rows = await graph.read(OLD_BOARDS, before=before, limit=min(limit, _EMPTIED_A_STEP))
    for row in rows:
        await _untie(graph, UNTIE_BOARD, row["n"])
        k = graph.keys.k()

        async def work(tx: Tx, n: int = row["n"], k: int = k) -> None:
            await tx.run(FORGET_BOARD, n=n, k=k, before=before)

        await graph.write(work)
    return len(rows)


async def _untie(graph: Graph, statement: LiteralString, n: int) -> None:
    async def work(tx: Tx) -> int:
        return int((await tx.run(statement, n=n, limit=_EDGES_A_STEP))[0]["n"])

    while await graph.write(work, timeout_s=LONG_WRITE_TIMEOUT_S) == _EDGES_A_STEP:
        pass


async def _page(
    graph: Graph, statement: LiteralString, viewer: UserN, args: PageArgs, now: datetime
) -> list[tuple[int, Any]]:
    after = columns.K_MAX if args.after is None else args.after
    row = await graph.one(statement, viewer=viewer, k=after, since=since_ms(now), limit=args.first + 1)
    return row["rows"] if row else []


async def _come_back(tx: Tx, graph: Graph, by: UserN, pin_ns: Sequence[PinN]) -> int:
    """Puts the Pins back on some of the Boards that held them; how many Boards were asked."""
    k = graph.keys.k()
    ns = (await tx.run(LOCK_OF_PINS, by=by, ps=pin_ns, limit=SAVES_A_STEP, k=k))[0]["ns"]
    if not ns:
        return 0
    open_ns = (await tx.run(SAVES_OF_PINS, by=by, ps=pin_ns, ns=ns, most=BOARD_PINS_MAX))[0]["ns"]
    await publicity.open_pins(tx, pin_ns if open_ns else [])
    await publicity.recount_boards(tx, open_ns)
    await publicity.recount_creators(tx, [by], k)
    await outbox.append_all(tx, _restored(by, pin_ns))
    return len(ns)


async def _fill(tx: Tx, graph: Graph, by: UserN, board_n: BoardN) -> int:
    """Puts some of the Board's saves back, their Pins first where these went with it; how many of both."""
    k = graph.keys.k()
    locked = await tx.run(LOCK_BOARD, by=by, b=board_n, k=k)
    room = BOARD_PINS_MAX - locked[0]["held"] if locked else 0
    if room <= 0:
        return 0
    orphans = (await tx.run(RESTORE_ORPHANS, by=by, b=board_n, limit=min(room, ORPHANS_A_STEP)))[0]["ns"]
    rows = await tx.run(SAVES_OF_BOARD, by=by, b=board_n, limit=min(room, SAVES_A_STEP), most=BOARD_PINS_MAX)
    back = rows[0]["rows"] if rows else []
    if orphans:  # Another Board may have held them, and been restored before this one.
        await _come_back(tx, graph, by, orphans)
        await outbox.append_all(tx, _restored(by, orphans))
    if back:
        await publicity.open_pins(tx, [pin_n for pin_n, _ in back])
        await publicity.recount_boards(tx, [board_n])
        await publicity.recount_creators(tx, {creator for _, creator in back}, k)
        await outbox.append(tx, outbox.event(Kind.BOARD_RESTORED, user=by, board=board_n))
    return len(back) + len(orphans)


def _restored(by: UserN, pin_ns: Sequence[PinN]) -> list[Event]:
    return [outbox.event(Kind.PIN_RESTORED, user=by, pin=PinN(n)) for n in pin_ns]
