"""What a viewer is told, as it stands when it is read.

Stored notifications are groups: one a kind and subject (FOLLOWED of a User; PIN_SAVED and COMMENTED of a Pin; INVITED
of a Board) since the viewer last marked what they read. An actor counts while what they did still stands and nobody
blocks: a save that was taken back or went secret is told no more. NEW_PIN is stored nowhere: it is read from whom the
viewer follows, so that a Pin of somebody with many followers writes nothing for any of them.

What is read is one sort key of the viewer's: all up to it is.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final

from domain.errors import NotFound
from domain.ids import BoardN, NotificationId, PinN, UserN, id_of_number, number_of, prefix_of
from domain.limits import NEWS_LIFE_DAYS, NOTIFICATION_ACTORS_MAX
from domain.notices import Notification, NotificationKind, Preference
from domain.page import Page, PageArgs, PageItem
from graph import columns, visibility
from graph.client import Graph, Tx
from graph.keys import ms_of

_NEWS: Final = "news"
_TOLD: Final = "told"
_DAY_MS: Final = 86_400_000

_STANDS: Final = """NOT u.n IN blocked AND CASE n.kind
      WHEN 'FOLLOWED' THEN EXISTS { (u)-[:FOLLOWS]->(v) }
      WHEN 'PIN_SAVED' THEN EXISTS { MATCH ()-[h:HOLDS]->() WHERE h.b = r.b AND h.p = n.pinN }
      WHEN 'COMMENTED' THEN EXISTS { UNWIND coalesce(r.cs, [r.c]) AS c MATCH (:Comment {id: c})-[:ON]->(:Pin) }
      ELSE EXISTS { (v)-[:COLLABORATES]->(:Board {n: n.boardN}) } END"""
_SUBJECT: Final = (
    """(n.pinN IS NULL OR EXISTS { MATCH (p:Pin {n: n.pinN}) WHERE """
    + visibility.PIN
    + """ }) AND (n.boardN IS NULL OR EXISTS { MATCH (b:Board {n: n.boardN}) WHERE """
    + visibility.BOARD
    + " })"
)
_ROW: Final = (
    """
  CALL (v, n, blocked) {
    MATCH (n)-[r:BY]->(u:User) WHERE """
    + _STANDS
    + """ WITH r, u ORDER BY r.k DESC
    RETURN count(u) AS standing, collect(u.n)[..$actors] AS latest }
  WITH v, mine, blocked, n, standing, latest WHERE n.shown AND (standing > 0 OR n.kind = 'EXPORT_READY') AND """
    + _SUBJECT
)
_COLUMNS: Final = "[n.id, n.kind, n.k, n.k <= coalesce(v.readK, 0), latest, standing + n.more, n.pinN, n.boardN]"
STORED: Final = (
    visibility.VIEWER
    + """WITH v, mine, blocked WHERE v IS NOT NULL
RETURN COLLECT { MATCH (n:Notification) USING INDEX n:Notification(ownerN, k)
  WHERE n.ownerN = $viewer AND n.k < $k AND n.k > $least
  WITH v, mine, blocked, n ORDER BY n.ownerN DESC, n.k DESC"""
    + _ROW
    + " WITH v, n, standing, latest LIMIT $limit RETURN "
    + _COLUMNS
    + " } AS rows, coalesce(v.readK, 0) AS read"
)
PLACE: Final = "MATCH (n:Notification {id: $id}) WHERE n.ownerN = $viewer RETURN coalesce(n.k0, n.k) AS k"
BY_ID: Final = (
    visibility.VIEWER
    + "MATCH (n:Notification {id: $id}) WHERE n.ownerN = $viewer AND v IS NOT NULL WITH v, mine, blocked, n"
    + _ROW
    + " RETURN "
    + _COLUMNS
    + " AS row"
)
_NEWER: Final = """u.lastPinAt > f.k AND u.lastPinAt > $oldest AND NOT u.n IN blocked
    AND NOT 'NEW_PIN' IN coalesce(v.inAppOff, [])"""
_NEWS_COLUMNS: Final = """[p.k, p.k <= coalesce(v.readK, 0), u.n, COUNT {
    MATCH (o:Pin) USING INDEX o:Pin(creatorN, k) WHERE o.creatorN = u.n AND o.k <= p.k AND o.k > f.k
      AND (o.k > coalesce(v.readK, 0) OR o.k = p.k) AND EXISTS { (o)<-[:HOLDS]-() } }, p.n]"""
NEWS: Final = (
    visibility.VIEWER
    + """WITH v, mine, blocked WHERE v IS NOT NULL
RETURN COLLECT { MATCH (v)-[f:FOLLOWS]->(u:User) WHERE u.lastPinAt < $k AND u.lastPinAt > $least AND """
    + _NEWER
    + """ WITH v, mine, blocked, f, u ORDER BY u.lastPinAt DESC LIMIT $limit
  MATCH (p:Pin) USING INDEX p:Pin(creatorN, k) WHERE p.creatorN = u.n AND p.k = u.lastPinAt AND """
    + visibility.PUBLIC_PIN
    + " RETURN "
    + _NEWS_COLUMNS
    + " } AS rows"
)
NEWS_OF: Final = (
    visibility.VIEWER
    + """MATCH (v)-[f:FOLLOWS]->(u:User {n: $creator}) WHERE u.lastPinAt > f.k AND NOT u.n IN blocked
MATCH (p:Pin) USING INDEX p:Pin(creatorN, k) WHERE p.creatorN = u.n AND p.k = $k AND p.k > f.k AND """
    + visibility.PUBLIC_PIN
    + " RETURN "
    + _NEWS_COLUMNS
    + " AS row"
)
UNREAD: Final = (
    visibility.VIEWER
    + """WITH v, mine, blocked WHERE v IS NOT NULL
RETURN COUNT { MATCH (n:Notification) USING INDEX n:Notification(ownerN, k)
  WHERE n.ownerN = $viewer AND n.k > coalesce(v.readK, 0) AND n.shown
    AND (n.kind = 'EXPORT_READY' OR EXISTS { MATCH (n)-[r:BY]->(u:User) WHERE """
    + _STANDS
    + " }) AND "
    + _SUBJECT
    + """ } AS stored,
  COUNT { MATCH (v)-[f:FOLLOWS]->(u:User) WHERE u.lastPinAt > coalesce(v.readK, 0) AND """
    + _NEWER
    + " } AS news"
)
MARK_READ: Final = """
MATCH (v:User {n: $viewer}) SET v.lk = $k
SET v.readK = CASE WHEN coalesce(v.readK, 0) > $read THEN v.readK ELSE $read END RETURN 1 AS one"""
PREFERENCES: Final = """
MATCH (v:User {n: $viewer}) RETURN coalesce(v.inAppOff, []) AS in_app_off, coalesce(v.pushOff, []) AS push_off"""
PREFER: Final = """
MATCH (v:User {n: $viewer}) SET v.lk = $k
SET v.inAppOff = [x IN coalesce(v.inAppOff, []) WHERE NOT x IN $kinds] + $in_app_off,
    v.pushOff = [x IN coalesce(v.pushOff, []) WHERE NOT x IN $kinds] + $push_off
RETURN v.inAppOff AS in_app_off, v.pushOff AS push_off"""


async def page(
    graph: Graph, viewer: UserN, args: PageArgs, *, now: datetime, unread_only: bool = False
) -> Page[Notification]:
    """What the viewer is told, latest first. Two statements."""
    before = columns.K_MAX if args.after is None else args.after
    found = await _between(graph, viewer, before, 0, args.first + 1, now=now)
    kept = [item for item in found if not (unread_only and item.read)]
    # All that is unread comes before all that is read.
    return Page.cut([PageItem(item, item.k) for item in kept], args)


async def since(graph: Graph, viewer: UserN, k: int, limit: int, *, now: datetime) -> list[Notification]:
    """The latest that came after this sort key, at most `limit`, oldest first. Two statements."""
    return (await _between(graph, viewer, columns.K_MAX, k, limit, now=now))[::-1]


async def by_id(graph: Graph, viewer: UserN, id: str) -> Notification | None:
    """The viewer's own notification of this id, as it stands now."""
    if prefix_of(id) == _NEWS:
        k, creator = number_of(id) >> 64, number_of(id) & (2**63 - 1)
        row = await graph.one(NEWS_OF, viewer=viewer, creator=creator, k=min(k, columns.K_MAX))
        return _news_of(row["row"]) if row else None
    row = await graph.one(BY_ID, viewer=viewer, id=id, actors=NOTIFICATION_ACTORS_MAX)
    return _notification_of(row["row"]) if row else None


async def place(graph: Graph, viewer: UserN, id: str) -> int | None:
    """The sort key from which to go on after the viewer saw this notification, whether or not it still stands.

    Of one that grew it is where it first came: what grew since comes again. `id` may be an event's (`event_id`), which
    says it exactly. None for what is none of theirs, or was forgotten since.
    """
    if prefix_of(id) == _TOLD:
        return min(number_of(id), columns.K_MAX)
    if prefix_of(id) == _NEWS:
        return min(number_of(id) >> 64, columns.K_MAX)
    row = await graph.one(PLACE, viewer=viewer, id=id)
    return int(row["k"]) if row else None


def event_id(item: Notification) -> str:
    """What names the moment in which the notification came to stand as it does, for `place`."""
    return id_of_number(_TOLD, item.k)


async def unread_count(graph: Graph, viewer: UserN, *, now: datetime) -> int:
    """How many are unread."""
    row = await graph.one(UNREAD, viewer=viewer, oldest=_oldest(now))
    return int(row["stored"] + row["news"]) if row else 0


async def mark_read(graph: Graph, viewer: UserN, k: int) -> None:
    """All up to this sort key is read from now on; what was read stays so. Raises NotFound: the account is gone."""
    lock = graph.keys.k()

    async def work(tx: Tx) -> None:
        if not await tx.run(MARK_READ, viewer=viewer, read=k, k=lock):
            raise NotFound("Your account has been deleted.")

    await graph.write(work)


async def preferences(graph: Graph, viewer: UserN) -> list[Preference]:
    """What the viewer is told of, by kind: everything that they did not switch off."""
    row = await graph.one(PREFERENCES, viewer=viewer)
    return _preferences(row) if row else []


async def prefer(graph: Graph, viewer: UserN, wanted: Collection[Preference]) -> list[Preference]:
    """The preferences with these kinds changed. Raises NotFound for an account that is gone."""
    k = graph.keys.k()

    async def work(tx: Tx) -> list[Preference]:
        rows = await tx.run(
            PREFER,
            viewer=viewer,
            k=k,
            kinds=[each.kind.value for each in wanted],
            in_app_off=[each.kind.value for each in wanted if not each.in_app],
            push_off=[each.kind.value for each in wanted if not each.push],
        )
        if not rows:
            raise NotFound("Your account has been deleted.")
        return _preferences(rows[0])

    return await graph.write(work)


def news_id(k: int, creator: UserN) -> NotificationId:
    """The id of the news that this User made public the Pin of this key."""
    return NotificationId(id_of_number(_NEWS, (k << 64) | creator))


async def _between(
    graph: Graph, viewer: UserN, before: int, least: int, limit: int, *, now: datetime
) -> list[Notification]:
    row = await graph.one(STORED, viewer=viewer, k=before, least=least, limit=limit, actors=NOTIFICATION_ACTORS_MAX)
    news = await graph.one(NEWS, viewer=viewer, k=before, least=least, limit=limit, oldest=_oldest(now))
    found = [_notification_of(each) for each in row["rows"]] if row else []
    found += [_news_of(each) for each in news["rows"]] if news else []
    return sorted(found, key=lambda item: -item.k)[:limit]


def _oldest(now: datetime) -> int:
    return (columns.milliseconds(now) - NEWS_LIFE_DAYS * _DAY_MS) << 20


def _notification_of(row: Sequence[Any]) -> Notification:
    id_, kind, k, read, actors, count, pin_n, board_n = row
    return Notification(
        NotificationId(id_),
        NotificationKind(kind),
        k,
        columns.moment(ms_of(k)),
        read,
        tuple(UserN(n) for n in actors),
        count,
        None if pin_n is None else PinN(pin_n),
        None if board_n is None else BoardN(board_n),
    )


def _news_of(row: Sequence[Any]) -> Notification:
    k, read, creator, count, pin_n = row
    kind, at = NotificationKind.NEW_PIN, columns.moment(ms_of(k))
    return Notification(news_id(k, creator), kind, k, at, read, (UserN(creator),), count, PinN(pin_n), None)


def _preferences(row: dict[str, Any]) -> list[Preference]:
    in_app_off, push_off = set(row["in_app_off"]), set(row["push_off"])
    return [Preference(kind, kind.value not in in_app_off, kind.value not in push_off) for kind in NotificationKind]
