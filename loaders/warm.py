"""Lets the graph plan every read of an operation before the first client asks."""

from __future__ import annotations

from domain.ids import SIGNED_OUT, BoardId, BoardN, PinId, PinN, TopicId, TopicN, UserId, UserN
from domain.page import PageArgs
from graph.client import Graph
from loaders.request import Loaders


async def warm(graph: Graph) -> None:
    """Asks each loader once for what does not exist, one after the other.

    The first time of a statement costs the server a second or two of planning. Raises Unavailable.
    """
    pin, board, user, topic, page = PinN(0), BoardN(0), UserN(0), TopicN(0), PageArgs()
    loaders = Loaders(graph, SIGNED_OUT)
    await loaders.pin.load(pin)
    await loaders.pin_by_id.load(PinId(""))
    await loaders.board.load(board)
    await loaders.board_by_id.load(BoardId(""))
    await loaders.user.load(user)
    await loaders.user_by_id.load(UserId(""))
    await loaders.topic.load(topic)
    await loaders.topic_by_id.load(TopicId(""))
    await loaders.save_count.load(pin)
    await loaders.viewer_saves.load(pin)
    await loaders.viewer_hid.load(pin)
    await loaders.pin_topics.load(pin)
    await loaders.pin_boards.load((pin, page))
    await loaders.board_counts.load(board)
    await loaders.board_role.load(board)
    await loaders.follows_board.load(board)
    await loaders.board_cover.load(board)
    await loaders.board_pins.load((board, page))
    await loaders.user_counts.load(user)
    await loaders.follows_user.load(user)
    await loaders.interests.load(user)
    await loaders.topic_pin_count.load(topic)
    await loaders.topic_covers.load(topic)
