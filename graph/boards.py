"""Boards: creation, change, deletion, privacy; counts, roles."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

from domain.errors import Conflict, NotFound
from domain.events import Kind
from domain.ids import BoardId, BoardN, PinN, TopicId, UserN, new_id
from domain.limits import USER_BOARDS_MAX
from domain.model import UNSET, Board, BoardCounts, BoardPrivacy, BoardRole, Unset
from graph import columns, outbox, publicity, trash, visibility, words
from graph.client import LONG_WRITE_TIMEOUT_S, Graph, Tx

LOCK_OWNER: Final = """
MATCH (u:User {n: $owner}) SET u.lk = $k
RETURN COUNT { (u)-[:OWNS]->(:Board) } AS held"""
TOPIC: Final = "MATCH (t:Topic {id: $id}) RETURN t.n AS n"
CREATE: Final = (
    """
MATCH (u:User {n: $owner})
CREATE (u)-[:OWNS {k: $k}]->(b:Board {id: $id, n: $n, title: $title, description: $description, privacy: $privacy,
  ownerN: $owner, topicN: $topic_n, createdAt: $at, updatedAt: $at, folded: $folded, stemmed: $stemmed})
RETURN """
    + columns.BOARD
    + " AS board"
)
LOCK_OWNED: Final = """
MATCH (:User {n: $by})-[:OWNS]->(b:Board {n: $b}) SET b.lk = $k
WITH b WHERE b:Board  // It may have gone to the trash while this waited for its lock.
RETURN b.privacy AS privacy, b.title AS title, b.description AS description"""
HELD: Final = """
MATCH (:User {n: $by})-[:OWNS]->(b:Board {n: $b})
RETURN EXISTS { MATCH ()-[h:HOLDS]->() USING INDEX h:HOLDS(b, p) WHERE h.b = $b AND h.p = $p }
    OR EXISTS { MATCH ()-[h:HOLDS_SECRET]->() USING INDEX h:HOLDS_SECRET(b, p) WHERE h.b = $b AND h.p = $p } AS held"""
UPDATE: Final = (
    "MATCH (:User {n: $by})-[:OWNS]->(b:Board {n: $b}) SET b += $fields, b.updatedAt = $at RETURN "
    + columns.BOARD
    + " AS board"
)
CLOSE: Final = """
MATCH (:User {n: $by})-[:OWNS]->(b:Board {n: $b}) SET b.privacy = 'SECRET', b.lastAt = null
WITH b CALL (b) { MATCH (b)-[h:HOLDS]->(p) CREATE (b)-[s:HOLDS_SECRET]->(p) SET s = properties(h) DELETE h }"""
# The creators whose Pins are on no public Board now, and their Pictures.
CLOSED: Final = """
MATCH (:User {n: $by})-[:OWNS]->(b:Board {n: $b})
WITH b MATCH (b)-[:HOLDS_SECRET]->(p) WHERE NOT EXISTS { (p)<-[:HOLDS]-() }
MATCH (p)-[:SHOWS]->(i)
RETURN collect(DISTINCT p.creatorN) AS ns, collect(DISTINCT i.sha256) AS hashes"""
# Pins that are on no public Board and somebody else's: only their creators may show them.
NOT_THEIRS_TO_SHOW: Final = """
MATCH (:User {n: $by})-[:OWNS]->(b:Board {n: $b})
WITH b MATCH (b)-[:HOLDS_SECRET]->(p) WHERE NOT EXISTS { (p)<-[:HOLDS]-() }
RETURN sum(CASE WHEN coalesce(p.creatorN, -2) <> $by THEN 1 ELSE 0 END) AS n, collect(DISTINCT p.creatorN) AS ns"""
OPEN: Final = """
MATCH (:User {n: $by})-[:OWNS]->(b:Board {n: $b}) SET b.privacy = 'PUBLIC'
WITH b CALL (b) { MATCH (b)-[s:HOLDS_SECRET]->(p) CREATE (b)-[h:HOLDS]->(p) SET h = properties(s) DELETE s }"""
OPEN_PINS: Final = """
MATCH (:User {n: $by})-[:OWNS]->(b:Board {n: $b})
MATCH (b)-[h:HOLDS]->(p) WHERE p.openedK IS NULL SET p.openedK = h.k, p.k = h.k
WITH p MATCH (p)-[a:ABOUT]->() SET a.k = p.k"""
TRASH: Final = """
MATCH (:User {n: $by})-[:OWNS]->(b:Board {n: $b})
SET b.trashedAt = $at, b.trashedK = $k, b.lastAt = null, b.orphans = true SET b:TrashedBoard REMOVE b:Board
WITH b, COLLECT { MATCH (b)-[:HOLDS]->(p) WHERE COUNT { (p)<-[:HOLDS]-() } = 1
  RETURN [p.creatorN, head(COLLECT { MATCH (p)-[:SHOWS]->(i) RETURN i.sha256 })] } AS closed
CALL (b) { MATCH (b)-[h:HOLDS|HOLDS_SECRET]->(p)
  CREATE (b)-[t:TRASHED]->(p) SET t = properties(h), t.secret = (type(h) = 'HOLDS_SECRET') DELETE h }
