"""Bulk writers: whole batches in one transaction, safe to repeat by the key that each row brings along.

A batch is at most 10,000 rows. `ext` is the row's key in the world it comes from, unique per kind
(for instance `saves.csv:board:17`); a row whose `ext` is known is left as it is and its number returned.
Imported Pins are quiet: nobody is told of them. They get no jobs: `pins.unindexed` finds them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from domain.ids import BoardN, PinN, TopicN, UserN
from domain.model import BoardPrivacy
from graph.client import Graph
from graph.pictures import NewPicture

BATCH_MAX: Final = 10_000


@dataclass(frozen=True, slots=True)
class ImportUser:
    ext: str
    username: str
    email: str
    display_name: str
    password_hash: str
    bio: str | None = None


@dataclass(frozen=True, slots=True)
class ImportBoard:
    ext: str
    owner_n: UserN
    title: str
    description: str | None = None
    topic_n: TopicN | None = None
    privacy: BoardPrivacy = BoardPrivacy.PUBLIC


@dataclass(frozen=True, slots=True)
class ImportPin:
    ext: str
    creator_n: UserN
    title: str
    picture: NewPicture
    description: str | None = None
    alt_text: str | None = None
    link: str | None = None
    topic_ns: tuple[TopicN, ...] = ()


@dataclass(frozen=True, slots=True)
class ImportSave:
    """A Pin on a public Board, saved by the Board's owner. `at_ms` None: now."""

    board_n: BoardN
    pin_n: PinN
    at_ms: int | None = None


async def users(graph: Graph, rows: Sequence[ImportUser], *, now: datetime | None = None) -> dict[str, UserN]:
    """The number of each row's User by `ext`. Raises Taken when a username or e-mail belongs to somebody else."""
    raise NotImplementedError


async def boards(graph: Graph, rows: Sequence[ImportBoard], *, now: datetime | None = None) -> dict[str, BoardN]:
    """The number of each row's Board by `ext`."""
    raise NotImplementedError


async def pins(graph: Graph, rows: Sequence[ImportPin], *, now: datetime | None = None) -> dict[str, PinN]:
    """The number of each row's Pin by `ext`. On no Board yet: follow with `saves`."""
    raise NotImplementedError


async def saves(graph: Graph, rows: Sequence[ImportSave], *, now: datetime | None = None) -> int:
    """How many saves were made; those there already, and Boards or Pins that are gone or secret, are left out.

    One IMPORTED event for the batch. Raises Conflict when a Board would hold more than BOARD_PINS_MAX.
    """
    raise NotImplementedError


async def known(graph: Graph, label: str, exts: Sequence[str]) -> dict[str, int]:
    """The numbers of the rows of a kind ("User", "Board", "Pin") that were imported before."""
    raise NotImplementedError
