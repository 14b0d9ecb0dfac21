"""What can be done. Each mutation does all of one thing or nothing."""

from __future__ import annotations

from typing import Annotated, TypeVar

import strawberry

from domain import model
from resolvers import accounts, boards, pins, saves, uploads, users
from schema import inputs
from schema.connections import given
from schema.fields import field
from schema.inputs import kept
from schema.nodes import Board, Pin, Save, User
from schema.payloads import (
    BoardPayload,
    DeletePayload,
    LogOutPayload,
    PinPayload,
    SavePayload,
    SessionPayload,
    Upload,
    UploadPayload,
    UserError,
    UserPayload,
    attempt,
)
from schema.values import Info

T = TypeVar("T")

Given = strawberry.argument(description="What it is about.")


@strawberry.type(
    description=(
        "What can be done. A mutation that fails in an expected way says so in `userErrors`, answers null otherwise "
        "and has changed nothing."
    )
)
class Mutation:
    @field("Makes an account and signs it in. TAKEN for a username or e-mail that is in use.")
    async def sign_up(self, info: Info, input: Annotated[inputs.SignUpInput, Given]) -> SessionPayload:
        doing = accounts.sign_up(
            info.context,
            username=input.username,
            email=input.email,
            password=input.password,
            display_name=given(input.display_name),
        )
        return SessionPayload.of(*await attempt(info.context, doing))

    @field("Signs in. UNAUTHENTICATED, with one message, for an unknown name and a wrong password alike.")
    async def log_in(self, info: Info, input: Annotated[inputs.LogInInput, Given]) -> SessionPayload:
        doing = accounts.log_in(info.context, login=input.username, password=input.password)
        return SessionPayload.of(*await attempt(info.context, doing))

    @field("Gives the next pair of tokens for a session's refresh token.")
    async def refresh_session(self, info: Info, input: Annotated[inputs.RefreshSessionInput, Given]) -> SessionPayload:
        return SessionPayload.of(*await attempt(info.context, accounts.refresh(info.context, input.refresh_token)))

    @field("Ends the viewer's session.")
    async def log_out(self, info: Info) -> LogOutPayload:
        _, errors = await attempt(info.context, accounts.log_out(info.context))
        return LogOutPayload(user_errors=errors)

    @field("Changes the viewer's profile.")
    async def update_profile(self, info: Info, input: Annotated[inputs.UpdateProfileInput, Given]) -> UserPayload:
        avatar = input.avatar.source() if input.avatar else kept(input.avatar)
        doing = users.update(info.context, display_name=kept(input.display_name), bio=kept(input.bio), avatar=avatar)
        return _user(*await attempt(info.context, doing))

    @field("Sets what the viewer is interested in, instead of what it was before.")
    async def set_interests(self, info: Info, input: Annotated[inputs.SetInterestsInput, Given]) -> UserPayload:
        return _user(*await attempt(info.context, users.set_interests(info.context, list(input.topic_ids))))

    @field("Makes a board of the viewer's. They may have 1,000.")
    async def create_board(self, info: Info, input: Annotated[inputs.CreateBoardInput, Given]) -> BoardPayload:
        doing = boards.create(
            info.context,
            title=input.title,
            description=given(input.description),
            privacy=input.privacy,
            topic_id=given(input.topic_id),
        )
        return _board(*await attempt(info.context, doing))

    @field("Changes a board of the viewer's. Going secret or public moves all of its saves at once.")
    async def update_board(self, info: Info, input: Annotated[inputs.UpdateBoardInput, Given]) -> BoardPayload:
        doing = boards.update(
            info.context,
            input.board_id,
            title=kept(input.title),
            description=kept(input.description),
            privacy=kept(input.privacy),
            topic_id=kept(input.topic_id),
            cover_pin_id=kept(input.cover_pin_id),
        )
        return _board(*await attempt(info.context, doing))

    @field("Deletes a board of the viewer's with its saves. The Pins stay.")
    async def delete_board(self, info: Info, input: Annotated[inputs.DeleteBoardInput, Given]) -> DeletePayload:
        return _deleted(*await attempt(info.context, boards.delete(info.context, input.board_id)))

    @field("Gives a place to PUT one file, for an hour.")
    async def prepare_upload(self, info: Info, input: Annotated[inputs.PrepareUploadInput, Given]) -> UploadPayload:
        doing = uploads.prepare(info.context, content_type=input.content_type, size=input.bytes)
        place, errors = await attempt(info.context, doing)
        return UploadPayload(upload=Upload.of(place) if place else None, user_errors=errors)

    @field("Makes a Pin and puts it on a board. Answers at once with PROCESSING: `pinProcessed` tells the rest.")
    async def create_pin(self, info: Info, input: Annotated[inputs.CreatePinInput, Given]) -> PinPayload:
        doing = pins.create(
            info.context,
            board_id=input.board_id,
            image=input.image.source(),
            title=input.title,
            description=given(input.description),
            alt_text=given(input.alt_text),
            link=given(input.link),
            topic_ids=given(input.topic_ids) or (),
            idempotency_key=given(input.idempotency_key),
        )
        return _pin(*await attempt(info.context, doing))

    @field("Changes the words of a Pin that the viewer made.")
    async def update_pin(self, info: Info, input: Annotated[inputs.UpdatePinInput, Given]) -> PinPayload:
        doing = pins.update(
            info.context,
            input.pin_id,
            title=kept(input.title),
            description=kept(input.description),
            alt_text=kept(input.alt_text),
            link=kept(input.link),
            topic_ids=kept(input.topic_ids),
        )
        return _pin(*await attempt(info.context, doing))

    @field("Deletes a Pin that the viewer made, off every board.")
    async def delete_pin(self, info: Info, input: Annotated[inputs.DeletePinInput, Given]) -> DeletePayload:
        return _deleted(*await attempt(info.context, pins.delete(info.context, input.pin_id)))

    @field("Puts a Pin on a board. Twice is once: a repeat keeps the place, and a note given anew replaces the old.")
    async def save_pin(self, info: Info, input: Annotated[inputs.SavePinInput, Given]) -> SavePayload:
        doing = saves.save(info.context, pin_id=input.pin_id, board_id=input.board_id, note=given(input.note))
        saved, errors = await attempt(info.context, doing)
        if saved is None:
            return SavePayload(user_errors=errors)
        save = Save.of(saved.save, saved.board)
        return SavePayload(save=save, pin=Pin.of(saved.pin), board=save.board, user_errors=errors)

    @field("Takes a Pin off a board. A Pin on no board is its creator's, for their eyes alone.")
    async def unsave_pin(self, info: Info, input: Annotated[inputs.UnsavePinInput, Given]) -> PinPayload:
        doing = saves.unsave(info.context, pin_id=input.pin_id, board_id=input.board_id)
        return _pin(*await attempt(info.context, doing))

    @field("Follows a user: their new Pins come to the viewer. At most 10,000 follows. Twice is once.")
    async def follow_user(self, info: Info, input: Annotated[inputs.FollowUserInput, Given]) -> UserPayload:
        return _user(*await attempt(info.context, users.follow(info.context, input.user_id)))

    @field("Follows a user no more. Twice is once.")
    async def unfollow_user(self, info: Info, input: Annotated[inputs.FollowUserInput, Given]) -> UserPayload:
        return _user(*await attempt(info.context, users.unfollow(info.context, input.user_id)))

    @field("Follows a board: what is saved to it comes to the viewer. At most 10,000 follows. Twice is once.")
    async def follow_board(self, info: Info, input: Annotated[inputs.FollowBoardInput, Given]) -> BoardPayload:
        return _board(*await attempt(info.context, boards.follow(info.context, input.board_id)))

    @field("Follows a board no more. Twice is once.")
    async def unfollow_board(self, info: Info, input: Annotated[inputs.FollowBoardInput, Given]) -> BoardPayload:
        return _board(*await attempt(info.context, boards.unfollow(info.context, input.board_id)))

    @field("Not for me: the viewer's feeds never show the Pin again, and less like it. Twice is once.")
    async def hide_pin(self, info: Info, input: Annotated[inputs.HidePinInput, Given]) -> PinPayload:
        return _pin(*await attempt(info.context, pins.hide(info.context, input.pin_id)))

    @field("Takes the hiding back. Twice is once.")
    async def unhide_pin(self, info: Info, input: Annotated[inputs.HidePinInput, Given]) -> PinPayload:
        return _pin(*await attempt(info.context, pins.unhide(info.context, input.pin_id)))


def _user(user: model.User | None, errors: list[UserError]) -> UserPayload:
    return UserPayload(user=User.maybe(user), user_errors=errors)


def _board(board: model.Board | None, errors: list[UserError]) -> BoardPayload:
    return BoardPayload(board=Board.maybe(board), user_errors=errors)


def _pin(pin: model.Pin | None, errors: list[UserError]) -> PinPayload:
    return PinPayload(pin=Pin.maybe(pin), user_errors=errors)


def _deleted(id: str | None, errors: list[UserError]) -> DeletePayload:
    return DeletePayload(deleted_id=strawberry.ID(id) if id else None, user_errors=errors)
