"""What viewers were shown and did, read back from the files of engagement as columns."""

from __future__ import annotations

import asyncio
import io
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from media.parquet import FOLDER, SCHEMA
from media.store import MediaStore

_COLUMNS: Final = ("user", "pin", "kind", "at", "feed", "slate", "propensity", "parts")


@dataclass(frozen=True, slots=True)
class Acts:
    """Acts as columns of one length: `kind` by name, `at_ms` when, `propensity` above 0, `parts` as the feed gave them.

    `slate` numbers the slates, in no order.
    """

    user: NDArray[np.int64]
    pin: NDArray[np.int64]
    kind: list[str]
    at_ms: NDArray[np.int64]
    slate: NDArray[np.int64]
    propensity: NDArray[np.float64]
    parts: list[bytes]


async def acts(store: MediaStore, *, feed: str, since: datetime, rows_max: int) -> Acts:
    """The newest acts with Pins of this feed whose parts are known, from whole files of at most some `rows_max` rows in
    all. One file at a time is in memory. Raises Unavailable when the store does not answer."""
    first = f"{since.astimezone(UTC):%Y-%m-%dT%H}"
    keys = [key async for key in store.keys(FOLDER) if key.split("/")[1] >= first]
    found, rows = [], 0
    for key in sorted(keys, reverse=True):
        data = await store.get(key)
        if data is None:
            continue
        table = await asyncio.to_thread(_of_feed, data, feed)
        found.append(table)
        rows += table.num_rows
        if rows >= rows_max:
            break
    return await asyncio.to_thread(_columns, found)


def _of_feed(data: bytes, feed: str) -> Any:
    # A file from before there were parts has none: the schema says so, and nothing of it is left here.
    table = pq.read_table(io.BytesIO(data), schema=SCHEMA, columns=list(_COLUMNS))
    known = pc.and_(pc.equal(table.column("feed"), feed), pc.is_valid(table.column("parts")))
    return table.filter(pc.fill_null(known, False))


def _columns(found: list[Any]) -> Acts:
    empty = pa.schema([SCHEMA.field(name) for name in _COLUMNS]).empty_table()
    table = pa.concat_tables([empty, *found]).combine_chunks()
    slates = pc.dictionary_encode(table.column("slate")).combine_chunks()
    codes = slates.indices if isinstance(slates, pa.DictionaryArray) else pa.array([], pa.int32())
    return Acts(
        table.column("user").to_numpy().astype(np.int64),
        table.column("pin").to_numpy().astype(np.int64),
        table.column("kind").to_pylist(),
        pc.cast(table.column("at"), pa.int64()).to_numpy().astype(np.int64),
        codes.to_numpy(zero_copy_only=False).astype(np.int64),
        pc.fill_null(table.column("propensity"), 1.0).to_numpy().astype(np.float64),
        table.column("parts").to_pylist(),
    )
