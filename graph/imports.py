"""Bulk writers: whole batches in one transaction, safe to repeat by the key that each row brings along.

A batch is at most 10,000 rows. `ext` is the row's key in the world it comes from, unique per kind
(for instance `saves.csv:board:17`); a row whose `ext` is known is left as it is and its number returned.
Imported Pins are quiet: nobody is told of them. They get no jobs: `spaces.unmarked` finds them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, LiteralString

from domain.errors import Conflict, Invalid
from domain.events import Kind
from domain.ids import BoardN, PinN, TopicN, UserN, new_id
from domain.limits import BOARD_PINS_MAX
from domain.model import BoardPrivacy, PinStatus
from graph import columns, outbox, pictures, publicity, words
from graph.client import LONG_WRITE_TIMEOUT_S, Graph, Tx
from graph.pictures import NewPicture
from graph.users import email_key, username_key

BATCH_MAX: Final = 10_000

KNOWN_USERS: Final = "UNWIND $exts AS ext MATCH (x:User {ext: ext}) RETURN collect([ext, x.n]) AS rows"
KNOWN_BOARDS: Final = "UNWIND $exts AS ext MATCH (x:Board {ext: ext}) RETURN collect([ext, x.n]) AS rows"
KNOWN_PINS: Final = "UNWIND $exts AS ext MATCH (x:Pin {ext: ext}) RETURN collect([ext, x.n]) AS rows"
_KNOWN: Final[dict[str, LiteralString]] = {"User": KNOWN_USERS, "Board": KNOWN_BOARDS, "Pin": KNOWN_PINS}
CREATE_USERS: Final = "UNWIND $rows AS row CREATE (u:User) SET u = row RETURN collect([u.ext, u.n]) AS rows"
CREATE_BOARDS: Final = """
UNWIND $rows AS row MATCH (u:User {n: row.ownerN})
CREATE (u)-[:OWNS {k: $k + row.n}]->(b:Board) SET b = row RETURN collect([b.ext, b.n]) AS rows"""
MERGE_PICTURES: Final = """
UNWIND $rows AS row MERGE (i:Picture {sha256: row.sha256}) ON CREATE SET i += row.facts"""
CREATE_PINS: Final = """
UNWIND $rows AS row MATCH (u:User {n: row.pin.creatorN}) MATCH (i:Picture {sha256: row.sha256})
CREATE (u)-[:CREATED]->(p:Pin)-[:SHOWS]->(i) SET p = row.pin
WITH p, row CALL (p, row) { UNWIND range(0, size(row.topics) - 1) AS pos MATCH (t:Topic {n: row.topics[pos]})
  CREATE (p)-[:ABOUT {t: t.n, k: p.k, pos: pos}]->(t) }
RETURN collect([p.ext, p.n]) AS rows"""
FOLLOW_USERS: Final = """
UNWIND $rows AS row MATCH (u:User {n: row[0]}), (t:User {n: row[1]})
MERGE (u)-[f:FOLLOWS {s: u.id, t: t.id}]->(t) ON CREATE SET f.k = row[2]"""
FOLLOW_BOARDS: Final = """
UNWIND $rows AS row MATCH (u:User {n: row[0]}), (t:Board {n: row[1]}) WHERE t.privacy = 'PUBLIC'
MERGE (u)-[f:FOLLOWS {s: u.id, t: t.id}]->(t) ON CREATE SET f.k = row[2]"""
LOCK_BOARDS: Final = """
UNWIND $ns AS n MATCH (b:Board {n: n}) WHERE b.privacy = 'PUBLIC' SET b.lk = $k
WITH b WHERE b.privacy = 'PUBLIC'
RETURN collect([b.n, COUNT { (b)-[:HOLDS]->() }]) AS rows"""
THERE: Final = """
UNWIND $pairs AS pair MATCH ()-[h:HOLDS]->() USING INDEX h:HOLDS(b, p) WHERE h.b = pair[0] AND h.p = pair[1]
RETURN collect([h.b, h.p]) AS rows"""
CREATE_SAVES: Final = """
UNWIND $rows AS row MATCH (b:Board {n: row[0]}) MATCH (p:Pin {n: row[1]})
CREATE (b)-[:HOLDS {b: row[0], p: row[1], k: row[2], id: row[3], by: b.ownerN,
  pos: CASE WHEN b.arranged THEN row[2] END}]->(p)
