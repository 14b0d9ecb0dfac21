"""Types that refer to no node: scalars, enums, images."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import Enum
from typing import Annotated, Any, Final, NewType

import strawberry
from strawberry.exceptions import StrawberryInputCoercionError
from strawberry.types.scalar import ScalarDefinition

from domain import access, acts, model, notices
from media.renditions import CONTENT_TYPE
from resolvers import images
from resolvers.context import Context
from resolvers.images import Served
from schema.fields import field

Info = strawberry.Info[Context, Any]

URL = NewType("URL", str)


def _moment(value: object) -> datetime:
    """A time of day with its zone, as UTC."""
    if not isinstance(value, str):
        raise StrawberryInputCoercionError('Give the time as text, such as "2026-01-31T12:00:00Z".')
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        raise StrawberryInputCoercionError('Give the time as "2026-01-31T12:00:00Z" (RFC 3339).') from None
    if at.tzinfo is None:
        raise StrawberryInputCoercionError("Give the time with its zone, such as a Z at its end for UTC.")
    return at.astimezone(UTC)


def _rfc3339(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _address(value: object) -> str:
    if not isinstance(value, str):
        raise StrawberryInputCoercionError("Give the URL as text.")
    return value


SCALARS: Final[dict[object, ScalarDefinition]] = {
    datetime: strawberry.scalar(
        name="DateTime",
        description="A moment in UTC as RFC 3339, such as `2026-01-31T12:00:00.000Z`. Inputs may have any zone.",
        specified_by_url="https://datatracker.ietf.org/doc/html/rfc3339",
        serialize=_rfc3339,
        parse_value=_moment,
    ),
    URL: strawberry.scalar(
        name="URL",
        description="An absolute http or https address, at most 2,048 characters where it is an input.",
        specified_by_url="https://datatracker.ietf.org/doc/html/rfc3986",
        serialize=str,
        parse_value=_address,
    ),
}


def _enum(cls: type[Enum], name: str, description: str, values: dict[str, str]) -> None:
    """Tells Strawberry how GraphQL shows an enum of the domain, with a description of each value."""
    made: Any = strawberry.enum(cls, name=name, description=description)
    for value in made.__strawberry_definition__.values:
        value.description = values[value.name]


_enum(
    model.BoardPrivacy,
    "BoardPrivacy",
    "Who may see a board.",
    {
        "PUBLIC": "Everybody sees the board; what is saved on it counts, is searched and walked.",
        "SECRET": "Its owner and collaborators alone see that the board exists.",
    },
)

_enum(
    model.BoardRole,
    "BoardRole",
    "What a user may do on a board.",
    {
        "OWNER": "May do everything, deleting the board among it.",
        "EDITOR": "May save Pins to it and take them off.",
        "VIEWER": "May look at it, also when it is secret.",
    },
)

_enum(
    model.PinStatus,
    "PinStatus",
    "How far a Pin's picture has been processed. A Pin is shown from the start.",
    {
        "PROCESSING": "Its larger renditions and its vectors are being made.",
        "READY": "Everything is there; it is found by its look.",
        "FAILED": "Processing was given up after several tries. The Pin is shown all the same.",
    },
)

_enum(
    model.Source,
    "CandidateSource",
    "What brought a Pin into a feed.",
    {
        "WALK": "A walk over the public boards, from Pins that the viewer saved or is looking at.",
        "VISUAL": "It looks like another Pin.",
        "TEXT": "Its words match.",
        "FOLLOWED": "It is new from a user or board that the viewer follows.",
        "TOPIC": "It is about one of the viewer's topics.",
        "FRESH": "It was added lately.",
        "POPULAR": "It was saved often, lately.",
        "EXPLORE": "Something different, to learn what the viewer likes.",
    },
)


_enum(
    model.ReportKind,
    "ReportKind",
    "What is wrong with a Pin.",
    {
        "SPAM": "It wants to sell or to mislead.",
        "NUDITY": "It shows what not everybody wants to be shown.",
        "HATE": "It is against people for what they are.",
        "MISINFORMATION": "It says what is not so.",
        "COPYRIGHT": "It is somebody else's work.",
        "OTHER": "Something else: say what.",
    },
)


_enum(
    notices.NotificationKind,
    "NotificationKind",
    "What somebody is told of.",
    {
        "FOLLOWED": "Somebody follows the viewer.",
        "PIN_SAVED": "Somebody saved a Pin of the viewer's to a public board.",
        "COMMENTED": "Somebody commented on a Pin of the viewer's.",
        "INVITED": "Somebody lets the viewer work on a board.",
        "NEW_PIN": "Somebody whom the viewer follows made a Pin, in the last 30 days.",
        "EXPORT_READY": "The archive that the viewer asked for is ready.",
    },
)
_enum(
    notices.PushEndpointKind,
    "PushEndpointKind",
    "How something is sent outside.",
    {"WEBHOOK": "By a signed POST, as the Standard Webhooks convention has it."},
)


_enum(
    acts.EngagementKind,
    "EngagementKind",
    "What was done with a Pin.",
    {
        "IMPRESSION": "It was on the screen.",
        "CLOSEUP": "It was opened.",
        "CLICK": "Its link was followed.",
        "DWELL": "It was looked at for a while.",
        "SHARE": "It was sent to somebody.",
    },
)


_enum(
    access.AccessScope,
    "AccessScope",
    "What a personal access token may be used for.",
    {"READ": "Queries and subscriptions.", "WRITE": "Mutations, with whatever of the account's their answers show."},
)


class UserErrorCode(Enum):
    INVALID = "INVALID"
    NOT_FOUND = "NOT_FOUND"
    FORBIDDEN = "FORBIDDEN"
    UNAUTHENTICATED = "UNAUTHENTICATED"
    CONFLICT = "CONFLICT"
    TAKEN = "TAKEN"
    TOO_LARGE = "TOO_LARGE"
    UNSUPPORTED_MEDIA = "UNSUPPORTED_MEDIA"
    RATE_LIMITED = "RATE_LIMITED"
    UNAVAILABLE = "UNAVAILABLE"


_enum(
    model.PinOrder,
    "PinOrder",
    "In which order a board shows its Pins.",
    {
        "NEWEST": "Most recently saved first.",
        "MANUAL": "As arranged by hand; what was saved since comes first.",
    },
)
_enum(
    UserErrorCode,
    "UserErrorCode",
    "Why a mutation did nothing.",
    {
        "INVALID": "The input breaks a rule; the message says which, and what to do.",
        "NOT_FOUND": "What the input names does not exist, or not for this viewer.",
        "FORBIDDEN": "The viewer may see it, but not change it.",
        "UNAUTHENTICATED": "Signed out, or the credentials are wrong.",
        "CONFLICT": "The present state does not allow it.",
        "TAKEN": "The name is in use.",
        "TOO_LARGE": "Over a bound that the message states.",
        "UNSUPPORTED_MEDIA": "Not a picture of a kind that is taken, or not what it claims to be.",
        "RATE_LIMITED": "Too much, too fast.",
        "UNAVAILABLE": "A part of the server did not answer. The same call may succeed later.",
    },
)


@strawberry.type(description="A sized copy of a picture, as WebP. Its height follows from its width.")
class Rendition:
    name: str = strawberry.field(
        description="`236`, `564`, `1200` or `full`: as large as the picture, or half as wide past 25 megapixels."
    )
    width: int = strawberry.field(description="Its width in pixels, never more than the picture's own.")
    height: int = strawberry.field(description="Its height in pixels.")
    url: URL = strawberry.field(
        description="Where it is served: to everybody while the picture is public, else to this viewer for 10 minutes."
    )
    content_type: str = strawberry.field(description="Always `image/webp`.")
    bytes: int = strawberry.field(description="Its size in bytes; 0 until it is made, at the latest when fetched.")

    @classmethod
    def of(cls, served: Served) -> Rendition:
        size = served.rendition
        return cls(
            name=size.name,
            width=size.width,
            height=size.height,
            url=URL(served.url),
            content_type=CONTENT_TYPE,
            bytes=size.bytes,
        )


@strawberry.type(description="A picture, upright and without metadata, in several sizes.")
class Image:
    width: int = strawberry.field(description="The width of the original in pixels, 1..16,383.")
    height: int = strawberry.field(description="The height of the original in pixels, 1..16,383.")
    dominant_color: str = strawberry.field(description="The colour most seen in it, as `#rrggbb`.")
    thumb_hash: str = strawberry.field(description="Its ThumbHash in base64, to be drawn while the picture loads.")
    signature: str = strawberry.field(
        description="A perceptual hash of 256 bits in hex: near in Hamming distance for copies of one picture."
    )
    source: strawberry.Private[model.Image]

    @classmethod
    def of(cls, image: model.Image) -> Image:
        return cls(
            width=image.width,
            height=image.height,
            dominant_color=image.dominant_color,
            thumb_hash=image.thumb_hash,
            signature=image.signature,
            source=image,
        )

    @field("The URL of the smallest rendition at least this wide, else of the largest.")
    def url(
        self,
        info: Info,
        width: Annotated[int, strawberry.argument(description="In pixels, 1..16,383.")] = 564,
    ) -> URL:
        return URL(images.url(info.context, self.source, width))

    @field("All four renditions, in rising width.")
    def renditions(self, info: Info) -> list[Rendition]:
        return [Rendition.of(served) for served in images.all_served(info.context, self.source)]
