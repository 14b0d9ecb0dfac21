"""Lets the server plan what requests ask most: the first time of each statement costs it a good part of a second.

A plan is kept for a statement and the types of its parameters, so the product's own functions are called, about nobody
and nothing.
"""

from __future__ import annotations

import contextlib
from typing import Final

from domain.errors import NotFound
from domain.ids import SIGNED_OUT, BoardId, BoardN, PinId, PinN, TopicN, UserId, UserN
from domain.page import PageArgs
from graph import (
    board_pages,
    boards,
    outbox,
    pin_pages,
    pins,
    saves,
    search,
    taste,
    topics,
    user_pages,
    users,
    visibility,
)
from graph.client import Graph

_TIMEOUT_S: Final = 20.0
_PIN, _BOARD, _USER, _TOPIC = [PinN(0)], [BoardN(0)], [UserN(0)], [TopicN(0)]


async def warm(graph: Graph) -> None:
    """Asks every read of a feed and of the pages about its Pins once, and the save. Raises Unavailable."""
    patient = graph.patient(_TIMEOUT_S)
    await _nodes(patient)
    await _lists(patient)
    await _feeds(patient)
    with contextlib.suppress(NotFound):
        await saves.save(patient, by=SIGNED_OUT, pin_n=_PIN[0], board_n=_BOARD[0])


async def _nodes(graph: Graph) -> None:
    await pins.by_ns(graph, SIGNED_OUT, _PIN)
    await pins.by_ids(graph, SIGNED_OUT, [PinId("none")])
    await users.by_ns(graph, SIGNED_OUT, _USER)
    await users.by_ids(graph, SIGNED_OUT, [UserId("none")])
    await users.by_username(graph, SIGNED_OUT, "none")
    await users.credentials(graph, "none")
    await boards.by_ns(graph, SIGNED_OUT, _BOARD)
    await boards.by_ids(graph, SIGNED_OUT, [BoardId("none")])
    await topics.by_ns(graph, _TOPIC)


async def _lists(graph: Graph) -> None:
    await pins.save_counts(graph, SIGNED_OUT, _PIN)
    await pins.viewer_saves(graph, SIGNED_OUT, _PIN)
    await pins.viewer_hid(graph, SIGNED_OUT, _PIN)
    await pins.topics(graph, _PIN)
    await pin_pages.boards_pages(graph, SIGNED_OUT, [(_PIN[0], PageArgs())])
    await boards.counts(graph, SIGNED_OUT, _BOARD)
    await boards.roles(graph, SIGNED_OUT, _BOARD)
    await boards.follows(graph, SIGNED_OUT, _BOARD)
    await board_pages.covers(graph, SIGNED_OUT, _BOARD)
    await board_pages.pins_pages(graph, SIGNED_OUT, [(_BOARD[0], PageArgs())])
    await users.counts(graph, SIGNED_OUT, _USER)
    await users.follows(graph, SIGNED_OUT, _USER)
    await user_pages.boards_page(graph, SIGNED_OUT, _USER[0], PageArgs())
    await user_pages.pins_page(graph, SIGNED_OUT, _USER[0], PageArgs())


async def _feeds(graph: Graph) -> None:
    await visibility.visible(graph, SIGNED_OUT, _PIN)
    await pins.hidden(graph, SIGNED_OUT)
    await taste.query_pins(graph, SIGNED_OUT)
    await taste.own(graph, SIGNED_OUT)
    await taste.interests(graph, SIGNED_OUT)
    await taste.following_head(graph, SIGNED_OUT, 100)
    await taste.fresh(graph, 1)
    await taste.popular(graph, None, 1, 0)
    await taste.topic_pins(graph, _TOPIC, 1)
    await taste.creators_and_boards(graph, _PIN)
    await search.pins(graph, SIGNED_OUT, "none", 1)
    await outbox.after(graph, 2**62)
