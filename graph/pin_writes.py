"""Making, changing, deleting and hiding Pins."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.ids import BoardN, PinN, SectionId, TopicId, UploadId, UserN
from domain.model import UNSET, PinStatus, Unset
from graph.client import Graph
from graph.pictures import NewPicture


@dataclass(frozen=True, slots=True)
class NewPin:
    """What a Pin is made of. `upload_id`, when given, must be the maker's own, arrived and unused; it is used up."""

    board_n: BoardN
    title: str
    picture: NewPicture
    description: str | None = None
    alt_text: str | None = None
    link: str | None = None
    topic_ids: tuple[TopicId, ...] = ()
    section_id: SectionId | None = None
    upload_id: UploadId | None = None


async def create(
    graph: Graph, new: NewPin, *, by: UserN, idempotency_key: str | None = None, now: datetime | None = None
) -> PinN:
    """The new Pin on its Board; the same key from the same User gives the same Pin.

    Raises NotFound (field names which: boardId, sectionId, topicIds, image) when the Board is not theirs to add to,
    Conflict when the Board is full or the upload was used.
    """
    raise NotImplementedError


async def update(
    graph: Graph,
    *,
    by: UserN,
    pin_n: PinN,
    title: str | Unset = UNSET,
    description: str | Unset | None = UNSET,
    alt_text: str | Unset | None = UNSET,
    link: str | Unset | None = UNSET,
    topic_ids: Sequence[TopicId] | Unset = UNSET,
) -> None:
    """Changes the given fields, by the Pin's creator. Raises NotFound (invisible) or Forbidden (not the creator)."""
    raise NotImplementedError


async def delete(graph: Graph, by: UserN, pin_n: PinN) -> None:
    """Takes the Pin off every Board and out of every read, for 30 days restorable. Raises NotFound or Forbidden."""
    raise NotImplementedError


async def hide(graph: Graph, by: UserN, pin_n: PinN) -> None:
    """The viewer is not shown this Pin again. Twice is once. Raises NotFound, Conflict over HIDDEN_PINS_MAX."""
    raise NotImplementedError


async def unhide(graph: Graph, by: UserN, pin_n: PinN) -> None:
    """Takes the hiding back. Twice is once."""
    raise NotImplementedError


async def mark(
    graph: Graph, ns: Collection[PinN], *, status: PinStatus, look: str | None = None, text: str | None = None
) -> None:
    """Records the status, and the embedder versions whose vectors are in the indexes (None leaves one as it is).

    The first READY of a Pin writes one PIN_READY event, FAILED one PIN_FAILED; imported Pins write neither.
    Pins that are gone are ignored.
    """
    raise NotImplementedError


async def unindexed(
    graph: Graph, *, look: str | None, text: str | None, after: PinN | None = None, limit: int = 100
) -> list[PinN]:
    """Pins after `after` by `n`, ascending, that lack a vector of the given versions (None: that kind is off).

    Pins that have an embed job waiting, and FAILED ones, are left out.
    """
    raise NotImplementedError