RETURN closed"""
_SEEN: Final = " WHERE " + visibility.BOARD + " RETURN " + columns.BOARD + " } AS rows"
BY_NS: Final = visibility.VIEWER + "RETURN COLLECT { UNWIND $keys AS key MATCH (b:Board {n: key})" + _SEEN
BY_IDS: Final = visibility.VIEWER + "RETURN COLLECT { UNWIND $keys AS key MATCH (b:Board {id: key})" + _SEEN
COUNTS: Final = (
    visibility.VIEWER
    + "RETURN COLLECT { UNWIND $ns AS n MATCH (b:Board {n: n}) WHERE "
    + visibility.BOARD
    + """ WITH n, b, blocked, COUNT { (b)-[:HOLDS]->() }
      + CASE WHEN n IN mine THEN COUNT { (b)-[:HOLDS_SECRET]->() } ELSE 0 END AS held
  RETURN [n, CASE WHEN size(blocked) = 0 OR held > $telling THEN held
      ELSE COUNT { (b)-[:HOLDS|HOLDS_SECRET]->(p) WHERE NOT coalesce(p.creatorN, -2) IN blocked } END,
    COUNT { (b)<-[:FOLLOWS]-() }
      - COUNT { UNWIND blocked AS x MATCH (:User {n: x})-[:FOLLOWS]->(b) RETURN x }] } AS rows"""
)
ROLES: Final = """
MATCH (v:User {n: $viewer})
RETURN COLLECT { UNWIND $ns AS n MATCH (b:Board {n: n})<-[r:OWNS|COLLABORATES]-(v)
  RETURN [n, coalesce(r.role, 'OWNER')] } AS rows"""
FOLLOWS: Final = """
MATCH (v:User {n: $viewer}) WITH v.id AS me
RETURN COLLECT { UNWIND $ns AS n MATCH (b:Board {n: n}) WITH n, b.id AS id
  MATCH ()-[f:FOLLOWS]->() USING INDEX f:FOLLOWS(s, t) WHERE f.s = me AND f.t = id RETURN n } AS rows"""


async def create(
    graph: Graph,
    *,
    owner: UserN,
    title: str,
    description: str | None = None,
    privacy: BoardPrivacy = BoardPrivacy.PUBLIC,
    topic_id: TopicId | None = None,
    now: datetime | None = None,
) -> Board:
    """The new Board. Raises Conflict over USER_BOARDS_MAX, NotFound for an unknown topic."""
    n, k, id_, at = await graph.keys.board(), graph.keys.k(), new_id("board"), columns.milliseconds(now)
    event = outbox.event(Kind.BOARD_CREATED, user=owner, board=n)

    async def work(tx: Tx) -> Board:
        rows = await tx.run(LOCK_OWNER, owner=owner, k=k)
        if not rows:
            raise NotFound("There is no such user.")
        if rows[0]["held"] >= USER_BOARDS_MAX:
            raise Conflict(f"You have {USER_BOARDS_MAX} boards, which is the most. Delete one first.")
        rows = await tx.run(
            CREATE,
            owner=owner,
            k=k,
            id=id_,
            n=n,
            title=title,
            description=description,
            privacy=privacy.value,
            topic_n=await _topic_n(tx, topic_id),
            at=at,
            folded=words.fold(title, description),
            stemmed=words.stem(title, description),
        )
        await outbox.append(tx, event)
        return columns.board_of(rows[0]["board"])

    return await graph.write(work)


async def update(
    graph: Graph,
    *,
    by: UserN,
    board_n: BoardN,
    title: str | Unset = UNSET,
    description: str | Unset | None = UNSET,
    privacy: BoardPrivacy | Unset = UNSET,
    topic_id: TopicId | Unset | None = UNSET,
    cover_pin_n: PinN | Unset | None = UNSET,
) -> Board:
    """The Board with the given fields changed, by its owner; what is UNSET stays, None clears.

    A change of privacy moves every save to the other type in the same transaction.
    Raises NotFound when the Board is not theirs (or the topic or cover unknown), Conflict when it would become public
    while it holds Pins of others that are on no public Board (the message says how many).
    """
    k, at = graph.keys.k(), columns.milliseconds()
    given = {"title": title, "description": description, "coverN": cover_pin_n}
    fields = {name: value for name, value in given.items() if value is not UNSET}
    turned = outbox.event(Kind.PRIVACY, user=by, board=board_n)
    updated = outbox.event(Kind.BOARD_UPDATED, user=by, board=board_n)

    async def work(tx: Tx) -> Board:
        now = (await _locked(tx, by, board_n, k)) | {}
        changes: dict[str, Any] = dict(fields)
        if topic_id is not UNSET:
            changes["topicN"] = await _topic_n(tx, topic_id)
        if isinstance(cover_pin_n, int) and not (await tx.run(HELD, by=by, b=board_n, p=cover_pin_n))[0]["held"]:
            raise NotFound("The cover must be a Pin on this board.", ("coverPinId",))
        if "title" in changes or "description" in changes:
            texts = (changes.get("title", now["title"]), changes.get("description", now["description"]))
            changes |= {"folded": words.fold(*texts), "stemmed": words.stem(*texts)}
        if privacy is not UNSET and privacy.value != now["privacy"]:
            await _turn(tx, by, board_n, privacy, k)
            await outbox.append(tx, turned)
        rows = await tx.run(UPDATE, by=by, b=board_n, fields=changes, at=at)
        if changes:
            await outbox.append(tx, updated)
        return columns.board_of(rows[0]["board"])

    return await graph.write(work, timeout_s=LONG_WRITE_TIMEOUT_S)


async def delete(graph: Graph, by: UserN, board_n: BoardN) -> None:
    """Takes the Board and its saves out of every read, for 30 days restorable. Raises NotFound.

    Its owner's own Pins that are on no other Board go to the trash with it; all other Pins stay.
    """
    k, at = graph.keys.k(), columns.milliseconds()
    event = outbox.event(Kind.BOARD_DELETED, user=by, board=board_n)

    async def work(tx: Tx) -> None:
        await _locked(tx, by, board_n, k)
        closed = (await tx.run(TRASH, by=by, b=board_n, at=at, k=k))[0]["closed"]
        await publicity.close_pictures(tx, [picture for _, picture in closed if picture], k)
        await publicity.recount_creators(tx, {creator for creator, _ in closed}, k)
        await outbox.append(tx, event)

    await graph.write(work, timeout_s=LONG_WRITE_TIMEOUT_S)
    await trash.trash_orphans(graph, by, board_n, steps=2)  # The worker does the rest.


async def by_ns(graph: Graph, viewer: UserN, ns: Collection[BoardN]) -> list[Board]:
    """Those of the Boards that the viewer may see, in any order. One statement."""
    row = await graph.one(BY_NS, viewer=viewer, keys=list(ns))
    return [columns.board_of(board) for board in row["rows"]] if row else []


async def by_ids(graph: Graph, viewer: UserN, ids: Collection[BoardId]) -> list[Board]:
    """Those of the Boards that the viewer may see, in any order. One statement."""
    row = await graph.one(BY_IDS, viewer=viewer, keys=list(ids))
    return [columns.board_of(board) for board in row["rows"]] if row else []


async def counts(graph: Graph, viewer: UserN, ns: Collection[BoardN]) -> dict[BoardN, BoardCounts]:
    """Pins and followers of each Board that the viewer may see; Pins by who is blocked count only past TELLING_MAX."""
    row = await graph.one(COUNTS, viewer=viewer, ns=list(ns), telling=visibility.TELLING_MAX)
    return {BoardN(n): BoardCounts(pins, followers) for n, pins, followers in row["rows"]} if row else {}


async def roles(graph: Graph, viewer: UserN, ns: Collection[BoardN]) -> dict[BoardN, BoardRole]:
    """The viewer's role on each Board that they own or work on."""
    row = await graph.one(ROLES, viewer=viewer, ns=list(ns))
    return {BoardN(n): BoardRole(role) for n, role in row["rows"]} if row else {}


