"""The identifiers of things: prefixed, time-ordered ids that clients see, and the integers that hot paths use."""

from __future__ import annotations

import re
import secrets
import time
from typing import Final, NewType

UserId = NewType("UserId", str)
BoardId = NewType("BoardId", str)
SectionId = NewType("SectionId", str)
PinId = NewType("PinId", str)
TopicId = NewType("TopicId", str)
UploadId = NewType("UploadId", str)
EventId = NewType("EventId", str)
JobId = NewType("JobId", str)
SaveId = NewType("SaveId", str)
CommentId = NewType("CommentId", str)
ReportId = NewType("ReportId", str)
NotificationId = NewType("NotificationId", str)
EndpointId = NewType("EndpointId", str)
TokenId = NewType("TokenId", str)

UserN = NewType("UserN", int)
BoardN = NewType("BoardN", int)
PinN = NewType("PinN", int)
TopicN = NewType("TopicN", int)

SIGNED_OUT: Final = UserN(-1)
"""The viewer of a request that carries no token: it owns nothing and follows nobody."""

_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32, as in the ULID specification.
_SHAPE: Final = re.compile(r"([a-z]+)_[0-7][0-9A-HJKMNP-TV-Z]{25}")


def new_id(prefix: str, *, now_ms: int | None = None) -> str:
    """A new id such as `pin_01J8…`: a prefix and a ULID (48 bits of milliseconds, 80 random bits)."""
    value = ((time.time_ns() // 1_000_000 if now_ms is None else now_ms) << 80) | secrets.randbits(80)
    return id_of_number(prefix, value)


def id_of_number(prefix: str, number: int) -> str:
    """The id that says a number of at most 128 bits by itself."""
    return f"{prefix}_{''.join(_ALPHABET[(number >> shift) & 31] for shift in range(125, -1, -5))}"


def number_of(id: str) -> int:
    """The number that an id made by `id_of_number` says; any well-formed id is taken."""
    number = 0
    for character in id.rpartition("_")[2]:
        number = number << 5 | _ALPHABET.index(character)
    return number


def prefix_of(text: str) -> str | None:
    """The prefix of a well-formed id (`pin`, `board`, `user`, `topic`…), or None for anything else."""
    match = _SHAPE.fullmatch(text)
    return match.group(1) if match else None
