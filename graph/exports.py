"""Archives of all that is somebody's: asked for, made by the worker, kept for a day; and what goes into them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, LiteralString

from domain.errors import NotFound
from domain.ids import PinId, PinN, UserN, new_id
from domain.limits import EXPORT_ATTEMPTS_MAX, EXPORT_EVERY_S, EXPORT_LIFE_S
from graph import columns, telling, visibility
from graph.client import Graph, Tx

_PAGE: Final = 500
_PAGE_TIMEOUT_S: Final = 10.0

REQUEST: Final = """
MATCH (u:User {n: $viewer}) SET u.lk = $k
WITH u, head(COLLECT { MATCH (u)-[:ASKED_FOR]->(x:Export) WHERE x.state = 'WAITING' RETURN x.requestedAt }) AS waiting,
  head(COLLECT { MATCH (u)-[:ASKED_FOR]->(x:Export) WHERE x.state = 'READY' AND x.readyAt > $oldest
    RETURN [x.id, x.readyAt, x.requestedAt] ORDER BY x.readyAt DESC }) AS ready
WITH u, waiting, ready, waiting IS NULL AND (ready IS NULL OR ready[2] < $again) AS fresh
FOREACH (_ IN CASE WHEN fresh THEN [1] ELSE [] END |
  CREATE (u)-[:ASKED_FOR]->(:Export {id: $id, userN: u.n, state: 'WAITING', requestedAt: $at, attempts: 0}))
RETURN CASE WHEN fresh THEN $at ELSE coalesce(waiting, ready[2]) END AS requested, ready[0] AS id, ready[1] AS ready"""
WAITING: Final = """
MATCH (x:Export) USING INDEX x:Export(state) WHERE x.state = 'WAITING' WITH x ORDER BY x.requestedAt LIMIT 1
SET x.attempts = x.attempts + 1
SET x.state = CASE WHEN x.attempts > $most THEN 'FAILED' ELSE x.state END
RETURN x.id AS id, x.userN AS n, x.state AS state"""
READY: Final = """
MATCH (:User)-[:ASKED_FOR]->(x:Export {id: $id}) WHERE x.state = 'WAITING'
SET x.state = 'READY', x.readyAt = $at, x.bytes = $bytes
RETURN x.userN AS n"""
OLD: Final = """
MATCH (x:Export) WHERE x.state <> 'WAITING' AND coalesce(x.readyAt, x.requestedAt) < $before
RETURN collect(x.id)[..100] AS ids"""
FORGET: Final = "UNWIND $ids AS id MATCH (x:Export {id: id}) DETACH DELETE x"
OF_LEAVING: Final = "MATCH (:LeavingUser {n: $n})-[:ASKED_FOR]->(x:Export) RETURN collect(x.id) AS ids"

PROFILE: Final = """
MATCH (u:User {n: $viewer})
RETURN {id: u.id, username: u.username, displayName: u.displayName, email: u.email, bio: u.bio, createdAt: u.createdAt,
  avatar: head(COLLECT { MATCH (u)-[:AVATAR]->(i:Picture) RETURN {sha256: i.sha256, contentType: i.contentType} }),
  interests: COLLECT { MATCH (u)-[i:INTERESTED_IN]->(t:Topic) RETURN t.name ORDER BY i.pos },
  hiddenPins: COLLECT { MATCH (u)-[h:HID]->(p) RETURN p.id ORDER BY h.k },
  blockedUsers: COLLECT { MATCH (u)-[:BLOCKS]->(o:User) RETURN o.username },
  notificationsOff: {inApp: coalesce(u.inAppOff, []), push: coalesce(u.pushOff, [])},
  accessTokens: COLLECT { MATCH (u)-[:HAS_TOKEN]->(t:AccessToken) RETURN t.name },
  pushEndpoints: COLLECT { MATCH (u)-[:PUSHES_TO]->(e:PushEndpoint) RETURN e.url }} AS profile"""
_BOARD: Final = """{id: b.id, title: b.title, description: b.description, privacy: b.privacy, createdAt: b.createdAt,
  topic: head(COLLECT { MATCH (t:Topic {n: b.topicN}) RETURN t.name }),
  sections: COLLECT { MATCH (b)-[r:HAS_SECTION]->(s) RETURN {id: s.id, title: s.title} ORDER BY r.pos, s.id }}"""
BOARDS: Final = (
    "MATCH (:User {n: $viewer})-[:OWNS]->(b:Board) WHERE b.n > $after WITH b ORDER BY b.n LIMIT $limit "
    "RETURN collect([b.n, " + _BOARD + "]) AS rows"
)
SHARED: Final = (
    visibility.VIEWER
    + "RETURN COLLECT { MATCH (v)-[c:COLLABORATES]->(b:Board) WHERE b.n > $after AND "
    + visibility.BOARD
    + " WITH c, b ORDER BY b.n LIMIT $limit RETURN [b.n, {id: b.id, title: b.title, role: c.role, since: c.since}] }"
    " AS rows"
)
WORKED_ON: Final = """
MATCH (:User {n: $viewer})-[:OWNS|COLLABORATES|WORKED_ON]->(b:Board) WHERE b.n > $after
WITH DISTINCT b ORDER BY b.n LIMIT $limit RETURN collect(b.n) AS ns"""
# What somebody saved, and said of it, is theirs; what a Pin is, and where, only as far as they may see it.
SAVES: Final = (
    visibility.VIEWER
    + """MATCH (v)-[r:OWNS|COLLABORATES|WORKED_ON]->(b:Board {n: $board}) WITH v, mine, blocked, b,
  max(type(r) = 'OWNS') AS own, """
    + visibility.BOARD
    + """ AS there
