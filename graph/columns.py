"""How nodes travel: the columns a statement returns of each, and the values made of them.

Lists of columns in one row cost a fraction of nodes in many rows. Times are stored as milliseconds since 1970.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from domain.ids import BoardId, BoardN, PinId, PinN, SaveId, SectionId, TopicId, TopicN, UserId, UserN
from domain.model import (
    Board,
    BoardPrivacy,
    Image,
    Origin,
    Picture,
    Pin,
    PinStatus,
    Rendition,
    Save,
    Section,
    Topic,
    User,
)
from graph.keys import ms_of

K_MAX: Final = 2**63 - 1
"""Above every sort key: where a page from the head starts."""

PICTURE_OPEN: Final = "(EXISTS { (i)<-[:SHOWS]-(:Pin)<-[:HOLDS]-(:Board) } OR EXISTS { (i)<-[:AVATAR]-() })"
PICTURE: Final = "[i.sha256, i.key, i.origin, i.recipe, i.width, i.height, i.contentType, i.renditions]"
_IMAGE: Final = "i.key, i.width, i.height, i.dominantColor, i.palette, i.thumbHash, i.perceptualHash, i.renditions"
PIN: Final = (
    "[p.id, p.n, p.title, p.description, p.altText, p.link, p.status, p.createdAt, p.creatorN, ["
    + _IMAGE
    + ", EXISTS { (p)<-[:HOLDS]-() } OR "
    + PICTURE_OPEN
    + "]]"
)
USER: Final = (
    "[u.id, u.n, u.username, u.displayName, u.bio, u.createdAt, "
    "head(COLLECT { MATCH (u)-[:AVATAR]->(i:Picture) RETURN [" + _IMAGE + ", true] })]"
)
BOARD: Final = "[b.id, b.n, b.title, b.description, b.privacy, b.ownerN, b.createdAt, b.updatedAt, b.topicN]"
TOPIC: Final = "[t.id, t.n, t.name, t.slug, t.description]"
SAVE: Final = "[h.id, h.b, h.p, h.k, h.by, h.note, h.sectionId]"
SAVE_SEEN: Final = (
    "[h.id, h.b, h.p, h.k, CASE WHEN h.by IN blocked THEN null ELSE h.by END, "
    "CASE WHEN h.by IN blocked THEN null ELSE h.note END, h.sectionId]"
)
"""The same before a viewer: of somebody blocked neither name nor words."""
SECTION: Final = "[s.id, s.title, b.n]"


def moment(ms: int) -> datetime:
    """The time of a number of milliseconds since 1970."""
    return datetime.fromtimestamp(ms / 1000, UTC)


def milliseconds(at: datetime | None = None) -> int:
    """Milliseconds since 1970 of a time; of now for None."""
    return int((datetime.now(UTC) if at is None else at).timestamp() * 1000)


def image_of(row: Sequence[Any]) -> Image:
    """An Image from its columns."""
    key, width, height, color, palette, thumb_hash, signature, renditions, is_open = row
    return Image(
        key=key,
        width=width,
        height=height,
        dominant_color=color,
        palette=tuple(json.loads(palette)),
        thumb_hash=thumb_hash,
        signature=signature,
        renditions=renditions_of(renditions),
        open=is_open,
    )


def renditions_of(text: str) -> tuple[Rendition, ...]:
    """Renditions from the text they are stored as."""
    return tuple(Rendition(*columns) for columns in json.loads(text))


def renditions_text(renditions: Sequence[Rendition]) -> str:
    """The text that renditions are stored as: rows of name, width, height, bytes."""
    return json.dumps([[r.name, r.width, r.height, r.bytes] for r in renditions], separators=(",", ":"))


def picture_of(row: Sequence[Any]) -> Picture:
    """A Picture from the columns PICTURE."""
    sha256, key, origin, recipe, width, height, content_type, renditions = row
    return Picture(sha256, key, Origin(origin), recipe, width, height, content_type, renditions_of(renditions))


def pin_of(row: Sequence[Any]) -> Pin:
    """A Pin from the columns PIN."""
    id_, n, title, description, alt_text, link, status, created_at, creator_n, image = row
    return Pin(
        id=PinId(id_),
        n=PinN(n),
        title=title,
        description=description,
        alt_text=alt_text,
        link=link,
        status=PinStatus(status),
        created_at=moment(created_at),
        creator_n=None if creator_n is None else UserN(creator_n),
        image=image_of(image),
    )


def user_of(row: Sequence[Any]) -> User:
    """A User from the columns USER."""
    id_, n, username, display_name, bio, created_at, avatar = row
    picture = None if avatar is None else image_of(avatar)
    return User(UserId(id_), UserN(n), username, display_name, bio, moment(created_at), picture)


def board_of(row: Sequence[Any]) -> Board:
    """A Board from the columns BOARD."""
    id_, n, title, description, privacy, owner_n, created_at, updated_at, topic_n = row
    return Board(
        id=BoardId(id_),
        n=BoardN(n),
        title=title,
        description=description,
        privacy=BoardPrivacy(privacy),
        owner_n=UserN(owner_n),
        created_at=moment(created_at),
        updated_at=moment(updated_at),
        topic_n=None if topic_n is None else TopicN(topic_n),
    )


def topic_of(row: Sequence[Any]) -> Topic:
    """A Topic from the columns TOPIC."""
    id_, n, name, slug, description = row
    return Topic(TopicId(id_), TopicN(n), name, slug, description)


def section_of(row: Sequence[Any]) -> Section:
    """A Section from the columns SECTION."""
    id_, title, board_n = row
    return Section(SectionId(id_), title, BoardN(board_n))


def save_of(row: Sequence[Any]) -> Save:
    """A Save from the columns SAVE."""
    id_, board_n, pin_n, k, by, note, section_id = row
    return Save(
        id=SaveId(id_),
        board_n=BoardN(board_n),
        pin_n=PinN(pin_n),
        k=k,
        saved_at=moment(ms_of(k)),
        saved_by_n=None if by is None else UserN(by),
        note=note,
        section_id=None if section_id is None else SectionId(section_id),
    )
