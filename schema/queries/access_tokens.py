"""The viewer's personal access tokens."""

from __future__ import annotations

import strawberry

from resolvers import access_tokens
from schema.access_tokens import AccessToken
from schema.fields import field
from schema.values import Info


@strawberry.type
class AccessTokenQueries:
    @field("The viewer's tokens for scripts, oldest first, at most 50. It needs a session, not a token.")
    async def access_tokens(self, info: Info) -> list[AccessToken]:
        return [AccessToken.of(token) for token in await access_tokens.every(info.context)]
