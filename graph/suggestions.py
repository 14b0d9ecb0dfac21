"""The public titles that suggestions for searches are made of."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, NamedTuple

from domain.ids import SIGNED_OUT, PinN, UserN
from domain.limits import SEARCH_TERMS_MAX
from graph import columns, visibility, words
from graph.client import Graph

TITLES_MAX: Final = 60

TITLES: Final = (
    visibility.VIEWER
    + """CALL (v, mine, blocked) {
    CALL db.index.fulltext.queryNodes('pin_text', $asked, {limit: $most}) YIELD node, score
    WITH blocked, node AS p, score WHERE p:Pin AND """
    + visibility.PUBLIC_PIN
    + """ RETURN p.title AS title, score LIMIT $limit
    UNION ALL
    CALL db.index.fulltext.queryNodes('board_text', $asked, {limit: $most}) YIELD node, score
    WITH mine, blocked, node AS b, score WHERE b:Board AND b.privacy = 'PUBLIC' AND """
    + visibility.BOARD
    + """ RETURN b.title AS title, score LIMIT $limit }
RETURN collect(title) AS rows"""
)
PUBLIC_TITLES: Final = (
    visibility.VIEWER
    + "RETURN COLLECT { UNWIND $ns AS n MATCH (p:Pin {n: n}) WHERE "
    + visibility.PUBLIC_PIN
    + " RETURN [p.n, p.title] } AS rows"
)
NEWEST: Final = (
    visibility.VIEWER
    + """MATCH (p:Pin) USING INDEX p:Pin(k) WHERE p.k < $before AND """
    + visibility.PUBLIC_PIN
    + " WITH p ORDER BY p.k DESC LIMIT $limit RETURN collect([p.n, p.k, p.title]) AS rows"
)


class PublicTitle(NamedTuple):
    """The title of a public Pin, with its sort key."""

    pin_n: PinN
    k: int
    title: str


async def titles(graph: Graph, viewer: UserN, typed: str) -> list[str]:
    """Titles of public Pins and Boards that hold the words typed, the last one as a beginning; at most 120.

    Nobody's who blocks the viewer, or whom they block. Whatever is typed is text.
    """
    terms = words.terms(typed)[:SEARCH_TERMS_MAX]
    if not terms:
        return []
    asked = " ".join([*(f"+folded:{term}" for term in terms[:-1]), f"+folded:{terms[-1]}*"])
    row = await graph.one(TITLES, viewer=viewer, asked=asked, most=TITLES_MAX * 5, limit=TITLES_MAX)
    return list(row["rows"]) if row else []


async def public_titles(graph: Graph, viewer: UserN, ns: Collection[PinN]) -> dict[PinN, str]:
    """The titles of those of the Pins that are public now, and that no block hides from the viewer."""
    row = await graph.one(PUBLIC_TITLES, viewer=viewer, ns=list(ns))
    return {PinN(n): title for n, title in row["rows"]} if row else {}


async def newest(graph: Graph, limit: int, before_k: int | None = None) -> list[PublicTitle]:
    """The titles of the newest public Pins, newest first; older ones with `before_k`."""
    before = columns.K_MAX if before_k is None else before_k
    row = await graph.one(NEWEST, viewer=SIGNED_OUT, before=before, limit=limit)
    return [PublicTitle(PinN(n), k, title) for n, k, title in row["rows"]] if row else []
