"""Putting a Pin on a Board and taking it off."""

from __future__ import annotations

from typing import Any, Final

from domain.errors import Conflict, Forbidden, NotFound
from domain.events import Kind
from domain.ids import BoardN, PinN, SectionId, UserN, new_id
from domain.limits import BOARD_PINS_MAX
from domain.model import Save
from graph import columns, outbox, publicity
from graph.client import Graph, Tx

# A Pin on this many public Boards or fewer may be coming or going: its creator is locked then. One would do, but for
# two changes at once that do not see each other yet. A hot Pin is never near it, so its saves lock nothing they share.
_FEW: Final = 2

# Nothing is changed unless every condition holds; what the row says picks the error.
SAVE: Final = (
    """
MATCH (u:User {n: $u})-[r:OWNS|COLLABORATES]->(b:Board {n: $b}) WHERE type(r) = 'OWNS' OR r.role = 'EDITOR'
WITH u, b LIMIT 1
SET b.lk = $k
WITH u, b WHERE b:Board  // It may have gone to the trash while this waited for its lock.
OPTIONAL MATCH (p:Pin {n: $p})
WITH u, b, p, b.privacy = 'SECRET' AS secret,
     CASE WHEN coalesce(b.lastK, 0) >= $k THEN b.lastK + 1 ELSE $k END AS k,
     COUNT { (p)<-[:HOLDS]-() } AS boards,
     COLLECT { MATCH (u)-[:OWNS|COLLABORATES]->(m:Board {privacy: 'SECRET'}) RETURN m.n } AS secrets,
     COLLECT { MATCH (u)-[:BLOCKS]-(x:User) RETURN x.n } AS blocked,
     COUNT { (b)-[:HOLDS]->() } + COUNT { (b)-[:HOLDS_SECRET]->() } AS held,
     $section IS NULL OR EXISTS { (b)-[:HAS_SECTION]->(:Section {id: $section}) } AS placed
WITH b, p, secret, k, boards, held, placed, blocked, boards > 0 OR coalesce(p.creatorN, -2) = $u AS free,
     EXISTS { MATCH ()-[x:HOLDS_SECRET]->() USING INDEX x:HOLDS_SECRET(b, p) WHERE x.b IN secrets AND x.p = $p } AS mine
WITH *, p IS NOT NULL AND NOT coalesce(p.creatorN, -2) IN blocked AND (free OR mine) AS seen
OPTIONAL MATCH ()-[o:HOLDS]->() USING INDEX o:HOLDS(b, p) WHERE o.b = $b AND o.p = $p
OPTIONAL MATCH ()-[s:HOLDS_SECRET]->() USING INDEX s:HOLDS_SECRET(b, p) WHERE s.b = $b AND s.p = $p
WITH *, coalesce(o, s) AS h
WITH *, seen AND placed AND (free OR secret) AND h IS NULL AND held < $most AS fresh
FOREACH (_ IN CASE WHEN fresh AND NOT secret THEN [1] ELSE [] END |
  CREATE (b)-[:HOLDS {b: $b, p: $p, k: k, id: $id, by: $u, note: $note, sectionId: $section,
    pos: CASE WHEN b.arranged THEN k END}]->(p) SET b.lastAt = k)
FOREACH (_ IN CASE WHEN fresh AND secret THEN [1] ELSE [] END |
  CREATE (b)-[:HOLDS_SECRET {b: $b, p: $p, k: k, id: $id, by: $u, note: $note, sectionId: $section,
    pos: CASE WHEN b.arranged THEN k END}]->(p))
FOREACH (_ IN CASE WHEN fresh THEN [1] ELSE [] END | SET b.lastK = k)
FOREACH (_ IN CASE WHEN h IS NOT NULL AND seen AND placed THEN [1] ELSE [] END |
  SET h.by = CASE WHEN $note IS NULL THEN h.by ELSE $u END, h.note = coalesce($note, h.note),
    h.sectionId = coalesce($section, h.sectionId))
RETURN seen, placed, free OR secret AS allowed, fresh, fresh AND NOT secret AND boards <= $few AS opening,
  p.creatorN AS creator, k, CASE WHEN h IS NULL THEN null ELSE """
    + columns.SAVE_SEEN
    + " END AS old"
)
UNSAVE: Final = """
MATCH (:User {n: $u})-[r:OWNS|COLLABORATES]->(b:Board {n: $b}) WHERE type(r) = 'OWNS' OR r.role = 'EDITOR'
WITH b LIMIT 1
SET b.lk = $k
WITH b WHERE b:Board
OPTIONAL MATCH ()-[o:HOLDS]->(p) USING INDEX o:HOLDS(b, p) WHERE o.b = $b AND o.p = $p
OPTIONAL MATCH ()-[s:HOLDS_SECRET]->() USING INDEX s:HOLDS_SECRET(b, p) WHERE s.b = $b AND s.p = $p
WITH b, p, o, s, o IS NOT NULL AS public, s IS NOT NULL AS secret, o.k = b.lastAt AS newest, p.creatorN AS creator,
     COUNT { (p)<-[:HOLDS]-() } AS boards, head(COLLECT { MATCH (p)-[:SHOWS]->(i) RETURN i.sha256 }) AS picture
DELETE o, s
RETURN public OR secret AS held, public AND newest AS newest, public AND boards <= $few + 1 AS closing, creator,
  picture"""


