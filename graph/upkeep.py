"""Notes of long-running work in the graph: that a worker lives, and how far an import has come."""

from __future__ import annotations

from typing import Final

from graph.client import Graph, Tx

_DAY_MS: Final = 86_400_000

# By the graph's clock: those of the machines may differ.
BEAT: Final = "MERGE (w:Worker {name: $name}) SET w.at = timestamp(), w.text = $text, w.image = $image"
BURY: Final = "MATCH (w:Worker) WHERE w.at < timestamp() - $life_ms DELETE w"
POSITION: Final = "MATCH (i:Import {key: $key}) RETURN i.row AS row"
REACH: Final = "MERGE (i:Import {key: $key}) SET i.row = CASE WHEN coalesce(i.row, 0) > $row THEN i.row ELSE $row END"
HOLDERS: Final = """
MATCH (j:Job) WHERE j.state = 'ready' AND j.token IS NOT NULL AND j.runAt > $now
WITH DISTINCT j.worker AS name OPTIONAL MATCH (w:Worker {name: name})
RETURN collect([name, timestamp() - w.at]) AS workers"""
TAKE_BACK: Final = """
MATCH (j:Job) WHERE j.state = 'ready' AND j.worker = $worker AND j.token IS NOT NULL AND j.runAt > $now
SET j.token = null, j.runAt = $now RETURN count(*) AS jobs"""
LAST_BEAT: Final = "MATCH (w:Worker) WHERE $host IS NULL OR w.name STARTS WITH $host + ':' RETURN max(w.at) AS at"


async def beat(graph: Graph, name: str, *, image: str | None = None, text: str | None = None) -> None:
    """Notes that the worker of this name is alive, and which embedders it works with."""

    async def work(tx: Tx) -> None:
        await tx.run(BEAT, name=name, image=image, text=text)
        await tx.run(BURY, life_ms=_DAY_MS)

    await graph.write(work)


async def last_beat(graph: Graph, *, host: str | None = None) -> int | None:
    """When any worker (of this host) was last alive, in milliseconds since 1970; None if none ever was.

    Beats come every 2 s.
    """
    row = await graph.one(LAST_BEAT, host=host)
    return None if row is None or row["at"] is None else int(row["at"])


async def position(graph: Graph, key: str) -> int:
    """How many rows of the import with this key are in the graph; 0 for one that never began."""
    row = await graph.one(POSITION, key=key)
    return 0 if row is None else int(row["row"])


async def reach(graph: Graph, key: str, row: int) -> None:
    """Notes that the import with this key has its first `row` rows in the graph. It never goes back."""

    async def work(tx: Tx) -> None:
        await tx.run(REACH, key=key, row=row)

    await graph.write(work)


async def holders(graph: Graph, now_ms: int) -> dict[str, int | None]:
    """The workers that hold jobs, with the milliseconds since each said that it is alive; None if it never did."""
    row = await graph.one(HOLDERS, now=now_ms)
    return dict(row["workers"]) if row else {}


async def take_back(graph: Graph, worker: str, now_ms: int) -> int:
    """How many jobs became due at once that this worker, known to be dead, held; their attempts have counted."""

    async def work(tx: Tx) -> int:
        return int((await tx.run(TAKE_BACK, worker=worker, now=now_ms))[0]["jobs"])

    return await graph.write(work)
