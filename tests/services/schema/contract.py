"""What holds for every mutation alike, each of which has its `Entry` in `contract_table.py`.

A mutation is called in terms of a `World`: `$board` in what it is given stands for the id of a board of that world's
owner, `$pin*100` for those of a hundred Pins; each thing is made when it is first named.
"""

from __future__ import annotations

import asyncio
import json
import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from graphql import GraphQLInputObjectType, GraphQLList, build_schema, get_named_type, get_nullable_type

from domain.ids import new_id
from graph import endpoints, topics
from graph.client import Graph
from tests.services.schema.conftest import PASSWORD, Caller, Person, Reply, person, photograph, section
from tests.services.schema.test_notifications_api import listed, told
from tests.services.schema.test_pins_api import upload

SCHEMA: Final = build_schema((Path(__file__).parents[3] / "schema" / "schema.graphql").read_text())
assert SCHEMA.mutation_type is not None
MUTATIONS: Final = SCHEMA.mutation_type.fields

# All that somebody's account holds: two looks that are equal saw no change.
STATE: Final = """{ viewer { id username displayName bio email avatar { url } interests { id }
    following { nodes { id } } followedBoards { nodes { id } }
    pins { nodes { id title description altText link topics { id } viewerHid comments { nodes { id text } } } }
    boards { nodes { id title description privacy pinCount followerCount cover { url }
      collaborators { user { id } role } sections { id title pinCount }
      pins(order: MANUAL) { edges { note savedAt node { id title saveCount } section { id } } } } } }
  hiddenPins { nodes { id } } blockedUsers { nodes { id } } trashedPins { nodes { id } } trashedBoards { nodes { id } }
  notifications { unreadCount } notificationPreferences { kind inApp push }
  pushEndpoints { id url } accessTokens { id name } }"""


@dataclass(frozen=True)
class Id:
    """An ID among what a mutation is given: what kind of thing it names.

    `theirs` is what a stranger is told who names somebody's public thing (None: they may), `missing` what everybody is
    told of what is not there (None: it is left out, and nothing happens). `secret`: whether there are such things that
    a stranger may not know of.
    """

    kind: str
    theirs: str | None = "FORBIDDEN"
    missing: str | None = "NOT_FOUND"
    secret: bool = True


@dataclass(frozen=True)
class Bound:
    """Values of one field that are taken, those at the bound among them, and such as are refused with a code."""

    good: tuple[Any, ...]
    bad: tuple[tuple[Any, str], ...] = ()


@dataclass(frozen=True)
class Full:
    """A bound on how many there may be: the name of the number in a module of `graph/`, and each time another thing."""

    module: Any
    name: str
    given: Mapping[str, Any] = field(default_factory=dict)
    already: int = 0


@dataclass(frozen=True)
class Entry:
    """One mutation: a call that succeeds, what it names, its bounds, and what becomes of a repeat.

    `again` is what the second of two like calls is told (None: it succeeds as well, and unless `makes`, nothing changes
    by it); `wins` is how many of ten at once succeed, `late` what the others may be told instead of `again`. `is_open`:
    nobody need be signed in. `spends`: a call changes what the next one would need, so each is made by somebody new.
    """

    name: str
    answers: str = ""
    given: Mapping[str, Any] | None = None
    ids: Mapping[str, Id] = field(default_factory=dict)
    bounds: Mapping[str, Bound] = field(default_factory=dict)
    again: str | None = None
    wins: int = 10
    late: str | None = None
    makes: bool = False
    is_open: bool = False
    spends: bool = False
    full: Full | None = None

    def __str__(self) -> str:
        return self.name


def text(most: int, least: int = 1) -> Bound:
    """A text of so many characters; one that may be left empty has a `least` of 0."""
    under = (("x" * (least - 1), "INVALID"), (" ", "INVALID")) if least else ()
    return Bound(("x" * least, "x" * most), ((("x" * (most + 1)), "INVALID"), ("x\x00", "INVALID"), *under))


