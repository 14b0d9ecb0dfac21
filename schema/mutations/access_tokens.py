"""Personal access tokens. No token can make or revoke one: that needs a session."""

from __future__ import annotations

from typing import Annotated

import strawberry

from resolvers import access_tokens
from schema.access_tokens import AccessToken, AccessTokenPayload, CreateAccessTokenInput, RevokeAccessTokenInput
from schema.connections import given
from schema.fields import field
from schema.inputs import GIVEN
from schema.payloads import DeletePayload, attempt, deleted_payload
from schema.values import Info


@strawberry.type
class AccessTokenMutations:
    @field("Makes a token for scripts. At most 50. It needs a session, not a token.")
    async def create_access_token(
        self, info: Info, input: Annotated[CreateAccessTokenInput, GIVEN]
    ) -> AccessTokenPayload:
        doing = access_tokens.create(
            info.context, name=input.name, scopes=input.scopes, expires_at=given(input.expires_at)
        )
        made, errors = await attempt(info.context, doing)
        if made is None:
            return AccessTokenPayload(user_errors=errors)
        return AccessTokenPayload(access_token=AccessToken.of(made[0]), token=made[1], user_errors=errors)

    @field("Makes a token of the viewer's good no more, at once. It needs a session, not a token.")
    async def revoke_access_token(self, info: Info, input: Annotated[RevokeAccessTokenInput, GIVEN]) -> DeletePayload:
        return deleted_payload(*await attempt(info.context, access_tokens.revoke(info.context, input.token_id)))
