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
    return f"{prefix}_{''.join(_ALPHABET[(value >> shift) & 31] for shift in range(125, -1, -5))}"


def prefix_of(text: str) -> str | None:
    """The prefix of a well-formed id (`pin`, `board`, `user`, `topic`…), or None for anything else."""
    match = _SHAPE.fullmatch(text)
    return match.group(1) if match else None