async def follows(graph: Graph, viewer: UserN, ns: Collection[BoardN]) -> set[BoardN]:
    """Which of the Boards the viewer follows."""
    row = await graph.one(FOLLOWS, viewer=viewer, ns=list(ns))
    return set(row["rows"]) if row else set()


async def _locked(tx: Tx, by: UserN, board_n: BoardN, k: int) -> dict[str, Any]:
    rows = await tx.run(LOCK_OWNED, by=by, b=board_n, k=k)
    if not rows:
        raise NotFound("There is no such board among yours.", ("boardId",))
    return rows[0]


async def _topic_n(tx: Tx, topic_id: TopicId | None) -> int | None:
    if topic_id is None:
        return None
    rows = await tx.run(TOPIC, id=topic_id)
    if not rows:
        raise NotFound("There is no such topic.", ("topicId",))
    return int(rows[0]["n"])


async def _turn(tx: Tx, by: UserN, board_n: BoardN, privacy: BoardPrivacy, k: int) -> None:
    """Moves every save to the type of the new privacy, and sets what goes by publicity."""
    if privacy is BoardPrivacy.SECRET:
        await tx.run(CLOSE, by=by, b=board_n)
        closed = (await tx.run(CLOSED, by=by, b=board_n))[0]
        await publicity.close_pictures(tx, closed["hashes"], k)
        creators = closed["ns"]
    else:
        found = (await tx.run(NOT_THEIRS_TO_SHOW, by=by, b=board_n))[0]
        if found["n"]:
            raise Conflict(
                f"This board holds {found['n']} Pins of other people that are on no public board. "
                "Take them off the board first.",
                ("privacy",),
            )
        creators = found["ns"]
        await tx.run(OPEN, by=by, b=board_n)
        await tx.run(OPEN_PINS, by=by, b=board_n)
        await publicity.recount_boards(tx, [board_n])
    await publicity.recount_creators(tx, creators, k)
