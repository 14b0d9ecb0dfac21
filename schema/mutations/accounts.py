"""Accounts and sessions. Each mutation does all of one thing or nothing."""

from __future__ import annotations

from typing import Annotated

import strawberry

from resolvers import accounts, users
from schema import inputs
from schema.connections import given
from schema.fields import field
from schema.inputs import GIVEN, kept
from schema.payloads import LogOutPayload, SessionPayload, UserPayload, attempt, user_payload
from schema.values import Info


@strawberry.type
class AccountMutations:
    @field("Makes an account and signs it in. TAKEN for a username or e-mail that is in use.")
    async def sign_up(self, info: Info, input: Annotated[inputs.SignUpInput, GIVEN]) -> SessionPayload:
        doing = accounts.sign_up(
            info.context,
            username=input.username,
            email=input.email,
            password=input.password,
            display_name=given(input.display_name),
        )
        return SessionPayload.of(*await attempt(info.context, doing))

    @field("Signs in. UNAUTHENTICATED, with one message, for an unknown name and a wrong password alike.")
    async def log_in(self, info: Info, input: Annotated[inputs.LogInInput, GIVEN]) -> SessionPayload:
        doing = accounts.log_in(info.context, login=input.username, password=input.password)
        return SessionPayload.of(*await attempt(info.context, doing))

    @field("Gives the next pair of tokens for a session's refresh token.")
    async def refresh_session(self, info: Info, input: Annotated[inputs.RefreshSessionInput, GIVEN]) -> SessionPayload:
        return SessionPayload.of(*await attempt(info.context, accounts.refresh(info.context, input.refresh_token)))

    @field("Ends the viewer's session.")
    async def log_out(self, info: Info) -> LogOutPayload:
        _, errors = await attempt(info.context, accounts.log_out(info.context))
        return LogOutPayload(user_errors=errors)

    @field("Changes the viewer's profile.")
    async def update_profile(self, info: Info, input: Annotated[inputs.UpdateProfileInput, GIVEN]) -> UserPayload:
        avatar = input.avatar.source() if input.avatar else kept(input.avatar)
        doing = users.update(info.context, display_name=kept(input.display_name), bio=kept(input.bio), avatar=avatar)
        return user_payload(*await attempt(info.context, doing))

    @field("Sets what the viewer is interested in, instead of what it was before.")
    async def set_interests(self, info: Info, input: Annotated[inputs.SetInterestsInput, GIVEN]) -> UserPayload:
        return user_payload(*await attempt(info.context, users.set_interests(info.context, list(input.topic_ids))))
