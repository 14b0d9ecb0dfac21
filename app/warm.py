"""Lets the graph server plan what requests will ask of it, before they do: the first time of a statement is slow."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, Final

import structlog

from domain.errors import Unavailable
from domain.events import Event, Kind
from domain.ids import SIGNED_OUT, BoardId, BoardN, EventId, PinId, PinN, TopicN, UserId, UserN
from domain.model import ANY_PIN, PinFilter
from domain.page import PageArgs
from graph import (
    announcing,
    board_pages,
    boards,
    comments,
    duplicates,
    export,
    narrowing,
    notifications,
    pictures,
    pin_pages,
    pins,
    search,
    sections,
    sessions,
    suggestions,
    taste,
    topics,
    user_pages,
    users,
    visibility,
)
from graph.announcing import Watched
from graph.client import Graph

log = structlog.get_logger(__name__)

_USERS: Final = [UserN(0)]
_BOARDS: Final = [BoardN(0)]
_PINS: Final = [PinN(0)]
_TOPICS: Final = [TopicN(0)]
_PAGE: Final = PageArgs(1)
_SAVED: Final = Event(EventId("none"), Kind.SAVED, board=_BOARDS[0], pin=_PINS[0])
_THEN: Final = datetime.fromtimestamp(0, tz=UTC)
TIMEOUT_S: Final = 20.0  # Nobody waits, and a plan that is broken off is lost: the next attempt would begin anew.

_Read = Callable[[Graph], Awaitable[Any]]

FIRST: Final[tuple[_Read, ...]] = (
    lambda g: pins.by_ns(g, SIGNED_OUT, _PINS),
    lambda g: taste.fresh(g, 1),
    lambda g: taste.popular(g, None, 1, 0),
    lambda g: visibility.visible(g, SIGNED_OUT, _PINS),
    lambda g: sessions.ended(g, "nobody"),
)
"""What any page of Pins needs, and anybody who is signed in. Asked before the graph counts as ready."""

REST: Final[tuple[_Read, ...]] = (
    lambda g: users.by_ns(g, SIGNED_OUT, _USERS),
    lambda g: boards.by_ns(g, SIGNED_OUT, _BOARDS),
    lambda g: users.credentials(g, "nobody"),
    lambda g: taste.spacing(g, _PINS),
    lambda g: pictures.of_pins(g, _PINS),
    lambda g: pins.by_ids(g, SIGNED_OUT, [PinId("none")]),
    lambda g: users.by_ids(g, SIGNED_OUT, [UserId("none")]),
    lambda g: boards.by_ids(g, SIGNED_OUT, [BoardId("none")]),
    lambda g: pin_pages.boards_pages(g, SIGNED_OUT, [(_PINS[0], _PAGE)]),
    lambda g: taste.popular(g, _TOPICS[0], 1, 0),
    lambda g: export.states(g, [(_BOARDS[0], _PINS[0])]),
    lambda g: users.by_username(g, SIGNED_OUT, "nobody"),
    lambda g: taste.query_pins(g, SIGNED_OUT),
    lambda g: taste.kept(g, SIGNED_OUT),
    lambda g: taste.following_head(g, SIGNED_OUT, 1),
    lambda g: taste.following_head(g, SIGNED_OUT, 1, 0),
    lambda g: taste.topic_pins(g, _TOPICS, 1),
    lambda g: pins.hidden(g, SIGNED_OUT),
    lambda g: pins.topics(g, _PINS),
    lambda g: pins.save_counts(g, SIGNED_OUT, _PINS),
    lambda g: pins.viewer_saves(g, SIGNED_OUT, _PINS),
    lambda g: pins.viewer_hid(g, SIGNED_OUT, _PINS),
    lambda g: pictures.by_key(g, "nothing"),
    lambda g: user_pages.boards_page(g, SIGNED_OUT, UserN(0), _PAGE),
    lambda g: board_pages.pins_pages(g, SIGNED_OUT, [(BoardN(0), _PAGE)]),
    lambda g: board_pages.covers(g, SIGNED_OUT, _BOARDS),
    lambda g: boards.counts(g, SIGNED_OUT, _BOARDS),
    lambda g: boards.roles(g, SIGNED_OUT, _BOARDS),
    lambda g: boards.follows(g, SIGNED_OUT, _BOARDS),
    lambda g: users.counts(g, SIGNED_OUT, _USERS),
    lambda g: users.follows(g, SIGNED_OUT, _USERS),
    lambda g: users.interests(g, _USERS),
    lambda g: topics.page(g, _PAGE),
    lambda g: topics.by_ns(g, _TOPICS),
    lambda g: topics.pin_counts(g, _TOPICS),
    lambda g: topics.cover_pins(g, SIGNED_OUT, _TOPICS),
    lambda g: search.pins(g, SIGNED_OUT, "nothing", 1),
    lambda g: duplicates.page(g, SIGNED_OUT, _PINS[0], _PAGE),
    lambda g: narrowing.narrowed(g, SIGNED_OUT, _PINS, ANY_PIN),
    lambda g: suggestions.titles(g, SIGNED_OUT, "nothing"),
    lambda g: suggestions.public_titles(g, SIGNED_OUT, _PINS),
    lambda g: search.on_boards(g, SIGNED_OUT, "nothing", 1),
    lambda g: search.pins(g, SIGNED_OUT, "nothing", 1, PinFilter(creator_n=UserN(0))),
    lambda g: export.pin_boards(g, _PINS),
    lambda g: export.board_pins(g, _BOARDS),
    lambda g: announcing.meant(g, SIGNED_OUT, [_SAVED], Watched()),
    lambda g: user_pages.pins_page(g, SIGNED_OUT, UserN(0), _PAGE),
    lambda g: user_pages.followers_page(g, SIGNED_OUT, UserN(0), _PAGE),
    lambda g: user_pages.following_page(g, SIGNED_OUT, UserN(0), _PAGE),
    lambda g: notifications.page(g, SIGNED_OUT, _PAGE, now=_THEN),
    lambda g: notifications.unread_count(g, SIGNED_OUT, now=_THEN),
    lambda g: comments.counts(g, SIGNED_OUT, _PINS),
    lambda g: comments.pages(g, SIGNED_OUT, [(_PINS[0], _PAGE)]),
    lambda g: sections.of_boards(g, SIGNED_OUT, _BOARDS),
)
"""What some pages need. Asked one after the other while the first requests are answered already, more slowly."""


async def first(graph: Graph) -> None:
    """Returns when what any page of Pins needs has been planned. Raises Unavailable."""
    patient = graph.patient(TIMEOUT_S)
    await asyncio.gather(*(read(patient) for read in FIRST))  # The server plans them side by side.


async def rest(graph: Graph) -> None:
    """Returns when the others have been planned, or were given up: a request will do it then."""
    began, late, patient = time.perf_counter(), 0, graph.patient(TIMEOUT_S)
    for read in REST:
        try:
            await read(patient)
        except Unavailable:
            late += 1
    log.info("graph_warmed", statements=len(REST), late=late, ms=round((time.perf_counter() - began) * 1000))
