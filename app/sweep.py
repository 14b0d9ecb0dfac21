"""What the worker clears away from time to time: rows that have outlived their use, and files of uploads with them."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Final

import structlog

from domain.limits import UPLOAD_KEPT_S, UPLOADS_SWEPT_MAX
from graph import outbox, uploads
from graph.client import Graph
from media.pictures import Pictures

log = structlog.get_logger(__name__)

_BATCH: Final = 100
_AT_ONCE: Final = 8


async def sweep(graph: Graph, pictures: Pictures, now: datetime) -> int:
    """How many things were cleared away; a bounded number of each kind. Safe to repeat, and beside another worker's."""
    swept = await outbox.trim(graph, now) + await sweep_uploads(graph, pictures, now)
    swept += await pictures.clear_leftovers(before=now - timedelta(seconds=UPLOAD_KEPT_S), limit=UPLOADS_SWEPT_MAX)
    if swept:
        log.info("swept", things=swept)
    return swept


async def sweep_uploads(graph: Graph, pictures: Pictures, now: datetime) -> int:
    """How many uploads were forgotten that expired UPLOAD_KEPT_S ago, used or not: at most UPLOADS_SWEPT_MAX.

    The file goes first, then what the graph knows of it, so that nothing is left that nobody knows of. Nothing can be
    put to an expired upload any more.
    """
    before = now - timedelta(seconds=UPLOAD_KEPT_S)
    swept = 0
    while swept < UPLOADS_SWEPT_MAX:
        ids = await uploads.expired(graph, before, limit=min(_BATCH, UPLOADS_SWEPT_MAX - swept))
        for start in range(0, len(ids), _AT_ONCE):
            await asyncio.gather(*map(pictures.forget_upload, ids[start : start + _AT_ONCE]))
        if ids:
            await uploads.forget(graph, ids, before)
        swept += len(ids)
        if len(ids) < _BATCH:
            break
    return swept
