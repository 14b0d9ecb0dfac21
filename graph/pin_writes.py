"""Making, changing, deleting and hiding Pins."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from domain.acts import HIDE_WEIGHT
from domain.errors import Conflict, Forbidden, Invalid, NotFound
from domain.events import Kind
from domain.ids import BoardN, PinN, SectionId, TopicId, UploadId, UserN, new_id
from domain.limits import BOARD_PINS_MAX, HIDDEN_PINS_MAX, PIN_TOPICS_MAX
from domain.model import UNSET, PinStatus, Unset
from graph import columns, engagement, outbox, pictures, publicity, uploads, visibility, words
from graph.client import LONG_WRITE_TIMEOUT_S, Graph, Tx
from graph.keys import ms_of
from graph.pictures import NewPicture

_TRASH_BATCH: Final = 5_000  # Edges a transaction: the memory of one bears about 10,000.

REQUEST: Final = """
MERGE (r:Request {key: $key}) ON CREATE SET r.pin = $n, r.at = $at
RETURN r.pin AS pin"""
MADE_WITH: Final = "MATCH (r:Request {key: $key}) MATCH (p:Pin {n: r.pin}) RETURN p.n AS n"
LOCK_BOARD: Final = """
MATCH (u:User {n: $by})-[r:OWNS|COLLABORATES]->(b:Board {n: $b}) WHERE type(r) = 'OWNS' OR r.role = 'EDITOR'
WITH b LIMIT 1
SET b.lk = $k
WITH b WHERE b:Board
RETURN b.privacy = 'PUBLIC' AS public, CASE WHEN coalesce(b.lastK, 0) >= $k THEN b.lastK + 1 ELSE $k END AS k,
  COUNT { (b)-[:HOLDS]->() } + COUNT { (b)-[:HOLDS_SECRET]->() } AS held, coalesce(b.arranged, false) AS arranged,
  $section IS NULL OR EXISTS { (b)-[:HAS_SECTION]->(:Section {id: $section}) } AS placed"""
CREATE: Final = """
MATCH (u:User {n: $by}), (i:Picture {sha256: $sha256})
CREATE (u)-[:CREATED]->(p:Pin)-[:SHOWS]->(i) SET p = $pin
WITH u, p MATCH (u)-[:OWNS|COLLABORATES]->(b:Board {n: $b}) WITH u, p, b LIMIT 1
SET b.lastK = p.k
FOREACH (_ IN CASE WHEN $public THEN [1] ELSE [] END |
  CREATE (b)-[h:HOLDS]->(p) SET h = $save, b.lastAt = p.k, u.lk = p.k,
    u.lastPinAt = CASE WHEN coalesce(u.lastPinAt, 0) > p.k THEN u.lastPinAt ELSE p.k END)
