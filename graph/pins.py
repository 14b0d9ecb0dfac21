"""Pins: reads under the viewer's visibility, and the numbers about them."""

from __future__ import annotations

from collections.abc import Collection

from domain.ids import PinId, PinN, TopicN, UserN
from domain.model import Board, Pin, Save
from domain.page import Page, PageArgs
from graph.client import Graph


async def by_ns(graph: Graph, viewer: UserN, ns: Collection[PinN]) -> list[Pin]:
    """Those of the Pins that the viewer may see, whole with their Image, in any order. One statement."""
    raise NotImplementedError


async def by_ids(graph: Graph, viewer: UserN, ids: Collection[PinId]) -> list[Pin]:
    """Those of the Pins that the viewer may see, whole with their Image, in any order. One statement."""
    raise NotImplementedError


async def save_counts(graph: Graph, viewer: UserN, ns: Collection[PinN]) -> dict[PinN, int]:
    """How many Boards hold each Pin: the public ones, and the viewer's own secret ones."""
    raise NotImplementedError


async def viewer_saves(graph: Graph, viewer: UserN, ns: Collection[PinN]) -> dict[PinN, list[Save]]:
    """The saves of each Pin on Boards that the viewer owns or works on, newest first, at most VIEWER_SAVES_MAX."""
    raise NotImplementedError


async def topics(graph: Graph, ns: Collection[PinN]) -> dict[PinN, list[TopicN]]:
    """The topics of each Pin."""
    raise NotImplementedError


async def viewer_hid(graph: Graph, viewer: UserN, ns: Collection[PinN]) -> set[PinN]:
    """Which of the Pins the viewer has hidden."""
    raise NotImplementedError


async def hidden(graph: Graph, viewer: UserN) -> set[PinN]:
    """Every Pin that the viewer has hidden."""
    raise NotImplementedError


async def boards_page(graph: Graph, viewer: UserN, pin_n: PinN, args: PageArgs) -> Page[Board]:
    """The Boards that hold the Pin and that the viewer may see, latest save first."""
    raise NotImplementedError


async def texts(graph: Graph, ns: Collection[PinN]) -> dict[PinN, str]:
    """What is embedded of each Pin's words: title. description. alt text. For the worker."""
    raise NotImplementedError
