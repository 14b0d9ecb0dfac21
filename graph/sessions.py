"""Refresh sessions: families of rotating tokens, of which the graph keeps the hashes.

Each token is a (:Session); its family is the chain that began at one log-in. A token is used once. When it comes a
second time somebody copied it, and nobody can say who: the whole family ends.
"""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Final

from domain.errors import NotFound
from domain.ids import UserN
from domain.limits import ACCESS_TOKEN_LIFE_S
from domain.model import User
from graph import columns
from graph.client import Graph, Tx

OPEN: Final = """
MATCH (u:User {n: $n})
CREATE (u)-[:HAS_SESSION]->(:Session {hash: $hash, family: $family, live: true, expiresAt: $expires_at})
RETURN 1 AS one"""
LOCK: Final = """
MATCH (s:Session {hash: $hash}) SET s.lk = $hash
RETURN s.family AS family, s.live AS live, s.expiresAt > $now AS fresh"""
ROTATE: Final = (
    """
MATCH (u:User)-[:HAS_SESSION]->(s:Session {hash: $hash}) SET s.live = false
CREATE (u)-[:HAS_SESSION]->(:Session {hash: $new, family: s.family, live: true, expiresAt: $expires_at})
RETURN """
    + columns.USER
    + " AS user"
)
# What was ended is kept until the last access token of it has run out: until then its family is asked for.
END: Final = """
MATCH (t:Session {hash: $hash}) MATCH (s:Session {family: t.family}) WHERE s.ended IS NULL
SET s.live = false, s.ended = true, s.expiresAt = timestamp() + $life_ms"""
END_FAMILY: Final = """
MATCH (s:Session {family: $family}) WHERE s.ended IS NULL
SET s.live = false, s.ended = true, s.expiresAt = timestamp() + $life_ms"""
# Whoever waited for the lock looks again: of many at once with the same password, the first alone changes it.
END_ALL: Final = """
MATCH (u:User {n: $n}) SET u.lk = $lk
WITH u WHERE u.passwordHash = $proven
SET u.passwordHash = $password_hash
WITH u CALL (u) {
  MATCH (u)-[:HAS_SESSION]->(s:Session) WHERE s.ended IS NULL
  SET s.live = false, s.ended = true, s.expiresAt = timestamp() + $life_ms }
RETURN 1 AS one"""
ENDED: Final = "RETURN EXISTS { MATCH (s:Session {family: $family}) WHERE s.ended } AS ended"
LIFE_MS: Final = ACCESS_TOKEN_LIFE_S * 1_000


async def open(graph: Graph, user_n: UserN, *, token_hash: str, expires_at: datetime) -> str:  # noqa: A001 - a session is opened
    """The id of a new family with its first token. Raises NotFound for an unknown User."""
    family, until = secrets.token_urlsafe(12), columns.milliseconds(expires_at)

    async def work(tx: Tx) -> None:
        if not await tx.run(OPEN, n=user_n, hash=token_hash, family=family, expires_at=until):
            raise NotFound("There is no such user.")

    await graph.write(work)
    return family


async def rotate(
    graph: Graph, old_hash: str, new_hash: str, *, now: datetime, expires_at: datetime
) -> tuple[User, str] | None:
    """The User and family of a live token, which is replaced by the new one.

    None for a token that is unknown, expired, or was used before: then its whole family ends.
    """
    at, until = columns.milliseconds(now), columns.milliseconds(expires_at)

    async def work(tx: Tx) -> tuple[User, str] | None:
        found = await tx.run(LOCK, hash=old_hash, now=at)
        if not found:
            return None
        if not (found[0]["live"] and found[0]["fresh"]):
            await tx.run(END_FAMILY, family=found[0]["family"], life_ms=LIFE_MS)
            return None
        rows = await tx.run(ROTATE, hash=old_hash, new=new_hash, expires_at=until)
        return (columns.user_of(rows[0]["user"]), str(found[0]["family"])) if rows else None

    return await graph.write(work)


async def start_anew(
    graph: Graph, n: UserN, *, proven: str | None, password_hash: str, token_hash: str, expires_at: datetime
) -> str | None:
    """The id of a new family, of the User with this new password; every other one ends.

    None when the password is not the one that was `proven` any more (both are hashes), or the account is gone.
    """
    family, until = secrets.token_urlsafe(12), columns.milliseconds(expires_at)

    async def work(tx: Tx) -> bool:
        if not await tx.run(END_ALL, n=n, proven=proven, password_hash=password_hash, lk=family, life_ms=LIFE_MS):
            return False
        await tx.run(OPEN, n=n, hash=token_hash, family=family, expires_at=until)
        return True

    return family if await graph.write(work) else None


async def end(graph: Graph, token_hash: str) -> None:
    """Ends the family of this token. Unknown tokens are ignored."""

    async def work(tx: Tx) -> None:
        await tx.run(END, hash=token_hash, life_ms=LIFE_MS)

    await graph.write(work)


async def end_family(graph: Graph, family: str) -> None:
    """Ends the family of this id. Unknown ones are ignored."""

    async def work(tx: Tx) -> None:
        await tx.run(END_FAMILY, family=family, life_ms=LIFE_MS)

    await graph.write(work)


async def ended(graph: Graph, family: str) -> bool:
    """Whether the family was ended less than an access token's life ago. False for one that nobody knows."""
    row = await graph.one(ENDED, family=family)
    return bool(row and row["ended"])
