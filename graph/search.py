"""Finding Pins, Boards and Users by their words."""

from __future__ import annotations

from typing import NamedTuple

from domain.ids import BoardN, PinN, UserN
from domain.page import Page, PageArgs
from graph.client import Graph


class Match(NamedTuple):
    """A Pin that matches. `score` is 0..3, higher is better; `whole` says that every word matched as a whole."""

    pin_n: PinN
    score: float
    whole: bool


async def pins(graph: Graph, viewer: UserN, query: str, limit: int) -> list[Match]:
    """The Pins that the viewer may see and that match, best first.

    From 2: every word matched whole, in any of its forms. From 1: every word, some by their beginning or with a letter
    wrong. Below 1: only some of the words. Whatever is typed is text: nothing in it is syntax, nothing raises.
    """
    raise NotImplementedError


async def boards(graph: Graph, viewer: UserN, query: str, args: PageArgs) -> Page[BoardN]:
    """Boards that the viewer may see whose title or description matches, best first."""
    raise NotImplementedError


async def users(graph: Graph, viewer: UserN, query: str, args: PageArgs) -> Page[UserN]:
    """Users that the viewer may see whose username or display name matches, exact and beginning first."""
    raise NotImplementedError
