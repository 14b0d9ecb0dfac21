"""Strangers who know every id, name and word of secret boards learn nothing of them, whatever they ask.

A few boards and documents each time; 200 boards with 2,000 Pins, 50 strangers and 1,000 random documents by
`make test-secrecy`.
"""

from __future__ import annotations

import asyncio
import json
import random
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
import pytest

from discovery.feeds import Feeds
from discovery.walk.live import LiveWalk
from domain.events import Kind
from domain.model import PinStatus
from graph import pictures as graph_pictures
from graph import pin_writes, pins
from schema.api import schema
from schema.limits import Limits
from schema.operation import Operations
from tests.services.schema.conftest import SECRET, Caller, Person, Server, pin_n, section
from tests.services.schema.conftest import person as sign_up
from tests.services.schema.random_documents import RandomDocuments
from tests.services.schema.test_collaborators_api import join
from tests.services.schema.test_live_api import NEW_PINS, listening, publish
from vectors.embedder import unit_rows
from vectors.exact import ExactIndex

_DIM = 16
_NODES = 100
_AT_ONCE = 4
_PATIENCE_S = 30.0
PIN = """id title description saveCount image { url } creator { id } boards { nodes { id title pinCount } }
  viewerSaves { note board { id } }"""
EDGE = "edges { node { ...P } reasons { text pin { id title } board { id title } user { id } } }"
THINGS = """query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Board { title description pinCount cover { url }
  sections { id title } collaborators { user { id } } pins { nodes { id } } moreIdeas(first: 3) { nodes { id } } }
  ... on Pin { title saveCount related(first: 3) { nodes { id } } } ... on BoardSection { title pinCount } } }"""
AROUND = f"""query ($u: String!, $b: ID!, $s: ID!, $p: ID!, $shown: ID!, $w: String!, $t: ID!, $topic: String!) {{
  user(username: $u) {{ followerCount followingCount boards {{ nodes {{ id title pinCount
      sections {{ id title }} pins(order: MANUAL, sectionId: $s) {{ nodes {{ ...P }} }}
      all: pins {{ nodes {{ ...P }} }} }} }}
    pins {{ nodes {{ ...P }} }} followedBoards {{ nodes {{ id title }} }} followers {{ nodes {{ id }} }} }}
  shown: node(id: $shown) {{ ...P ... on Pin {{ related {{ {EDGE} }} similar {{ {EDGE} }} }} }}
  node(id: $p) {{ ...P }}
  homeFeed(first: 50) {{ {EDGE} }} followingFeed {{ {EDGE} }} trendingPins(topicId: $t) {{ {EDGE} }}
  searchPins(query: $w) {{ {EDGE} }} narrowed: searchPins(query: $w, filter: {{ boardId: $b }}) {{ {EDGE} }}
  searchBoards(query: $w) {{ nodes {{ id title }} }}
  topic(slug: $topic) {{ pinCount coverPins {{ ...P }} }}
}}
fragment P on Pin {{ {PIN} }}"""


@pytest.fixture(scope="module")
def size(request: pytest.FixtureRequest) -> dict[str, int]:
    """How large a world is tried."""
    if request.config.getoption("--whole-secrecy"):
        return {"boards": 200, "pins": 10, "strangers": 50, "documents": 1_000}
    return {"boards": 4, "pins": 3, "strangers": 5, "documents": 40}


@dataclass
class Hidden:
    """Two owners' secret boards; who has nothing to do with them; all that would betray them."""

    server: Server
    owners: list[Person]
    outsiders: list[Caller] = field(default_factory=list)
    boards: list[str] = field(default_factory=list)
    sections: list[str] = field(default_factory=list)
    pins: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    shown: dict[str, int] = field(default_factory=dict)
    look: ExactIndex = field(default_factory=lambda: ExactIndex(_DIM))

    @property
    def traces(self) -> set[str]:
        return {*self.boards, *self.sections, *self.pins, *self.words, *self.keys}

    def leaks(self, told: object) -> set[str]:
        """What an answer gives away."""
        text = json.dumps(told)
        return {trace for trace in self.traces if trace in text}

    @contextmanager
    def real_feeds(self, feeds: Feeds) -> Iterator[None]:
        """The feeds of the product, which know the look of every secret Pin, and room for large documents."""
        kept = self.server.feeds, self.server.operations, self.server.graph
        room = Limits(depth=30, aliases=10_000, fields=10_000, root_fields=100, feeds=10**6, cost=10**9)
        self.server.feeds, self.server.operations = feeds, Operations(schema, room)  # type: ignore[assignment]
        self.server.graph = self.server.graph.patient(_PATIENCE_S)
        yield
        self.server.feeds, self.server.operations, self.server.graph = kept


