"""Finding Pins, Boards and Users by their words.

What is typed is folded into words before anything else, so that no sign of it is ever syntax. Whole words are looked up
by their stems, beginnings and typos in the folded words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, LiteralString, NamedTuple, TypeVar

from domain.ids import BoardN, PinN, UserN
from domain.limits import SEARCH_CHARS_MAX, SEARCH_TERMS_MAX
from domain.model import ANY_PIN, PinFilter
from domain.page import Page, PageArgs, PageItem
from graph import narrowing, visibility, words
from graph.client import Graph

T = TypeVar("T")

HITS_MAX: Final = 1_000
_TYPO_CHARS_MIN: Final = 4  # Below it, one letter makes another word.
_SOME_MAX: Final = 10_000
_ENOUGH: Final = 100
"""With so many Pins that a filter lets pass, those that match only some of the words are not asked for."""
_BOARDS_MAX: Final = 40
_BOARD_PINS_EACH: Final = 20

_ASKED: Final = """
CALL (*) {
    CALL db.index.fulltext.queryNodes($index, $whole, $options) YIELD node, score RETURN node, score, 2 AS tier
    UNION ALL
    CALL db.index.fulltext.queryNodes($index, $loose, $options) YIELD node, score RETURN node, score, 1 AS tier
    UNION ALL
    CALL db.index.fulltext.queryNodes($index, $some, $options) YIELD node, score RETURN node, score, 0 AS tier }
WITH v, mine, blocked, node, max(tier + score / (1.0 + score)) AS score """
_HITS: Final = (
    _ASKED
    + """ORDER BY score DESC LIMIT $most WITH v, mine, blocked, collect([node, score]) AS found
