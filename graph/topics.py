"""Topics: the subjects that Pins are about and Users are interested in."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from domain.ids import PinN, TopicId, TopicN, UserN, new_id
from domain.model import Topic
from domain.page import Page, PageArgs, PageItem
from graph import columns, visibility
from graph.client import Graph, Tx

COVERS_MAX: Final = 4

ENSURE: Final = (
    """
MERGE (t:Topic {slug: $slug}) ON CREATE SET t.id = $id, t.n = $n, t.name = $name, t.description = $description
RETURN """
    + columns.TOPIC
    + " AS topic"
)
BY_NS: Final = "RETURN COLLECT { UNWIND $keys AS key MATCH (t:Topic {n: key}) RETURN " + columns.TOPIC + " } AS rows"
BY_IDS: Final = "RETURN COLLECT { UNWIND $keys AS key MATCH (t:Topic {id: key}) RETURN " + columns.TOPIC + " } AS rows"
BY_SLUG: Final = "MATCH (t:Topic {slug: $slug}) RETURN " + columns.TOPIC + " AS topic"
PAGE: Final = (
    "MATCH (t:Topic) WHERE t.n > $after WITH t ORDER BY t.n LIMIT $limit RETURN collect(" + columns.TOPIC + ") AS rows"
)
NAMES: Final = "MATCH (t:Topic) WITH t ORDER BY t.n LIMIT $limit RETURN collect([t.n, t.name]) AS rows"
PIN_COUNTS: Final = """
RETURN COLLECT { UNWIND $ns AS n MATCH (t:Topic {n: n})
  RETURN [n, COUNT { (t)<-[:ABOUT]-(p:Pin) WHERE EXISTS { (p)<-[:HOLDS]-() } }] } AS rows"""
COVER_PINS: Final = (
    visibility.VIEWER
    + """RETURN COLLECT { UNWIND $ns AS n RETURN [n, COLLECT {
  MATCH (p)-[a:ABOUT]->() USING INDEX a:ABOUT(t, k) WHERE a.t = n AND a.k > 0 AND p:Pin AND """
    + visibility.PUBLIC_PIN
    + " WITH p, a ORDER BY a.t DESC, a.k DESC LIMIT $limit RETURN p.n }] } AS rows"
)


async def ensure(graph: Graph, *, name: str, slug: str, description: str | None = None) -> Topic:
    """The Topic of this slug, made if there is none; an existing one is left as it is."""
    n, id_ = await graph.keys.topic(), new_id("topic")

    async def work(tx: Tx) -> Topic:
        rows = await tx.run(ENSURE, slug=slug, id=id_, n=n, name=name, description=description)
        return columns.topic_of(rows[0]["topic"])

    return await graph.write(work)


async def by_ns(graph: Graph, ns: Collection[TopicN]) -> list[Topic]:
    """The Topics that exist, in any order."""
    row = await graph.one(BY_NS, keys=list(ns))
    return [columns.topic_of(topic) for topic in row["rows"]] if row else []


async def by_ids(graph: Graph, ids: Collection[TopicId]) -> list[Topic]:
    """The Topics that exist, in any order."""
    row = await graph.one(BY_IDS, keys=list(ids))
    return [columns.topic_of(topic) for topic in row["rows"]] if row else []


async def by_slug(graph: Graph, slug: str) -> Topic | None:
    """The Topic with this slug, exactly as it is written."""
    row = await graph.one(BY_SLUG, slug=slug)
    return columns.topic_of(row["topic"]) if row else None


async def page(graph: Graph, args: PageArgs) -> Page[Topic]:
    """All Topics, in a fixed order: by `n`."""
    row = await graph.one(PAGE, after=-1 if args.after is None else args.after, limit=args.first + 1)
    topics = [columns.topic_of(topic) for topic in row["rows"]] if row else []
    return Page.cut([PageItem(topic, topic.n) for topic in topics], args)


async def names(graph: Graph, limit: int) -> list[tuple[TopicN, str]]:
    """The names of the first `limit` Topics."""
    row = await graph.one(NAMES, limit=limit)
    return [(TopicN(n), name) for n, name in row["rows"]] if row else []


async def pin_counts(graph: Graph, ns: Collection[TopicN]) -> dict[TopicN, int]:
    """How many public Pins are about each."""
    row = await graph.one(PIN_COUNTS, ns=list(ns))
    return {TopicN(n): count for n, count in row["rows"]} if row else {}


async def cover_pins(graph: Graph, viewer: UserN, ns: Collection[TopicN]) -> dict[TopicN, list[PinN]]:
    """At most four of each Topic's newest public Pins that no block hides from the viewer."""
    row = await graph.one(COVER_PINS, viewer=viewer, ns=list(ns), limit=COVERS_MAX)
    return {TopicN(n): pin_ns for n, pin_ns in row["rows"]} if row else {}