async def save(
    graph: Graph,
    *,
    by: UserN,
    pin_n: PinN,
    board_n: BoardN,
    section_id: SectionId | None = None,
    note: str | None = None,
) -> tuple[Save, bool]:
    """The save, and whether it is new. A repeat keeps its place; a section given anew replaces the old, and a note,
    whose writer then stands for the save.

    Raises NotFound when the Board is not theirs to add to or the Pin invisible to them; Forbidden when the Pin is on no
    public Board, the Board is public, and somebody else made the Pin; Conflict when the Board is full.
    """
    k, id_ = graph.keys.k(), new_id("save")
    event = outbox.event(Kind.SAVED, user=by, board=board_n, pin=pin_n)

    async def work(tx: Tx) -> tuple[Save, bool]:
        rows = await tx.run(
            SAVE, u=by, b=board_n, p=pin_n, k=k, id=id_, note=note, section=section_id, most=BOARD_PINS_MAX, few=_FEW
        )
        row = _allowed(rows)
        if not row["fresh"]:
            return columns.save_of(row["old"]), False
        if row["opening"]:
            await publicity.opened(tx, pin_n, row["k"])
            await publicity.recount_creators(tx, [row["creator"]], k)
        await outbox.append(tx, event)
        return columns.save_of([id_, board_n, pin_n, row["k"], by, note, section_id]), True

    return await graph.write(work)


async def unsave(graph: Graph, *, by: UserN, pin_n: PinN, board_n: BoardN) -> bool:
    """Whether the Board held the Pin. Raises NotFound when the Board is not theirs to change."""
    k = graph.keys.k()
    event = outbox.event(Kind.UNSAVED, user=by, board=board_n, pin=pin_n)

    async def work(tx: Tx) -> bool:
        rows = await tx.run(UNSAVE, u=by, b=board_n, p=pin_n, k=k, few=_FEW)
        if not rows:
            raise NotFound("There is no such board among yours.", ("boardId",))
        row = rows[0]
        if row["newest"]:
            await publicity.recount_boards(tx, [board_n])
        if row["closing"]:
            await publicity.close_pictures(tx, [row["picture"]], k)
            await publicity.recount_creators(tx, [row["creator"]], k)
        if row["held"]:
            await outbox.append(tx, event)
        return bool(row["held"])

    return await graph.write(work)


def _allowed(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The row of a save that was made or was there; raises what is in the way of any other."""
    if not rows:
        raise NotFound("There is no such board among yours.", ("boardId",))
    row = rows[0]
    if not row["seen"]:
        raise NotFound("There is no such Pin.", ("pinId",))
    if not row["placed"]:
        raise NotFound("This board has no such section.", ("sectionId",))
    if not row["allowed"]:
        raise Forbidden("This Pin is on no public board: only who made it can put it on one.", ("boardId",))
    if not row["fresh"] and row["old"] is None:
        raise Conflict(f"This board holds {BOARD_PINS_MAX} Pins, which is the most. Use another board.", ("boardId",))
    return row
