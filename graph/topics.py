"""Topics: the subjects that Pins are about and Users are interested in."""

from __future__ import annotations

from collections.abc import Collection

from domain.ids import PinN, TopicId, TopicN
from domain.model import Topic
from domain.page import Page, PageArgs
from graph.client import Graph


async def ensure(graph: Graph, *, name: str, slug: str, description: str | None = None) -> Topic:
    """The Topic of this slug, made if there is none; an existing one is left as it is."""
    raise NotImplementedError


async def by_ns(graph: Graph, ns: Collection[TopicN]) -> list[Topic]:
    """The Topics that exist, in any order."""
    raise NotImplementedError


async def by_ids(graph: Graph, ids: Collection[TopicId]) -> list[Topic]:
    """The Topics that exist, in any order."""
    raise NotImplementedError


async def by_slug(graph: Graph, slug: str) -> Topic | None:
    raise NotImplementedError


async def page(graph: Graph, args: PageArgs) -> Page[Topic]:
    """All Topics, in a fixed order."""
    raise NotImplementedError


async def pin_counts(graph: Graph, ns: Collection[TopicN]) -> dict[TopicN, int]:
    """How many public Pins are about each."""
    raise NotImplementedError


async def cover_pins(graph: Graph, ns: Collection[TopicN]) -> dict[TopicN, list[PinN]]:
    """At most four of each Topic's newest public Pins (hydrate them under the viewer's visibility)."""
    raise NotImplementedError
