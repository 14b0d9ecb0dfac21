"""What feeds ask: recent saves, what is followed, what is fresh and popular."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from domain.ids import BoardN, PinN, TopicN, UserN
from graph.client import Graph


@dataclass(frozen=True, slots=True)
class FollowedItem:
    """A public Pin from what the viewer follows: a Board that got it, or the User who made it."""

    pin_n: PinN
    k: int
    board_n: BoardN | None
    user_n: UserN | None


async def query_pins(graph: Graph, viewer: UserN, limit: int = 20) -> list[tuple[PinN, int]]:
    """The viewer's most recent saves on all their Boards, secret ones among them, with sort keys, newest first."""
    raise NotImplementedError


async def following_head(graph: Graph, viewer: UserN, limit: int, before_k: int | None = None) -> list[FollowedItem]:
    """The newest public Pins from what the viewer follows, newest first; `before_k` goes on from there (slower)."""
    raise NotImplementedError


async def fresh(graph: Graph, limit: int) -> list[tuple[PinN, int]]:
    """The newest public Pins with their sort keys, newest first."""
    raise NotImplementedError


async def popular(graph: Graph, topic_n: TopicN | None, limit: int, now_ms: int) -> list[tuple[PinN, float, int]]:
    """(Pin, score, k of its newest save) by recent public saves, each worth 2^(-age / 3 days), best first."""
    raise NotImplementedError


async def own(graph: Graph, viewer: UserN) -> set[PinN]:
    """Pins that the viewer created or has on a Board, the newest 10,000 of each."""
    raise NotImplementedError


async def topic_pins(graph: Graph, topic_ns: Collection[TopicN], limit: int) -> list[tuple[PinN, TopicN, int]]:
    """The newest public Pins about the Topics, `limit` in all, with sort keys, newest first."""
    raise NotImplementedError


async def interests(graph: Graph, viewer: UserN) -> list[TopicN]:
    """The viewer's interests."""
    raise NotImplementedError


async def creators_and_boards(graph: Graph, ns: Collection[PinN]) -> dict[PinN, tuple[UserN | None, BoardN | None]]:
    """Each Pin's creator and the public Board that held it first, for spacing."""
    raise NotImplementedError
