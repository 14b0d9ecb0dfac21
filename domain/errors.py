"""What can go wrong in ways a caller can act on.

    ProductError
    ├── Invalid            INVALID             the input breaks a rule; the message says which and what to do
    │   ├── TooLarge       TOO_LARGE           over a stated bound
    │   └── UnsupportedMedia  UNSUPPORTED_MEDIA   not a picture we take, or not what it claims to be
    ├── NotFound           NOT_FOUND           does not exist for this viewer
    ├── NotSignedIn        UNAUTHENTICATED     needs a viewer
    ├── Forbidden          FORBIDDEN           seen, but not theirs to change
    ├── Conflict           CONFLICT            the present state does not allow it
    │   └── Taken          TAKEN               a unique name is in use
    ├── RateLimited        RATE_LIMITED        too much, too fast; says when to come back
    └── Unavailable        UNAVAILABLE         a part did not answer; the same call may succeed later

Anything that is not a ProductError is a bug.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar


class ProductError(Exception):
    """An expected failure. `message` is for people and says what to do; `field` is the path of the input at fault."""

    code: ClassVar[str] = "INVALID"

    def __init__(self, message: str, field: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.field = tuple(field)


class Invalid(ProductError):
    code = "INVALID"


class TooLarge(Invalid):
    code = "TOO_LARGE"


class UnsupportedMedia(Invalid):
    code = "UNSUPPORTED_MEDIA"


class NotFound(ProductError):
    code = "NOT_FOUND"


class NotSignedIn(ProductError):
    code = "UNAUTHENTICATED"


class Forbidden(ProductError):
    code = "FORBIDDEN"


class Conflict(ProductError):
    code = "CONFLICT"


class Taken(Conflict):
    code = "TAKEN"


class RateLimited(ProductError):
    code = "RATE_LIMITED"

    def __init__(self, message: str, *, retry_after_ms: int) -> None:
        super().__init__(message)
        self.retry_after_ms = retry_after_ms


class Unavailable(ProductError):
    code = "UNAVAILABLE"
