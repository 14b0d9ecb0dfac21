"""What viewers do with Pins: one outbox row a batch, each viewer's last acts, and how warm Pins are.

The rows themselves go to Parquet in the media store (events/engagement.py).
"""

from __future__ import annotations

import json
import secrets
import zlib
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from domain.acts import PROPENSITY_UNKNOWN, Act, Batch, EngagementKind
from domain.events import Kind
from domain.ids import PinId, PinN, UserN
from domain.limits import ACTIONS_KEPT_MAX, EVENT_BATCH_MAX, IMPRESSIONS_KEPT_MAX
from graph import outbox, visibility
from graph.client import Graph, Tx

HEAT_HALF_LIFE_MS: Final = 3 * 86_400_000
_KINDS: Final = tuple(EngagementKind)
_NUMBER: Final = {kind: number for number, kind in enumerate(_KINDS)}

VISIBLE_BY_ID: Final = (
    visibility.VIEWER
    + "RETURN COLLECT { UNWIND $ids AS id MATCH (p:Pin {id: id}) WHERE "
    + visibility.PIN
    + " RETURN [id, p.n] } AS rows"
)
RECORD: Final = """
MATCH (:User {n: $u})
CREATE (:Event:New {id: $id, kind: 'engaged', at: $at, u: $u, body: $body}) RETURN 1 AS one"""
AFTER: Final = """
MATCH (e:Event) USING INDEX e:Event(seq) WHERE e.seq > $seq WITH e ORDER BY e.seq LIMIT $limit
RETURN collect(CASE WHEN e.kind = 'engaged' AND EXISTS { (:User {n: e.u}) } THEN [e.seq, e.u, e.body] END) AS rows,
  max(e.seq) AS last"""
# A batch that was taken in is known by its place. Who did the same with a Pin lately warms it no further.
REMEMBER: Final = """
UNWIND $rows AS row CALL (row) {
  MATCH (:User {n: row[1]})
  MERGE (a:Actions {u: row[1]}) SET a.lk = $token
  WITH a, row, coalesce(a.seq, 0) AS seq, coalesce(a.ps, []) AS before WHERE seq < row[0]
  SET a.seq = row[0], a.ps = (row[2] + before)[..$most], a.kinds = (row[3] + coalesce(a.kinds, []))[..$most],
      a.ats = (row[4] + coalesce(a.ats, []))[..$most], a.shown = (row[6] + coalesce(a.shown, []))[..$shown],
      a.looks = (row[7] + coalesce(a.looks, []))[..$shown]
  RETURN [i IN range(0, size(row[2]) - 1) WHERE NOT row[2][i] IN before | [row[2][i], row[5][i]]] AS fresh }
RETURN collect(fresh) AS rows"""
WARM: Final = """
UNWIND $rows AS row MATCH (p:Pin {n: row[0]}) WHERE EXISTS { (p)<-[:HOLDS]-() }
SET p.heat = coalesce(p.heat, 0.0) * 2.0 ^ (-toFloat($now - coalesce(p.heatAt, $now)) / $half) + row[1],
    p.heatAt = $now"""
ACTIONS: Final = "MATCH (a:Actions {u: $viewer}) RETURN a.ps AS ps, a.kinds AS kinds, a.ats AS ats"


async def visible_by_id(graph: Graph, viewer: UserN, ids: Collection[PinId]) -> dict[PinId, PinN]:
    """The numbers of those of the Pins that the viewer may see. One statement."""
    row = await graph.one(VISIBLE_BY_ID, viewer=viewer, ids=list(ids))
    return {PinId(id_): PinN(n) for id_, n in row["rows"]} if row else {}


async def record(graph: Graph, by: UserN, acts: Sequence[Act]) -> None:
    """Notes the batch as one event, to be taken in by the worker. Nothing is noted for an account that is gone."""
    event = outbox.event(Kind.ENGAGED, user=by)
    body = packed(acts)

    async def work(tx: Tx) -> None:
        await tx.run(RECORD, id=event.id, at=event.at_ms, u=by, body=body)

    await graph.write(work)


async def after(graph: Graph, seq: int) -> tuple[list[Batch], int]:
    """The batches among the next events after a position, in order, and the position of the last of these events.

    Without those of accounts that are gone.
    """
    row = await graph.one(AFTER, seq=seq, limit=EVENT_BATCH_MAX)
    if row is None or row["last"] is None:
        return [], seq
    return [_batch_of(found) for found in row["rows"]], int(row["last"])


