"""What the worker clears away from time to time: what has outlived its use, and the files of it."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Final

import structlog

from domain.limits import TRASH_EMPTIED_MAX, UPLOAD_KEPT_S, UPLOADS_SWEPT_MAX
from graph import census, outbox, reports, trash, uploads
from graph import pictures as known
from graph.client import Graph
from media.pictures import Pictures

log = structlog.get_logger(__name__)

_BATCH: Final = 100
_AT_ONCE: Final = 8
_SURELY_DEAD: Final = timedelta(minutes=5)


async def sweep(graph: Graph, pictures: Pictures, now: datetime) -> int:
    """How many things were cleared away; a bounded number of each kind. Safe to repeat, and beside another worker's."""
    swept = await outbox.trim(graph, now) + await sweep_uploads(graph, pictures, now)
    swept += await empty_trash(graph, pictures, now)
    swept += await free_pictures(graph, pictures, now)
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


async def empty_trash(graph: Graph, pictures: Pictures, now: datetime) -> int:
    """How many Pins and Boards were forgotten that came to the trash TRASH_LIFE_DAYS ago: at most TRASH_EMPTIED_MAX.

    A picture that nothing shows any more goes with its Pin, its files as well. Finishes what a process that died left
    undone of the deletion of a board.
    """
    for board_n, owner_n in await trash.left_orphans(graph, now - _SURELY_DEAD, _BATCH):
        await trash.trash_orphans(graph, owner_n, board_n)
    await reports.release(graph, now, TRASH_EMPTIED_MAX)
    emptied = 0
    while emptied < TRASH_EMPTIED_MAX:
        freed = await trash.empty_pins(graph, now, TRASH_EMPTIED_MAX - emptied)
        for sha256 in filter(None, freed):
            await _forget_files(graph, pictures, sha256, now)
        boards = await trash.empty_boards(graph, now, TRASH_EMPTIED_MAX - emptied)
        emptied += len(freed) + boards
        if not freed and not boards:
            break
    return emptied


async def free_pictures(graph: Graph, pictures: Pictures, now: datetime) -> int:
    """How many pictures went with their files that were avatars and are nobody's now."""
    freed = await known.free(graph, _BATCH)
    for sha256 in freed:
        await _forget_files(graph, pictures, sha256, now)
    return len(freed)


async def _forget_files(graph: Graph, pictures: Pictures, sha256: str, now: datetime) -> None:
    """Deletes the files of a picture that is no more; what was put again within a day is left to `pinwalk doctor`."""
    if not await census.known_pictures(graph, [sha256]):
        await pictures.delete_unless_put(sha256, now - timedelta(seconds=UPLOAD_KEPT_S))
