"""What mutations and searches are given."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import strawberry
from strawberry import UNSET

from domain.model import UNSET as ABSENT
from domain.model import BoardPrivacy
from resolvers.feeds import Crop, Narrowed
from resolvers.uploads import ImageSource
from schema.connections import given
from schema.values import URL

GIVEN: Final = strawberry.argument(description="What it is about.")
"""How a mutation's one argument is described."""


def kept(value: Any) -> Any:
    """The value of an update's field: the domain's UNSET when it is absent, None when it is to be cleared."""
    return ABSENT if value is UNSET else value


@strawberry.input(description="What a search is narrowed to. What is left out is not looked at.")
class PinFilter:
    topic_id: strawberry.ID | None = strawberry.field(default=UNSET, description="Pins about this topic.")
    board_id: strawberry.ID | None = strawberry.field(default=UNSET, description="Pins on this board.")
    creator_id: strawberry.ID | None = strawberry.field(default=UNSET, description="Pins made by this user.")
    color: str | None = strawberry.field(default=UNSET, description="Pins whose picture is much of this `#rrggbb`.")
    created_after: datetime | None = strawberry.field(default=UNSET, description="Pins made then or later.")
    created_before: datetime | None = strawberry.field(default=UNSET, description="Pins made then or earlier.")

    def narrowed(self) -> Narrowed:
        return Narrowed(
            topic_id=given(self.topic_id),
            board_id=given(self.board_id),
            creator_id=given(self.creator_id),
            color=given(self.color),
            created_after=given(self.created_after),
            created_before=given(self.created_before),
        )


@strawberry.input(description="A part of a picture, in fractions of it: inside it, at least 0.05 of each side.")
class CropInput:
    x: float = strawberry.field(description="Where it begins from the left, 0..0.95.")
    y: float = strawberry.field(description="Where it begins from the top, 0..0.95.")
    width: float = strawberry.field(description="How wide it is, 0.05..1.")
    height: float = strawberry.field(description="How high it is, 0.05..1.")

    def crop(self) -> Crop:
        return Crop(self.x, self.y, self.width, self.height)


@strawberry.input(one_of=True, description="Where a picture comes from: exactly one of these.")
class ImageInput:
    pin_id: strawberry.ID | None = strawberry.field(
        default=UNSET,
        description="The picture of this Pin, to search by. No Pin is made of it: what is a Pin already is saved.",
    )
    upload_id: strawberry.ID | None = strawberry.field(
        default=UNSET, description="The file that was PUT to this upload of the viewer's, not used before."
    )
    url: URL | None = strawberry.field(
        default=UNSET,
        description="The picture at this public http or https address, fetched within 10 s, at most 20 MiB. "
        "An account may give 30 at once, then one every 2 s.",
    )

    def source(self) -> ImageSource:
        return ImageSource(given(self.pin_id), given(self.upload_id), given(self.url))


@strawberry.input(description="A new account.")
class SignUpInput:
    username: str = strawberry.field(description="3..30 of `A-Z a-z 0-9 _ .`, unique in any case.")
    email: str = strawberry.field(description="At most 254 characters, unique in any case. Nobody else sees it.")
    password: str = strawberry.field(description="8..256 characters.")
    display_name: str | None = strawberry.field(
        default=UNSET, description="The name to show, at most 60 characters. None: the username."
    )


@strawberry.input(description="Who signs in.")
class LogInInput:
    username: str = strawberry.field(description="The username or the e-mail address.")
    password: str = strawberry.field(description="The password.")


@strawberry.input(description="A session to go on with.")
class RefreshSessionInput:
    refresh_token: str = strawberry.field(description="The session's last refresh token. It is good once.")


@strawberry.input(description="Changes of the viewer's profile. What is absent stays, null clears.")
class UpdateProfileInput:
    display_name: str | None = strawberry.field(default=UNSET, description="1..60 characters; null is refused.")
    bio: str | None = strawberry.field(default=UNSET, description="At most 500 characters.")
    avatar: ImageInput | None = strawberry.field(
        default=UNSET, description="The picture to be shown, by `uploadId` or `url`."
    )


@strawberry.input(description="What the viewer is interested in.")
class SetInterestsInput:
    topic_ids: list[strawberry.ID] = strawberry.field(description="All of them, at most 100.")


@strawberry.input(description="A new board.")
class CreateBoardInput:
    title: str = strawberry.field(description="1..100 characters.")
    description: str | None = strawberry.field(default=UNSET, description="At most 800 characters.")
    privacy: BoardPrivacy = strawberry.field(default=BoardPrivacy.PUBLIC, description="Who may see it.")
    topic_id: strawberry.ID | None = strawberry.field(default=UNSET, description="What it is about.")