async def _board(hidden: Hidden, owner: Person, i: int, size: dict[str, int], rng: random.Random) -> None:
    word = f"zz{secrets.token_hex(5)}"
    # Every third was public, and followed, before it went secret.
    board = await owner.board(f"{word} plans", "PUBLIC" if i % 3 == 0 else "SECRET")
    part = await section(owner, board, f"{word} part")
    hidden.boards.append(board)
    hidden.sections.append(part)
    hidden.words.append(word)
    for _ in range(size["pins"]):
        pin = await owner.pin(board, f"{word} thing", section_id=part, description=f"{word} said")
        n = await pin_n(owner, pin)
        hidden.pins.append(pin)
        await hidden.look.upsert([n], unit_rows(np.ones((1, _DIM), np.float32) + 0.1 * _noise(rng)))
        await pin_writes.mark(owner.server.graph, [n], status=PinStatus.READY)
    shown = rng.choice(list(hidden.shown))
    await owner.do("savePin", "save { note }", pinId=shown, boardId=board, note=f"{word} note")
    if i % 3 == 0:
        follower = hidden.outsiders[-1]
        assert isinstance(follower, Person)
        await follower.do("followBoard", "board { id }", boardId=board)
        await owner.do("updateBoard", "board { id }", boardId=board, privacy="SECRET")
    else:
        once = hidden.outsiders[-2]
        assert isinstance(once, Person)
        await join(owner, once, board)
        await owner.do("removeCollaborator", "board { id }", boardId=board, userId=once.id)


def _noise(rng: random.Random) -> np.ndarray:
    return np.array([[rng.gauss(0, 1) for _ in range(_DIM)]], np.float32)


@pytest.fixture(scope="module")
async def hidden(server: Server, size: dict[str, int]) -> AsyncIterator[Hidden]:
    rng = random.Random(7)
    hidden = Hidden(server, [await sign_up(server, f"owner{i}") for i in range(2)])
    hidden.outsiders = [Caller(server), *[await sign_up(server, f"eve{i}") for i in range(size["strangers"] - 1)]]
    for someone in hidden.outsiders[1:]:
        assert isinstance(someone, Person)
        for owner in hidden.owners:
            await someone.do("followUser", "user { id }", userId=owner.id)
    # What everybody sees: Pins of the owners and of a stranger, which secret boards hold as well.
    maker = hidden.outsiders[-1]
    assert isinstance(maker, Person)
    for someone in (*hidden.owners, maker):
        board = await someone.board("Open")
        for _ in range(2):
            pin = await someone.pin(board, "Harbour")
            hidden.shown[pin] = 1
            n = await pin_n(someone, pin)
            await hidden.look.upsert([n], unit_rows(np.ones((1, _DIM), np.float32) + 0.1 * _noise(rng)))
    for i in range(size["boards"]):
        await _board(hidden, hidden.owners[i % 2], i, size, rng)
    for owner in hidden.owners:
        ns = [pin.n for pin in await pins.by_ids(server.graph, owner.n, hidden.pins)]  # type: ignore[arg-type]
        hidden.keys += [each.key for each in (await graph_pictures.of_pins(server.graph, ns)).values()]
    await server.graph.read("CALL db.index.fulltext.awaitEventuallyConsistentIndexRefresh()", timeout_s=30)
    walk = await LiveWalk.load(server.graph)
    patient = server.graph.patient(_PATIENCE_S)
    feeds = Feeds(graph=patient, walk=walk, look=hidden.look, text=None, embedder=None, secret=SECRET)
    feeds.patient = True
    with hidden.real_feeds(feeds):
        yield hidden


