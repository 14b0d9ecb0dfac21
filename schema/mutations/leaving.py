"""The account as a whole: another password, its end, an archive of all that is the viewer's. They need a session."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import strawberry

from resolvers import leaving
from schema.fields import field
from schema.inputs import GIVEN
from schema.payloads import ERRORS, DeletePayload, SessionPayload, UserError, attempt, deleted_payload
from schema.values import URL, Info


@strawberry.input(description="Another password.")
class ChangePasswordInput:
    current_password: str = strawberry.field(description="The password of now.")
    new_password: str = strawberry.field(description="8..256 characters.")


@strawberry.input(description="The end of the viewer's account.")
class DeleteAccountInput:
    password: str = strawberry.field(description="The password of now.")


@strawberry.type(description="An archive of all that is the viewer's.")
class ExportPayload:
    requested_at: datetime | None = strawberry.field(
        default=None, description="When the archive was asked for that is being made, or was made last."
    )
    url: URL | None = strawberry.field(
        default=None, description="Where the last one that is ready can be fetched, for a day. Whoever has it may."
    )
    user_errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type
class LeavingMutations:
    @field(
        "Sets another password. Ends every session that there was, and answers a new one. FORBIDDEN for a wrong one."
    )
    async def change_password(self, info: Info, input: Annotated[ChangePasswordInput, GIVEN]) -> SessionPayload:
        doing = leaving.change_password(info.context, current=input.current_password, new=input.new_password)
        return SessionPayload.of(*await attempt(info.context, doing))

    @field(
        "Deletes the viewer's account with all that is theirs, for good: boards, Pins that nobody else saved, "
        "comments, follows, tokens, history. Gone for everybody at once. FORBIDDEN for a wrong password."
    )
    async def delete_account(self, info: Info, input: Annotated[DeleteAccountInput, GIVEN]) -> DeletePayload:
        doing = leaving.delete_account(info.context, password=input.password)
        return deleted_payload(*await attempt(info.context, doing))

    @field("Asks for one archive of all that is the viewer's, one an hour; EXPORT_READY tells when it is there.")
    async def request_export(self, info: Info) -> ExportPayload:
        asked, errors = await attempt(info.context, leaving.request_export(info.context))
        if asked is None:
            return ExportPayload(user_errors=errors)
        url = None if asked.url is None else URL(asked.url)
        return ExportPayload(requested_at=asked.requested_at, url=url, user_errors=errors)