RETURN count(*) AS n"""
RAISE_LAST: Final = """
UNWIND $ns AS n MATCH (b:Board {n: n}) WHERE coalesce(b.lastK, 0) < b.lastAt SET b.lastK = b.lastAt"""
OPEN_PINS: Final = """
UNWIND $rows AS row MATCH (p:Pin {n: row[0]}) WHERE p.openedK IS NULL SET p.openedK = row[1], p.k = row[1]
WITH p CALL (p) { MATCH (p)-[a:ABOUT]->() SET a.k = p.k }
RETURN collect(DISTINCT p.creatorN) AS creators"""


@dataclass(frozen=True, slots=True)
class ImportUser:
    ext: str
    username: str
    email: str
    display_name: str
    password_hash: str
    bio: str | None = None


@dataclass(frozen=True, slots=True)
class ImportBoard:
    ext: str
    owner_n: UserN
    title: str
    description: str | None = None
    topic_n: TopicN | None = None
    privacy: BoardPrivacy = BoardPrivacy.PUBLIC


@dataclass(frozen=True, slots=True)
class ImportPin:
    ext: str
    creator_n: UserN
    title: str
    picture: NewPicture
    description: str | None = None
    alt_text: str | None = None
    link: str | None = None
    topic_ns: tuple[TopicN, ...] = ()


@dataclass(frozen=True, slots=True)
class ImportSave:
    """A Pin on a public Board, saved by the Board's owner. `at_ms` None: now."""

    board_n: BoardN
    pin_n: PinN
    at_ms: int | None = None


async def users(graph: Graph, rows: Sequence[ImportUser], *, now: datetime | None = None) -> dict[str, UserN]:
    """The number of each row's User by `ext`. Raises Taken when a username or e-mail belongs to somebody else."""
    _bounded(rows)
    ns, at = await graph.keys.users(len(rows)), columns.milliseconds(now)
    made = [
        {
            "id": new_id("user"),
            "n": n,
            "ext": row.ext,
            "username": row.username,
            "usernameKey": username_key(row.username),
            "email": email_key(row.email),
            "displayName": row.display_name,
            "passwordHash": row.password_hash,
            "bio": row.bio,
            "createdAt": at,
            "folded": words.fold(row.username, row.display_name),
            "stemmed": words.stem(row.username, row.display_name),
        }
        for row, n in zip(rows, ns, strict=True)
    ]

    async def work(tx: Tx) -> dict[str, UserN]:
        return await _create(tx, KNOWN_USERS, CREATE_USERS, made)

    return await graph.write(work, timeout_s=LONG_WRITE_TIMEOUT_S)


async def boards(graph: Graph, rows: Sequence[ImportBoard], *, now: datetime | None = None) -> dict[str, BoardN]:
    """The number of each row's Board by `ext`; rows whose owner is gone are left out."""
    _bounded(rows)
    ns, at, k = await graph.keys.boards(len(rows)), columns.milliseconds(now), graph.keys.k()
    made = [
        {
            "id": new_id("board"),
            "n": n,
            "ext": row.ext,
            "title": row.title,
            "description": row.description,
            "privacy": row.privacy.value,
            "ownerN": row.owner_n,
            "topicN": row.topic_n,
            "createdAt": at,
            "updatedAt": at,
            "folded": words.fold(row.title, row.description),
            "stemmed": words.stem(row.title, row.description),
        }
        for row, n in zip(rows, ns, strict=True)
    ]

    async def work(tx: Tx) -> dict[str, BoardN]:
        return await _create(tx, KNOWN_BOARDS, CREATE_BOARDS, made, k=k)

    return await graph.write(work, timeout_s=LONG_WRITE_TIMEOUT_S)


async def pins(graph: Graph, rows: Sequence[ImportPin], *, now: datetime | None = None) -> dict[str, PinN]:
    """The number of each row's Pin by `ext`. On no Board yet: follow with `saves`.

    Rows whose creator is gone are left out.
    """
    _bounded(rows)
    ns, at = await graph.keys.pins(len(rows)), columns.milliseconds(now)
    made = [_pin(row, n, at, graph.keys.k()) for row, n in zip(rows, ns, strict=True)]
    shown = {row.picture.sha256: {"sha256": row.picture.sha256, "facts": pictures.facts(row.picture)} for row in rows}

    async def work(tx: Tx) -> dict[str, PinN]:
        found = (await tx.run(KNOWN_PINS, exts=[row["pin"]["ext"] for row in made]))[0]["rows"]
        there = {ext for ext, _ in found}
        new = [row for row in made if row["pin"]["ext"] not in there]
        if new:
            await tx.run(MERGE_PICTURES, rows=[shown[sha] for sha in sorted({row["sha256"] for row in new})])
            found += (await tx.run(CREATE_PINS, rows=new))[0]["rows"]
        return {ext: PinN(n) for ext, n in found}

    return await graph.write(work, timeout_s=LONG_WRITE_TIMEOUT_S)


