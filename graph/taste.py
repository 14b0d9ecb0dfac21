"""What feeds ask: recent saves, what is followed, what is fresh and popular.

What is answered here are candidates: hydrate them under the viewer's visibility. Blocks are left out already.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from domain.acts import EngagementKind
from domain.ids import BoardN, PinN, TopicN, UserN
from domain.limits import HIDDEN_PINS_MAX
from graph import columns, visibility
from graph.client import Graph
from graph.keys import ms_of

OWN_MAX: Final = 10_000
ACTS_MAX: Final = 40
DISLIKED_MAX: Final = 20
POPULAR_HALF_LIFE_MS: Final = 3 * 86_400_000
_POPULAR_BOARDS: Final = 300
_WARM_LIFE_MS: Final = 14 * 86_400_000
_POPULAR_SAVES: Final = 30
_FOLLOWED_SOURCES_MAX: Final = 10_000

# The newest K of all lie on the K Boards with the newest saves, so no more than those are looked at.
QUERY_PINS: Final = """
MATCH (:User {n: $viewer})-[:OWNS|COLLABORATES]->(b:Board) WHERE b.lastK IS NOT NULL
WITH DISTINCT b ORDER BY b.lastK DESC LIMIT $limit
WITH collect(b.n) AS bs
RETURN COLLECT { UNWIND bs AS bn CALL (bn) {
    MATCH ()-[h:HOLDS]->() USING INDEX h:HOLDS(b, k) WHERE h.b = bn AND h.k > 0
    WITH h ORDER BY h.b DESC, h.k DESC LIMIT $limit RETURN h.p AS p, h.k AS k
    UNION ALL
    MATCH ()-[h:HOLDS_SECRET]->() USING INDEX h:HOLDS_SECRET(b, k) WHERE h.b = bn AND h.k > 0
    WITH h ORDER BY h.b DESC, h.k DESC LIMIT $limit RETURN h.p AS p, h.k AS k }
  WITH p, max(k) AS k ORDER BY k DESC LIMIT $limit
  RETURN [p, k, COLLECT { MATCH (:Pin {n: p})-[a:ABOUT]->() RETURN a.t ORDER BY a.pos }] } AS rows"""
_OF_SOURCES: Final = """
RETURN COLLECT { CALL (bs, blocked, least) {
    UNWIND bs AS bn CALL (bn, blocked, least) {
      MATCH ()-[h:HOLDS]->(p) USING INDEX h:HOLDS(b, k) WHERE h.b = bn AND h.k < $k AND h.k >= least
        AND NOT coalesce(p.creatorN, -2) IN blocked
      WITH h ORDER BY h.b DESC, h.k DESC LIMIT $limit RETURN h.p AS p, h.k AS k, h.b AS b }
    RETURN p, k, b, null AS u }
  RETURN [p, k, b, u] ORDER BY k DESC LIMIT $limit } AS board_rows,
COLLECT { CALL (us, least) {
    UNWIND us AS un CALL (un, least) {
      MATCH (p:Pin) USING INDEX p:Pin(creatorN, k) WHERE p.creatorN = un AND p.k < $k AND p.k >= least
        AND EXISTS { (p)<-[:HOLDS]-() }
      WITH p ORDER BY p.creatorN DESC, p.k DESC LIMIT $limit RETURN p.n AS p, p.k AS k }
    RETURN p, k, null AS b, un AS u }
  RETURN [p, k, b, u] ORDER BY k DESC LIMIT $limit } AS user_rows"""
# Of as many sources as Pins are asked for, each has one at least as new as the last one's newest: nothing older is
# looked at. At the head each source says its newest itself, which is no bound where blocks hide Pins; past it the
# newest of each that is left is looked up.
_LEAST: Final = """
WITH blocked, bs, us, reduce(most = 0, bound IN bounds | CASE WHEN bound > most THEN bound ELSE most END) AS least"""
_AT_HEAD: Final = """
WITH blocked, [row IN bl | row[0]] AS bs, [row IN ul | row[0]] AS us, [found IN [bl, ul]
  WHERE size(blocked) = 0 AND size(found) >= $limit | found[$limit - 1][1]] AS bounds"""
_PAST_HEAD: Final = """
WITH blocked, [row IN bl | row[0]] AS bs, [row IN ul | row[0]] AS us
WITH blocked, bs, us, COLLECT { CALL (bs, blocked) { UNWIND bs AS bn CALL (bn, blocked) {
      MATCH ()-[h:HOLDS]->(p) USING INDEX h:HOLDS(b, k) WHERE h.b = bn AND h.k < $k
        AND NOT coalesce(p.creatorN, -2) IN blocked
      WITH h ORDER BY h.b DESC, h.k DESC LIMIT 1 RETURN h.k AS k } RETURN k }
    RETURN k ORDER BY k DESC SKIP $limit - 1 LIMIT 1 }
  + COLLECT { CALL (us) { UNWIND us AS un CALL (un) {
      MATCH (p:Pin) USING INDEX p:Pin(creatorN, k) WHERE p.creatorN = un AND p.k < $k AND EXISTS { (p)<-[:HOLDS]-() }
      WITH p ORDER BY p.creatorN DESC, p.k DESC LIMIT 1 RETURN p.k AS k } RETURN k }
    RETURN k ORDER BY k DESC SKIP $limit - 1 LIMIT 1 } AS bounds"""
_FOLLOWED: Final = (
    visibility.VIEWER
    + """
