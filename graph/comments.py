"""Comments on Pins: seen by who sees the Pin, unless their author and the viewer are blocked."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final

from domain.errors import Conflict, Forbidden, NotFound
from domain.events import Kind
from domain.ids import CommentId, PinN, UserN, new_id
from domain.limits import PIN_COMMENTS_MAX
from domain.model import Comment
from domain.page import Page, PageArgs, PageItem
from graph import columns, outbox, visibility
from graph.client import Graph, Tx
from graph.keys import ms_of

_COLUMNS: Final = "[c.id, c.k, c.text, c.authorN, c.pinN]"
_AUTHOR: Final = "NOT coalesce(c.authorN, -2) IN blocked"

ADD: Final = (
    visibility.VIEWER
    + "MATCH (p:Pin {n: $p}) WHERE v IS NOT NULL AND "
    + visibility.PIN
    + """ SET p.lk = $k
WITH v, p, COUNT { (p)<-[:ON]-(:Comment) } AS held
FOREACH (_ IN CASE WHEN held < $most THEN [1] ELSE [] END |
  CREATE (v)-[:WROTE]->(:Comment {id: $id, k: $k, text: $text, authorN: v.n, pinN: p.n})-[:ON]->(p))
RETURN held"""
)
FIND: Final = (
    visibility.VIEWER
    + "MATCH (c:Comment {id: $id})-[:ON]->(p:Pin) WHERE "
    + visibility.PIN
    + " AND "
    + _AUTHOR
    + " RETURN coalesce(c.authorN, -2) = $viewer OR coalesce(p.creatorN, -2) = $viewer AS may"
)
# Whoever waited for the lock looks again: twice is not told twice.
DELETE: Final = """
MATCH (:Comment {id: $id})-[:ON]->(p) SET p.lk = $k
WITH p MATCH (p)<-[:ON]-(c:Comment {id: $id}) DETACH DELETE c RETURN 1 AS one"""
BY_IDS: Final = (
    visibility.VIEWER
    + "RETURN COLLECT { UNWIND $keys AS key MATCH (c:Comment {id: key})-[:ON]->(p:Pin) WHERE "
    + visibility.PIN
    + " AND "
    + _AUTHOR
    + " RETURN "
    + _COLUMNS
    + " } AS rows"
)
PAGES: Final = (
    visibility.VIEWER
    + "RETURN COLLECT { UNWIND $keys AS key MATCH (p:Pin {n: key[0]}) WHERE "
    + visibility.PIN
    + """ RETURN [key[2], COLLECT {
    MATCH (c:Comment) USING INDEX c:Comment(pinN, k) WHERE c.pinN = key[0] AND c.k < key[1] AND """
    + _AUTHOR
    + " WITH c ORDER BY c.pinN DESC, c.k DESC LIMIT $limit RETURN "
    + _COLUMNS
    + " }] } AS rows"
)
COUNTS: Final = (
    visibility.VIEWER
    + "RETURN COLLECT { UNWIND $ns AS n MATCH (p:Pin {n: n}) WHERE "
    + visibility.PIN
    + """ RETURN [n, COUNT { (p)<-[:ON]-() }
    - COUNT { MATCH (c:Comment) USING INDEX c:Comment(pinN, authorN) WHERE c.pinN = n AND c.authorN IN blocked }]
  } AS rows"""
)


async def add(graph: Graph, by: UserN, pin_n: PinN, text: str) -> Comment:
    """The new comment. Raises NotFound (no such Pin for them), Conflict over PIN_COMMENTS_MAX."""
    k, id_ = graph.keys.k(), CommentId(new_id("comment"))
    event = outbox.event(Kind.COMMENTED, user=by, pin=pin_n, subject=id_)

    async def work(tx: Tx) -> None:
        rows = await tx.run(ADD, viewer=by, p=pin_n, k=k, id=id_, text=text, most=PIN_COMMENTS_MAX)
        if not rows:
            raise NotFound("There is no such Pin.", ("pinId",))
        if rows[0]["held"] >= PIN_COMMENTS_MAX:
            raise Conflict(f"This Pin has {PIN_COMMENTS_MAX:,} comments, which is the most.", ("pinId",))
        await outbox.append(tx, event)

    await graph.write(work)
    return _comment_of([id_, k, text, by, pin_n])


async def delete(graph: Graph, by: UserN, id: CommentId) -> None:
    """Deletes a comment, by its author or by who made its Pin. Raises NotFound, Forbidden for anybody else."""
    k = graph.keys.k()

    async def work(tx: Tx) -> None:
        rows = await tx.run(FIND, viewer=by, id=id)
        if rows and not rows[0]["may"]:
            raise Forbidden("Only its author and who made the Pin can delete a comment.", ("commentId",))
        if not rows or not await tx.run(DELETE, id=id, k=k):
            raise NotFound("There is no such comment.", ("commentId",))

    await graph.write(work)


async def by_ids(graph: Graph, viewer: UserN, ids: Collection[CommentId]) -> list[Comment]:
    """Those of the comments that the viewer may see, in any order. One statement."""
    row = await graph.one(BY_IDS, viewer=viewer, keys=list(ids))
    return [_comment_of(found) for found in row["rows"]] if row else []


async def counts(graph: Graph, viewer: UserN, ns: Collection[PinN]) -> dict[PinN, int]:
    """How many comments of each Pin the viewer may see. Pins that they may not see are left out."""
    row = await graph.one(COUNTS, viewer=viewer, ns=list(ns))
    return {PinN(n): count for n, count in row["rows"]} if row else {}


async def pages(
    graph: Graph, viewer: UserN, keys: Sequence[tuple[PinN, PageArgs]]
) -> dict[tuple[PinN, PageArgs], Page[Comment]]:
    """A page of comments, newest first, for each (Pin, arguments). One statement.

    A Pin that the viewer may not see has an empty page.
    """
    wanted = [[n, columns.K_MAX if args.after is None else args.after, i] for i, (n, args) in enumerate(keys)]
    limit = max((args.first for _, args in keys), default=0) + 1
    row = await graph.one(PAGES, viewer=viewer, keys=wanted, limit=limit)
    found = dict(row["rows"]) if row else {}
    return {key: _page(found.get(i, []), key[1]) for i, key in enumerate(keys)}


def _page(rows: Sequence[Sequence[Any]], args: PageArgs) -> Page[Comment]:
    return Page.cut([PageItem(_comment_of(row), row[1]) for row in rows[: args.first + 1]], args)


def _comment_of(row: Sequence[Any]) -> Comment:
    id_, k, text, author_n, pin_n = row
    author = None if author_n is None else UserN(author_n)
    return Comment(CommentId(id_), text, author, PinN(pin_n), columns.moment(ms_of(k)))
