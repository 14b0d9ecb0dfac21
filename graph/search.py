"""Finding Pins, Boards and Users by their words.

What is typed is folded into words before anything else, so that no sign of it is ever syntax. Whole words are looked up
by their stems, beginnings and typos in the folded words.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from domain.ids import BoardN, PinN, UserN
from domain.limits import SEARCH_CHARS_MAX, SEARCH_TERMS_MAX
from domain.page import Page, PageArgs, PageItem
from graph import visibility, words
from graph.client import Graph

HITS_MAX: Final = 1_000
_TYPO_CHARS_MIN: Final = 4  # Below it, one letter makes another word.

_HITS: Final = """
CALL (*) {
    CALL db.index.fulltext.queryNodes($index, $whole, {limit: $limit}) YIELD node, score RETURN node, score, 2 AS tier
    UNION ALL
    CALL db.index.fulltext.queryNodes($index, $loose, {limit: $limit}) YIELD node, score RETURN node, score, 1 AS tier
    UNION ALL
    CALL db.index.fulltext.queryNodes($index, $some, {limit: $limit}) YIELD node, score RETURN node, score, 0 AS tier }
WITH v, mine, blocked, node, max(tier + score / (1.0 + score)) AS score ORDER BY score DESC LIMIT $limit
"""
PINS: Final = (
    visibility.VIEWER
    + _HITS
    + "WITH v, mine, blocked, score, node AS p WHERE p:Pin AND "
    + visibility.PIN
    + " WITH p, score ORDER BY score DESC, p.k DESC RETURN collect([p.n, score]) AS rows"
)
BOARDS: Final = (
    visibility.VIEWER
    + _HITS
    + "WITH v, mine, blocked, score, node AS b WHERE b:Board AND "
    + visibility.BOARD
    + " WITH b, score ORDER BY score DESC, b.n DESC SKIP $skip LIMIT $first RETURN collect(b.n) AS rows"
)
USERS: Final = (
    visibility.VIEWER
    + _HITS
    + "WITH v, mine, blocked, score, node AS u WHERE u:User AND "
    + visibility.PERSON
    + """
WITH u, score + CASE WHEN u.usernameKey = $typed THEN 8 WHEN u.usernameKey STARTS WITH $typed THEN 4 ELSE 0 END AS score
ORDER BY score DESC, u.usernameKey SKIP $skip LIMIT $first RETURN collect(u.n) AS rows"""
)


class Match(NamedTuple):
    """A Pin that matches. `score` is 0..3, higher is better; `whole` says that every word matched as a whole."""

    pin_n: PinN
    score: float
    whole: bool


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
    typo = f" folded:{term}~1" if len(term) >= _TYPO_CHARS_MIN else ""
    return f"(stemmed:{words.stem_word(term)}^2 folded:{term}*{typo})"


async def pins(graph: Graph, viewer: UserN, query: str, limit: int) -> list[Match]:
    """The Pins that the viewer may see and that match, best first.

    From 2: every word matched whole, in any of its forms. From 1: every word, some by their beginning or with a letter
    wrong. Below 1: only some of the words. Whatever is typed is text: nothing in it is syntax, nothing raises.
    """
    asked = lookup(query)
    if asked is None:
        return []
    row = await graph.one(PINS, index="pin_text", viewer=viewer, limit=min(limit * 2, HITS_MAX), **asked._asdict())
    return [Match(PinN(n), score, score >= 2.0) for n, score in (row["rows"][:limit] if row else ())]


async def boards(graph: Graph, viewer: UserN, query: str, args: PageArgs) -> Page[BoardN]:
    """Boards that the viewer may see whose title or description matches, best first. Keys are places in the ranking."""
    asked, skip = lookup(query), args.after or 0
    if asked is None:
        return Page()
    row = await graph.one(
        BOARDS, index="board_text", viewer=viewer, limit=HITS_MAX, skip=skip, first=args.first + 1, **asked._asdict()
    )
    found = row["rows"] if row else []
    return Page.cut([PageItem(BoardN(n), skip + i) for i, n in enumerate(found, 1)], args)


async def users(graph: Graph, viewer: UserN, query: str, args: PageArgs) -> Page[UserN]:
    """Users that the viewer may see whose username or display name matches, exact names and beginnings first.

    Keys are places in the ranking.
    """
    asked, skip = lookup(query), args.after or 0
    if asked is None:
        return Page()
    row = await graph.one(
        USERS,
        index="user_text",
        viewer=viewer,
        limit=HITS_MAX,
        skip=skip,
        first=args.first + 1,
        typed=query.strip().casefold(),
        **asked._asdict(),
    )
    found = row["rows"] if row else []
    return Page.cut([PageItem(UserN(n), skip + i) for i, n in enumerate(found, 1)], args)