WITH v, mine, blocked
WITH blocked, COLLECT { MATCH (v)-[:FOLLOWS]->(b:Board) WHERE b.lastAt IS NOT NULL AND """
    + visibility.BOARD
    + """ WITH b ORDER BY b.lastAt DESC LIMIT $sources RETURN [b.n, b.lastAt] } AS bl,
  COLLECT { MATCH (v)-[:FOLLOWS]->(u:User) WHERE u.lastPinAt IS NOT NULL AND """
    + visibility.PERSON
    + " WITH u ORDER BY u.lastPinAt DESC LIMIT $sources RETURN [u.n, u.lastPinAt] } AS ul"
)
FOLLOWING: Final = _FOLLOWED + _AT_HEAD + _LEAST + _OF_SOURCES
FOLLOWING_ON: Final = _FOLLOWED + _PAST_HEAD + _LEAST + _OF_SOURCES
FRESH: Final = """
MATCH (p:Pin) USING INDEX p:Pin(k) WHERE p.k > 0 AND EXISTS { (p)<-[:HOLDS]-() }
WITH p ORDER BY p.k DESC LIMIT $limit RETURN collect([p.n, p.k]) AS rows"""
# There is no walk over all saves by time; the Boards that were saved to last hold the recent ones.
POPULAR: Final = """
MATCH (b:Board) USING INDEX b:Board(lastAt) WHERE b.lastAt > 0
WITH b ORDER BY b.lastAt DESC LIMIT $boards WITH collect(b.n) AS bs
RETURN COLLECT { UNWIND bs AS bn CALL (bn) {
    MATCH ()-[h:HOLDS]->() USING INDEX h:HOLDS(b, k) WHERE h.b = bn AND h.k > 0
    WITH h ORDER BY h.b DESC, h.k DESC LIMIT $saves RETURN h.p AS p, h.k AS k }
  RETURN [p, k] } AS rows,
COLLECT { MATCH (p:Pin) USING INDEX p:Pin(heatAt) WHERE p.heatAt > $since AND EXISTS { (p)<-[:HOLDS]-() }
  WITH p ORDER BY p.heatAt DESC LIMIT $boards RETURN [p.n, p.k, p.heat, p.heatAt] } AS warm"""
POPULAR_ON: Final = """
MATCH (p)-[a:ABOUT]->() USING INDEX a:ABOUT(t, k) WHERE a.t = $topic AND a.k > 0 AND EXISTS { (p)<-[:HOLDS]-() }
WITH p, a ORDER BY a.t DESC, a.k DESC LIMIT $boards WITH collect(p.n) AS ps
RETURN COLLECT { UNWIND ps AS pn CALL (pn) {
    MATCH ()-[h:HOLDS]->() USING INDEX h:HOLDS(p, k) WHERE h.p = pn AND h.k > 0
    WITH h ORDER BY h.p DESC, h.k DESC LIMIT $saves RETURN h.p AS p, h.k AS k }
  RETURN [p, k] } AS rows"""
KEPT: Final = """
MATCH (v:User {n: $viewer})
RETURN COLLECT { MATCH (v)-[:OWNS|COLLABORATES]->(b:Board) WHERE b.lastK IS NOT NULL WITH b ORDER BY b.lastK DESC
      MATCH (b)-[h:HOLDS|HOLDS_SECRET]->() RETURN DISTINCT h.p LIMIT $limit } AS saved,
  COLLECT { MATCH (p:Pin) USING INDEX p:Pin(creatorN, k) WHERE p.creatorN = $viewer AND p.k > 0
      WITH p ORDER BY p.creatorN DESC, p.k DESC LIMIT $limit RETURN p.n } AS made,
  COLLECT { MATCH (v)-[h:HID]->(p) RETURN p.n ORDER BY h.k DESC LIMIT $hidden } AS hidden,
  COLLECT { MATCH (v)-[i:INTERESTED_IN]->(t:Topic) RETURN t.n ORDER BY i.pos } AS interests,
  head(COLLECT { MATCH (a:Actions {u: $viewer}) RETURN [a.ps[..$acts], a.kinds[..$acts], a.ats[..$acts]] }) AS acts,
  head(COLLECT { MATCH (a:Actions {u: $viewer}) RETURN [a.shown, a.looks, a.ps] }) AS shown"""
TOPIC_PINS: Final = """
RETURN COLLECT { UNWIND $topics AS t CALL (t) {
    MATCH (p)-[a:ABOUT]->() USING INDEX a:ABOUT(t, k) WHERE a.t = t AND a.k > 0 AND EXISTS { (p)<-[:HOLDS]-() }
    WITH p, a ORDER BY a.t DESC, a.k DESC LIMIT $limit RETURN p.n AS p, a.k AS k }
  WITH p, t, k ORDER BY k DESC LIMIT $limit RETURN [p, t, k] } AS rows"""
SPACING: Final = """
RETURN COLLECT { UNWIND $ns AS n MATCH (p:Pin {n: n}) RETURN [n, p.creatorN, head(COLLECT {
    MATCH ()-[h:HOLDS]->() USING INDEX h:HOLDS(p, k) WHERE h.p = n AND h.k > 0
    WITH h ORDER BY h.p, h.k LIMIT 1 RETURN h.b }),
  head(COLLECT { MATCH (p)-[:SHOWS]->(i) RETURN i.sha256 }),
  COLLECT { MATCH (p)-[a:ABOUT]->() RETURN a.t ORDER BY a.pos }, coalesce(p.title, '') = ''] } AS rows"""


@dataclass(frozen=True, slots=True)
class FollowedItem:
    """A public Pin from what the viewer follows: a Board that got it, or the User who made it."""

    pin_n: PinN
    k: int
    board_n: BoardN | None
    user_n: UserN | None


@dataclass(frozen=True, slots=True)
class Kept:
    """What a viewer has: Pins that they created or that are on a Board of theirs, those that they hid, interests.

    `acts` are what they did last with Pins (what, when in milliseconds), latest first, at most ACTS_MAX. `disliked` are
    the Pins that they hid last; `looks` says how often they have probably looked at Pins that they did nothing with.
    """

    own: frozenset[PinN] = frozenset()
    hidden: frozenset[PinN] = frozenset()
    interests: tuple[TopicN, ...] = ()
    acts: tuple[tuple[PinN, EngagementKind, int], ...] = ()
    disliked: tuple[PinN, ...] = ()
    looks: Mapping[PinN, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Spacing:
    """What spacing goes by: creator, the public Board that held the Pin first, picture (its SHA-256), topics,
    whether it has no title."""

    creator_n: UserN | None
    board_n: BoardN | None
    picture: str | None
    topics: tuple[TopicN, ...]
    untitled: bool = False


async def query_pins(graph: Graph, viewer: UserN, limit: int = 20) -> list[tuple[PinN, int, tuple[TopicN, ...]]]:
    """(Pin, sort key, topics) of the viewer's most recent saves on all their Boards, secret ones too, newest first."""
    row = await graph.one(QUERY_PINS, viewer=viewer, limit=limit)
    return [(PinN(n), k, tuple(topics)) for n, k, topics in row["rows"]] if row else []


async def kept(graph: Graph, viewer: UserN) -> Kept:
    """What the viewer has, in one statement: at most 10,000 Pins made, saved and hidden each; interests in order."""
    row = await graph.one(KEPT, viewer=viewer, limit=OWN_MAX, hidden=HIDDEN_PINS_MAX, acts=ACTS_MAX)
    if row is None:
        return Kept()
    own = frozenset(row["saved"]) | frozenset(row["made"])
    kinds = tuple(EngagementKind)
    acts = tuple((PinN(n), kinds[kind], at) for n, kind, at in zip(*(row["acts"] or ((), (), ())), strict=True))
    hidden = tuple(row["hidden"])
    looks = _looks(*(row["shown"] or ((), (), ())))
    return Kept(own, frozenset(hidden), tuple(row["interests"]), acts, hidden[:DISLIKED_MAX], looks)


def _looks(
    shown: Sequence[int] | None, looks: Sequence[float] | None, acted: Sequence[int] | None
) -> dict[PinN, float]:
    """The sum of the looks at each Pin that was shown and that nothing was done with."""
    found: dict[PinN, float] = {}
    touched = frozenset(acted or ())
    for n, look in zip(shown or (), looks or (), strict=True):
        if n not in touched:
            found[PinN(n)] = found.get(PinN(n), 0.0) + look
    return found


async def following_head(graph: Graph, viewer: UserN, limit: int, before_k: int | None = None) -> list[FollowedItem]:
    """The newest public Pins from what the viewer follows, newest first; `before_k` goes on from there (slower).

    The newest K items lie on the K sources with the newest ones; past the head all are asked for theirs first.
    A Pin may come from several sources.
    """
    if before_k is None:
        row = await graph.one(FOLLOWING, viewer=viewer, limit=limit, k=columns.K_MAX, sources=limit)
    else:
        row = await graph.one(FOLLOWING_ON, viewer=viewer, limit=limit, k=before_k, sources=_FOLLOWED_SOURCES_MAX)
    rows = sorted(row["board_rows"] + row["user_rows"], key=lambda r: r[1], reverse=True) if row else []
    return [FollowedItem(PinN(p), k, b, u) for p, k, b, u in rows[:limit]]


async def fresh(graph: Graph, limit: int) -> list[tuple[PinN, int]]:
    """The newest public Pins with their sort keys, newest first."""
    row = await graph.one(FRESH, limit=limit)
    return [(PinN(n), k) for n, k in row["rows"]] if row else []


async def popular(graph: Graph, topic_n: TopicN | None, limit: int, now_ms: int) -> list[tuple[PinN, float, int]]:
    """(Pin, score, k of its newest save) by recent public saves, each worth 2^(-age / 3 days), best first.

    Without a Topic, what viewers do with public Pins (graph/engagement.py) counts as well, decayed alike.

    Looks at the newest 30 saves of the 300 Boards saved to last, or of the Topic's 300 newest Pins.
    """
    bounds = {"boards": _POPULAR_BOARDS, "saves": _POPULAR_SAVES}
    if topic_n is None:
        row = await graph.one(POPULAR, **bounds, since=now_ms - _WARM_LIFE_MS)
    else:
        row = await graph.one(POPULAR_ON, topic=topic_n, **bounds)
    scores: dict[int, float] = {}
    newest: dict[int, int] = {}
    for n, k in row["rows"] if row else ():
        age_ms = max(0, now_ms - ms_of(k))
        scores[n] = scores.get(n, 0.0) + 2.0 ** (-age_ms / POPULAR_HALF_LIFE_MS)
        newest[n] = max(newest.get(n, 0), k)
    for n, k, heat, at_ms in row["warm"] if row and topic_n is None else ():
        scores[n] = scores.get(n, 0.0) + heat * 2.0 ** (-max(0, now_ms - at_ms) / POPULAR_HALF_LIFE_MS)
        newest[n] = max(newest.get(n, 0), k)
    liked = [n for n, score in scores.items() if score > 0]  # More people hid the others than did anything with them.
    best = sorted(liked, key=lambda n: (scores[n], newest[n]), reverse=True)[:limit]
    return [(PinN(n), scores[n], newest[n]) for n in best]


async def topic_pins(graph: Graph, topic_ns: Collection[TopicN], limit: int) -> list[tuple[PinN, TopicN, int]]:
    """The newest public Pins about the Topics, `limit` in all, with sort keys, newest first."""
    row = await graph.one(TOPIC_PINS, topics=list(topic_ns), limit=limit)
    return [(PinN(n), TopicN(topic_n), k) for n, topic_n, k in row["rows"]] if row else []


async def spacing(graph: Graph, ns: Collection[PinN]) -> dict[PinN, Spacing]:
    """What spacing goes by, for each of the Pins that is there."""
    row = await graph.one(SPACING, ns=list(ns))
    rows = row["rows"] if row else ()
    return {PinN(n): Spacing(c, b, picture, tuple(topics), bare) for n, c, b, picture, topics, bare in rows}
