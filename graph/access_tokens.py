"""Personal access tokens: the graph keeps their hashes alone."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final

from domain.access import AccessScope, Bearer, PersonalToken
from domain.errors import Conflict, NotFound
from domain.ids import TokenId, UserId, UserN, new_id
from domain.limits import ACCESS_TOKENS_MAX
from graph import columns
from graph.client import Graph, Tx

_HOUR_MS: Final = 3_600_000
_COLUMNS: Final = "[t.id, t.name, t.scopes, t.createdAt, t.lastUsedAt, t.expiresAt]"

CREATE: Final = """
MATCH (u:User {n: $by}) SET u.lk = $k
WITH u, COUNT { (u)-[:HAS_TOKEN]->() } AS held
FOREACH (_ IN CASE WHEN held < $most THEN [1] ELSE [] END |
  CREATE (u)-[:HAS_TOKEN]->(:AccessToken {id: $id, hash: $hash, name: $name, scopes: $scopes, createdAt: $at,
    expiresAt: $expires}))
RETURN held"""
REVOKE: Final = """
MATCH (u:User {n: $by}) SET u.lk = $k
WITH u MATCH (u)-[:HAS_TOKEN]->(t:AccessToken {id: $id}) DETACH DELETE t RETURN 1 AS one"""
OF_VIEWER: Final = (
    "MATCH (:User {n: $viewer})-[:HAS_TOKEN]->(t:AccessToken) WITH t ORDER BY t.createdAt, t.id RETURN collect("
    + _COLUMNS
    + ") AS rows"
)
BY_ID: Final = "MATCH (:User {n: $viewer})-[:HAS_TOKEN]->(t:AccessToken {id: $id}) RETURN " + _COLUMNS + " AS row"
BEARER: Final = """
MATCH (u:User)-[:HAS_TOKEN]->(t:AccessToken {hash: $hash}) WHERE t.expiresAt IS NULL OR t.expiresAt > $now
RETURN t.id AS id, u.id AS user_id, u.n AS n, t.scopes AS scopes, t.expiresAt AS expires, t.lastUsedAt AS used"""
USED: Final = "MATCH (t:AccessToken {id: $id}) SET t.lastUsedAt = $hour"
ALIVE: Final = """
RETURN EXISTS { MATCH (t:AccessToken {id: $id}) WHERE t.expiresAt IS NULL OR t.expiresAt > $now } AS alive"""


async def create(
    graph: Graph,
    by: UserN,
    *,
    name: str,
    token_hash: str,
    scopes: Collection[AccessScope],
    expires_at: datetime | None,
    now: datetime,
) -> PersonalToken:
    """The new token. Raises Conflict over ACCESS_TOKENS_MAX (expired ones count until they are revoked)."""
    id_, k, at = TokenId(new_id("token")), graph.keys.k(), columns.milliseconds(now)
    kept = tuple(scope for scope in AccessScope if scope in scopes)
    until = None if expires_at is None else columns.milliseconds(expires_at)

    async def work(tx: Tx) -> None:
        rows = await tx.run(
            CREATE,
            by=by,
            k=k,
            id=id_,
            hash=token_hash,
            name=name,
            scopes=[scope.value for scope in kept],
            at=at,
            expires=until,
            most=ACCESS_TOKENS_MAX,
        )
        if not rows:
            raise NotFound("Your account has been deleted.")
        if rows[0]["held"] >= ACCESS_TOKENS_MAX:
            raise Conflict(f"You have {ACCESS_TOKENS_MAX} tokens, which is the most. Revoke one first.")

    await graph.write(work)
    return _token_of([id_, name, [scope.value for scope in kept], at, None, until])


async def revoke(graph: Graph, by: UserN, id: TokenId) -> None:
    """The token is good no more. Raises NotFound."""
    k = graph.keys.k()

    async def work(tx: Tx) -> None:
        if not await tx.run(REVOKE, by=by, id=id, k=k):
            raise NotFound("There is no such token among yours.", ("tokenId",))

    await graph.write(work)


async def of_viewer(graph: Graph, viewer: UserN) -> list[PersonalToken]:
    """The viewer's tokens, oldest first, at most ACCESS_TOKENS_MAX."""
    row = await graph.one(OF_VIEWER, viewer=viewer)
    return [_token_of(found) for found in row["rows"]] if row else []


async def by_id(graph: Graph, viewer: UserN, id: TokenId) -> PersonalToken | None:
    """The viewer's own token of this id."""
    row = await graph.one(BY_ID, viewer=viewer, id=id)
    return _token_of(row["row"]) if row else None


async def bearer(graph: Graph, token_hash: str, *, now: datetime) -> Bearer | None:
    """Whose token has this hash; None when it is unknown, revoked or expired. Its last use is noted once an hour."""
    at = columns.milliseconds(now)
    row = await graph.one(BEARER, hash=token_hash, now=at)
    if row is None:
        return None
    hour = at // _HOUR_MS * _HOUR_MS
    if row["used"] is None or row["used"] < hour:
        await graph.command(USED, id=row["id"], hour=hour)
    return Bearer(
        TokenId(row["id"]),
        UserId(row["user_id"]),
        UserN(row["n"]),
        frozenset(map(AccessScope, row["scopes"])),
        None if row["expires"] is None else columns.moment(row["expires"]),
    )


async def alive(graph: Graph, id: TokenId, *, now: datetime) -> bool:
    """Whether the token is still good."""
    row = await graph.one(ALIVE, id=id, now=columns.milliseconds(now))
    return bool(row and row["alive"])


def _token_of(row: Sequence[Any]) -> PersonalToken:
    id_, name, scopes, created_at, used_at, expires_at = row
    return PersonalToken(
        TokenId(id_),
        name,
        tuple(map(AccessScope, scopes)),
        columns.moment(created_at),
        None if used_at is None else columns.moment(used_at),
        None if expires_at is None else columns.moment(expires_at),
    )
