"""Whether a snapshot file may be walked: whole, and of this graph's own past."""

from __future__ import annotations

import asyncio
from pathlib import Path

import structlog

from discovery.walk import snapshot, warming
from discovery.walk.flat import Flat
from discovery.walk.snapshot import BadSnapshot, Origin, Snapshot
from graph import outbox
from graph.client import Graph

log = structlog.get_logger(__name__)


async def opened(graph: Graph, path: Path) -> tuple[Flat, int] | None:
    """The layout in the file and the event position that it includes; None, with a line in the log, when it is damaged,
    of another graph, or older than the events that are kept. Raises Unavailable when the graph does not answer."""
    try:
        found, flat = await asyncio.to_thread(_verified, path)
    except FileNotFoundError:
        return None
    except (BadSnapshot, OSError) as error:
        log.warning("snapshot_refused", reason=str(error))
        return None
    if await outbox.id_at(graph, found.origin.seq) != found.origin.event_id:
        log.warning("snapshot_refused", reason=f"{path} is of another graph, or older than the events that are kept")
        return None
    return flat, found.origin.seq


async def kept(graph: Graph, flat: Flat, seq: int, path: Path) -> bool:
    """Writes the layout, which includes the events up to `seq`, while nobody edits it; False when there is no event at
    `seq` to know it by. Raises Unavailable when the disk is full or the graph does not answer."""
    event_id = await outbox.id_at(graph, seq)
    if event_id is None:
        return False
    size = await asyncio.to_thread(snapshot.write, flat, path, Origin(seq, event_id))
    log.info("snapshot_written", path=str(path), seq=seq, saves=flat.saves, bytes=size)
    return True


def _verified(path: Path) -> tuple[Snapshot, Flat]:
    found = snapshot.open_(path)
    warming.warm_for(found.flat)
    found.verify()
    return found, found.flat.owned()