RETURN size(found) AS hits, COLLECT { UNWIND found AS one """
)
_ALL_WORDS: Final = """
CALL (*) {
    CALL db.index.fulltext.queryNodes('pin_text', $whole) YIELD node, score RETURN node, score, 2 AS tier
    UNION ALL
    CALL db.index.fulltext.queryNodes('pin_text', $loose) YIELD node, score RETURN node, score, 1 AS tier }
WITH v, mine, blocked, node AS p, max(tier + score / (1.0 + score)) AS score """
_SOME_WORDS: Final = """
CALL db.index.fulltext.queryNodes('pin_text', $some, {limit: $most}) YIELD node, score
WITH v, mine, blocked, node AS p, score / (1.0 + score) AS score """
_KEPT: Final = (
    "WHERE p:Pin AND "
    + visibility.PIN
    + " AND "
    + narrowing.PASSES
    + " WITH p, score ORDER BY score DESC, p.k DESC LIMIT $limit RETURN collect([p.n, score, "
    + narrowing.COLOR_DISTANCE
    + "]) AS rows"
)
PINS: Final = (
    visibility.VIEWER
    + _ASKED
    + """ORDER BY score DESC LIMIT $most WITH v, mine, blocked, collect([node, score]) AS found
RETURN size(found) AS hits, COLLECT { UNWIND found AS one WITH one[0] AS p, one[1] AS score WHERE p:Pin AND """
    + visibility.PIN
    + " RETURN [p.n, score, null] ORDER BY score DESC, p.k DESC LIMIT $limit } AS rows"
)
PINS_WITH_ALL: Final = visibility.VIEWER + _ALL_WORDS + _KEPT
PINS_WITH_SOME: Final = visibility.VIEWER + _SOME_WORDS + _KEPT
PINS_ON_BOARDS: Final = (
    visibility.VIEWER
    + """
CALL (*) {
    CALL db.index.fulltext.queryNodes('board_text', $whole, $options) YIELD node, score RETURN node, score, 2 AS tier
    UNION ALL
    CALL db.index.fulltext.queryNodes('board_text', $loose, $options) YIELD node, score RETURN node, score, 1 AS tier }
WITH v, mine, blocked, node AS b, max(tier + score / (1.0 + score)) AS score WHERE b:Board AND """
    + visibility.BOARD
    + """
WITH v, mine, blocked, b, score ORDER BY score DESC, b.n DESC LIMIT $boards
CALL (v, mine, blocked, b, score) { CALL (v, mine, blocked, b) {
      MATCH ()-[h:HOLDS]->(p) USING INDEX h:HOLDS(b, k) WHERE h.b = b.n AND h.k > 0 AND """
    + visibility.PIN
    + " AND "
    + narrowing.PASSES
    + """ WITH h, p ORDER BY h.b DESC, h.k DESC LIMIT $each RETURN p, h.k AS k
      UNION ALL
      MATCH ()-[h:HOLDS_SECRET]->(p) USING INDEX h:HOLDS_SECRET(b, k)
      WHERE h.b = b.n AND h.k > 0 AND h.b IN mine AND """
    + visibility.PIN
    + " AND "
    + narrowing.PASSES
    + """ WITH h, p ORDER BY h.b DESC, h.k DESC LIMIT $each RETURN p, h.k AS k }
  RETURN p, k }
WITH p.n AS n, b.n AS board, score, k ORDER BY score DESC, k DESC LIMIT $limit
RETURN collect([n, board, score]) AS rows"""
)
BOARDS: Final = (
    visibility.VIEWER
    + _HITS
    + "WITH one[0] AS b, one[1] AS score WHERE b:Board AND "
    + visibility.BOARD
    + " RETURN b.n ORDER BY score DESC, b.n DESC SKIP $skip LIMIT $first } AS rows"
)
USERS: Final = (
    visibility.VIEWER
    + _HITS
    + "WITH one[0] AS u, one[1] AS score WHERE u:User AND "
    + visibility.PERSON
    + """
WITH u, score + CASE WHEN u.usernameKey = $typed THEN 8 WHEN u.usernameKey STARTS WITH $typed THEN 4 ELSE 0 END AS score
RETURN u.n ORDER BY score DESC, u.usernameKey SKIP $skip LIMIT $first } AS rows"""
)


class Match(NamedTuple):
    """A Pin that matches. `score` is 0..3, higher is better; `whole` says that every word matched as a whole.

    `color_distance` is how near its palette comes to the colour asked for, in CIELAB; None when none is.
    """

    pin_n: PinN
    score: float
    whole: bool
    color_distance: float | None = None


class OnBoard(NamedTuple):
    """A Pin on a Board whose title or description matches. `score` is the Board's, 1..3."""

    pin_n: PinN
    board_n: BoardN
    score: float


class Lookup(NamedTuple):
    """The three questions of a search: every word whole; every word somehow; at least one word whole."""

    whole: str
    loose: str
    some: str


def lookup(query: str) -> Lookup | None:
    """The questions for what was typed; None when it holds no word worth asking for."""
    asked = [t for t in dict.fromkeys(words.terms(query[:SEARCH_CHARS_MAX])) if t not in words.STOP_WORDS]
    asked = asked[:SEARCH_TERMS_MAX]
    if not asked:
        return None
    whole = [f"(stemmed:{words.stem_word(term)} folded:{term}^2)" for term in asked]
    loose = [_loosely(term) for term in asked]
    return Lookup(" ".join("+" + w for w in whole), " ".join("+" + w for w in loose), " ".join(whole))


def _loosely(term: str) -> str:
    stem = words.stem_word(term)
    typo = f" folded:{term}~1" if len(term) >= _TYPO_CHARS_MIN else ""
    typo += f" stemmed:{stem}~1" if len(stem) >= _TYPO_CHARS_MIN and stem != term else ""
    return f"(stemmed:{stem}^2 folded:{term}*{typo})"


async def pins(graph: Graph, viewer: UserN, query: str, limit: int, wanted: PinFilter = ANY_PIN) -> list[Match]:
    """The Pins that the viewer may see, that match and that the filter lets pass, best first.

    From 2: every word matched whole, in any of its forms. From 1: every word, some by their beginning or with a letter
    wrong. Below 1: only some of the words. Whatever is typed is text: nothing in it is syntax, nothing raises.
    Exact: what others keep secret, or the filter holds back, takes no place from what is found. Of those that match
    only some of the words, the best 10,000 are looked at; under a filter only when fewer than _ENOUGH match all.
    """
    asked = lookup(query)
    if asked is None:
        return []
    if wanted.empty:
        most = min(limit * 2, HITS_MAX)
        named = {"index": "pin_text", "options": {"limit": most}, "most": most, **asked._asdict()}
        row = await graph.one(PINS, viewer=viewer, limit=limit, **named)
        rows = row["rows"] if row else []
        if row is None or len(rows) >= limit or row["hits"] < most:
            return _matches(rows)
    params = {"viewer": viewer, "limit": limit, **narrowing.params(wanted)}
    row = await graph.one(PINS_WITH_ALL, whole=asked.whole, loose=asked.loose, **params)
    found = _matches(row["rows"] if row else ())
    enough = limit if wanted.empty else min(limit, _ENOUGH)
    if len(found) < enough and asked.whole != f"+{asked.some}":  # One word is all words.
        row = await graph.one(PINS_WITH_SOME, some=asked.some, most=_SOME_MAX, **params)
        there = {match.pin_n for match in found}
        found += [match for match in _matches(row["rows"] if row else ()) if match.pin_n not in there]
    return found[:limit]


def _matches(rows: Iterable[tuple[int, float, float | None]]) -> list[Match]:
    return [Match(PinN(n), score, score >= 2.0, near) for n, score, near in rows]


async def on_boards(graph: Graph, viewer: UserN, query: str, limit: int, wanted: PinFilter = ANY_PIN) -> list[OnBoard]:
    """The newest Pins of the Boards whose words match all of the query, the best Boards first.

    Both the Pins and the Boards are such as the viewer may see, and the filter lets the Pins pass.
    """
    asked = lookup(query)
    if asked is None:
        return []
    row = await graph.one(
        PINS_ON_BOARDS,
        viewer=viewer,
        whole=asked.whole,
        loose=asked.loose,
        options={"limit": HITS_MAX},
        boards=_BOARDS_MAX if wanted.empty else HITS_MAX,
        each=_BOARD_PINS_EACH,
        limit=limit,
        **narrowing.params(wanted),
    )
    best: dict[PinN, OnBoard] = {}
    for n, board, score in row["rows"] if row else ():
        best.setdefault(PinN(n), OnBoard(PinN(n), BoardN(board), score))
    return list(best.values())


async def boards(graph: Graph, viewer: UserN, query: str, args: PageArgs) -> Page[BoardN]:
    """Boards that the viewer may see whose title or description matches, best first. Keys are places in the ranking."""
    return await _ranked(
        graph, BOARDS, query, args, BoardN, mosts=(HITS_MAX, _SOME_MAX), viewer=viewer, index="board_text"
    )


async def users(graph: Graph, viewer: UserN, query: str, args: PageArgs) -> Page[UserN]:
    """Users that the viewer may see whose username or display name matches, exact names and beginnings first.

    Keys are places in the ranking.
    """
    typed = query.strip().casefold()
    return await _ranked(
        graph, USERS, query, args, UserN, mosts=(HITS_MAX,), viewer=viewer, index="user_text", typed=typed
    )


async def _ranked(
    graph: Graph,
    statement: LiteralString,
    query: str,
    args: PageArgs,
    value: Callable[[int], T],
    *,
    mosts: Sequence[int],
    **params: Any,
) -> Page[T]:
    """A page of the best matches, at most so many; the next number when what others keep secret took places of it."""
    asked, skip = lookup(query), args.after or 0
    found: list[int] = []
    if asked is None:
        return Page()
    for most in mosts:
        named: dict[str, Any] = {"options": {"limit": most}, "most": most, "skip": skip, "first": args.first + 1}
        row = await graph.one(statement, **named, **params, **asked._asdict())
        found = row["rows"] if row else []
        if row is None or row["hits"] < most or len(found) > args.first:
            break
    return Page.cut([PageItem(value(n), skip + i) for i, n in enumerate(found, 1)], args)
