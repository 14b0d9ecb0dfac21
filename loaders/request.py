"""The loaders of one operation: whatever is read by key goes through one of these, once, for one viewer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, Final, TypeVar

from domain.ids import BoardId, BoardN, CommentId, PinId, PinN, SectionId, TopicId, TopicN, UserId, UserN
from domain.model import (
    Board,
    BoardCounts,
    BoardRole,
    Collaborator,
    Comment,
    Pin,
    Save,
    Section,
    Topic,
    User,
    UserCounts,
)
from domain.page import Page, PageArgs
from graph import (
    blocks,
    board_pages,
    boards,
    collaborators,
    comments,
    pin_pages,
    pins,
    proposals,
    sections,
    topics,
    users,
)
from graph.board_pages import Part
from graph.client import Graph
from graph.proposals import Evidence
from loaders.batch import Loader, Waves

K = TypeVar("K")
T = TypeVar("T")

_EMPTY: Final[Page[Any]] = Page()


class Loaders:
    """Batched reads for one viewer, each made when it is first asked for.

    A thing that the viewer may not see is None, like one that does not exist; `user_by_id` alone finds whom they
    block. Pages come by (n, PageArgs).
    Never keep one for longer than an operation, or one event of a subscription: its answers are remembered.
    """

    def __init__(self, graph: Graph, viewer: UserN) -> None:
        self._graph = graph
        self._viewer = viewer
        self._waves = Waves()

    # Things, by n and by id

    @cached_property
    def pin(self) -> Loader[PinN, Pin | None]:
        return Loader(self._waves, _rows(self._seen(pins.by_ns), _n), None)

    @cached_property
    def pin_by_id(self) -> Loader[PinId, Pin | None]:
        return Loader(self._waves, _rows(self._seen(pins.by_ids), _id), None)

    @cached_property
    def board(self) -> Loader[BoardN, Board | None]:
        return Loader(self._waves, _rows(self._seen(boards.by_ns), _n), None)

    @cached_property
    def board_by_id(self) -> Loader[BoardId, Board | None]:
        return Loader(self._waves, _rows(self._seen(boards.by_ids), _id), None)

    @cached_property
    def user(self) -> Loader[UserN, User | None]:
        return Loader(self._waves, _rows(self._seen(users.by_ns), _n), None)

    @cached_property
    def user_by_id(self) -> Loader[UserId, User | None]:
        return Loader(self._waves, _rows(self._seen(users.by_ids), _id), None)

    @cached_property
    def topic(self) -> Loader[TopicN, Topic | None]:
        return Loader(self._waves, _rows(self._plain(topics.by_ns), _n), None)

    @cached_property
    def topic_by_id(self) -> Loader[TopicId, Topic | None]:
        return Loader(self._waves, _rows(self._plain(topics.by_ids), _id), None)

    # About Pins

    @cached_property
    def save_count(self) -> Loader[PinN, int]:
        return Loader(self._waves, self._seen(pins.save_counts), 0)

    @cached_property
    def viewer_saves(self) -> Loader[PinN, Sequence[Save]]:
        return Loader(self._waves, self._seen(pins.viewer_saves), ())

    @cached_property
    def viewer_hid(self) -> Loader[PinN, bool]:
        return Loader(self._waves, _members(self._seen(pins.viewer_hid)), False)

    @cached_property
    def pin_topics(self) -> Loader[PinN, Sequence[TopicN]]:
        return Loader(self._waves, self._plain(pins.topics), ())

    @cached_property
    def pin_boards(self) -> Loader[tuple[PinN, PageArgs], Page[Board]]:
        return Loader(self._waves, self._seen(pin_pages.boards_pages), _EMPTY)

    @cached_property
    def comment_by_id(self) -> Loader[CommentId, Comment | None]:
        return Loader(self._waves, _rows(self._seen(comments.by_ids), _id), None)

    @cached_property
    def comment_count(self) -> Loader[PinN, int]:
        return Loader(self._waves, self._seen(comments.counts), 0)

    @cached_property
    def pin_comments(self) -> Loader[tuple[PinN, PageArgs], Page[Comment]]:
        return Loader(self._waves, self._seen(comments.pages), _EMPTY)

    @cached_property
    def pin_evidence(self) -> Loader[PinN, Evidence]:
        return Loader(self._waves, self._seen(proposals.of_pins), Evidence())

    # About Boards

    @cached_property
    def board_counts(self) -> Loader[BoardN, BoardCounts]:
        return Loader(self._waves, self._seen(boards.counts), BoardCounts(0, 0))

    @cached_property
    def board_role(self) -> Loader[BoardN, BoardRole | None]:
        return Loader(self._waves, self._seen(boards.roles), None)

    @cached_property
    def follows_board(self) -> Loader[BoardN, bool]:
        return Loader(self._waves, _members(self._seen(boards.follows)), False)

    @cached_property
    def board_cover(self) -> Loader[BoardN, PinN | None]:
        return Loader(self._waves, self._seen(board_pages.covers), None)

    @cached_property
    def board_pins(self) -> Loader[tuple[BoardN, Part], Page[Save]]:
        return Loader(self._waves, self._seen(board_pages.parts_pages), _EMPTY)

    @cached_property
    def board_sections(self) -> Loader[BoardN, Sequence[Section]]:
        return Loader(self._waves, self._seen(sections.of_boards), ())

    @cached_property
    def section(self) -> Loader[SectionId, Section | None]:
        return Loader(self._waves, _rows(self._seen(sections.by_ids), _id), None)

    @cached_property
    def section_pin_count(self) -> Loader[SectionId, int]:
        return Loader(self._waves, self._seen(sections.pin_counts), 0)

    @cached_property
    def board_collaborators(self) -> Loader[BoardN, Sequence[Collaborator]]:
        return Loader(self._waves, self._seen(collaborators.of_boards), ())

    @cached_property
    def board_evidence(self) -> Loader[BoardN, Evidence]:
        return Loader(self._waves, self._seen(proposals.of_boards), Evidence())

    # About Users

    @cached_property
    def user_counts(self) -> Loader[UserN, UserCounts]:
        return Loader(self._waves, self._seen(users.counts), UserCounts(0, 0))

    @cached_property
    def follows_user(self) -> Loader[UserN, bool]:
        return Loader(self._waves, _members(self._seen(users.follows)), False)

    @cached_property
    def blocks_user(self) -> Loader[UserN, bool]:
        return Loader(self._waves, _members(self._seen(blocks.blocked)), False)

    @cached_property
    def interests(self) -> Loader[UserN, Sequence[TopicN]]:
        return Loader(self._waves, self._plain(users.interests), ())

    # About Topics

    @cached_property
    def topic_pin_count(self) -> Loader[TopicN, int]:
        return Loader(self._waves, self._plain(topics.pin_counts), 0)

    @cached_property
    def topic_covers(self) -> Loader[TopicN, Sequence[PinN]]:
        return Loader(self._waves, self._seen(topics.cover_pins), ())

    def _seen(self, read: Callable[[Graph, UserN, Sequence[K]], Awaitable[T]]) -> Callable[[Sequence[K]], Awaitable[T]]:
        """A read of the graph as this viewer sees it."""
        return lambda keys: read(self._graph, self._viewer, keys)

    def _plain(self, read: Callable[[Graph, Sequence[K]], Awaitable[T]]) -> Callable[[Sequence[K]], Awaitable[T]]:
        """A read of the graph that is the same for everybody."""
        return lambda keys: read(self._graph, keys)


def _n(value: Any) -> Any:
    return value.n


def _id(value: Any) -> Any:
    return value.id


def _rows(
    read: Callable[[Sequence[K]], Awaitable[Iterable[T]]], key: Callable[[T], K]
) -> Callable[[list[K]], Awaitable[Mapping[K, T]]]:
    """Rows in any order, by their key."""

    async def keyed(keys: list[K]) -> Mapping[K, T]:
        return {key(row): row for row in await read(keys)}

    return keyed


def _members(
    read: Callable[[Sequence[K]], Awaitable[Collection[K]]],
) -> Callable[[list[K]], Awaitable[Mapping[K, bool]]]:
    """The keys that are in a set, each as True."""

    async def keyed(keys: list[K]) -> Mapping[K, bool]:
        return dict.fromkeys(await read(keys), True)

    return keyed
