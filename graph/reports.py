"""What people report of Pins, and how an operator settles it: dismissed, or the Pin taken down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, Final

from domain.errors import Conflict, NotFound
from domain.events import Kind
from domain.ids import PinId, PinN, ReportId, UserN, new_id
from domain.model import ReportKind
from graph import columns, outbox, publicity, trash, visibility
from graph.client import LONG_WRITE_TIMEOUT_S, Graph, Tx
from graph.keys import ms_of

_TAKEN_OFF_BATCH: Final = 5_000  # Edges a transaction, as in pin_writes.


class ReportState(Enum):
    """How far a report is."""

    OPEN = "OPEN"
    DISMISSED = "DISMISSED"
    TAKEN_DOWN = "TAKEN_DOWN"


@dataclass(frozen=True, slots=True)
class Report:
    """What somebody said of a Pin. `reporter` is their username, None once the account is gone."""

    id: ReportId
    state: ReportState
    kind: ReportKind
    text: str | None
    at: datetime
    reporter: str | None
    pin_id: PinId
    pin_title: str


REPORT: Final = (
    visibility.VIEWER
    + "MATCH (p:Pin {n: $p}) WHERE v IS NOT NULL AND "
    + visibility.PIN
    + """ WITH v, p
MERGE (r:Report {byN: v.n, pinN: p.n}) ON CREATE SET r.id = $id
SET r.k = $k, r.kind = $kind, r.text = $text, r.state = 'OPEN'
MERGE (v)-[:REPORTED]->(r) MERGE (r)-[:AGAINST]->(p)
RETURN r.id AS id"""
)
# For the operator, to whom nothing is hidden.
LISTED: Final = """
MATCH (r:Report) USING INDEX r:Report(state, k) WHERE r.state = $state AND r.k > 0
WITH r ORDER BY r.state, r.k LIMIT $limit
MATCH (r)-[:AGAINST]->(p)
RETURN collect([r.id, r.state, r.kind, r.text, r.k, head([(u:User)-[:REPORTED]->(r) | u.username]), p.id, p.title])
  AS rows"""
COUNT_OPEN: Final = (
    "MATCH (r:Report) USING INDEX r:Report(state, k) WHERE r.state = 'OPEN' AND r.k > 0 RETURN count(*) AS n"
)
SETTLE: Final = """
MATCH (r:Report {id: $id})-[:AGAINST]->(p) SET p.lk = $k
WITH r, p, r.state AS was
CALL (p, was) {
  MATCH (o:Report)-[:AGAINST]->(p) WHERE was = 'OPEN' AND o.state = 'OPEN'
  SET o.state = $state RETURN count(*) AS settled
}
RETURN was, settled, p.n AS n, p.title AS title, 'Pin' IN labels(p) AS there"""
TAKE_DOWN: Final = "MATCH (p:Pin {n: $p}) SET p.takenDownAt = $at SET p:TakenDownPin REMOVE p:Pin"
# Whosever Boards hold it: nothing of them is returned to anybody.
TAKEN_DOWN_HOLDERS: Final = """
MATCH (p:TakenDownPin {n: $p})<-[:HOLDS|HOLDS_SECRET]-(b) WITH p, b LIMIT $limit WITH p, b ORDER BY b.n SET b.lk = $k
RETURN collect(b.n) AS ns, head(collect(p.creatorN)) AS creator,
  head(collect(head([(p)-[:SHOWS]->(i) | i.sha256]))) AS picture"""
TAKE_OFF: Final = """
MATCH (p:TakenDownPin {n: $p}) UNWIND $ns AS n MATCH (b:Board {n: n})
MATCH (b)-[h:HOLDS|HOLDS_SECRET]->(p) DELETE h"""


RELEASE: Final = """
MATCH (p:TakenDownPin) WHERE p.takenDownAt <= $before WITH p LIMIT $limit
SET p:TrashedPin, p.trashedAt = 0 REMOVE p:TakenDownPin RETURN count(*) AS n"""


@dataclass(frozen=True, slots=True)
class Settled:
    """What settling did: how many reports of the Pin were open and are not now, and the Pin's title."""

    reports: int
    pin_title: str
    taken_down: bool


