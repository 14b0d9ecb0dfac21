"""What events about Pins mean to one who listens, by the state of now: one statement for any number of events."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Final

from domain.events import Event
from domain.ids import BoardN, EventId, TopicN, UserN
from domain.model import Pin
from graph import columns, visibility
from graph.client import Graph

_OLDEST_SAVES: Final = 100
_WATCHED: Final = "CASE WHEN $follows THEN EXISTS { (v)-[:FOLLOWS]->(b) } ELSE b.n IN $boards END"
_PUBLIC: Final = "b:Board AND b.privacy = 'PUBLIC' AND " + visibility.BOARD
# Where it was when it became ready are the oldest of its saves; later ones have events of their own.
_OLDEST: Final = """MATCH (b)-[h:HOLDS]->() USING INDEX h:HOLDS(p, k) WHERE h.p = p.n AND h.k > 0
        WITH b, h.p AS of, h.k AS k ORDER BY of, k LIMIT $oldest WITH b, k WHERE """
# A Pin that is ready, or was put somewhere once it was. Of one that became ready the board is one that is watched, else
# any that may be seen; of one that was put on a board it is that one, as long as it holds the Pin.
MEANT: Final = (
    visibility.VIEWER
    + """RETURN COLLECT { UNWIND $rows AS row MATCH (p:Pin {n: row[1]})
  WHERE p.status <> 'PROCESSING' AND EXISTS { (p)<-[:HOLDS]-() } AND NOT EXISTS { (v)-[:HID]->(p) } AND """
    + visibility.PIN
    + """ WITH v, mine, blocked, row, p,
    CASE WHEN $follows THEN EXISTS { (v)-[:FOLLOWS]->(:User {n: p.creatorN}) }
         ELSE coalesce(p.creatorN, -2) IN $users END AS hers,
    EXISTS { MATCH (p)-[a:ABOUT]->() WHERE a.t IN $topics } AS about
  CALL (v, mine, blocked, row, p, hers, about) {
    WITH v, mine, blocked, row, p, hers, about WHERE row[2] = 'pin_ready'
    WITH row, p, hers, about,
      head(COLLECT { """
    + _OLDEST
    + _PUBLIC
    + " AND "
    + _WATCHED
    + """ RETURN b.n ORDER BY k LIMIT 1 }) AS watched,
      head(COLLECT { """
    + _OLDEST
    + _PUBLIC
    + """ RETURN b.n ORDER BY k LIMIT 1 }) AS any
    WITH row, p, watched, any WHERE watched IS NOT NULL OR hers OR about
    RETURN coalesce(watched, any) AS board, CASE WHEN watched IS NULL THEN null ELSE p.creatorN END AS saver
    UNION ALL
    WITH v, mine, blocked, row, p, hers WHERE row[2] <> 'pin_ready'
    MATCH (b:Board {n: row[3]}) WHERE """
    + _PUBLIC
    + """ AND EXISTS { MATCH ()-[h:HOLDS]->() USING INDEX h:HOLDS(b, p) WHERE h.b = b.n AND h.p = p.n }
    WITH b, row, p, hers, """
    + _WATCHED
    + """ AS watched
    WHERE watched OR (hers AND row[2] = 'saved' AND row[4] = p.creatorN AND COUNT { (p)<-[:HOLDS]-() } = 1)
    RETURN b.n AS board, row[4] AS saver }
  MATCH (p)-[:SHOWS]->(i:Picture) RETURN [row[0], board, saver, """
    + columns.PIN
    + "] } AS rows"
)


@dataclass(frozen=True, slots=True)
class Watched:
    """What one who listens listens to; `follows` means whatever they follow at that moment, and nothing else."""

    boards: Collection[BoardN] = ()
    users: Collection[UserN] = ()
    topics: Collection[TopicN] = field(default=())
    follows: bool = False


@dataclass(frozen=True, slots=True)
class Meant:
    """The Pin that an event tells of, the public board that it is on, and who put it there if it came by a board."""

    pin: Pin
    board_n: BoardN | None
    saver_n: UserN | None


async def meant(graph: Graph, viewer: UserN, events: Sequence[Event], watched: Watched) -> dict[EventId, Meant]:
    """What those of the events mean that say something to this viewer now: PIN_READY, SAVED, MOVED. One statement."""
    row = await graph.one(
        MEANT,
        viewer=viewer,
        rows=[[e.id, e.pin, e.kind.value, e.board, e.user] for e in events if e.pin is not None],
        boards=list(watched.boards),
        users=list(watched.users),
        topics=list(watched.topics),
        follows=watched.follows,
        oldest=_OLDEST_SAVES,
    )
    return {
        EventId(id_): Meant(columns.pin_of(pin), None if board is None else BoardN(board), saver)
        for id_, board, saver, pin in (row["rows"] if row else ())
    }
