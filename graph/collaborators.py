"""Who works on a Board that is somebody else's."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from domain.errors import Conflict, Forbidden, Invalid, NotFound
from domain.events import Kind
from domain.ids import BoardN, UserN
from domain.limits import BOARD_COLLABORATORS_MAX
from domain.model import Board, BoardRole, Collaborator
from domain.page import Page, PageArgs, PageItem
from graph import columns, outbox, visibility
from graph.client import Graph, Tx

# The two as well: a block at the same moment comes before or after, never beside it.
LOCK: Final = """
MATCH (:User {n: $by})-[:OWNS]->(b:Board {n: $b}) SET b.lk = $k
WITH b WHERE b:Board
CALL () { MATCH (u:User) WHERE u.n IN [$by, $n] WITH u ORDER BY u.n SET u.lk = $k }
RETURN COUNT { (b)<-[:COLLABORATES]-() } AS held"""
ADD: Final = (
    visibility.VIEWER
    + "MATCH (v)-[:OWNS]->(b:Board {n: $b}) MATCH (u:User {n: $n}) WHERE "
    + visibility.PERSON
    + """ OPTIONAL MATCH (u)-[old:COLLABORATES]->(b)
WITH u, b, old, old IS NULL AS fresh, coalesce(old.role, $role) <> $role AS changed
FOREACH (_ IN CASE WHEN fresh AND $held < $most THEN [1] ELSE [] END |
  CREATE (u)-[:COLLABORATES {role: $role, since: $at, k: $k}]->(b))
FOREACH (_ IN CASE WHEN changed THEN [1] ELSE [] END | SET old.role = $role)
RETURN fresh, changed"""
)
# Their own leave to give, or the owner's to take. That they worked on it is kept: what they wrote there is still
# theirs.
REMOVE: Final = """
MATCH (u:User {n: $n})-[c:COLLABORATES]->(b:Board {n: $b})
WHERE $n = $by OR EXISTS { (:User {n: $by})-[:OWNS]->(b) }
SET b.lk = $k MERGE (u)-[:WORKED_ON]->(b) DELETE c RETURN 1 AS one"""
SEEN: Final = (
    visibility.VIEWER
    + "MATCH (b:Board {n: $b}) WHERE "
    + visibility.BOARD
    + " RETURN $n = $viewer OR EXISTS { (v)-[:OWNS]->(b) } AS theirs"
)
OF_BOARDS: Final = (
    visibility.VIEWER
    + "RETURN COLLECT { UNWIND $ns AS n MATCH (b:Board {n: n}) WHERE "
    + visibility.BOARD
    + " RETURN [n, COLLECT { MATCH (b)<-[c:COLLABORATES]-(u) WHERE "
    + visibility.PERSON
    + " RETURN [u.n, c.role, c.since] ORDER BY c.since, u.n }] } AS rows"
)

SHARED: Final = (
    visibility.VIEWER
    + "RETURN COLLECT { MATCH (v)-[c:COLLABORATES]->(b:Board) WHERE coalesce(c.k, 0) < $k AND "
    + visibility.BOARD
    + " WITH coalesce(c.k, 0) AS k, b ORDER BY k DESC LIMIT $limit RETURN [k, "
    + columns.BOARD
    + "] } AS rows"
)


async def add(graph: Graph, *, by: UserN, board_n: BoardN, user_n: UserN, role: BoardRole) -> None:
    """The User works on the Board from now on; once more, in this role instead.

    Raises NotFound when the Board is not theirs or the User not to be seen, Invalid for the role OWNER or its owner,
    Conflict over BOARD_COLLABORATORS_MAX. A new one is INVITED.
    """
    if role is BoardRole.OWNER:
        raise Invalid("A board has one owner. Choose EDITOR or VIEWER.", ("role",))
    if by == user_n:
        raise Invalid("The board is yours: you need no role on it.", ("userId",))
    k, at = graph.keys.k(), columns.milliseconds()
    event = outbox.event(Kind.INVITED, user=by, board=board_n, target=user_n)
    updated = outbox.event(Kind.BOARD_UPDATED, user=by, board=board_n)

    async def work(tx: Tx) -> None:
        locked = await tx.run(LOCK, by=by, b=board_n, n=user_n, k=k)
        if not locked:
            raise NotFound("There is no such board among yours.", ("boardId",))
        held = locked[0]["held"]
        most = BOARD_COLLABORATORS_MAX
        rows = await tx.run(ADD, viewer=by, b=board_n, n=user_n, role=role.value, at=at, k=k, held=held, most=most)
        if not rows:
            raise NotFound("There is no such user.", ("userId",))
        if rows[0]["fresh"]:
            if held >= most:
                raise Conflict(f"{most} people work on this board, which is the most. Take somebody off first.")
            await outbox.append(tx, event)
        elif rows[0]["changed"]:
            await outbox.append(tx, updated)

    await graph.write(work)


async def remove(graph: Graph, *, by: UserN, board_n: BoardN, user_n: UserN) -> None:
    """The User works on the Board no more: by its owner, or by themselves. Twice is once.

    Raises NotFound for a Board that is not to be seen, Forbidden when it is neither theirs nor they themselves.
    """
    k = graph.keys.k()
    event = outbox.event(Kind.BOARD_UPDATED, user=by, board=board_n)

    async def work(tx: Tx) -> None:
        if await tx.run(REMOVE, by=by, b=board_n, n=user_n, k=k):
            await outbox.append(tx, event)
            return
        seen = await tx.run(SEEN, viewer=by, b=board_n, n=user_n)
        if not seen:
            raise NotFound("There is no such board.", ("boardId",))
        if not seen[0]["theirs"]:
            raise Forbidden("Only the board's owner can take others off it.", ("boardId",))

    await graph.write(work)


async def of_boards(graph: Graph, viewer: UserN, ns: Collection[BoardN]) -> dict[BoardN, list[Collaborator]]:
    """Who works on each Board that the viewer may see, the longest first, without anybody blocked. One statement."""
    row = await graph.one(OF_BOARDS, viewer=viewer, ns=list(ns))
    return {BoardN(n): [_collaborator(*each) for each in found] for n, found in row["rows"]} if row else {}


async def shared(graph: Graph, viewer: UserN, args: PageArgs) -> Page[Board]:
    """The Boards of others that the viewer works on, the latest invitation first. One statement."""
    after = columns.K_MAX if args.after is None else args.after
    row = await graph.one(SHARED, viewer=viewer, k=after, limit=args.first + 1)
    return Page.cut([PageItem(columns.board_of(board), k) for k, board in row["rows"]] if row else [], args)


def _collaborator(user_n: int, role: str, since: int) -> Collaborator:
    return Collaborator(UserN(user_n), BoardRole(role), columns.moment(since))