async def report(graph: Graph, by: UserN, pin_n: PinN, kind: ReportKind, text: str | None) -> None:
    """Notes the report. One a User and Pin: a second one replaces the first, and opens it again. Raises NotFound."""
    k, id_ = graph.keys.k(), new_id("report")

    async def work(tx: Tx) -> None:
        if not await tx.run(REPORT, viewer=by, p=pin_n, k=k, id=id_, kind=kind.value, text=text):
            raise NotFound("There is no such Pin.", ("pinId",))

    await graph.write(work)


async def listed(graph: Graph, state: ReportState, limit: int) -> list[Report]:
    """The reports in this state, oldest first. For the operator: whatever the Pin's boards are."""
    row = await graph.one(LISTED, state=state.value, limit=limit)
    return [_report_of(found) for found in row["rows"]] if row else []


async def count_open(graph: Graph) -> int:
    """How many reports wait for the operator."""
    row = await graph.one(COUNT_OPEN)
    return int(row["n"]) if row else 0


async def settle(graph: Graph, id: ReportId, state: ReportState, now: datetime | None = None) -> Settled:
    """Settles every open report of the same Pin; with TAKEN_DOWN the Pin leaves every Board and every read, for good.

    The Pin is gone for everybody with the first transaction. Raises NotFound, Conflict for one that was settled.
    """
    k, at = graph.keys.k(), columns.milliseconds(now)

    async def first(tx: Tx) -> tuple[Settled, int, int]:
        rows = await tx.run(SETTLE, id=id, state=state.value, k=k)
        if not rows:
            raise NotFound(f"There is no report {id}. `pinwalk moderate list` has those that are open.")
        row = rows[0]
        if row["was"] != ReportState.OPEN.value:
            raise Conflict(f"This report was settled before: {row['was']}.")
        done = Settled(row["settled"], row["title"], state is ReportState.TAKEN_DOWN and row["there"])
        if not done.taken_down:
            return done, row["n"], 0
        await tx.run(TAKE_DOWN, p=row["n"], at=at)
        return done, row["n"], await _take_off(tx, graph, row["n"])

    done, pin_n, left = await graph.write(first, timeout_s=LONG_WRITE_TIMEOUT_S)
    while left == _TAKEN_OFF_BATCH:
        left = await graph.write(lambda tx: _take_off(tx, graph, pin_n), timeout_s=LONG_WRITE_TIMEOUT_S)
    return done


async def _take_off(tx: Tx, graph: Graph, pin_n: int) -> int:
    k = graph.keys.k()
    row = (await tx.run(TAKEN_DOWN_HOLDERS, p=pin_n, limit=_TAKEN_OFF_BATCH, k=k))[0]
    await tx.run(TAKE_OFF, p=pin_n, ns=row["ns"])
    await publicity.recount_boards(tx, row["ns"])
    await publicity.close_pictures(tx, filter(None, [row["picture"]]), k)
    await publicity.recount_creators(tx, [row["creator"]], k)
    await outbox.append(tx, outbox.event(Kind.PIN_DELETED, pin=PinN(pin_n)))
    return len(row["ns"])


def _report_of(row: Sequence[Any]) -> Report:
    id_, state, kind, text, k, reporter, pin_id, title = row
    return Report(
        id=ReportId(id_),
        state=ReportState(state),
        kind=ReportKind(kind),
        text=text,
        at=columns.moment(ms_of(k)),
        reporter=reporter,
        pin_id=PinId(pin_id),
        pin_title=title,
    )


async def release(graph: Graph, now: datetime, limit: int) -> int:
    """How many Pins, at most `limit`, went to the end of the trash that were taken down TRASH_LIFE_DAYS ago.

    With them go their pictures and the reports of them; nobody can restore them.
    """

    async def work(tx: Tx) -> int:
        return int((await tx.run(RELEASE, before=trash.since_ms(now), limit=limit))[0]["n"])

    return await graph.write(work)