def number(least: int, most: int, *, under: str = "INVALID", over: str = "INVALID") -> Bound:
    """A whole number."""
    return Bound((least, most), ((least - 1, under), (most + 1, over)))


def many(kind: str, most: int) -> Bound:
    """A list of ids."""
    return Bound((f"${kind}*{most}",), (([new_id(kind) for _ in range(most + 1)], "TOO_LARGE"),))


def ago(**past: float) -> Callable[[], str]:
    """A time so long before the call."""

    def at() -> str:
        return (datetime.now(UTC) - timedelta(**past)).isoformat()

    return at


@dataclass
class World:
    """Somebody's things, each made when it is first named; secret ones when they are to be."""

    owner: Person
    cleo: Person
    privacy: str = "PUBLIC"
    made: dict[str, list[Any]] = field(default_factory=dict)

    async def filled(self, given: Any) -> Any:
        """What is given with ids for `$board` and the like, and the present for what is a function."""
        if isinstance(given, Mapping):
            return {key: await self.filled(value) for key, value in given.items()}
        if isinstance(given, list | tuple):
            return [await self.filled(value) for value in given]
        if callable(given):
            return given()
        if not (isinstance(given, str) and given.startswith("$")):
            return given
        kind, _, count = given[1:].partition("*")
        things = await self.things(kind, int(count or 1))
        return things if count else things[0]

    async def things(self, kind: str, count: int = 1) -> list[Any]:
        """So many of the kind; of a kind that begins with `new_`, ones that nobody has seen."""
        if kind.startswith("new_"):
            return [await getattr(self, f"_{kind[4:]}")() for _ in range(count)]
        kept = self.made.setdefault(kind, [])
        make = getattr(self, f"_{kind}")
        if not kept:
            kept.append(await make())
        while len(kept) < count:
            kept += await asyncio.gather(*(make() for _ in range(min(10, count - len(kept)))))
        return kept[:count]

    async def _board(self) -> str:
        return await self.owner.board("Moss", self.privacy)

    _other = _board

    async def _pin(self) -> str:
        return await self.owner.pin((await self.things("board"))[0], "A fern")

    _second = _pin

    async def _section(self) -> str:
        return await section(self.owner, (await self.things("board"))[0], "Dry")

    async def _comment(self) -> str:
        answer = await self.owner.do("addComment", "comment { id }", pinId=(await self.things("pin"))[0], text="Oh")
        return str(answer["comment"]["id"])

    async def _user(self) -> str:
        """Somebody to be named; where things are secret, one who blocks whoever is not the owner."""
        return self.cleo.id

    async def _person(self) -> str:
        return (await person(self.owner.server, "new")).id

    async def _topic(self) -> str:
        slug = secrets.token_hex(6)
        return str((await topics.ensure(self.owner.server.graph, name=f"Topic {slug}", slug=slug)).id)

    async def _token(self) -> str:
        answer = await self.owner.do("createAccessToken", "accessToken { id }", name="A script", scopes=["READ"])
        return str(answer["accessToken"]["id"])

    async def _hook(self) -> str:
        return f"http://127.0.0.1:9/{secrets.token_hex(8)}"

    async def _endpoint(self) -> str:
        server = self.owner.server
        return str((await endpoints.add(server.graph, self.owner.n, await self._hook(), now=datetime.now(UTC))).id)

    async def _notification(self) -> str:
        await self.cleo.do("followUser", "user { id }", userId=self.owner.id)
        await told(self.owner)
        return str((await listed(self.owner))[0]["id"])

    async def _upload(self) -> str:
        return await upload(self.owner, photograph((64, 48)))

    async def _trashed_pin(self) -> str:
        pin = await self._pin()
        await self.owner.do("deletePin", "deletedId", pinId=pin)
        return pin

    async def _trashed_board(self) -> str:
        board = await self._board()
        await self.owner.do("deleteBoard", "deletedId", boardId=board)
        return board

    async def _username(self) -> str:
        return self.owner.username

    async def _name(self) -> str:
        return f"x{secrets.token_hex(8)}"

    async def _shortest_name(self) -> str:
        return "".join(secrets.choice("abcdefghijklmnopqrstuvwxyz0123456789_.") for _ in range(3))

    async def _longest_name(self) -> str:
        return secrets.token_hex(15)

    async def _email(self) -> str:
        return f"{secrets.token_hex(8)}@example.org"

    async def _longest_email(self) -> str:
        return f"{secrets.token_hex(8)}@{'x' * 233}.org"

    async def _password(self) -> str:
        return PASSWORD

    async def _refresh(self) -> str:
        return self.owner.tokens["refresh"]