RETURN COLLECT { CALL (mine, own) {
    MATCH ()-[h:HOLDS]->(p) USING INDEX h:HOLDS(b, k)
    WHERE h.b = $board AND h.k > $after AND (own OR h.by = $viewer)
    WITH h, p ORDER BY h.b, h.k LIMIT $limit RETURN h, p
    UNION ALL
    MATCH ()-[h:HOLDS_SECRET]->(p) USING INDEX h:HOLDS_SECRET(b, k)
    WHERE h.b = $board AND h.k > $after AND h.b IN mine AND (own OR h.by = $viewer)
    WITH h, p ORDER BY h.b, h.k LIMIT $limit RETURN h, p }
  WITH h, p, b, there, blocked, mine ORDER BY h.k LIMIT $limit
  RETURN [h.k, CASE WHEN p:Pin AND """
    + visibility.PIN
    + """ THEN {pinId: p.id, title: p.title, link: p.link} ELSE {} END,
    CASE WHEN there THEN {boardId: b.id} ELSE {} END,
    {note: CASE WHEN h.by = $viewer THEN h.note END, savedAt: h.k / 1048576, sectionId: h.sectionId}] } AS rows"""
)
PINS: Final = """
MATCH (p:Pin) USING INDEX p:Pin(creatorN, k) WHERE p.creatorN = $viewer AND p.k > $after
WITH p ORDER BY p.creatorN, p.k LIMIT $limit MATCH (p)-[:SHOWS]->(i:Picture)
RETURN collect([p.k, {id: p.id, title: p.title, description: p.description, altText: p.altText, link: p.link,
  topics: COLLECT { MATCH (p)-[a:ABOUT]->(t:Topic) RETURN t.name ORDER BY a.pos },
  createdAt: p.createdAt, sha256: i.sha256, contentType: i.contentType}]) AS rows"""
COMMENTS: Final = (
    visibility.VIEWER
    + """RETURN COLLECT { MATCH (v)-[:WROTE]->(c:Comment)-[:ON]->(p) WHERE c.k > $after
  WITH mine, blocked, c, p ORDER BY c.k LIMIT $limit RETURN [c.k, {id: c.id, text: c.text, createdAt: c.k / 1048576,
    pinId: CASE WHEN p:Pin AND """
    + visibility.PIN
    + " THEN p.id END}] } AS rows"
)
FOLLOWS: Final = (
    visibility.VIEWER
    + """RETURN COLLECT { CALL (v, mine, blocked) {
    MATCH (v)-[f:FOLLOWS]->(u:User) WHERE f.k > $after AND """
    + visibility.PERSON
    + """ RETURN f.k AS k, {id: u.id, name: u.username, since: f.k / 1048576} AS followed
    UNION ALL
    MATCH (v)-[f:FOLLOWS]->(b:Board) WHERE f.k > $after AND """
    + visibility.BOARD
    + """ RETURN f.k AS k, {id: b.id, name: b.title, since: f.k / 1048576} AS followed }
  WITH k, followed ORDER BY k LIMIT $limit RETURN [k, followed] } AS rows"""
)
REPORTS: Final = """
MATCH (:User {n: $viewer})-[:REPORTED]->(r:Report) WHERE r.k > $after WITH r ORDER BY r.k LIMIT $limit
RETURN collect([r.k, {id: r.id, kind: r.kind, text: r.text, state: r.state, at: r.k / 1048576}]) AS rows"""
TRASHED_PINS: Final = """
MATCH (p:TrashedPin) USING INDEX p:TrashedPin(creatorN, trashedK) WHERE p.creatorN = $viewer AND p.trashedK > $after
WITH p ORDER BY p.creatorN, p.trashedK LIMIT $limit MATCH (p)-[:SHOWS]->(i:Picture)
RETURN collect([p.trashedK, {id: p.id, title: p.title, description: p.description, altText: p.altText, link: p.link,
  createdAt: p.createdAt, trashedAt: p.trashedAt, sha256: i.sha256, contentType: i.contentType}]) AS rows"""
TRASHED_BOARDS: Final = """
MATCH (b:TrashedBoard) USING INDEX b:TrashedBoard(ownerN, trashedK) WHERE b.ownerN = $viewer AND b.trashedK > $after
WITH b ORDER BY b.ownerN, b.trashedK LIMIT $limit
RETURN collect([b.trashedK, {id: b.id, title: b.title, description: b.description, privacy: b.privacy,
  createdAt: b.createdAt, trashedAt: b.trashedAt}]) AS rows"""
LISTS: Final[dict[str, LiteralString]] = {
    "boards": BOARDS,
    "shared-boards": SHARED,
    "saves": SAVES,
    "pins": PINS,
    "comments": COMMENTS,
    "follows": FOLLOWS,
    "reports": REPORTS,
    "trashed-pins": TRASHED_PINS,
    "trashed-boards": TRASHED_BOARDS,
}
"""What an archive lists, each as a statement of one page; the saves of one Board."""
IDS: Final = (
    visibility.VIEWER + "RETURN COLLECT { UNWIND $ns AS n MATCH (p:Pin {n: n}) WHERE " + visibility.PIN + " "
    "RETURN [n, p.id] } AS rows"
)


@dataclass(frozen=True, slots=True)
class Requested:
    """When an archive was asked for, and the id of the last one that is ready, with when it became so."""

    at: datetime
    ready: str | None
    ready_at: datetime | None


async def request(graph: Graph, by: UserN, *, now: datetime) -> Requested:
    """Asks for an archive, unless one is being made or became ready within EXPORT_EVERY_S. Raises NotFound."""
    k, at = graph.keys.k(), columns.milliseconds(now)
    given = {"oldest": at - EXPORT_LIFE_S * 1000, "again": at - EXPORT_EVERY_S * 1000}

    async def work(tx: Tx) -> Requested:
        rows = await tx.run(REQUEST, viewer=by, k=k, id=new_id("export"), at=at, **given)
        if not rows:
            raise NotFound("Your account has been deleted.")
        row = rows[0]
        ready_at = None if row["ready"] is None else columns.moment(row["ready"])
        return Requested(columns.moment(row["requested"]), row["id"], ready_at)

    return await graph.write(work)


async def waiting(graph: Graph) -> tuple[str, UserN] | None:
    """The archive that has waited longest, and whose it is; one that failed EXPORT_ATTEMPTS_MAX times is given up."""

    async def work(tx: Tx) -> tuple[str, UserN] | None:
        rows = await tx.run(WAITING, most=EXPORT_ATTEMPTS_MAX)
        return (rows[0]["id"], UserN(rows[0]["n"])) if rows and rows[0]["state"] == "WAITING" else None

    return await graph.write(work)


async def ready(graph: Graph, id: str, *, size: int, now: datetime) -> bool:
    """The archive is in the store; its owner is told, once. False when nobody waits for it any more."""

    async def work(tx: Tx) -> bool:
        rows = await tx.run(READY, id=id, at=columns.milliseconds(now), bytes=size)
        if rows:
            await telling.tell_exported(tx, graph, UserN(rows[0]["n"]), id)
        return bool(rows)

    return await graph.write(work)


async def old(graph: Graph, *, now: datetime) -> list[str]:
    """Archives that are EXPORT_LIFE_S old, at most 100."""
    row = await graph.one(OLD, before=columns.milliseconds(now) - EXPORT_LIFE_S * 1000)
    return list(row["ids"]) if row else []


async def of_leaving(graph: Graph, n: UserN) -> list[str]:
    """The archives of an account that is leaving."""
    row = await graph.one(OF_LEAVING, n=n)
    return list(row["ids"]) if row else []


async def forget(graph: Graph, ids: Sequence[str]) -> None:
    """Forgets archives whose files are gone."""

    async def work(tx: Tx) -> None:
        await tx.run(FORGET, ids=list(ids))

    await graph.write(work)


async def profile(graph: Graph, n: UserN) -> dict[str, Any] | None:
    """The account itself; None when it is gone."""
    row = await graph.one(PROFILE, viewer=n)
    return dict(row["profile"]) if row else None


async def rows(graph: Graph, n: UserN, name: str) -> AsyncIterator[dict[str, Any]]:
    """Everything of one kind (a key of LISTS) that is the User's, read a page at a time."""
    if name != "saves":
        async for item in _listed(graph, LISTS[name], n):
            yield item[0]
        return
    after = -1
    while True:
        row = await graph.one(WORKED_ON, viewer=n, after=after, limit=_PAGE)
        boards = row["ns"] if row else []
        for after in boards:
            async for parts in _listed(graph, SAVES, n, board=after):
                yield {key: value for part in parts for key, value in part.items()}
        if len(boards) < _PAGE:
            return


async def ids(graph: Graph, n: UserN, ns: Collection[PinN]) -> dict[PinN, PinId]:
    """The ids of those of the Pins that the User may see."""
    row = await graph.one(IDS, viewer=n, ns=list(ns))
    return {PinN(each): PinId(id_) for each, id_ in row["rows"]} if row else {}


async def _listed(graph: Graph, statement: LiteralString, n: UserN, **params: Any) -> AsyncIterator[list[Any]]:
    after = -1
    while True:
        row = await graph.one(statement, viewer=n, after=after, limit=_PAGE, timeout_s=_PAGE_TIMEOUT_S, **params)
        page = row["rows"] if row else []
        for after, *parts in page:  # noqa: B007 - the last one's is where the next page begins
            yield parts
        if len(page) < _PAGE:
            return
