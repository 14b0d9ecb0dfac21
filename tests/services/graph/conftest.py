"""A small world of one's own: every test makes its people, boards and Pins afresh."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from domain.ids import BoardN, PinN, TopicId, UserN
from domain.model import Board, BoardPrivacy, Topic, User
from graph import boards, pin_writes, saves, topics, users
from graph.client import Graph
from graph.pictures import NewPicture


def new_picture(sha256: str | None = None) -> NewPicture:
    """A picture that nobody has, unless its hash is given."""
    return NewPicture(
        sha256=sha256 or secrets.token_hex(32),
        width=800,
        height=600,
        content_type="image/jpeg",
        dominant_color="#102030",
        palette=("#102030", "#405060"),
        thumb_hash="AAAA",
        signature="0" * 64,
    )


@pytest.fixture(scope="session")
async def graph(graph: Graph) -> Graph:
    """The session's graph with patience: the first time of each statement costs a busy machine seconds."""
    return graph.patient(30)


@dataclass
class World:
    graph: Graph

    async def user(self, name: str | None = None) -> User:
        name = name or f"u{secrets.token_hex(6)}"
        return await users.create(
            self.graph,
            username=name,
            email=f"{name}@example.org",
            display_name=name.title(),
            password_hash="hash",
            now=datetime.now(UTC),
        )

    async def board(self, owner: UserN, title: str = "Board", *, secret: bool = False) -> Board:
        privacy = BoardPrivacy.SECRET if secret else BoardPrivacy.PUBLIC
        return await boards.create(self.graph, owner=owner, title=title, privacy=privacy)

    async def pin(
        self,
        by: UserN,
        board: BoardN,
        title: str = "Pin",
        *,
        description: str | None = None,
        key: str | None = None,
        picture: NewPicture | None = None,
        topic_ids: tuple[TopicId, ...] = (),
    ) -> PinN:
        new = pin_writes.NewPin(board, title, picture or new_picture(), description, topic_ids=topic_ids)
        return await pin_writes.create(self.graph, new, by=by, idempotency_key=key)

    async def save(self, by: UserN, pin: PinN, board: BoardN) -> bool:
        return (await saves.save(self.graph, by=by, pin_n=pin, board_n=board))[1]

    async def topic(self) -> Topic:
        slug = f"t{secrets.token_hex(6)}"
        return await topics.ensure(self.graph, name=slug.title(), slug=slug)

    async def collaborate(self, user: UserN, board: BoardN, role: str = "EDITOR") -> None:
        await self.graph.command(
            "MATCH (u:User {n: $u}), (b:Board {n: $b}) CREATE (u)-[:COLLABORATES {role: $role, since: 0}]->(b)",
            u=user,
            b=board,
            role=role,
        )

    async def block(self, who: UserN, whom: UserN) -> None:
        await self.graph.command("MATCH (a:User {n: $a}), (b:User {n: $b}) CREATE (a)-[:BLOCKS]->(b)", a=who, b=whom)

    async def last_pin_at(self, user: UserN) -> int | None:
        row = await self.graph.one("MATCH (u:User {n: $n}) RETURN u.lastPinAt AS k", n=user)
        return row["k"] if row else None

    async def last_at(self, board: BoardN) -> int | None:
        row = await self.graph.one("MATCH (b:Board {n: $n}) RETURN b.lastAt AS k", n=board)
        return row["k"] if row else None

    async def pin_k(self, pin: PinN) -> int:
        row = await self.graph.one("MATCH (p:Pin {n: $n}) RETURN p.k AS k", n=pin)
        assert row is not None
        return int(row["k"])


@pytest.fixture
def world(graph: Graph) -> World:
    return World(graph)