FOREACH (_ IN CASE WHEN $public THEN [] ELSE [1] END | CREATE (b)-[h:HOLDS_SECRET]->(p) SET h = $save)"""
FIND: Final = (
    visibility.VIEWER
    + "MATCH (p:Pin {n: $p}) WHERE "
    + visibility.PIN
    + " RETURN coalesce(p.creatorN, -2) = $viewer AS theirs, p.title AS title, p.description AS description, "
    "p.altText AS alt_text"
)
UPDATE: Final = "MATCH (p:Pin {n: $p})<-[:CREATED]-(:User {n: $by}) SET p += $fields, p.lk = $k"
DROP_TOPICS: Final = "MATCH (p:Pin {n: $p})-[a:ABOUT]->() DELETE a"
ADD_TOPICS: Final = """
MATCH (p:Pin {n: $p}) UNWIND range(0, size($ids) - 1) AS pos
MATCH (t:Topic {id: $ids[pos]}) CREATE (p)-[:ABOUT {t: t.n, k: p.k, pos: pos}]->(t) RETURN t.n AS n"""
TRASH: Final = """
MATCH (p:Pin {n: $p})<-[:CREATED]-(:User {n: $by}) SET p.lk = $k
WITH p WHERE p:Pin
SET p.trashedAt = $at, p.trashedK = $k SET p:TrashedPin REMOVE p:Pin
WITH p MATCH (p)-[:SHOWS]->(i) RETURN i.sha256 AS picture"""
# A deletion reaches every Board, whosever it is; nothing of them is returned to anybody.
LOCK_HOLDERS: Final = """
MATCH (p:TrashedPin {n: $p})<-[:CREATED]-(:User {n: $by})
MATCH (p)<-[:HOLDS|HOLDS_SECRET]-(b) WITH b LIMIT $limit WITH b ORDER BY b.n SET b.lk = $k
RETURN collect(b.n) AS ns"""
TRASH_SAVES: Final = """
MATCH (p:TrashedPin {n: $p})<-[:CREATED]-(:User {n: $by}) UNWIND $ns AS n MATCH (b:Board {n: n})
MATCH (b)-[h:HOLDS|HOLDS_SECRET]->(p)
CREATE (b)-[t:TRASHED]->(p) SET t = properties(h), t.secret = (type(h) = 'HOLDS_SECRET') DELETE h"""
LEFT_ON: Final = """
MATCH (p:TrashedPin {n: $p})<-[:CREATED]-(u:User) WHERE EXISTS { (p)<-[:HOLDS|HOLDS_SECRET]-() }
MATCH (p)-[:SHOWS]->(i) RETURN u.n AS by, i.sha256 AS picture LIMIT 1"""
HIDE: Final = """
MATCH (v:User {n: $viewer}) SET v.lk = $k WITH v, COUNT { (v)-[:HID]->() } AS held
MATCH (p:Pin {n: $p}) WITH v, p, held, EXISTS { (v)-[:HID]->(p) } AS old
FOREACH (_ IN CASE WHEN old OR held >= $most THEN [] ELSE [1] END | CREATE (v)-[:HID {k: $k}]->(p))
RETURN old, NOT old AND held >= $most AS full"""
UNHIDE: Final = "MATCH (p:Pin {n: $p})<-[h:HID]-(:User {n: $viewer}) WITH h, h.k AS k DELETE h RETURN k"

MARK: Final = """
UNWIND $ns AS n MATCH (p:Pin {n: n}) SET p.lk = $k
WITH p, p.status AS was, CASE WHEN p.status = 'READY' AND $status = 'FAILED' THEN 'READY' ELSE $status END AS status,
     coalesce(p.quiet, false) AS quiet, coalesce(p.announced, false) AS announced
WITH p, status, NOT quiet AND status = 'READY' AND NOT announced AS ready,
     NOT quiet AND status = 'FAILED' AND was <> 'FAILED' AS failed
SET p.status = status, p.lookVersion = coalesce($look, p.lookVersion), p.textVersion = coalesce($text, p.textVersion)
FOREACH (_ IN CASE WHEN ready THEN [1] ELSE [] END | SET p.announced = true)
RETURN collect(CASE WHEN ready OR failed THEN [p.n, p.creatorN] END) AS news"""


@dataclass(frozen=True, slots=True)
class NewPin:
    """What a Pin is made of. `upload_id`, when given, must be the maker's own, arrived and unused; it is used up."""

    board_n: BoardN
    title: str
    picture: NewPicture
    description: str | None = None
    alt_text: str | None = None
    link: str | None = None
    topic_ids: tuple[TopicId, ...] = ()
    section_id: SectionId | None = None
    upload_id: UploadId | None = None


async def create(
    graph: Graph, new: NewPin, *, by: UserN, idempotency_key: str | None = None, now: datetime | None = None
) -> PinN:
    """The new Pin on its Board; the same key from the same User gives the same Pin.

    Raises NotFound (field names which: boardId, sectionId, topicIds, image) when the Board is not theirs to add to,
    Conflict when the Board is full or the upload was used.
    """
    n, k, at = await graph.keys.pin(), graph.keys.k(), columns.milliseconds(now)
    topic_ids = _topics(new.topic_ids)
    pin = _properties(new, n, by, at)
    save_id = new_id("save")
    event = outbox.event(Kind.PIN_CREATED, user=by, board=new.board_n, pin=n)

    async def work(tx: Tx) -> PinN:
        if idempotency_key is not None:
            made = (await tx.run(REQUEST, key=_request_key(by, idempotency_key), n=n, at=at))[0]["pin"]
            if made != n:
                return PinN(made)
        if new.upload_id is not None:
            await uploads.use(tx, new.upload_id, by)
        board = _addable(await tx.run(LOCK_BOARD, by=by, b=new.board_n, k=k, section=new.section_id))
        place = board["k"]
        await pictures.merge(tx, new.picture, k=k)
        await tx.run(
            CREATE,
            by=by,
            sha256=new.picture.sha256,
            b=new.board_n,
            public=board["public"],
            pin=pin | {"k": place, "openedK": place if board["public"] else None},
            save={
                "b": new.board_n,
                "p": n,
                "k": place,
                "id": save_id,
                "by": by,
                "sectionId": new.section_id,
                "pos": place if board["arranged"] else None,
            },
        )
        await _add_topics(tx, n, topic_ids)
        await outbox.append(tx, event)
        return n

    return await graph.write(work)