async def test_no_read_path_tells_strangers_of_secret_boards(hidden: Hidden) -> None:
    ids = [*hidden.boards, *hidden.sections, *hidden.pins]
    rng = random.Random(11)
    every = asyncio.Semaphore(_AT_ONCE)

    async def ask(who: Caller) -> None:
        async with every:
            for start in range(0, len(ids), _NODES):
                reply = await who(THINGS, ids=ids[start : start + _NODES])
                assert reply["nodes"] == [None] * len(ids[start : start + _NODES])
            for shown, count in hidden.shown.items():
                i = rng.randrange(len(hidden.boards))
                around = {"u": rng.choice(hidden.owners).username, "b": hidden.boards[i], "s": hidden.sections[i]}
                around |= {"p": rng.choice(hidden.pins), "shown": shown, "w": hidden.words[i]}
                reply = await who(AROUND, **around, t="topic_01J8ZZZZZZZZZZZZZZZZZZZZZZ", topic="none")
                assert reply["shown"]["saveCount"] == count
                assert reply["homeFeed"]["edges"]
                assert hidden.leaks(reply.data) == set()

    await ask(hidden.outsiders[0])  # The graph plans forty statements for the first; many at once would crowd it.
    await asyncio.gather(*map(ask, hidden.outsiders[1:]))
    for key in hidden.keys:
        access = await graph_pictures.by_key(hidden.server.graph, key)
        assert access is None or not access.open
        assert not await graph_pictures.may_see(hidden.server.graph, hidden.outsiders[-1].viewer.n, key)


async def test_the_owners_see_all_of_it(hidden: Hidden) -> None:
    document = "query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Board { title pinCount } } }"

    told = [await owner(document, ids=hidden.boards[:_NODES]) for owner in hidden.owners]

    seen = [{node["id"] for node in reply["nodes"] if node} for reply in told]
    assert seen[0] | seen[1] == set(hidden.boards[:_NODES])
    assert all(seen)


async def test_random_documents_tell_strangers_nothing(hidden: Hidden, size: dict[str, int]) -> None:
    rng = random.Random(13)
    names = [person.username for person in hidden.owners]
    ids = [*rng.sample(hidden.boards, min(20, len(hidden.boards))), *rng.sample(hidden.pins, 12), *hidden.sections[:9]]
    known = {
        "id": [*ids, *hidden.shown, *(owner.id for owner in hidden.owners)],
        "ids": [*ids, *hidden.shown],
        "username": names,
        "query": [*hidden.words, *names, "harbour"],
        "prefix": [word[:4] for word in hidden.words],
        "boardId": hidden.boards,
        "creatorId": [owner.id for owner in hidden.owners],
        "sectionId": hidden.sections,
        "pinId": hidden.pins,
        "slug": ["none"],
    }
    documents = RandomDocuments(schema._schema, known, rng)
    answered = 0
    every = asyncio.Semaphore(_AT_ONCE)

    async def ask(document: str, who: Caller) -> None:
        nonlocal answered
        async with every:
            reply = await who(document)
        assert "GRAPHQL_VALIDATION_FAILED" not in reply.codes, (document, reply.errors)
        assert "INTERNAL_SERVER_ERROR" not in reply.codes, (document, reply.errors)
        assert hidden.leaks([reply.data, reply.errors]) == set(), document
        answered += reply.data is not None

    await asyncio.gather(*(ask(documents.query(), rng.choice(hidden.outsiders)) for _ in range(size["documents"])))

    assert answered > size["documents"] / 2


async def test_nothing_is_heard_of_what_happens_on_a_secret_board(hidden: Hidden) -> None:
    owner, follower = hidden.owners[0], hidden.outsiders[-1]
    assert isinstance(follower, Person)
    board = hidden.boards[0]
    source = follower.listen(NEW_PINS, u=[owner.id])
    waiting = await listening(owner.server, source)
    refused = [reply async for reply in follower.listen(NEW_PINS, b=[board])]

    pin = await owner.pin(board, "Quiet")
    n = await pin_n(owner, pin)
    await pin_writes.mark(owner.server.graph, [n], status=PinStatus.READY)
    for kind in (Kind.PIN_READY, Kind.SAVED):
        await publish(owner, kind, pin, board)
    open_pin = await owner.pin(await owner.board("Open too"), "Loud")
    await pin_writes.mark(owner.server.graph, [await pin_n(owner, open_pin)], status=PinStatus.READY)
    await publish(owner, Kind.PIN_READY, open_pin)
    heard = (await waiting)["newPins"]
    await source.aclose()

    assert [reply.codes for reply in refused] == [["NOT_FOUND"]]
    assert heard["pin"]["id"] == open_pin
