"""What mutations answer, and how an expected failure becomes data."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import datetime
from typing import Final, TypeVar

import strawberry

from domain import model
from domain.errors import ProductError
from resolvers.accounts import SignedIn
from resolvers.context import Context
from resolvers.uploads import Place
from schema.nodes import Board, Comment, Pin, Save, User
from schema.values import URL, UserErrorCode

T = TypeVar("T")


@strawberry.type(description="Why a mutation did nothing, in a way that the client can show or act on.")
class UserError:
    code: UserErrorCode = strawberry.field(description="The kind of failure.")
    message: str = strawberry.field(description="For people: what is wrong and what to do.")
    field: list[str] = strawberry.field(description="The path in `input` of what is at fault; empty for all of it.")

    @classmethod
    def of(cls, error: ProductError) -> UserError:
        return cls(code=UserErrorCode(error.code), message=error.message, field=list(error.field))


async def attempt(ctx: Context, doing: Awaitable[T]) -> tuple[T | None, list[UserError]]:
    """What was done, or None and why not. What the operation has read before is forgotten: it may have changed."""
    try:
        return await doing, []
    except ProductError as error:
        return None, [UserError.of(error)]
    finally:
        ctx.renew()


ERRORS: Final = "Why nothing was done; empty when it was."
"""How every payload describes its `userErrors`."""


@strawberry.type(description="A session.")
class SessionPayload:
    viewer: User | None = strawberry.field(default=None, description="Who is signed in now.")
    access_token: str | None = strawberry.field(
        default=None, description="To be sent as `Authorization: Bearer …`; good for 15 minutes."
    )
    refresh_token: str | None = strawberry.field(
        default=None, description="For `refreshSession`: good once, for 30 days. Using it twice ends the session."
    )
    expires_at: datetime | None = strawberry.field(default=None, description="When the access token expires.")
    user_errors: list[UserError] = strawberry.field(description=ERRORS)

    @classmethod
    def of(cls, session: SignedIn | None, errors: list[UserError]) -> SessionPayload:
        if session is None:
            return cls(user_errors=errors)
        return cls(
            viewer=User.of(session.user),
            access_token=session.access.token,
            refresh_token=session.refresh.token,
            expires_at=session.access.expires_at,
            user_errors=errors,
        )


@strawberry.type(description="The end of a session.")
class LogOutPayload:
    user_errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="A user, as they are now.")
class UserPayload:
    user: User | None = strawberry.field(default=None, description="The user.")
    user_errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="A board, as it is now.")
class BoardPayload:
    board: Board | None = strawberry.field(default=None, description="The board.")
    user_errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="A Pin, as it is now.")
class PinPayload:
    pin: Pin | None = strawberry.field(default=None, description="The Pin.")
    user_errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="A save.")
class SavePayload:
    save: Save | None = strawberry.field(default=None, description="The save.")
    pin: Pin | None = strawberry.field(default=None, description="The Pin.")
    board: Board | None = strawberry.field(default=None, description="The board that holds it now.")
    user_errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="What has been deleted.")
class DeletePayload:
    deleted_id: strawberry.ID | None = strawberry.field(default=None, description="Its id, which names nothing now.")
    user_errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="A comment.")
class CommentPayload:
    comment: Comment | None = strawberry.field(default=None, description="The comment.")
    user_errors: list[UserError] = strawberry.field(description=ERRORS)


@strawberry.type(description="A header of an HTTP request.")
class Header:
    name: str = strawberry.field(description="Its name.")
    value: str = strawberry.field(description="Its value.")


@strawberry.type(description="A place for one file. Send the file there, then name the upload in `createPin`.")
class Upload:
    id: strawberry.ID = strawberry.field(description="For `ImageInput.uploadId`.")
    method: str = strawberry.field(description="The HTTP method, `PUT`.")
    url: URL = strawberry.field(description="Where to send the file. Whoever has this URL may.")
    headers: list[Header] = strawberry.field(description="Headers that the request must carry.")
    expires_at: datetime = strawberry.field(description="Until when the file is taken: an hour.")
    max_bytes: int = strawberry.field(description="The announced size, which the file must have; at most 20,971,520.")

    @classmethod
    def of(cls, place: Place) -> Upload:
        return cls(
            id=strawberry.ID(place.id),
            method=place.method,
            url=URL(place.url),
            headers=[Header(name=name, value=value) for name, value in place.headers],
            expires_at=place.expires_at,
            max_bytes=place.bytes_max,
        )


@strawberry.type(description="An upload.")
class UploadPayload:
    upload: Upload | None = strawberry.field(default=None, description="Where to send the file.")
    user_errors: list[UserError] = strawberry.field(description=ERRORS)


def user_payload(user: model.User | None, errors: list[UserError]) -> UserPayload:
    """The user as they are now, or why nothing was done."""
    return UserPayload(user=User.maybe(user), user_errors=errors)


def board_payload(board: model.Board | None, errors: list[UserError]) -> BoardPayload:
    """The board as it is now, or why nothing was done."""
    return BoardPayload(board=Board.maybe(board), user_errors=errors)


def pin_payload(pin: model.Pin | None, errors: list[UserError]) -> PinPayload:
    """The Pin as it is now, or why nothing was done."""
    return PinPayload(pin=Pin.maybe(pin), user_errors=errors)


def deleted_payload(id: str | None, errors: list[UserError]) -> DeletePayload:
    """What has been deleted, or why nothing was."""
    return DeletePayload(deleted_id=strawberry.ID(id) if id else None, user_errors=errors)