async def made_with(graph: Graph, by: UserN, idempotency_key: str) -> PinN | None:
    """The Pin that this User made with this key before, if it is still there: asks nothing of the picture."""
    row = await graph.one(MADE_WITH, key=_request_key(by, idempotency_key))
    return PinN(row["n"]) if row else None


async def update(
    graph: Graph,
    *,
    by: UserN,
    pin_n: PinN,
    title: str | Unset = UNSET,
    description: str | Unset | None = UNSET,
    alt_text: str | Unset | None = UNSET,
    link: str | Unset | None = UNSET,
    topic_ids: Sequence[TopicId] | Unset = UNSET,
) -> None:
    """Changes the given fields, by the Pin's creator. Raises NotFound (invisible) or Forbidden (not the creator)."""
    k = graph.keys.k()
    given = {"title": title, "description": description, "altText": alt_text, "link": link}
    fields: dict[str, Any] = {name: value for name, value in given.items() if value is not UNSET}
    ids = None if isinstance(topic_ids, Unset) else _topics(topic_ids)
    event = outbox.event(Kind.PIN_UPDATED, user=by, pin=pin_n)

    async def work(tx: Tx) -> None:
        now = await _theirs(tx, by, pin_n)
        changes = dict(fields)
        if fields.keys() & {"title", "description", "altText"}:
            texts = (
                fields.get("title", now["title"]),
                fields.get("description", now["description"]),
                fields.get("altText", now["alt_text"]),
            )
            changes |= {"folded": words.fold(*texts), "stemmed": words.stem(*texts), "textVersion": ""}
        await tx.run(UPDATE, by=by, p=pin_n, fields=changes, k=k)
        if ids is not None:
            await tx.run(DROP_TOPICS, p=pin_n)
            await _add_topics(tx, pin_n, ids)
        if changes or ids is not None:
            await outbox.append(tx, event)

    await graph.write(work)


async def delete(graph: Graph, by: UserN, pin_n: PinN) -> None:
    """Takes the Pin off every Board and out of every read, for 30 days restorable. Raises NotFound or Forbidden.

    The Pin is gone for everybody with the first transaction. One that is on more than 5,000 Boards leaves them in
    several, each with its event.
    """
    at, k = columns.milliseconds(), graph.keys.k()

    async def first(tx: Tx) -> tuple[int, str]:
        await _theirs(tx, by, pin_n)
        rows = await tx.run(TRASH, by=by, p=pin_n, at=at, k=k)
        if not rows:
            raise NotFound("There is no such Pin.", ("pinId",))  # Another deletion was first.
        picture = str(rows[0]["picture"])
        return await _take_off(tx, graph, by, pin_n, picture), picture

    async def rest(tx: Tx) -> int:
        return await _take_off(tx, graph, by, pin_n, picture)

    left, picture = await graph.write(first, timeout_s=LONG_WRITE_TIMEOUT_S)
    while left == _TRASH_BATCH:
        left = await graph.write(rest, timeout_s=LONG_WRITE_TIMEOUT_S)


async def take_off_rest(graph: Graph, pin_n: PinN) -> None:
    """Takes a deleted Pin off Boards that it was being saved to while it was deleted. Safe to repeat."""
    while row := await graph.one(LEFT_ON, p=pin_n):
        by, picture = UserN(row["by"]), str(row["picture"])

        async def work(tx: Tx, by: UserN = by, picture: str = picture) -> int:
            return await _take_off(tx, graph, by, pin_n, picture)

        await graph.write(work, timeout_s=LONG_WRITE_TIMEOUT_S)


async def hide(graph: Graph, by: UserN, pin_n: PinN) -> None:
    """The viewer is not shown this Pin again, and it trends less. Twice is once. Raises NotFound, Conflict over
    HIDDEN_PINS_MAX."""
    k = graph.keys.k()
    event = outbox.event(Kind.HID, user=by, pin=pin_n)

    async def work(tx: Tx) -> None:
        if not await tx.run(FIND, viewer=by, p=pin_n):
            raise NotFound("There is no such Pin.", ("pinId",))
        row = (await tx.run(HIDE, viewer=by, p=pin_n, k=k, most=HIDDEN_PINS_MAX))[0]
        if row["full"]:
            raise Conflict(f"You have hidden {HIDDEN_PINS_MAX} Pins, which is the most. Show some again first.")
        if not row["old"]:
            await engagement.warm(tx, {pin_n: HIDE_WEIGHT}, now_ms=event.at_ms)
            await outbox.append(tx, event)

    await graph.write(work)


