"""Lists as clients page through them: arguments checked, cursors read and made."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from domain.page import Page, PageArgs, PageItem
from resolvers.context import Context

K = TypeVar("K")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Row(Generic[T]):
    """One value of a list and the cursor that continues after it."""

    value: T
    cursor: str


@dataclass(frozen=True, slots=True)
class Listing(Generic[T]):
    """Consecutive rows of a list, and whether there are more on either side."""

    rows: tuple[Row[T], ...] = ()
    has_next: bool = False
    has_previous: bool = False


def page_args(ctx: Context, kind: str, first: int, after: str | None) -> PageArgs:
    """The checked arguments of a page. Raises Invalid for `first` out of 1..100 or a cursor of another list."""
    return PageArgs(first, ctx.cursors.decode(kind, after))


def listing(ctx: Context, kind: str, page: Page[T]) -> Listing[T]:
    """The page with the cursors of this kind of list, such as `board.pins:7`."""
    rows = tuple(Row(item.value, ctx.cursors.encode(kind, item.key)) for item in page.items)
    return Listing(rows, page.has_next, page.has_previous)


async def hydrated(page: Page[K], load: Callable[[Sequence[K]], Awaitable[Sequence[T | None]]]) -> Page[T]:
    """The page with each key replaced by what it names; what the viewer may not see (any more) is left out."""
    found = await load([item.value for item in page.items])
    kept = tuple(PageItem(v, item.key) for item, v in zip(page.items, found, strict=True) if v is not None)
    return Page(kept, page.has_next, page.has_previous)
