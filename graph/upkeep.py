"""Notes of long-running work in the graph: that a worker lives, and how far an import has come."""

from __future__ import annotations

from typing import Final

from graph.client import Graph, Tx

_DAY_MS: Final = 86_400_000

BEAT: Final = "MERGE (w:Worker {name: $name}) SET w.at = $now, w.text = $text, w.image = $image"
BURY: Final = "MATCH (w:Worker) WHERE w.at < $before DELETE w"
POSITION: Final = "MATCH (i:Import {key: $key}) RETURN i.row AS row"
REACH: Final = "MERGE (i:Import {key: $key}) SET i.row = CASE WHEN coalesce(i.row, 0) > $row THEN i.row ELSE $row END"
LAST_BEAT: Final = "MATCH (w:Worker) RETURN max(w.at) AS at"


async def beat(graph: Graph, name: str, now_ms: int, *, image: str | None = None, text: str | None = None) -> None:
    """Notes that the worker of this name was alive at this time, and which embedders it works with."""

    async def work(tx: Tx) -> None:
        await tx.run(BEAT, name=name, now=now_ms, image=image, text=text)
        await tx.run(BURY, before=now_ms - _DAY_MS)

    await graph.write(work)


async def last_beat(graph: Graph) -> int | None:
    """When any worker was last alive, in milliseconds since 1970; None if none ever was. Beats come every 2 s."""
    row = await graph.one(LAST_BEAT)
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