async def unhide(graph: Graph, by: UserN, pin_n: PinN) -> None:
    """Takes the hiding back. Twice is once."""
    event = outbox.event(Kind.UNHID, user=by, pin=pin_n)

    async def work(tx: Tx) -> None:
        rows = await tx.run(UNHIDE, viewer=by, p=pin_n)
        if rows:
            left = engagement.decayed(-HIDE_WEIGHT, event.at_ms - ms_of(rows[0]["k"]))
            await engagement.warm(tx, {pin_n: left}, now_ms=event.at_ms)
            await outbox.append(tx, event)

    await graph.write(work)


async def mark(
    graph: Graph, ns: Collection[PinN], *, status: PinStatus, look: str | None = None, text: str | None = None
) -> None:
    """Records the status, and the embedder versions whose vectors are in the indexes (None leaves one as it is).

    The first READY of a Pin writes one PIN_READY event, FAILED one PIN_FAILED; imported Pins write neither. A READY
    Pin stays READY when it is marked FAILED. Pins that are gone are ignored.
    """
    k = graph.keys.k()
    kind = Kind.PIN_READY if status is PinStatus.READY else Kind.PIN_FAILED

    async def work(tx: Tx) -> None:
        rows = await tx.run(MARK, ns=sorted(ns), k=k, status=status.value, look=look, text=text)
        events = [outbox.event(kind, user=creator, pin=n) for n, creator in rows[0]["news"]]
        if events:
            await outbox.append_all(tx, events)

    await graph.write(work)


async def _take_off(tx: Tx, graph: Graph, by: UserN, pin_n: PinN, picture: str) -> int:
    k = graph.keys.k()
    ns = (await tx.run(LOCK_HOLDERS, by=by, p=pin_n, limit=_TRASH_BATCH, k=k))[0]["ns"]
    await tx.run(TRASH_SAVES, by=by, p=pin_n, ns=ns)
    await publicity.recount_boards(tx, ns)
    await publicity.close_pictures(tx, [picture], k)
    await publicity.recount_creators(tx, [by], k)
    await outbox.append(tx, outbox.event(Kind.PIN_DELETED, user=by, pin=pin_n))
    return len(ns)


async def _theirs(tx: Tx, by: UserN, pin_n: PinN) -> dict[str, Any]:
    rows = await tx.run(FIND, viewer=by, p=pin_n)
    if not rows:
        raise NotFound("There is no such Pin.", ("pinId",))
    if not rows[0]["theirs"]:
        raise Forbidden("Only who made a Pin can change it. Take it off your board instead.", ("pinId",))
    return rows[0]


async def _add_topics(tx: Tx, pin_n: PinN, ids: list[TopicId]) -> None:
    if ids and len(await tx.run(ADD_TOPICS, p=pin_n, ids=ids)) != len(ids):
        raise NotFound("One of these topics does not exist.", ("topicIds",))


def _addable(rows: list[dict[str, Any]]) -> dict[str, Any]:
    if not rows:
        raise NotFound("There is no such board among yours.", ("boardId",))
    if not rows[0]["placed"]:
        raise NotFound("This board has no such section.", ("sectionId",))
    if rows[0]["held"] >= BOARD_PINS_MAX:
        raise Conflict(f"This board holds {BOARD_PINS_MAX} Pins, which is the most. Use another board.", ("boardId",))
    return rows[0]


def _topics(ids: Sequence[TopicId]) -> list[TopicId]:
    if len(set(ids)) > PIN_TOPICS_MAX:
        raise Invalid(f"At most {PIN_TOPICS_MAX} topics. Choose fewer.", ("topicIds",))
    return list(dict.fromkeys(ids))


def _request_key(by: UserN, key: str) -> str:
    return f"{by}:{key}"


def _properties(new: NewPin, n: PinN, by: UserN, at: int) -> dict[str, Any]:
    return {
        "id": new_id("pin"),
        "n": n,
        "title": new.title,
        "description": new.description,
        "altText": new.alt_text,
        "link": new.link,
        "createdAt": at,
        "status": PinStatus.PROCESSING.value,
        "creatorN": by,
        "folded": words.fold(new.title, new.description, new.alt_text),
        "stemmed": words.stem(new.title, new.description, new.alt_text),
        "lookVersion": "",
        "textVersion": "",
    }