async def saves(graph: Graph, rows: Sequence[ImportSave], *, now: datetime | None = None) -> int:
    """How many saves were made; those there already, and Boards or Pins that are gone or secret, are left out.

    One IMPORTED event for the batch. Raises Conflict when a Board would hold more than BOARD_PINS_MAX.
    """
    _bounded(rows)
    given = None if now is None else columns.milliseconds(now)
    keys = {(row.board_n, row.pin_n): graph.keys.k(given if row.at_ms is None else row.at_ms) for row in rows}
    asked, k = sorted({board_n for board_n, _ in keys}), graph.keys.k()

    async def work(tx: Tx) -> int:
        held = dict((await tx.run(LOCK_BOARDS, ns=asked, k=k))[0]["rows"])
        there = {(b, p) for b, p in (await tx.run(THERE, pairs=[list(pair) for pair in keys]))[0]["rows"]}
        new = {pair: key for pair, key in keys.items() if pair[0] in held and pair not in there}
        if not new:
            return 0
        _refuse_full(held, new)
        made = [[board_n, pin_n, key, new_id("save")] for (board_n, pin_n), key in new.items()]
        count = int((await tx.run(CREATE_SAVES, rows=made))[0]["n"])
        touched = sorted({board_n for board_n, _ in new})
        await publicity.recount_boards(tx, touched)
        await tx.run(RAISE_LAST, ns=touched)
        first: dict[int, int] = {}
        for (_, pin_n), key in new.items():
            first[pin_n] = min(key, first.get(pin_n, key))
        creators = (await tx.run(OPEN_PINS, rows=[[n, first[n]] for n in sorted(first)]))[0]["creators"]
        await publicity.recount_creators(tx, creators, k)
        batch = [BoardN(n) for n in touched], [PinN(n) for n in sorted(first)]
        await outbox.append(tx, outbox.event(Kind.IMPORTED, boards=batch[0], pins=batch[1]))
        return count

    return await graph.write(work, timeout_s=LONG_WRITE_TIMEOUT_S)


async def follow_users(graph: Graph, rows: Sequence[tuple[UserN, UserN]]) -> None:
    """Each first follows each second; nobody is told. Safe to repeat."""
    await _follow(graph, FOLLOW_USERS, rows)


async def follow_boards(graph: Graph, rows: Sequence[tuple[UserN, BoardN]]) -> None:
    """The same for public Boards."""
    await _follow(graph, FOLLOW_BOARDS, rows)


async def _follow(graph: Graph, query: LiteralString, rows: Sequence[tuple[UserN, int]]) -> None:
    _bounded(rows)
    made = [[who, whom, graph.keys.k()] for who, whom in rows]

    async def work(tx: Tx) -> None:
        await tx.run(query, rows=made)

    await graph.write(work, timeout_s=LONG_WRITE_TIMEOUT_S)


async def known(graph: Graph, label: str, exts: Sequence[str]) -> dict[str, int]:
    """The numbers of the rows of a kind ("User", "Board", "Pin") that were imported before."""
    row = await graph.one(_KNOWN[label], exts=list(exts), timeout_s=LONG_WRITE_TIMEOUT_S)
    return dict(row["rows"]) if row else {}


async def _create(
    tx: Tx, find: LiteralString, create: LiteralString, made: list[dict[str, Any]], **params: Any
) -> dict[str, Any]:
    """The numbers by `ext` of rows that were there and of those made now."""
    found = (await tx.run(find, exts=[row["ext"] for row in made]))[0]["rows"]
    there = {ext for ext, _ in found}
    new = [row for row in made if row["ext"] not in there]
    if new:
        found += (await tx.run(create, rows=new, **params))[0]["rows"]
    return dict(found)


def _bounded(rows: Sequence[object]) -> None:
    if len(rows) > BATCH_MAX:
        raise Invalid(f"A batch has at most {BATCH_MAX} rows.")


def _refuse_full(held: dict[int, int], new: dict[tuple[BoardN, PinN], int]) -> None:
    more: dict[int, int] = {}
    for board_n, _ in new:
        more[board_n] = more.get(board_n, 0) + 1
    full = [n for n, count in more.items() if held[n] + count > BOARD_PINS_MAX]
    if full:
        raise Conflict(f"{len(full)} boards would hold more than {BOARD_PINS_MAX} Pins. Split them.", ("board",))


def _pin(row: ImportPin, n: PinN, at: int, k: int) -> dict[str, Any]:
    pin = {
        "id": new_id("pin"),
        "n": n,
        "ext": row.ext,
        "title": row.title,
        "description": row.description,
        "altText": row.alt_text,
        "link": row.link,
        "createdAt": at,
        "status": PinStatus.PROCESSING.value,
        "creatorN": row.creator_n,
        "k": k,
        "quiet": True,
        "folded": words.fold(row.title, row.description, row.alt_text),
        "stemmed": words.stem(row.title, row.description, row.alt_text),
        "lookVersion": "",
        "textVersion": "",
    }
    return {"pin": pin, "sha256": row.picture.sha256, "topics": list(row.topic_ns)}
