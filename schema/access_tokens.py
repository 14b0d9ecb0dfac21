"""Personal access tokens: types, inputs and payload."""

from __future__ import annotations

from datetime import datetime

import strawberry
from strawberry import UNSET

from domain import access
from domain.access import AccessScope
from schema.nodes import Node
from schema.payloads import ERRORS, UserError


@strawberry.type(description="A token for scripts: sent as `Authorization: Bearer …`, it asks as the viewer.")
class AccessToken(Node):
    name: str = strawberry.field(description="What its owner calls it, 1..60 characters.")
    scopes: list[AccessScope] = strawberry.field(description="What it may be used for.")
    created_at: datetime = strawberry.field(description="When it was made.")
    last_used_at: datetime | None = strawberry.field(description="When it was last used, to the hour; null for never.")
    expires_at: datetime | None = strawberry.field(description="Until when it is good; null for ever.")

    @classmethod
    def of(cls, token: access.PersonalToken) -> AccessToken:
        return cls(
            id=strawberry.ID(token.id),
            name=token.name,
            scopes=list(token.scopes),
            created_at=token.created_at,
            last_used_at=token.last_used_at,
            expires_at=token.expires_at,
        )


@strawberry.type(description="A new token.")
class AccessTokenPayload:
    access_token: AccessToken | None = strawberry.field(default=None, description="The token, without its text.")
    token: str | None = strawberry.field(default=None, description="Its text, `pinwalk_…`. It is shown this once.")
    user_errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.input(description="A new token for scripts.")
class CreateAccessTokenInput:
    name: str = strawberry.field(description="What to call it, 1..60 characters.")
    scopes: list[AccessScope] = strawberry.field(description="What it may be used for: at least one.")
    expires_at: datetime | None = strawberry.field(default=UNSET, description="Until when it is good. None: for ever.")


@strawberry.input(description="A token to revoke.")
class RevokeAccessTokenInput:
    token_id: strawberry.ID = strawberry.field(description="The token, the viewer's own.")
