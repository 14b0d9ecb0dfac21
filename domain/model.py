"""The nouns as values: frozen, without behaviour, the same on every layer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Final

from domain.ids import (
    BoardId,
    BoardN,
    CommentId,
    PinId,
    PinN,
    SaveId,
    SectionId,
    TopicId,
    TopicN,
    UserId,
    UserN,
)


class BoardPrivacy(Enum):
    PUBLIC = "PUBLIC"
    SECRET = "SECRET"  # noqa: S105 - a privacy, not a password


class BoardRole(Enum):
    OWNER = "OWNER"
    EDITOR = "EDITOR"
    VIEWER = "VIEWER"


class PinStatus(Enum):
    PROCESSING = "PROCESSING"
    READY = "READY"
    FAILED = "FAILED"


class PinOrder(Enum):
    NEWEST = "NEWEST"
    MANUAL = "MANUAL"


class Origin(Enum):
    """Where a Picture's pixels come from: a file somebody uploaded, or a recipe that paints them."""

    UPLOAD = "UPLOAD"
    GENERATED = "GENERATED"


@dataclass(frozen=True, slots=True)
class Viewer:
    """The account that is asking. `n` is SIGNED_OUT and `id` None when there is none."""

    n: UserN
    id: UserId | None = None

    @property
    def signed_in(self) -> bool:
        return self.id is not None


@dataclass(frozen=True, slots=True)
class Rendition:
    """A sized copy of a Picture in the media store. `name` is its width, or `full`; `bytes` is 0 until it is made."""

    name: str
    width: int
    height: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Image:
    """What is known of a Picture without opening it.

    `palette` is up to six colours "#rrggbb", most of the picture first; `thumb_hash` is base64; `signature` is the
    256-bit perceptual hash in hex. `open` says that some Pin of it is on a public board: its URLs need no signature.
    """

    key: str
    width: int
    height: int
    dominant_color: str
    palette: tuple[str, ...]
    thumb_hash: str
    signature: str
    renditions: tuple[Rendition, ...]
    open: bool


@dataclass(frozen=True, slots=True)
class Picture:
    """A Picture as the worker and the media store need it: where its pixels come from and what has been made."""

    sha256: str
    key: str
    origin: Origin
    recipe: str | None
    width: int
    height: int
    content_type: str
    renditions: tuple[Rendition, ...]


@dataclass(frozen=True, slots=True)
class User:
    id: UserId
    n: UserN
    username: str
    display_name: str
    bio: str | None
    created_at: datetime
    avatar: Image | None = None


@dataclass(frozen=True, slots=True)
class Board:
    id: BoardId
    n: BoardN
    title: str
    description: str | None
    privacy: BoardPrivacy
    owner_n: UserN
    created_at: datetime
    updated_at: datetime
    topic_n: TopicN | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a Board."""

    id: SectionId
    title: str
    board_n: BoardN


@dataclass(frozen=True, slots=True)
class Collaborator:
    """Somebody who works on a Board that is somebody else's. `role` is EDITOR or VIEWER."""

    user_n: UserN
    role: BoardRole
    since: datetime


@dataclass(frozen=True, slots=True)
class Pin:
    """An image with its words. `creator_n` is None once the creator's account is gone."""

    id: PinId
    n: PinN
    title: str
    description: str | None
    alt_text: str | None
    link: str | None
    status: PinStatus
    created_at: datetime
    creator_n: UserN | None
    image: Image


@dataclass(frozen=True, slots=True)
class Topic:
    id: TopicId
    n: TopicN
    name: str
    slug: str
    description: str | None


@dataclass(frozen=True, slots=True)
class Save:
    """A Pin on a Board. `k` is its sort key: time-ordered and unique on the board."""

    id: SaveId
    board_n: BoardN
    pin_n: PinN
    k: int
    saved_at: datetime
    saved_by_n: UserN | None
    note: str | None
    section_id: SectionId | None


@dataclass(frozen=True, slots=True)
class Comment:
    """What somebody said of a Pin. `author_n` is None once the author's account is gone."""

    id: CommentId
    text: str
    author_n: UserN | None
    pin_n: PinN
    created_at: datetime


class ReportKind(Enum):
    """What somebody thinks is wrong with a Pin."""

    SPAM = "SPAM"
    NUDITY = "NUDITY"
    HATE = "HATE"
    MISINFORMATION = "MISINFORMATION"
    COPYRIGHT = "COPYRIGHT"
    OTHER = "OTHER"


@dataclass(frozen=True, slots=True)
class UserCounts:
    followers: int
    following: int


@dataclass(frozen=True, slots=True)
class BoardCounts:
    pins: int
    followers: int


@dataclass(frozen=True, slots=True)
class PinFilter:
    """What a search is narrowed to; None leaves it open. `color` is "#rrggbb"; the bounds of time are inclusive."""

    topic_n: TopicN | None = None
    board_n: BoardN | None = None
    creator_n: UserN | None = None
    color: str | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None

    @property
    def empty(self) -> bool:
        """Whether nothing is narrowed."""
        return self == ANY_PIN


ANY_PIN: Final = PinFilter()
"""The filter that lets every Pin pass."""


class Source(Enum):
    """What can produce a candidate for a feed; the API's CandidateSource."""

    WALK = "WALK"
    VISUAL = "VISUAL"
    TEXT = "TEXT"
    FOLLOWED = "FOLLOWED"
    TOPIC = "TOPIC"
    FRESH = "FRESH"
    POPULAR = "POPULAR"
    EXPLORE = "EXPLORE"


class Unset(Enum):
    """The one value of an argument that was not given, where None means “clear it”."""

    UNSET = "UNSET"


UNSET: Final = Unset.UNSET
