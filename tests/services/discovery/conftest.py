"""A small world of gardens and kitchens with tastes, looks and follows, and the feeds over it."""

from __future__ import annotations

import secrets
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np
import pytest

from app import warm
from app.settings import Settings
from discovery.feeds import Feeds
from discovery.walk.live import LiveWalk
from domain.events import Event, Kind
from domain.ids import BoardN, EventId, PinN, TopicId, TopicN, UserN
from domain.model import BoardPrivacy
from graph import boards, pin_writes, saves, topics, users
from graph.client import Graph
from graph.pictures import NewPicture
from vectors.embedder import FloatArray, unit_rows
from vectors.exact import ExactIndex
from vectors.index import VectorIndex

SECRET = b"a secret of these tests alone"
DIM = 16


@dataclass
class World:
    """Makes people, boards and Pins; gives each Pin a look near its family's."""

    graph: Graph
    look: VectorIndex = field(default_factory=lambda: ExactIndex(DIM))
    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(5))
    families: dict[str, FloatArray] = field(default_factory=dict)
    topics: dict[str, tuple[TopicN, TopicId]] = field(default_factory=dict)

    async def user(self) -> UserN:
        name = f"u{secrets.token_hex(6)}"
        made = await users.create(
            self.graph,
            username=name,
            email=f"{name}@example.org",
            display_name=name.title(),
            password_hash="hash",
            now=datetime.now(UTC),
        )
        return made.n

    async def board(self, owner: UserN, *, secret: bool = False) -> BoardN:
        privacy = BoardPrivacy.SECRET if secret else BoardPrivacy.PUBLIC
        return (await boards.create(self.graph, owner=owner, title="Board", privacy=privacy)).n

    async def topic(self, family: str) -> TopicN:
        if family not in self.topics:
            slug = f"t{secrets.token_hex(6)}"
            made = await topics.ensure(self.graph, name=slug.title(), slug=slug)
            self.topics[family] = (made.n, made.id)
        return self.topics[family][0]

    async def pin(
        self, by: UserN, board: BoardN, family: str = "garden", *, title: str = "Pin", sha256: str | None = None
    ) -> PinN:
        await self.topic(family)
        picture = NewPicture(
            sha256=sha256 or secrets.token_hex(32),
            width=800,
            height=600,
            content_type="image/jpeg",
            dominant_color="#2f7d32" if family == "garden" else "#7d2f32",
            palette=("#2f7d32",) if family == "garden" else ("#7d2f32",),
            thumb_hash="AAAA",
            signature="0" * 64,
        )
        new = pin_writes.NewPin(board, title, picture, topic_ids=(self.topics[family][1],))
        n = await pin_writes.create(self.graph, new, by=by)
        middle = self.families.setdefault(family, self.rng.standard_normal((1, DIM)).astype(np.float32) * 2)
        await self.look.upsert([n], unit_rows(middle + self.rng.standard_normal((1, DIM)).astype(np.float32)))
        return n

    async def save(self, by: UserN, pin: PinN, board: BoardN) -> None:
        await saves.save(self.graph, by=by, pin_n=pin, board_n=board)

    async def boards_of(self, family: str, *, boards: int = 3, pins: int = 15) -> list[PinN]:
        """Pins of one family on public boards of several people, saved on each other's."""
        made: list[PinN] = []
        for _ in range(boards):
            owner = await self.user()
            board = await self.board(owner)
            for pin in made[-pins // 2 :]:
                await self.save(owner, pin, board)
            made += [await self.pin(owner, board, family) for _ in range(pins)]
        return made

    async def feeds(self, walk: LiveWalk | None = None, **changes: object) -> Feeds:
        """Fresh feeds, their walk loaded from the graph as it is now."""
        given: dict[str, object] = {
            "graph": self.graph,
            "walk": walk or await LiveWalk.load(self.graph),
            "look": self.look,
            "text": None,
            "embedder": None,
            "secret": SECRET,
            "seed": lambda: 11,
        }
        feeds = Feeds(**(given | changes))  # type: ignore[arg-type]
        await feeds.warm()
        await warm.first(self.graph)
        await warm.rest(self.graph)
        return feeds


def event(kind: Kind, *, board: BoardN | None = None, pin: PinN | None = None) -> Event:
    return Event(EventId("event_of_tests"), kind, seq=1, at_ms=time.time_ns() // 1_000_000, board=board, pin=pin)


@pytest.fixture
async def world(graph: Graph, configured: Settings, request: pytest.FixtureRequest) -> AsyncIterator[World]:
    """A world whose looks are in the exact index, or in the Milvus server that the environment names."""
    if configured.vectors_uri is None:
        yield World(graph.patient(20))
        return
    index = await request.getfixturevalue("vectors").open(f"t{secrets.token_hex(5)}", dim=DIM)
    yield World(graph.patient(20), index)
    await index.drop()
    await index.close()
