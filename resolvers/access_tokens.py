"""Personal access tokens, for scripts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from domain import limits
from domain.access import AccessScope, PersonalToken
from domain.errors import Invalid, NotFound
from domain.ids import TokenId
from graph import access_tokens
from resolvers import inputs
from resolvers.context import Context, require_session


async def every(ctx: Context) -> list[PersonalToken]:
    """The viewer's tokens, oldest first. Raises NotSignedIn, Forbidden to a token."""
    return await access_tokens.of_viewer(ctx.graph, require_session(ctx))


async def create(
    ctx: Context, *, name: str, scopes: Sequence[AccessScope], expires_at: datetime | None
) -> tuple[PersonalToken, str]:
    """The viewer's new token, and its text, which is told this once.

    Raises Invalid for its name, no scope, or a time that has passed; Conflict over ACCESS_TOKENS_MAX.
    """
    me = require_session(ctx)
    named = inputs.text(name, most=limits.ACCESS_TOKEN_NAME_CHARS_MAX, field=("name",), name="The name")
    if not scopes:
        raise Invalid("A token needs a scope: READ, WRITE or both.", ("scopes",))
    if expires_at is not None and expires_at <= ctx.now():
        raise Invalid("This time has passed. Give one that is ahead, or none.", ("expiresAt",))
    token, token_hash = ctx.accounts.issue_personal()
    made = await access_tokens.create(
        ctx.graph, me, name=named, token_hash=token_hash, scopes=set(scopes), expires_at=expires_at, now=ctx.now()
    )
    return made, token


async def revoke(ctx: Context, token_id: str) -> TokenId:
    """The id of the viewer's token, which is good no more. Raises NotFound."""
    me = require_session(ctx)
    key = inputs.token_id(token_id)
    if key is None:
        raise NotFound("There is no such token among yours.", ("tokenId",))
    await access_tokens.revoke(ctx.graph, me, key)
    return key
