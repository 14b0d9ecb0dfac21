"""A page of a list: its arguments, its items, and the signed cursors that name a place in it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from domain.errors import Invalid
from domain.limits import CURSOR_CHARS_MAX, PAGE_ITEMS_DEFAULT, PAGE_ITEMS_MAX

T = TypeVar("T")
U = TypeVar("U")

_SIGNATURE_BYTES: Final = 12


@dataclass(frozen=True, slots=True)
class PageArgs:
    """How many items are wanted, and the sort key after which they start (None: from the head).

    Raises Invalid when `first` is not 1..100.
    """

    first: int = PAGE_ITEMS_DEFAULT
    after: int | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.first <= PAGE_ITEMS_MAX:
            raise Invalid(f"`first` must be from 1 to {PAGE_ITEMS_MAX}.", ("first",))


@dataclass(frozen=True, slots=True)
class PageItem(Generic[T]):
    """One value and the sort key that its cursor is made of."""

    value: T
    key: int


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Consecutive items of a list, and whether there are more on either side."""

    items: tuple[PageItem[T], ...] = ()
    has_next: bool = False
    has_previous: bool = False

    @classmethod
    def cut(cls, items: Sequence[PageItem[T]], args: PageArgs) -> Page[T]:
        """A page from `first + 1` fetched items: the one too many only says that there are more."""
        return cls(tuple(items[: args.first]), len(items) > args.first, args.after is not None)

    def map(self, convert: Callable[[T], U]) -> Page[U]:
        """The same page with each value converted."""
        return Page(tuple(PageItem(convert(i.value), i.key) for i in self.items), self.has_next, self.has_previous)


class Cursors:
    """Makes and reads opaque cursors, signed so that only ours are accepted.

    A cursor names the list it belongs to (`kind`, for instance `board.pins:7`) and the sort key of its row.
    """

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def encode(self, kind: str, key: int) -> str:
        """The cursor of the row with this sort key in the list of this kind."""
        return self.seal(kind, str(key).encode())

    def decode(self, kind: str, cursor: str | None) -> int | None:
        """The sort key in a cursor of this kind; None for None. Raises Invalid for anything that is not ours."""
        if cursor is None:
            return None
        try:
            return int(self.open(kind, cursor))
        except ValueError:
            raise _foreign() from None

    def seal(self, kind: str, body: bytes) -> str:
        """Any bytes as a signed, URL-safe text of this kind."""
        signature = _signature(self._keyed(kind), body)
        return base64.urlsafe_b64encode(signature + body).rstrip(b"=").decode()

    def open(self, kind: str, cursor: str) -> bytes:
        """The bytes sealed under this kind. Raises Invalid for anything tampered with or from another list."""
        return self.opener(kind)(cursor)

    def opener(self, kind: str) -> Callable[[str], bytes]:
        """`open` for many cursors of one kind: what they share is computed once."""
        keyed = self._keyed(kind)

        def opened(cursor: str) -> bytes:
            if len(cursor) > CURSOR_CHARS_MAX:
                raise _foreign()
            try:
                raw = base64.b64decode(
                    cursor.encode("ascii") + b"=" * (-len(cursor) % 4), altchars=b"-_", validate=True
                )
            except ValueError:
                raise _foreign() from None
            signature, body = raw[:_SIGNATURE_BYTES], raw[_SIGNATURE_BYTES:]
            if not hmac.compare_digest(signature, _signature(keyed, body)):
                raise _foreign()
            return body

        return opened

    def _keyed(self, kind: str) -> hmac.HMAC:
        return hmac.new(self._secret, json.dumps([kind]).encode() + b"\0", hashlib.sha256)


def _signature(keyed: hmac.HMAC, body: bytes) -> bytes:
    whole = keyed.copy()
    whole.update(body)
    return whole.digest()[:_SIGNATURE_BYTES]


def _foreign() -> Invalid:
    return Invalid("This cursor is not one of this list. Start again without `after`.", ("after",))
