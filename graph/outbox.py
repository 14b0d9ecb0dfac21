"""The outbox: events written inside the transaction of what they tell, put in order by the sequencer.

The store shows no order of commits, so an event is born with the label New and without a position; the sequencer gives
positions in batches, and readers go by them. The order inside a batch means nothing: an event names what changed, and
who hears of it reads the present state.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, LiteralString

from domain.events import Event, Kind
from domain.ids import BoardN, EventId, PinN, UserN, new_id
from domain.limits import EVENT_BATCH_MAX, EVENT_LIFE_DAYS, REQUEST_KEY_LIFE_HOURS
from graph.client import Graph, Tx

_COLUMNS: Final = "[e.id, e.kind, e.seq, e.at, e.u, e.b, e.p, e.t, e.bs, e.ps, e.s]"

AFTER: Final = (
    """
MATCH (e:Event) USING INDEX e:Event(seq) WHERE e.seq > $seq WITH e ORDER BY e.seq LIMIT $limit
RETURN collect("""
    + _COLUMNS
    + ") AS rows"
)
AFTER_OF: Final = (
    """
MATCH (e:Event) USING INDEX e:Event(seq) WHERE e.seq > $seq AND e.kind IN $kinds WITH e ORDER BY e.seq LIMIT $limit
RETURN collect("""
    + _COLUMNS
    + ") AS rows"
)
BY_ID: Final = "MATCH (e:Event {id: $id}) RETURN " + _COLUMNS + " AS row"
ID_AT: Final = "MATCH (e:Event) USING INDEX e:Event(seq) WHERE e.seq = $seq RETURN e.id AS id LIMIT 1"
LAST_SEQ: Final = "MATCH (s:Seq {name: 'event'}) RETURN s.value AS seq"
ANY_NEW: Final = "MATCH (:New) RETURN 1 AS one LIMIT 1"
BEHIND: Final = """
OPTIONAL MATCH (s:Seq {name: 'event'})
WITH coalesce(s.value, 0) AS seq
OPTIONAL MATCH (n:New)
WITH seq, count(n) AS waiting, min(n.at) AS waitingSince
CALL {
  MATCH (e:Event) USING INDEX e:Event(seq) WHERE e.seq > $after WITH e ORDER BY e.seq LIMIT 1
  RETURN collect(e.at) AS next
}
RETURN seq, waiting, waitingSince, next[0] AS since"""
LOCK_SEQUENCE: Final = "MERGE (s:Seq {name: 'event'}) ON CREATE SET s.value = 0 SET s.lk = $token"
SEQUENCE: Final = """
MATCH (e:New) WITH e ORDER BY e.at, e.id LIMIT $limit
WITH collect(e) AS events
MATCH (s:Seq {name: 'event'}) SET s.value = s.value + size(events)
WITH events, s.value - size(events) AS base
UNWIND range(0, size(events) - 1) AS i
WITH events[i] AS e, base + i + 1 AS seq
SET e.seq = seq REMOVE e:New
FOREACH (_ IN CASE WHEN e.kind = 'pin_created' THEN [1] ELSE [] END |
  CREATE (:Job {id: 'job_r_' + e.id, kind: 'render', state: 'ready', p: e.p, runAt: $now, attempts: 0}))
FOREACH (_ IN CASE WHEN e.kind IN ['pin_created', 'pin_updated', 'pin_restored'] THEN [1] ELSE [] END |
  CREATE (:Job {id: 'job_e_' + e.id, kind: 'embed', state: 'ready', p: e.p, runAt: $now, attempts: 0}))
RETURN count(*) AS events,
  sum(CASE WHEN e.kind IN ['pin_created', 'pin_updated', 'pin_restored'] THEN 1 ELSE 0 END) AS jobs"""

APPEND_ALL: Final = """
UNWIND $rows AS row CREATE (e:Event:New) SET e = row"""
_TRIM_BATCH: Final = 2_000
_HOUR_MS: Final = 3_600_000
TRIMS: Final[tuple[tuple[LiteralString, int], ...]] = (
    ("MATCH (x:Event) WHERE x.at < $before AND x.seq > 0 WITH x LIMIT $limit", EVENT_LIFE_DAYS * 24 * _HOUR_MS),
    ("MATCH (x:Request) WHERE x.at < $before WITH x LIMIT $limit", REQUEST_KEY_LIFE_HOURS * _HOUR_MS),
    ("MATCH (x:Session) WHERE x.expiresAt < $before WITH x LIMIT $limit", 0),
    (
        "MATCH (x:Delivery) WHERE x.state = 'dead' AND x.dueAt < $before WITH x LIMIT $limit",
        EVENT_LIFE_DAYS * 24 * _HOUR_MS,
    ),
)


def event(
    kind: Kind,
    *,
    user: UserN | None = None,
    board: BoardN | None = None,
    pin: PinN | None = None,
    target: UserN | None = None,
    boards: Sequence[BoardN] = (),
    pins: Sequence[PinN] = (),
    subject: str | None = None,
) -> Event:
    """A new event of now, with a fresh id."""
    now_ms = time.time_ns() // 1_000_000
    return Event(
        id=EventId(new_id("event", now_ms=now_ms)),
        kind=kind,
        at_ms=now_ms,
        user=user,
        board=board,
        pin=pin,
        target=target,
        boards=tuple(boards),
        pins=tuple(pins),
        subject=subject,
    )


async def append(tx: Tx, event: Event) -> None:
    """Writes the event inside the transaction. It has no `seq` until the sequencer has passed."""
    await append_all(tx, [event])


async def append_all(tx: Tx, events: Sequence[Event]) -> None:
    """Writes the events inside the transaction, in one statement."""
    await tx.run(APPEND_ALL, rows=[_row_of(event) for event in events])


async def after(graph: Graph, seq: int, limit: int = EVENT_BATCH_MAX) -> list[Event]:
    """The events after a position, in order, at most `limit`.

    PIN_CREATED names the Board of the Pin's first save too: whoever follows saves treats it like SAVED.
    """
    row = await graph.one(AFTER, seq=seq, limit=limit)
    return [_event_of(columns) for columns in row["rows"]] if row else []


async def after_of(graph: Graph, seq: int, kinds: Collection[Kind], limit: int = EVENT_BATCH_MAX) -> list[Event]:
    """The events of these kinds after a position, in order, at most `limit`."""
    row = await graph.one(AFTER_OF, seq=seq, kinds=[kind.value for kind in kinds], limit=limit)
    return [_event_of(columns) for columns in row["rows"]] if row else []


async def last_seq(graph: Graph) -> int:
    """The position of the newest event; 0 when there is none."""
    row = await graph.one(LAST_SEQ)
    return int(row["seq"]) if row else 0


@dataclass(frozen=True, slots=True)
class Behind:
    """What a reader at some position has not seen: `events` after it, the oldest made at `since_ms`.

    `waiting` more have no position yet, the oldest made at `waiting_since_ms`. Times are in milliseconds since 1970.
    """

    events: int
    since_ms: int | None
    waiting: int
    waiting_since_ms: int | None


async def behind(graph: Graph, position: int) -> Behind:
    """How far a reader at this position is behind."""
    [row] = await graph.read(BEHIND, after=position)
    return Behind(max(0, row["seq"] - position), row["since"], row["waiting"], row["waitingSince"])


async def id_at(graph: Graph, seq: int) -> str | None:
    """The id of the event at a position; None when there is none, or none any more."""
    row = await graph.one(ID_AT, seq=seq)
    return str(row["id"]) if row else None


@dataclass(frozen=True, slots=True)
class Sequenced:
    """How many events were given their position, and how many of them have jobs to follow."""

    events: int
    jobs: int


_NONE: Final = Sequenced(0, 0)


async def sequence_once(graph: Graph) -> Sequenced:
    """Gives new events their position, at most EVENT_BATCH_MAX; their jobs are made in the same transaction.

    PIN_CREATED has a render and an embed job follow, PIN_UPDATED and PIN_RESTORED an embed job. Two at once do no
    harm: the second waits for the first.
    """

    if await graph.one(ANY_NEW) is None:
        return _NONE

    async def work(tx: Tx) -> Sequenced:
        await tx.run(LOCK_SEQUENCE, token=secrets.token_hex(4))
        rows = await tx.run(SEQUENCE, limit=EVENT_BATCH_MAX, now=time.time_ns() // 1_000_000)
        return Sequenced(rows[0]["events"], rows[0]["jobs"]) if rows else _NONE

    return await graph.write(work)


async def by_id(graph: Graph, event_id: str) -> Event | None:
    """The event of this id, with its position, while it is kept (EVENT_LIFE_DAYS)."""
    row = await graph.one(BY_ID, id=event_id)
    return _event_of(row["row"]) if row else None


def _event_of(row: Sequence[Any]) -> Event:
    id_, kind, seq, at_ms, user, board, pin, target, boards, pins, subject = row
    return Event(
        id=EventId(id_),
        kind=Kind(kind),
        seq=seq or 0,
        at_ms=at_ms,
        user=user,
        board=board,
        pin=pin,
        target=target,
        boards=tuple(boards or ()),
        pins=tuple(pins or ()),
        subject=subject,
    )


async def trim(graph: Graph, now: datetime) -> int:
    """How many rows were removed of what has outlived its use: events, request keys, sessions.

    At most 2,000 of each, a transaction each.
    """
    removed = 0
    for find, life_ms in TRIMS:
        before = int(now.timestamp() * 1000) - life_ms

        async def work(tx: Tx, find: LiteralString = find, before: int = before) -> int:
            rows = await tx.run(find + " DETACH DELETE x RETURN count(*) AS n", before=before, limit=_TRIM_BATCH)
            return int(rows[0]["n"])

        removed += await graph.write(work)
    return removed


def _row_of(event: Event) -> dict[str, Any]:
    return {
        "id": event.id,
        "kind": event.kind.value,
        "at": event.at_ms,
        "u": event.user,
        "b": event.board,
        "p": event.pin,
        "t": event.target,
        "bs": list(event.boards) or None,
        "ps": list(event.pins) or None,
        "s": event.subject,
    }
