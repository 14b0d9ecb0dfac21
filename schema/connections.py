"""Pages of things: `PinConnection`, `BoardEdge` and the rest, made from a listing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Generic, TypeVar

import strawberry

from resolvers import pages
from resolvers.pages import Listing

T = TypeVar("T")
V = TypeVar("V")

First = Annotated[int, strawberry.argument(description="How many at most, 1..100.")]
After = Annotated[
    str | None, strawberry.argument(description="A cursor of this list: what comes after it. None: from the head.")
]


def given(value: Any) -> Any:
    """The value of an argument that may be absent: None then."""
    return None if value is strawberry.UNSET else value


@strawberry.type(description="Where a page stands in its list.")
class PageInfo:
    has_next_page: bool = strawberry.field(description="Whether there are more after this page.")
    has_previous_page: bool = strawberry.field(description="Whether the page was asked for after a cursor.")
    start_cursor: str | None = strawberry.field(description="The cursor of the page's first edge, if it has one.")
    end_cursor: str | None = strawberry.field(description="The cursor of the page's last edge: `after` for the next.")

    @classmethod
    def of(cls, cursors: list[str], *, has_next: bool, has_previous: bool) -> PageInfo:
        return cls(
            has_next_page=has_next,
            has_previous_page=has_previous,
            start_cursor=cursors[0] if cursors else None,
            end_cursor=cursors[-1] if cursors else None,
        )

    @classmethod
    def of_listing(cls, listing: Listing[Any]) -> PageInfo:
        cursors = [row.cursor for row in listing.rows]
        return cls.of(cursors, has_next=listing.has_next, has_previous=listing.has_previous)


@strawberry.type(description="One place of a list.")
class Edge(Generic[T]):
    node: T = strawberry.field(description="What stands here.")
    cursor: str = strawberry.field(description="The place, as `after` takes it. Stable while the list changes.")


@strawberry.type(description="A page of a list.")
class Connection(Generic[T]):
    edges: list[Edge[T]] = strawberry.field(description="The places of the page, at most `first`.")
    nodes: list[T] = strawberry.field(description="What stands at them, in the same order.")
    page_info: PageInfo = strawberry.field(description="Where the page stands in its list.")

    @classmethod
    def of(cls, listing: pages.Listing[V], wrap: Callable[[V], T]) -> Connection[T]:
        """The page with each value as its type."""
        edges = [Edge(node=wrap(row.value), cursor=row.cursor) for row in listing.rows]
        return cls(edges=edges, nodes=[edge.node for edge in edges], page_info=PageInfo.of_listing(listing))
