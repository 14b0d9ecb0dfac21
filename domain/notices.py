"""Notifications as values, and what they say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from domain.ids import BoardN, EndpointId, NotificationId, PinN, UserN


class NotificationKind(Enum):
    """What somebody is told of."""

    FOLLOWED = "FOLLOWED"
    PIN_SAVED = "PIN_SAVED"
    COMMENTED = "COMMENTED"
    INVITED = "INVITED"
    NEW_PIN = "NEW_PIN"
    EXPORT_READY = "EXPORT_READY"


class PushEndpointKind(Enum):
    """How something is sent outside."""

    WEBHOOK = "WEBHOOK"


@dataclass(frozen=True, slots=True)
class Notification:
    """What the viewer is told, as it stands now. `actors` are the latest, at most NOTIFICATION_ACTORS_MAX, of `count`.

    `k` is its sort key. Of NEW_PIN `count` is how many Pins there are since the viewer last looked.
    """

    id: NotificationId
    kind: NotificationKind
    k: int
    created_at: datetime
    read: bool
    actors: tuple[UserN, ...]
    count: int
    pin_n: PinN | None
    board_n: BoardN | None

    @property
    def actor_count(self) -> int:
        """How many Users it tells of."""
        return min(self.count, 1) if self.kind is NotificationKind.NEW_PIN else self.count


@dataclass(frozen=True, slots=True)
class Preference:
    """Whether the viewer is told of a kind, in the product and outside."""

    kind: NotificationKind
    in_app: bool
    push: bool


@dataclass(frozen=True, slots=True)
class PushEndpoint:
    """Where notifications are sent outside. `failing`: it was given up, and nothing is sent there any more."""

    id: EndpointId
    kind: PushEndpointKind
    url: str
    created_at: datetime
    failing: bool


def text(
    kind: NotificationKind, names: Sequence[str], count: int, *, pin: str | None = None, board: str | None = None
) -> str:
    """What a notification says: the latest actor by name, the others by their number."""
    if kind is NotificationKind.EXPORT_READY:
        return "Your archive is ready"
    who = names[0] if names else "Somebody"
    if kind is NotificationKind.NEW_PIN:
        return f"{who} added {_quoted(pin, 'a Pin')}" + (f" and {_others(count - 1, 'more Pin')}" if count > 1 else "")
    if count == 2 and len(names) > 1:
        who = f"{who} and {names[1]}"
    elif count > 1:
        who = f"{who} and {_others(count - 1, 'other')}"
    match kind:
        case NotificationKind.FOLLOWED:
            return f"{who} {'follow' if count > 1 else 'follows'} you"
        case NotificationKind.PIN_SAVED:
            return f"{who} saved your Pin{_quoted(pin, '', ' ')}"
        case NotificationKind.COMMENTED:
            return f"{who} commented on your Pin{_quoted(pin, '', ' ')}"
        case _:
            return f"{who} invited you to {_quoted(board, 'a board')}"


def _others(count: int, what: str) -> str:
    return f"{count:,} {what}{'s' if count != 1 else ''}"


def _quoted(title: str | None, otherwise: str, before: str = "") -> str:
    return f"{before}“{title}”" if title else otherwise
