"""Whatever is done, in whatever order and at once, all that is counted or kept twice equals a recount."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from domain.errors import ProductError
from domain.ids import BoardN, PinN, UserN
from domain.model import BoardPrivacy, BoardRole
from graph import arrangements, blocks, boards, collaborators, moves, pin_writes, pins, saves, trash
from graph.client import Graph
from tests.services.graph.conftest import World

_ROUNDS = 12
_AT_ONCE = 10

# The naive way: every edge looked at, no index, no degree, no key believed.
RECOUNT = """
MATCH (b:Board) WHERE b.n IN $boards
OPTIONAL MATCH (b)-[h:HOLDS|HOLDS_SECRET]->(p)
WITH b, [x IN collect([type(h), h.b, h.p, p.n, h.k, p:Pin, h.pos, h.sectionId]) WHERE x[0] IS NOT NULL] AS edges
RETURN collect([b.n, b.privacy, b.lastAt, b.lastK, coalesce(b.arranged, false), edges]) AS rows"""
NEWEST = """
MATCH (u:User) WHERE u.n IN $users
RETURN collect([u.n, u.lastPinAt,
  COLLECT { MATCH (u)-[:CREATED]->(x:Pin) WHERE EXISTS { (x)<-[:HOLDS]-() } RETURN x.k }]) AS rows"""
SAVED = """
MATCH (p:Pin)<-[h:HOLDS|HOLDS_SECRET]-(b) WHERE p.n IN $pins
RETURN collect([p.n, b.n, type(h)]) AS rows"""
TRASH_HOLDS = """
MATCH (x:TrashedPin|TrashedBoard)-[h:HOLDS|HOLDS_SECRET]-() WHERE x.n IN $ns RETURN count(h) AS n"""


@dataclass
class People:
    """Three people, their boards and Pins; ids of what was deleted, to be put back."""

    graph: Graph
    world: World
    rng: random.Random
    users: list[UserN] = field(default_factory=list)
    boards: list[tuple[BoardN, str, UserN]] = field(default_factory=list)
    pins: list[tuple[PinN, str, UserN]] = field(default_factory=list)

    async def settle(self) -> None:
        self.users = [(await self.world.user()).n for _ in range(3)]
        for user in self.users:
            for secret in (False, False, True):
                board = await self.world.board(user, secret=secret)
                self.boards.append((board.n, board.id, user))
                for _ in range(2):
                    n = await self.world.pin(user, board.n)
                    self.pins.append((n, (await pins.by_ns(self.graph, user, [n]))[0].id, user))

    def some(self) -> Callable[[], Awaitable[Any]]:
        """Something that somebody does, drawn now."""
        rng, graph = self.rng, self.graph
        by = rng.choice(self.users)
        board, board_id, owner = rng.choice(self.boards)
        other, _, _ = rng.choice(self.boards)
        pin, pin_id, creator = rng.choice(self.pins)
        few = [n for n, _, _ in rng.sample(self.pins, 3)]
        to = rng.choice(list(BoardPrivacy))
        colleague = rng.choice(self.users)
        return rng.choice(
            [
                lambda: saves.save(graph, by=owner, pin_n=pin, board_n=board),
                lambda: saves.save(graph, by=by, pin_n=pin, board_n=board),
                lambda: saves.unsave(graph, by=owner, pin_n=pin, board_n=board),
                lambda: moves.unsave(graph, by=owner, board_n=board, pin_ns=few),
                lambda: moves.move(graph, by=owner, pin_ns=few[:1], from_n=board, to_n=other, section_id=None),
                lambda: boards.update(graph, by=owner, board_n=board, privacy=to),
                lambda: boards.update(graph, by=owner, board_n=board, privacy=BoardPrivacy.PUBLIC),
                lambda: pin_writes.delete(graph, creator, pin),
                lambda: trash.restore_pin(graph, by=creator, pin_id=pin_id, now=datetime.now(UTC)),  # type: ignore[arg-type]
                lambda: boards.delete(graph, owner, board),
                lambda: trash.restore_board(graph, by=owner, board_id=board_id, now=datetime.now(UTC)),  # type: ignore[arg-type]
                lambda: collaborators.add(graph, by=owner, board_n=board, user_n=colleague, role=BoardRole.EDITOR),
                lambda: arrangements.arrange_pins(graph, by=owner, board_n=board, pin_ns=[pin], before=None),
                lambda: blocks.block(graph, by, colleague),
                lambda: blocks.unblock(graph, by, colleague),
            ]
        )

    async def do(self, what: Callable[[], Awaitable[Any]]) -> str | None:
        """Does it; a refusal is an answer like any other."""
        try:
            await what()
        except ProductError as refused:
            return refused.code
        return None

    async def hold(self) -> None:
        """Everything that is kept twice agrees."""
        board_ns, pin_ns = [n for n, _, _ in self.boards], [n for n, _, _ in self.pins]
        for n in pin_ns:  # As the worker does a second later: what was saved while it was deleted.
            await pin_writes.take_off_rest(self.graph, n)
        row = await self.graph.one(RECOUNT, boards=board_ns)
        assert row is not None
        for n, privacy, last_at, last_k, arranged, edges in row["rows"]:
            kind = "HOLDS" if privacy == "PUBLIC" else "HOLDS_SECRET"
            assert {edge[0] for edge in edges} <= {kind}
            assert all(edge[1] == n and edge[2] == edge[3] and edge[5] for edge in edges)
            keys = [edge[4] for edge in edges]
            assert len(set(keys)) == len(keys)
            assert last_at == (max(keys, default=None) if privacy == "PUBLIC" else None)
            assert last_k is None or last_k >= max(keys, default=0)
            places = [edge[6] for edge in edges]
            assert len(set(places)) == len(places) and None not in places if arranged else set(places) <= {None}
        row = await self.graph.one(NEWEST, users=self.users)
        assert row is not None
        assert [(n, newest) for n, newest, _ in row["rows"]] == [
            (n, max(keys, default=None)) for n, _, keys in row["rows"]
        ]
        await self._counts(board_ns, pin_ns)
        row = await self.graph.one(TRASH_HOLDS, ns=[*board_ns, *pin_ns])
        assert row == {"n": 0}

    async def _counts(self, board_ns: list[BoardN], pin_ns: list[PinN]) -> None:
        row = await self.graph.one(SAVED, pins=pin_ns)
        assert row is not None
        for viewer in self.users:
            blocked = {
                r["n"] for r in await self.graph.read("MATCH (:User {n: $v})-[:BLOCKS]-(u) RETURN u.n AS n", v=viewer)
            }
            roles = await boards.roles(self.graph, viewer, board_ns)
            owner_of = {n: owner for n, _, owner in self.boards}
            for n, count in (await pins.save_counts(self.graph, viewer, pin_ns)).items():
                told = [b for p, b, kind in row["rows"] if p == n and (kind == "HOLDS" or b in roles)]
                assert count == len([b for b in told if owner_of[b] not in blocked])


@pytest.mark.parametrize("seed", range(3))
async def test_everything_counted_equals_a_recount(world: World, graph: Graph, seed: int) -> None:
    people = People(graph, world, random.Random(seed))
    await people.settle()
    await people.hold()
    refusals: list[str | None] = []
    for _ in range(_ROUNDS):
        refusals += await asyncio.gather(*(people.do(people.some()) for _ in range(_AT_ONCE)))
        await people.hold()

    assert refusals.count(None) > len(refusals) / 5, "hardly anything was done"
    assert "UNAVAILABLE" not in refusals
