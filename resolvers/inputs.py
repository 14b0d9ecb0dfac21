"""What people type, checked: each function gives the cleaned value or raises Invalid naming the field at fault."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from domain import limits, links
from domain.errors import Invalid, TooLarge
from domain.ids import (
    BoardId,
    CommentId,
    EndpointId,
    PinId,
    SectionId,
    TokenId,
    TopicId,
    UploadId,
    UserId,
    prefix_of,
)

_USERNAME: Final = re.compile(
    rf"[A-Za-z0-9_.]{{{limits.USERNAME_CHARS_MIN},{limits.USERNAME_CHARS_MAX}}}", flags=re.ASCII
)
_EMAIL: Final = re.compile(r"[^@\s\x00-\x1f]{1,64}@[^@\s.\x00-\x1f]+(\.[^@\s.\x00-\x1f]+)+")
_COLOR: Final = re.compile(r"#[0-9a-fA-F]{6}")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def text(value: str | None, *, most: int, field: Sequence[str], name: str) -> str:
    """A text of 1 to `most` characters, without space around it."""
    cleaned = optional_text(value, most=most, field=field, name=name)
    if cleaned is None:
        raise Invalid(f"{name} is empty. Give 1 to {most} characters.", field)
    return cleaned


def optional_text(value: str | None, *, most: int, field: Sequence[str], name: str) -> str | None:
    """A text of at most `most` characters without space around it; None when there is nothing in it."""
    if value is None:
        return None
    cleaned = clean(value, field, name).strip()
    if len(cleaned) > most:
        raise Invalid(f"{name} has {len(cleaned):,} characters. Give at most {most:,}.", field)
    return cleaned or None


def clean(value: str, field: Sequence[str], name: str) -> str:
    """The text itself, if it can be stored: neither broken Unicode nor control characters."""
    if _CONTROL.search(value) or not storable(value):
        raise Invalid(f"{name} holds characters that are not text. Take them out.", field)
    return value


def storable(value: str) -> bool:
    """Whether the text has a UTF-8 form: JSON lets half of a surrogate pair through."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def username(value: str) -> str:
    """A user name: letters, digits, `_` and `.`."""
    if not _USERNAME.fullmatch(value):
        raise Invalid(
            f"Choose a username of {limits.USERNAME_CHARS_MIN} to {limits.USERNAME_CHARS_MAX} letters (A-Z, a-z), "
            "digits, `_` or `.`.",
            ("username",),
        )
    return value


def is_username(value: str) -> bool:
    """Whether there can be an account of this name."""
    return _USERNAME.fullmatch(value) is not None


def email(value: str) -> str:
    """An e-mail address in lower case, by its shape alone."""
    cleaned = value.strip().lower()
    if len(cleaned) > limits.EMAIL_CHARS_MAX or not storable(cleaned) or not _EMAIL.fullmatch(cleaned):
        raise Invalid("This is not an e-mail address. Give one such as ana@example.org.", ("email",))
    return cleaned


def password(value: str) -> str:
    """A password, as it was typed."""
    if not limits.PASSWORD_CHARS_MIN <= len(value) <= limits.PASSWORD_CHARS_MAX or not storable(value):
        raise Invalid(
            f"Choose a password of {limits.PASSWORD_CHARS_MIN} to {limits.PASSWORD_CHARS_MAX} characters.",
            ("password",),
        )
    return value


def link(value: str | None) -> str | None:
    """An http or https address in its one form, without tracking parameters; None when there is none."""
    cleaned = optional_text(value, most=limits.LINK_CHARS_MAX, field=("link",), name="The link")
    if cleaned is None:
        return None
    address = links.normalised(cleaned)
    if address is None:
        raise Invalid("The link must be a whole address that starts with http:// or https://.", ("link",))
    if len(address) > limits.LINK_CHARS_MAX:
        raise Invalid(f"The link has {len(address):,} characters. Give at most {limits.LINK_CHARS_MAX:,}.", ("link",))
    return address


def color(value: str) -> str:
    """A colour such as `#aa3311`, in lower case."""
    if not _COLOR.fullmatch(value):
        raise Invalid("Give the colour as #rrggbb, such as #aa3311.", ("filter", "color"))
    return value.lower()


def distinct(ids: Sequence[str], *, most: int, field: str, name: str) -> tuple[str, ...]:
    """The ids in order, each once, at most so many."""
    kept = tuple(dict.fromkeys(ids))
    if len(kept) > most:
        raise TooLarge(f"{len(kept)} {name} are too many. Give at most {most}.", (field,))
    return kept


def pin_id(value: str) -> PinId | None:
    """The id if it has the shape of a Pin's; the same for the others below."""
    return PinId(value) if prefix_of(value) == "pin" else None


def board_id(value: str) -> BoardId | None:
    return BoardId(value) if prefix_of(value) == "board" else None


def section_id(value: str) -> SectionId | None:
    return SectionId(value) if prefix_of(value) == "section" else None


def user_id(value: str) -> UserId | None:
    return UserId(value) if prefix_of(value) == "user" else None


def topic_id(value: str) -> TopicId | None:
    return TopicId(value) if prefix_of(value) == "topic" else None


def upload_id(value: str) -> UploadId | None:
    return UploadId(value) if prefix_of(value) == "upload" else None


def comment_id(value: str) -> CommentId | None:
    return CommentId(value) if prefix_of(value) == "comment" else None


def endpoint_id(value: str) -> EndpointId | None:
    return EndpointId(value) if prefix_of(value) == "push" else None


def is_notification(value: str) -> bool:
    """Whether the id has the shape of a notification's."""
    return prefix_of(value) in {"notification", "news"}


def is_told(value: str) -> bool:
    """Whether the id has the shape of a notification's, or of what says since when."""
    return is_notification(value) or prefix_of(value) == "told"


def token_id(value: str) -> TokenId | None:
    return TokenId(value) if prefix_of(value) == "token" else None
