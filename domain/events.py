"""Things that happened. An event names what changed, never the change: who hears of it reads the present state."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from domain.ids import BoardN, EventId, PinN, UserN


class Kind(Enum):
    """The stable name of a kind of event, as it is stored."""

    PIN_CREATED = "pin_created"
    PIN_READY = "pin_ready"
    PIN_FAILED = "pin_failed"
    PIN_UPDATED = "pin_updated"
    PIN_DELETED = "pin_deleted"
    PIN_RESTORED = "pin_restored"
    SAVED = "saved"
    UNSAVED = "unsaved"
    MOVED = "moved"
    BOARD_CREATED = "board_created"
    BOARD_UPDATED = "board_updated"
    BOARD_DELETED = "board_deleted"
    BOARD_RESTORED = "board_restored"
    PRIVACY = "privacy"
    FOLLOWED = "followed"
    UNFOLLOWED = "unfollowed"
    HID = "hid"
    UNHID = "unhid"
    INVITED = "invited"
    BLOCKED = "blocked"
    UNBLOCKED = "unblocked"
    IMPORTED = "imported"
    COMMENTED = "commented"
    NOTIFIED = "notified"
    ENGAGED = "engaged"
    ACCOUNT_DELETED = "account_deleted"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. `seq` is its place among all events (0 until the sequencer has given it one).

    `user` is who acted; `subject` the id of what is none of the others, such as a comment. IMPORTED names whole batches
    in `boards` and `pins`; the others at most one of each.
    """

    id: EventId
    kind: Kind
    seq: int = 0
    at_ms: int = 0
    user: UserN | None = None
    board: BoardN | None = None
    pin: PinN | None = None
    target: UserN | None = None
    subject: str | None = None
    boards: tuple[BoardN, ...] = field(default=())
    pins: tuple[PinN, ...] = field(default=())
