"""Sections: the parts of a Board."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from domain.errors import Conflict, Invalid, NotFound
from domain.events import Kind
from domain.ids import BoardN, SectionId, UserN, new_id
from domain.limits import BOARD_SECTIONS_MAX
from domain.model import Section
from graph import columns, outbox, visibility
from graph.client import LONG_WRITE_TIMEOUT_S, Graph, Tx

LOCK: Final = """
MATCH (:User {n: $by})-[:OWNS]->(b:Board {n: $b}) SET b.lk = $k
WITH b WHERE b:Board
RETURN COLLECT { MATCH (b)-[r:HAS_SECTION]->(s) RETURN s.id ORDER BY r.pos, s.id } AS ids"""
CREATE: Final = """
MATCH (:User {n: $by})-[:OWNS]->(b:Board {n: $b})
CREATE (b)-[:HAS_SECTION {pos: $pos}]->(:Section {id: $id, title: $title})"""
RENAME: Final = """
MATCH (:User {n: $by})-[:OWNS]->(b:Board)-[:HAS_SECTION]->(s:Section {id: $id})
SET b.lk = $k, s.title = $title RETURN b.n AS n"""
ARRANGE: Final = """
UNWIND range(0, size($ids) - 1) AS pos
MATCH (:User {n: $by})-[:OWNS]->(b:Board {n: $b})-[r:HAS_SECTION]->(s:Section {id: $ids[pos]}) SET r.pos = pos"""
# The Pins stay on the Board, in no section.
DELETE: Final = """
MATCH (:User {n: $by})-[:OWNS]->(b:Board)-[:HAS_SECTION]->(:Section {id: $id}) SET b.lk = $k
WITH b MATCH (b)-[:HAS_SECTION]->(s:Section {id: $id}) DETACH DELETE s
WITH b CALL (b) { MATCH (b)-[h:HOLDS|HOLDS_SECRET]->() WHERE h.sectionId = $id SET h.sectionId = null }
RETURN b.n AS n"""
BY_IDS: Final = (
    visibility.VIEWER
    + "RETURN COLLECT { UNWIND $ids AS id MATCH (b:Board)-[:HAS_SECTION]->(s:Section {id: id}) WHERE "
    + visibility.BOARD
    + " RETURN "
    + columns.SECTION
    + " } AS rows"
)
OF_BOARDS: Final = (
    visibility.VIEWER
    + "RETURN COLLECT { UNWIND $ns AS n MATCH (b:Board {n: n}) WHERE "
    + visibility.BOARD
    + " RETURN [n, COLLECT { MATCH (b)-[r:HAS_SECTION]->(s) RETURN "
    + columns.SECTION
    + " ORDER BY r.pos, s.id }] } AS rows"
)
PIN_COUNTS: Final = (
    visibility.VIEWER
    + "RETURN COLLECT { UNWIND $ids AS id MATCH (b:Board)-[:HAS_SECTION]->(s:Section {id: id}) WHERE "
    + visibility.BOARD
    + """ RETURN [id, COUNT { MATCH ()-[h:HOLDS]->(p) USING INDEX h:HOLDS(b, sectionId, k)
        WHERE h.b = b.n AND h.sectionId = id AND h.k > 0
          AND (size(blocked) = 0 OR NOT coalesce(p.creatorN, -2) IN blocked) }
    + COUNT { MATCH ()-[h:HOLDS_SECRET]->(p) USING INDEX h:HOLDS_SECRET(b, sectionId, k)
        WHERE h.b = b.n AND h.sectionId = id AND h.k > 0 AND h.b IN mine
          AND (size(blocked) = 0 OR NOT coalesce(p.creatorN, -2) IN blocked) }] } AS rows"""
)


async def create(graph: Graph, *, by: UserN, board_n: BoardN, title: str) -> SectionId:
    """The new Section, last on the Board. Raises NotFound for a Board not theirs, Conflict over BOARD_SECTIONS_MAX."""
    k, id_ = graph.keys.k(), SectionId(new_id("section"))
    event = outbox.event(Kind.BOARD_UPDATED, user=by, board=board_n)

    async def work(tx: Tx) -> SectionId:
        present = await _locked(tx, by, board_n, k)
        if len(present) >= BOARD_SECTIONS_MAX:
            raise Conflict(f"This board has {BOARD_SECTIONS_MAX} sections, which is the most.", ("boardId",))
        await _arrange(tx, by, board_n, present)
        await tx.run(CREATE, by=by, b=board_n, pos=len(present), id=id_, title=title)
        await outbox.append(tx, event)
        return id_

    return await graph.write(work)


async def rename(graph: Graph, *, by: UserN, section_id: SectionId, title: str) -> None:
    """Gives the Section another title. Raises NotFound when it is on no Board of theirs."""
    k = graph.keys.k()

    async def work(tx: Tx) -> None:
        rows = await tx.run(RENAME, by=by, id=section_id, title=title, k=k)
        await _updated(tx, by, rows)

    await graph.write(work)


async def arrange(graph: Graph, *, by: UserN, board_n: BoardN, section_ids: Sequence[SectionId]) -> None:
    """Puts these Sections first, in this order; the others follow as they stood.

    Raises NotFound when the Board is not theirs or has no such Section, Invalid when one is named twice.
    """
    k = graph.keys.k()
    if len(set(section_ids)) < len(section_ids):
        raise Invalid("Name each section once.", ("sectionIds",))

    async def work(tx: Tx) -> None:
        present = await _locked(tx, by, board_n, k)
        if not set(section_ids) <= set(present):
            raise NotFound("This board has no such section.", ("sectionIds",))
        order = [*section_ids, *(each for each in present if each not in section_ids)]
        if order != present:
            await _arrange(tx, by, board_n, order)
            await outbox.append(tx, outbox.event(Kind.BOARD_UPDATED, user=by, board=board_n))

    await graph.write(work)


async def delete(graph: Graph, *, by: UserN, section_id: SectionId) -> None:
    """Removes the Section; its Pins stay on the Board. Raises NotFound when it is on no Board of theirs."""
    k = graph.keys.k()

    async def work(tx: Tx) -> None:
        await _updated(tx, by, await tx.run(DELETE, by=by, id=section_id, k=k))

    await graph.write(work, timeout_s=LONG_WRITE_TIMEOUT_S)


async def by_ids(graph: Graph, viewer: UserN, ids: Collection[SectionId]) -> list[Section]:
    """Those of the Sections whose Boards the viewer may see, in any order. One statement."""
    row = await graph.one(BY_IDS, viewer=viewer, ids=list(ids))
    return [columns.section_of(section) for section in row["rows"]] if row else []


async def of_boards(graph: Graph, viewer: UserN, ns: Collection[BoardN]) -> dict[BoardN, list[Section]]:
    """The Sections of each Board that the viewer may see, as they are arranged. One statement."""
    row = await graph.one(OF_BOARDS, viewer=viewer, ns=list(ns))
    return {BoardN(n): [columns.section_of(each) for each in found] for n, found in row["rows"]} if row else {}


async def pin_counts(graph: Graph, viewer: UserN, ids: Collection[SectionId]) -> dict[SectionId, int]:
    """How many Pins are in each Section whose Board the viewer may see, without those of who is blocked."""
    row = await graph.one(PIN_COUNTS, viewer=viewer, ids=list(ids))
    return {SectionId(id_): count for id_, count in row["rows"]} if row else {}


async def _locked(tx: Tx, by: UserN, board_n: BoardN, k: int) -> list[SectionId]:
    rows = await tx.run(LOCK, by=by, b=board_n, k=k)
    if not rows:
        raise NotFound("There is no such board among yours.", ("boardId",))
    return list(rows[0]["ids"])


async def _arrange(tx: Tx, by: UserN, board_n: BoardN, order: Sequence[SectionId]) -> None:
    if order:
        await tx.run(ARRANGE, by=by, b=board_n, ids=list(order))


async def _updated(tx: Tx, by: UserN, rows: list[dict[str, int]]) -> None:
    if not rows:
        raise NotFound("There is no such section on a board of yours.", ("sectionId",))
    await outbox.append(tx, outbox.event(Kind.BOARD_UPDATED, user=by, board=BoardN(rows[0]["n"])))