@strawberry.input(description="Changes of a board. What is absent stays, null clears.")
class UpdateBoardInput:
    board_id: strawberry.ID = strawberry.field(description="The board, the viewer's own.")
    title: str | None = strawberry.field(default=UNSET, description="1..100 characters; null is refused.")
    description: str | None = strawberry.field(default=UNSET, description="At most 800 characters.")
    privacy: BoardPrivacy | None = strawberry.field(
        default=UNSET,
        description=(
            "Who may see it; null is refused. CONFLICT while it would make public what others keep on secret boards."
        ),
    )
    cover_pin_id: strawberry.ID | None = strawberry.field(
        default=UNSET, description="One of its Pins, to be its cover. Null: the newest."
    )
    topic_id: strawberry.ID | None = strawberry.field(default=UNSET, description="What it is about.")


@strawberry.input(description="A board to delete.")
class DeleteBoardInput:
    board_id: strawberry.ID = strawberry.field(description="The board, the viewer's own.")


@strawberry.input(description="A file to be uploaded.")
class PrepareUploadInput:
    content_type: str = strawberry.field(
        description="`image/jpeg`, `image/png`, `image/webp`, `image/gif`, `image/avif`; `image/heic` where the "
        "server has its decoder. Of an animation, the first picture is taken."
    )
    bytes: int = strawberry.field(description="Its exact size in bytes, 1..20,971,520.")


@strawberry.input(description="A new Pin.")
class CreatePinInput:
    board_id: strawberry.ID = strawberry.field(description="The board to put it on, where the viewer may add.")
    section_id: strawberry.ID | None = strawberry.field(
        default=UNSET, description="The section of that board to put it in."
    )
    image: ImageInput = strawberry.field(
        description="Its picture by `uploadId` or `url`: of a type that `prepareUpload` takes, at most 20 MiB, "
        "50 megapixels, 16,383 pixels a side."
    )
    title: str = strawberry.field(description="1..100 characters.")
    description: str | None = strawberry.field(default=UNSET, description="At most 800 characters.")
    alt_text: str | None = strawberry.field(default=UNSET, description="At most 500 characters.")
    link: URL | None = strawberry.field(
        default=UNSET, description="An http or https address, at most 2,048 characters."
    )
    topic_ids: list[strawberry.ID] | None = strawberry.field(default=UNSET, description="At most 10.")
    idempotency_key: str | None = strawberry.field(
        default=UNSET,
        description="At most 128 characters. The same key from the same user gives the same Pin, for 24 hours.",
    )


@strawberry.input(description="Changes of a Pin. What is absent stays, null clears.")
class UpdatePinInput:
    pin_id: strawberry.ID = strawberry.field(description="The Pin, made by the viewer.")
    title: str | None = strawberry.field(default=UNSET, description="1..100 characters; null is refused.")
    description: str | None = strawberry.field(default=UNSET, description="At most 800 characters.")
    alt_text: str | None = strawberry.field(default=UNSET, description="At most 500 characters.")
    link: URL | None = strawberry.field(
        default=UNSET, description="An http or https address, at most 2,048 characters."
    )
    topic_ids: list[strawberry.ID] | None = strawberry.field(default=UNSET, description="All of them, at most 10.")


@strawberry.input(description="A Pin to delete.")
class DeletePinInput:
    pin_id: strawberry.ID = strawberry.field(description="The Pin, made by the viewer.")


@strawberry.input(description="A Pin to put on a board.")
class SavePinInput:
    pin_id: strawberry.ID = strawberry.field(description="The Pin.")
    board_id: strawberry.ID = strawberry.field(description="The board, where the viewer may add.")
    section_id: strawberry.ID | None = strawberry.field(
        default=UNSET, description="The section of that board to put it in."
    )
    note: str | None = strawberry.field(
        default=UNSET,
        description="What to say of it, at most 500 characters. Of a Pin that is there it replaces what was said; who "
        "says it is then who saved it.",
    )


@strawberry.input(description="A Pin to take off a board.")
class UnsavePinInput:
    pin_id: strawberry.ID = strawberry.field(description="The Pin.")
    board_id: strawberry.ID = strawberry.field(description="The board, where the viewer may add.")


@strawberry.input(description="A user to follow or to block, or to do so no more.")
class FollowUserInput:
    user_id: strawberry.ID = strawberry.field(description="The user.")


@strawberry.input(description="A board to follow, or to follow no more.")
class FollowBoardInput:
    board_id: strawberry.ID = strawberry.field(description="The board.")


@strawberry.input(description="A Pin to hide, or to hide no more.")
class HidePinInput:
    pin_id: strawberry.ID = strawberry.field(description="The Pin.")
