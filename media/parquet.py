"""Engagement as Parquet files in the media store: some each hour, `engagement/<hour>/<number>.parquet`."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from domain.acts import Batch
from domain.ids import UserN
from domain.limits import ENGAGEMENT_FILE_ROWS_MAX
from media.store import MediaStore

FOLDER: Final = "engagement"
CONTENT_TYPE: Final = "application/vnd.apache.parquet"
SCHEMA: Final = pa.schema(
    [
        ("seq", pa.int64()),
        ("user", pa.int64()),
        ("pin", pa.int64()),
        ("kind", pa.string()),
        ("at", pa.timestamp("ms", tz="UTC")),
        ("dwell_ms", pa.int32()),
        ("feed", pa.string()),
        ("slate", pa.string()),
        ("position", pa.int32()),
        ("propensity", pa.float32()),
        ("parts", pa.binary()),
    ]
)


async def append(store: MediaStore, batches: Sequence[Batch], *, now: datetime) -> None:
    """Adds the batches to the file of this hour, or to the next one of it past ENGAGEMENT_FILE_ROWS_MAX rows.

    A batch that is there already, by its place, is not added again: what died in the middle is simply repeated. Raises
    Unavailable when the store does not answer; then nothing of it is kept.
    """
    hour = f"{now.astimezone(UTC):%Y-%m-%dT%H}"
    number = 0
    held: Any = None
    while True:
        data = await store.get(_key(hour, number))
        if data is None:
            break
        held = await asyncio.to_thread(_read, data)
        if held.num_rows < ENGAGEMENT_FILE_ROWS_MAX:
            break
        number += 1
    last = -1
    if held is not None and held.num_rows:
        last = pc.max(held.column("seq")).as_py()
    fresh = [batch for batch in batches if batch.seq > last]
    if fresh:
        whole = held if held is not None and held.num_rows < ENGAGEMENT_FILE_ROWS_MAX else None
        await store.put(_key(hour, number), await asyncio.to_thread(_written, whole, fresh), CONTENT_TYPE)


async def forget(store: MediaStore, user_n: UserN) -> int:
    """How many rows of this User were taken out of all files. One file at a time is in memory."""
    gone = 0
    async for key in store.keys(FOLDER):
        data = await store.get(key)
        table = None if data is None else await asyncio.to_thread(_read, data)
        if table is None:
            continue
        kept = table.filter(pc.not_equal(table.column("user"), user_n))
        if kept.num_rows < table.num_rows:
            gone += table.num_rows - kept.num_rows
            await store.put(key, await asyncio.to_thread(_bytes, kept), CONTENT_TYPE)
    return gone


async def files_of(store: MediaStore, user_n: UserN) -> AsyncIterator[list[dict[str, Any]]]:
    """The rows of this User, those of one file at a time; files without any are passed over."""
    async for key in store.keys(FOLDER):
        data = await store.get(key)
        rows = [] if data is None else await asyncio.to_thread(_rows_of, data, user_n)
        if rows:
            yield rows


async def rows_of(store: MediaStore, user_n: UserN) -> list[dict[str, Any]]:
    """Every row of this User, file by file. For tests and small histories."""
    return [row async for rows in files_of(store, user_n) for row in rows]


def _rows_of(data: bytes, user_n: UserN) -> list[dict[str, Any]]:
    table = _read(data)
    rows: list[dict[str, Any]] = table.filter(pc.equal(table.column("user"), user_n)).to_pylist()
    return rows


def _key(hour: str, number: int) -> str:
    return f"{FOLDER}/{hour}/{number:04}.parquet"


def _read(data: bytes) -> Any:
    return pq.read_table(io.BytesIO(data), schema=SCHEMA)


def _written(held: Any, batches: Sequence[Batch]) -> bytes:
    rows = [
        {
            "seq": batch.seq,
            "user": batch.user_n,
            "pin": act.pin_n,
            "kind": act.kind.value,
            "at": datetime.fromtimestamp(act.at_ms / 1000, UTC),
            "dwell_ms": act.dwell_ms,
            "feed": act.feed,
            "slate": act.slate,
            "position": act.position,
            "propensity": act.propensity,
            "parts": act.parts,
        }
        for batch in batches
        for act in batch.acts
    ]
    fresh = pa.Table.from_pylist(rows, schema=SCHEMA)
    return _bytes(fresh if held is None else pa.concat_tables([held, fresh]))


def _bytes(table: Any) -> bytes:
    out = io.BytesIO()
    pq.write_table(table, out, compression="zstd")
    return out.getvalue()