def replaced(given: Mapping[str, Any], path: str, value: Any) -> dict[str, Any]:
    """What is given, with this value at the path of input fields; in each element of a list."""
    head, _, rest = path.partition(".")
    here = given.get(head)
    if not rest:
        return {**given, head: [value] if isinstance(here, list) and not isinstance(value, list) else value}
    if head in ("image", "avatar"):  # Exactly one of its fields may be there.
        return {**given, head: {rest: value}}
    assert isinstance(here, list)
    return {**given, head: [replaced(each, rest, value) for each in here]}


def leaves(kind: GraphQLInputObjectType, before: str = "") -> Iterator[tuple[str, str, bool]]:
    """(path, name of its type, whether it is a list) of all that an input holds, at any depth."""
    for name, made in kind.fields.items():
        named = get_named_type(made.type)
        listed_ = isinstance(get_nullable_type(made.type), GraphQLList)
        yield before + name, named.name, listed_
        if isinstance(named, GraphQLInputObjectType):
            yield from leaves(named, f"{before}{name}.")


async def ask(who: Caller, entry: Entry, given: Mapping[str, Any] | None) -> Reply:
    """The reply to the mutation."""
    shown = f"{entry.answers} userErrors {{ code message field }}"
    if entry.given is None:
        return await who(f"mutation {{ {entry.name} {{ {shown} }} }}")
    kind = MUTATIONS[entry.name].args["input"].type
    document = f"mutation ($input: {kind}) {{ {entry.name}(input: $input) {{ {shown} }} }}"
    return await who(document, input=dict(given or {}))


async def call(who: Caller, entry: Entry, given: Mapping[str, Any] | None) -> Any:
    """What the mutation answered."""
    return (await ask(who, entry, given))[entry.name]


def codes(answer: Any) -> list[str]:
    """Why nothing was done, with it or with each of many."""
    each = [error for result in answer.get("results") or () for error in result["userErrors"]]
    return [error["code"] for error in [*answer["userErrors"], *each]]


async def state(who: Caller) -> Any:
    """All that their account holds, as they see it."""
    reply = await who(STATE)
    assert not reply.errors, reply.errors
    return json.loads(re.sub(r"\?v=[^\"]*", "", json.dumps(reply.data)))  # Signatures change with the minute.


async def refused(who: Caller, entry: Entry, given: Mapping[str, Any] | None) -> Any:
    """What the mutation answered, which committed nothing to the graph."""
    for _ in range(3):  # Meanwhile the process may have leased numbers, which is no change of anybody's.
        before = await _newest(who.server.graph)
        answer = await call(who, entry, given)
        if await _newest(who.server.graph) == before:
            return answer
    return pytest.fail(f"{entry} was refused ({codes(answer)}), and something was written.")


async def _newest(graph: Graph) -> frozenset[str]:
    """What tells one state of the graph from the next: the bookmark of its newest transaction."""
    async with graph._driver.session() as session:
        await (await session.run("RETURN 1")).consume()
        return (await session.last_bookmarks()).raw_values


def missing(id_: Any) -> str:
    """An id of the same kind that names nothing."""
    return re.sub(r"_.*", "_01J8ZZZZZZZZZZZZZZZZZZZZZZ", str(id_))
