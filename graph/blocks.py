"""Blocking: two Users vanish for each other on every surface. The blocker alone still finds whom they block."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from domain.errors import Conflict, Invalid, NotFound
from domain.events import Kind
from domain.ids import UserN
from domain.limits import USER_BLOCKS_MAX
from domain.model import User
from domain.page import Page, PageArgs, PageItem
from graph import columns, outbox, visibility
from graph.client import Graph, Tx

# In one order, whoever blocks whom, so that two who block each other wait instead of locking each other out.
LOCK: Final = """
MATCH (u:User) WHERE u.n IN [$by, $n] WITH u ORDER BY u.n SET u.lk = $k
WITH collect(u) AS both
RETURN COUNT { MATCH (:User {n: $by})-[:BLOCKS]->() } AS held"""
BLOCK: Final = (
    visibility.BLOCKERS
    + "MATCH (u:User {n: $n}) WHERE "
    + visibility.USER
    + """ AND v IS NOT NULL OPTIONAL MATCH (v)-[old:BLOCKS]->(u)
WITH v, u, old IS NULL AS fresh
FOREACH (_ IN CASE WHEN fresh AND $held < $most THEN [1] ELSE [] END | CREATE (v)-[:BLOCKS {k: $k}]->(u))
RETURN fresh"""
)
# What binds the two: follows of one another and of each other's boards, and work on them.
PART: Final = """
MATCH (v:User {n: $by}), (u:User {n: $n})
CALL (v, u) { MATCH (v)-[f:FOLLOWS]-(u) DELETE f }
CALL (v, u) { UNWIND [[v, u], [u, v]] AS pair WITH pair[0] AS one, pair[1] AS other
  MATCH (other)-[:OWNS]->(b)<-[r:FOLLOWS|COLLABORATES]-(one)
  FOREACH (_ IN CASE WHEN type(r) = 'COLLABORATES' THEN [1] ELSE [] END | MERGE (one)-[:WORKED_ON]->(b))
  DELETE r }"""
UNBLOCK: Final = """
MATCH (v:User {n: $by})-[x:BLOCKS]->(:User {n: $n}) SET v.lk = $k DELETE x RETURN 1 AS one"""
SEEN: Final = visibility.BLOCKERS + "MATCH (u:User {n: $n}) WHERE " + visibility.USER + " RETURN 1 AS one"
BLOCKED: Final = """
MATCH (v:User {n: $viewer}) WITH v.id AS me, v
RETURN COLLECT { UNWIND $ns AS n MATCH (v)-[:BLOCKS]->(:User {n: n}) RETURN n } AS rows"""
PAGE: Final = (
    "MATCH (v:User {n: $viewer}) RETURN COLLECT { MATCH (v)-[x:BLOCKS]->(u:User) WHERE coalesce(x.k, 0) < $k "
    "WITH x, u ORDER BY x.k DESC LIMIT $limit RETURN [coalesce(x.k, 0), " + columns.USER + "] } AS rows"
)
BY_ID: Final = "MATCH (:User {n: $viewer})-[:BLOCKS]->(u:User {id: $id}) RETURN " + columns.USER + " AS user"


async def block(graph: Graph, by: UserN, n: UserN) -> None:
    """Follows between the two end, as does work on each other's boards. Twice is once.

    Raises NotFound, Invalid for oneself, Conflict over USER_BLOCKS_MAX.
    """
    if by == n:
        raise Invalid("You cannot block yourself.", ("userId",))
    k = graph.keys.k()
    event = outbox.event(Kind.BLOCKED, user=by, target=n)

    async def work(tx: Tx) -> None:
        held = (await tx.run(LOCK, by=by, n=n, k=k))[0]["held"]
        rows = await tx.run(BLOCK, viewer=by, n=n, k=k, held=held, most=USER_BLOCKS_MAX)
        if not rows:
            raise NotFound("There is no such user.", ("userId",))
        if not rows[0]["fresh"]:
            return
        if held >= USER_BLOCKS_MAX:
            raise Conflict(f"You block {USER_BLOCKS_MAX} people, which is the most. Unblock somebody first.")
        await tx.run(PART, by=by, n=n)
        await outbox.append(tx, event)

    await graph.write(work)


async def unblock(graph: Graph, by: UserN, n: UserN) -> None:
    """The two see each other again; what ended does not come back. Twice is once. Raises NotFound."""
    k = graph.keys.k()
    event = outbox.event(Kind.UNBLOCKED, user=by, target=n)

    async def work(tx: Tx) -> None:
        if await tx.run(UNBLOCK, by=by, n=n, k=k):
            await outbox.append(tx, event)
        elif not await tx.run(SEEN, viewer=by, n=n):
            raise NotFound("There is no such user.", ("userId",))

    await graph.write(work)


async def blocked(graph: Graph, viewer: UserN, ns: Collection[UserN]) -> set[UserN]:
    """Which of the Users the viewer blocks. One statement."""
    row = await graph.one(BLOCKED, viewer=viewer, ns=list(ns))
    return set(row["rows"]) if row else set()


async def page(graph: Graph, viewer: UserN, args: PageArgs) -> Page[User]:
    """Whom the viewer blocks, latest first, also those who block them in turn. One statement."""
    after = columns.K_MAX if args.after is None else args.after
    row = await graph.one(PAGE, viewer=viewer, k=after, limit=args.first + 1)
    return Page.cut([PageItem(columns.user_of(user), k) for k, user in row["rows"]] if row else [], args)


async def by_id(graph: Graph, viewer: UserN, user_id: str) -> User | None:
    """Somebody whom the viewer blocks, by id: also one who blocks them in turn, to be let go of. One statement."""
    row = await graph.one(BY_ID, viewer=viewer, id=user_id)
    return columns.user_of(row["user"]) if row else None