async def take_in(graph: Graph, batches: Sequence[Batch], *, now_ms: int) -> None:
    """Each viewer's last ACTIONS_KEPT_MAX acts and IMPRESSIONS_KEPT_MAX impressions, and the warmth of public Pins.

    Twice is once.
    """
    rows = [[batch.seq, batch.user_n, *_columns(_telling(batch)), *_shown(batch)] for batch in batches]

    async def work(tx: Tx) -> None:
        found = await tx.run(REMEMBER, rows=rows, most=ACTIONS_KEPT_MAX, shown=IMPRESSIONS_KEPT_MAX, token=_token())
        heat: dict[int, float] = {}
        for fresh in found[0]["rows"]:
            for n in {n for n, _ in fresh}:
                heat[n] = heat.get(n, 0.0) + max(warmth for m, warmth in fresh if m == n)
        await warm(tx, heat, now_ms=now_ms)

    if rows:
        await graph.write(work)


async def warm(tx: Tx, heat: Mapping[int, float], *, now_ms: int) -> None:
    """Adds to how warm these Pins are, as far as they are public; what is negative cools them."""
    if heat:
        await tx.run(WARM, rows=sorted(heat.items()), now=now_ms, half=HEAT_HALF_LIFE_MS)


def decayed(warmth: float, age_ms: int) -> float:
    """What is left of it after so long."""
    return float(warmth * 2.0 ** (-max(0, age_ms) / HEAT_HALF_LIFE_MS))


async def actions(graph: Graph, viewer: UserN) -> list[tuple[PinN, EngagementKind, int]]:
    """(Pin, what was done, when in milliseconds) of the viewer's last acts, latest first, at most ACTIONS_KEPT_MAX."""
    row = await graph.one(ACTIONS, viewer=viewer)
    if row is None:
        return []
    return [(PinN(n), _KINDS[k], at) for n, k, at in zip(row["ps"], row["kinds"], row["ats"], strict=True)]


def _token() -> str:
    return secrets.token_hex(4)


def _telling(batch: Batch) -> list[Act]:
    """The acts that are more than an impression, latest first."""
    return sorted((act for act in batch.acts if act.kind is not EngagementKind.IMPRESSION), key=lambda a: -a.at_ms)


def _columns(acts: Sequence[Act]) -> list[list[Any]]:
    return [
        [act.pin_n for act in acts],
        [_NUMBER[act.kind] for act in acts],
        [act.at_ms for act in acts],
        [act.warmth for act in acts],
    ]


def _shown(batch: Batch) -> list[list[Any]]:
    """The Pins of the impressions, latest first, and how likely each was looked at."""
    acts = [act for act in batch.acts if act.kind is EngagementKind.IMPRESSION]
    acts.sort(key=lambda act: -act.at_ms)
    looks = [PROPENSITY_UNKNOWN if act.propensity is None else act.propensity for act in acts]
    return [[act.pin_n for act in acts], looks]


def packed(acts: Sequence[Act]) -> bytes:
    """The acts as the event keeps them: a tenth of their JSON, which a busy graph writes several times as fast."""
    rows = [
        [
            *(act.pin_n, _NUMBER[act.kind], act.at_ms, act.dwell_ms),
            *(act.feed, act.slate, act.position, act.propensity, act.parts and act.parts.hex()),
        ]
        for act in acts
    ]
    return zlib.compress(json.dumps(rows, separators=(",", ":")).encode(), 1)


def unpacked(body: bytes | str) -> tuple[Act, ...]:
    """The acts of an event; of one from before they were packed as well, when it was JSON."""
    rows = json.loads(body if isinstance(body, str) else zlib.decompress(body))
    return tuple(_act_of(*row) for row in rows)


def _act_of(n: int, kind: int, at_ms: int, dwell_ms: int, *place: Any) -> Act:
    feed, slate, position, propensity, *parts = place
    told = bytes.fromhex(parts[0]) if parts and parts[0] else None
    return Act(PinN(n), _KINDS[kind], at_ms, dwell_ms, feed, slate, position, propensity, told)


def _batch_of(row: Sequence[Any]) -> Batch:
    seq, user_n, body = row
    return Batch(seq, UserN(user_n), unpacked(body))
