"""What a viewer may see: the one predicate that every read of a Pin, Board or User goes through.

A statement starts with VIEWER (or BLOCKERS, when it reads only Users) and filters with PIN, BOARD, USER or PERSON,
which speak of `p`, `b`, `u`. The parameter is `$viewer`; a signed-out viewer is -1, whom no node matches.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from domain.ids import BoardN, PinN, UserN
from graph.client import Graph

VIEWER: Final = """
OPTIONAL MATCH (v:User {n: $viewer})
WITH v, COLLECT { MATCH (v)-[:OWNS|COLLABORATES]->(m:Board {privacy: 'SECRET'}) RETURN m.n } AS mine,
     COLLECT { MATCH (v)-[:BLOCKS]-(x:User) RETURN x.n } AS blocked
"""
"""Binds the viewer `v`, the numbers of the secret Boards that are theirs, and of Users blocked either way."""

BLOCKERS: Final = """
OPTIONAL MATCH (v:User {n: $viewer})
WITH v, COLLECT { MATCH (v)<-[:BLOCKS]-(x:User) RETURN x.n } AS blockers
"""
"""Binds the viewer `v` and the numbers of those who block them."""

# creatorN is null once the account is gone, and `null IN list` is null: hence the -2.
PIN: Final = """(NOT coalesce(p.creatorN, -2) IN blocked AND (p.creatorN = $viewer OR EXISTS { (p)<-[:HOLDS]-() }
  OR EXISTS { MATCH ()-[hs:HOLDS_SECRET]->() USING INDEX hs:HOLDS_SECRET(b, p) WHERE hs.b IN mine AND hs.p = p.n }))"""
"""The viewer may see `p`: it is on a public Board, theirs, or on a secret Board of theirs; nobody blocks."""

PUBLIC_PIN: Final = "(NOT coalesce(p.creatorN, -2) IN blocked AND EXISTS { (p)<-[:HOLDS]-() })"
"""Everybody may see `p`, and nobody blocks."""

BOARD: Final = "(NOT coalesce(b.ownerN, -2) IN blocked AND (b.privacy = 'PUBLIC' OR b.n IN mine))"
"""The viewer may see `b`."""

USER: Final = "NOT u.n IN blockers"
"""The viewer may see `u` by name or id: a blocker still sees whom they block."""

PERSON: Final = "NOT u.n IN blocked"
"""`u` may appear in a list before the viewer: nobody blocks."""

TELLING_MAX: Final = 1_000
"""Up to so many, a count leaves out what blocks hide: held against its list it would tell of them. Past it, the degree
is given, which costs nothing."""

VISIBLE_PINS: Final = (
    VIEWER + "RETURN COLLECT { UNWIND $ns AS n MATCH (p:Pin {n: n}) WHERE " + PIN + " RETURN p.n } AS rows"
)
VISIBLE_BOARDS: Final = (
    VIEWER + "RETURN COLLECT { UNWIND $ns AS n MATCH (b:Board {n: n}) WHERE " + BOARD + " RETURN b.n } AS rows"
)
VISIBLE_USERS: Final = (
    BLOCKERS + "RETURN COLLECT { UNWIND $ns AS n MATCH (u:User {n: n}) WHERE " + USER + " RETURN u.n } AS rows"
)


async def visible(graph: Graph, viewer: UserN, ns: Collection[PinN]) -> set[PinN]:
    """Those of the Pins that the viewer may see. One statement."""
    row = await graph.one(VISIBLE_PINS, viewer=viewer, ns=list(ns))
    return set(row["rows"]) if row else set()


async def visible_boards(graph: Graph, viewer: UserN, ns: Collection[BoardN]) -> set[BoardN]:
    """Those of the Boards that the viewer may see. One statement."""
    row = await graph.one(VISIBLE_BOARDS, viewer=viewer, ns=list(ns))
    return set(row["rows"]) if row else set()


async def visible_users(graph: Graph, viewer: UserN, ns: Collection[UserN]) -> set[UserN]:
    """Those of the Users that the viewer may see: all but who blocks them. One statement."""
    row = await graph.one(VISIBLE_USERS, viewer=viewer, ns=list(ns))
    return set(row["rows"]) if row else set()
