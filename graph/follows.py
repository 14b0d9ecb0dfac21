"""Following Users and Boards. Each twice is once."""

from __future__ import annotations

from typing import Final, LiteralString

from domain.errors import Conflict, Invalid, NotFound
from domain.events import Event, Kind
from domain.ids import BoardN, UserN
from domain.limits import USER_FOLLOWS_MAX
from graph import outbox, visibility
from graph.client import Graph, Tx

LOCK: Final = """
MATCH (u:User {n: $viewer}) SET u.lk = $k RETURN COUNT { (u)-[:FOLLOWS]->() } AS held"""
_FOLLOW: Final = """
OPTIONAL MATCH (v)-[old:FOLLOWS]->(t) WITH v, t, old IS NULL AS fresh
FOREACH (_ IN CASE WHEN fresh AND $held < $most THEN [1] ELSE [] END |
  CREATE (v)-[:FOLLOWS {s: v.id, t: t.id, k: $k}]->(t))
RETURN fresh"""
FOLLOW_USER: Final = (
    visibility.VIEWER
    + "MATCH (u:User {n: $n}) WHERE "
    + visibility.PERSON
    + " AND v IS NOT NULL WITH v, u AS t"
    + _FOLLOW
)
FOLLOW_BOARD: Final = (
    visibility.VIEWER
    + "MATCH (b:Board {n: $n}) WHERE "
    + visibility.BOARD
    + " AND v IS NOT NULL WITH v, b AS t"
    + _FOLLOW
)
# What was followed once can be let go even when it is no longer to be seen.
UNFOLLOW_USER: Final = """
MATCH (v:User {n: $viewer}) SET v.lk = $k WITH v MATCH (v)-[f:FOLLOWS]->(t:User {n: $n}) DELETE f RETURN 1 AS one"""
UNFOLLOW_BOARD: Final = """
MATCH (v:User {n: $viewer}) SET v.lk = $k WITH v MATCH (v)-[f:FOLLOWS]->(t:Board {n: $n}) DELETE f RETURN 1 AS one"""
SEEN_USER: Final = visibility.BLOCKERS + "MATCH (u:User {n: $n}) WHERE " + visibility.USER + " RETURN 1 AS one"
SEEN_BOARD: Final = visibility.VIEWER + "MATCH (b:Board {n: $n}) WHERE " + visibility.BOARD + " RETURN 1 AS one"


async def follow_user(graph: Graph, by: UserN, n: UserN) -> None:
    """Raises NotFound, Invalid for oneself, Conflict over USER_FOLLOWS_MAX."""
    if by == n:
        raise Invalid("You cannot follow yourself.", ("userId",))
    await _follow(graph, FOLLOW_USER, by, n, outbox.event(Kind.FOLLOWED, user=by, target=n))


async def unfollow_user(graph: Graph, by: UserN, n: UserN) -> None:
    """Raises NotFound."""
    await _unfollow(graph, (UNFOLLOW_USER, SEEN_USER), by, n, outbox.event(Kind.UNFOLLOWED, user=by, target=n))


async def follow_board(graph: Graph, by: UserN, n: BoardN) -> None:
    """Raises NotFound, Conflict over USER_FOLLOWS_MAX."""
    await _follow(graph, FOLLOW_BOARD, by, n, outbox.event(Kind.FOLLOWED, user=by, board=n))


async def unfollow_board(graph: Graph, by: UserN, n: BoardN) -> None:
    """Raises NotFound when the Board is neither followed nor visible."""
    await _unfollow(graph, (UNFOLLOW_BOARD, SEEN_BOARD), by, n, outbox.event(Kind.UNFOLLOWED, user=by, board=n))


async def _follow(graph: Graph, query: LiteralString, by: UserN, n: int, event: Event) -> None:
    k = graph.keys.k()

    async def work(tx: Tx) -> None:
        locked = await tx.run(LOCK, viewer=by, k=k)
        held = locked[0]["held"] if locked else 0
        rows = await tx.run(query, viewer=by, n=n, k=k, held=held, most=USER_FOLLOWS_MAX)
        if not rows:
            raise NotFound("There is nothing here that you can follow.", (_field(event),))
        if rows[0]["fresh"]:
            if held >= USER_FOLLOWS_MAX:
                raise Conflict(f"You follow {USER_FOLLOWS_MAX}, which is the most. Unfollow somebody first.")
            await outbox.append(tx, event)

    await graph.write(work)


async def _unfollow(
    graph: Graph, queries: tuple[LiteralString, LiteralString], by: UserN, n: int, event: Event
) -> None:
    unfollow, seen = queries
    k = graph.keys.k()

    async def work(tx: Tx) -> None:
        if await tx.run(unfollow, viewer=by, n=n, k=k):
            await outbox.append(tx, event)
        elif not await tx.run(seen, viewer=by, n=n):
            raise NotFound("There is nothing here that you follow.", (_field(event),))

    await graph.write(work)


def _field(event: Event) -> str:
    return "userId" if event.board is None else "boardId"
