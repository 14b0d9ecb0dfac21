"""What every mutation about something owned must refuse, alike: signed out, theirs, secret, missing; and repeats.

A test module makes its `Case`s, each naming the things of a `Scene` by `$name`, and gives them to the checks.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.services.schema.conftest import Caller, Person

# All that ana's boards, Pins, trash and people say of themselves: two looks that are equal saw no change.
STATE = """{ viewer { following { nodes { id } } followers { nodes { id } } pins { nodes { id title } }
  boards { nodes { id title privacy pinCount followerCount updatedAt cover { url }
    collaborators { user { id } role } sections { id title pinCount }
    pins(order: MANUAL) { edges { note savedAt node { id title saveCount image { url } } section { id } } } } } } }"""


@dataclass(frozen=True)
class Case:
    """A mutation that ana may do, in terms of what a Scene holds; `at` is the field that is at fault when she may not.

    `for_others` is what ben is told of ana's public things: FORBIDDEN, unless he may.
    """

    name: str
    answers: str
    given: dict[str, Any]
    at: str
    things: Sequence[str] = ()
    for_others: str | None = "FORBIDDEN"

    def __str__(self) -> str:
        return self.name


@dataclass
class Scene:
    """Ana's public things and secret ones, which ben, a stranger, knows the ids of; cleo is there to be named."""

    ana: Person
    ben: Person
    cleo: Person
    public: dict[str, str] = field(default_factory=dict)
    secret: dict[str, str] = field(default_factory=dict)

    @classmethod
    async def make(cls, ana: Person, ben: Person, cleo: Person) -> Scene:
        scene = cls(ana, ben, cleo)
        for world, privacy in ((scene.public, "PUBLIC"), (scene.secret, "SECRET")):
            world["board"] = await ana.board("Moss", privacy)
            world["other"] = await ana.board("Fern", privacy)
            world["section"] = await section(ana, world["board"], "Dry")
            world["pin"] = await ana.pin(world["board"], "One")
            world["second"] = await ana.pin(world["board"], "Two")
            world["user"] = cleo.id
        return scene

    def filled(self, given: Any, world: dict[str, str]) -> Any:
        """The input with `$board` and the like replaced by ids."""
        if isinstance(given, dict):
            return {key: self.filled(value, world) for key, value in given.items()}
        if isinstance(given, list):
            return [self.filled(value, world) for value in given]
        return world[given[1:]] if isinstance(given, str) and given.startswith("$") else given

    async def state(self) -> Any:
        """What ana sees of all that is hers."""
        reply = await self.ana(STATE)
        assert not reply.errors, reply.errors
        return json.loads(re.sub(r"\?v=[^\"]*", "", json.dumps(reply.data)))  # Signatures change with the minute.


async def section(someone: Person, board_id: str, title: str) -> str:
    """The id of a new section of the board."""
    answer = await someone.do("createSection", "board { sections { id } }", boardId=board_id, title=title)
    assert answer["userErrors"] == []
    return str(answer["board"]["sections"][-1]["id"])


async def refuses_who_may_not(case: Case, scene: Scene) -> None:
    """Signed out, a stranger before public and secret things, and anybody before what is missing; nothing changes."""
    before = await scene.state()
    missing = {**scene.public, **{name: _missing(scene.public[name]) for name in case.things}}
    nobody = Caller(scene.ana.server)

    told = await _codes(nobody, case, scene, scene.public)
    secret, gone = await _answer(scene.ben, case, scene, scene.secret), await _answer(scene.ben, case, scene, missing)
    hers = await _codes(scene.ana, case, scene, missing)

    assert told == ["UNAUTHENTICATED"]
    assert [e["code"] for e in gone["userErrors"]] == hers == ["NOT_FOUND"]
    assert secret == gone, "what is secret is told apart from what is not there"
    if case.for_others is not None:
        assert await _codes(scene.ben, case, scene, scene.public) == [case.for_others]
        assert await scene.state() == before


async def once_is_as_often_as_one_likes(case: Case, scene: Scene) -> None:
    """The same call again, and ten at once, change nothing more."""
    first = await _answer(scene.ana, case, scene, scene.public)
    assert first["userErrors"] == []
    once = await scene.state()

    again = await _answer(scene.ana, case, scene, scene.public)
    many = await asyncio.gather(*(_answer(scene.ana, case, scene, scene.public) for _ in range(10)))

    assert again["userErrors"] == []
    assert [answer["userErrors"] for answer in many] == [[]] * 10
    assert await scene.state() == once


def _missing(id_: str) -> str:
    return re.sub(r"_.*", "_01J8ZZZZZZZZZZZZZZZZZZZZZZ", id_)


async def _answer(who: Caller, case: Case, scene: Scene, world: dict[str, str]) -> Any:
    return await who.do(case.name, case.answers, **scene.filled(case.given, world))


async def _codes(who: Caller, case: Case, scene: Scene, world: dict[str, str]) -> list[str]:
    return [error["code"] for error in (await _answer(who, case, scene, world))["userErrors"]]
