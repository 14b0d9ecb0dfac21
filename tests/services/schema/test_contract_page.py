"""The page `docs/contract.md` says what is so. `make contract` writes it."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any, Final

import pytest

from discovery.feeds import Feeds
from discovery.walk.live import LiveWalk
from domain.events import Event, Kind
from domain.ids import EventId, new_id
from graph.client import count_statements
from tests.services.schema.conftest import SECRET, Person, Server, person
from tests.services.schema.contract import SCHEMA, Entry, World, ask, codes
from tests.services.schema.contract_page import NODES, PAGE, naming, plain_fields, rows_of, shape, written
from tests.services.schema.contract_table import TABLE
from tests.services.schema.test_live_api import listening, publish, ready
from vectors.exact import ExactIndex

GIVEN: Final = {
    "node": '(id: "$pin") { __typename }',
    "nodes": '(ids: ["$pin"]) { __typename }',
    "user": '(username: "$username") { __typename }',
    "topic": '(slug: "nothing-of-this-name") { __typename }',
    "searchPins": '(query: "$word") { nodes { __typename } }',
    "searchByImage": '(image: {pinId: "$pin"}) { nodes { __typename } }',
    "searchBoards": '(query: "$word") { nodes { __typename } }',
    "searchUsers": '(query: "$word") { nodes { __typename } }',
    "suggestSearches": '(prefix: "$word")',
}
"""What is asked of root fields that need an argument."""
TRIES: Final = 4  # Meanwhile the process may lease numbers or plan a statement: the smallest count is a field's own.


@pytest.fixture(scope="module")
async def world(server: Server) -> World:
    made = World(await person(server, "ana"), await person(server, "cleo"))
    for kind in ("board", "pin", "section", "comment", "topic"):
        await made.things(kind)
    return made


async def _asking(someone: Person) -> Person:
    """The same account before feeds that remember nothing yet."""
    graph = someone.server.graph
    feeds: Any = Feeds(
        graph=graph, walk=await LiveWalk.load(graph), look=ExactIndex(8), text=None, embedder=None, secret=SECRET
    )
    feeds.patient = True
    return replace(someone, server=replace(someone.server, feeds=feeds))


async def _least(counted: Callable[[], Awaitable[int]], said: str | None) -> int:
    """What it costs: once when that is what the page says, else the least of a few."""
    found = await counted()
    for _ in range(TRIES):
        if str(found) == said:
            break
        found = min(found, await counted())
    return found


async def _of_documents(
    world: World, documents: Mapping[str, str], said: Mapping[str, str], title: str
) -> dict[str, int]:
    found = {}
    for name, document in documents.items():

        async def counted(document: str = document) -> int:
            reply = await (await _asking(world.owner))(document)
            assert not reply.errors, (document, reply.errors)
            return reply.statements

        found[name] = await _least(counted, said.get(f"{title}: {name}"))
    return found


def _filled(text: str, world: World, word: str) -> str:
    pin, username = world.made["pin"][0], world.owner.username
    return text.replace("$pin", pin).replace("$username", username).replace("$word", word)


async def _roots(world: World, said: Mapping[str, str]) -> dict[str, int]:
    word = f"q{secrets.token_hex(5)}"
    plain = plain_fields("Query")
    assert SCHEMA.query_type is not None
    documents = {}
    for name, field in SCHEMA.query_type.fields.items():
        asked = shape(field) if name in plain else GIVEN[name]
        documents[name] = f"{{ {name}{_filled(asked, world, word)} }}"
    return await _of_documents(world, documents, said, "Queries")


async def _fields(world: World, said: Mapping[str, str]) -> dict[str, int]:
    """What each field of a thing costs beside reading the thing itself, as far as it costs anything."""
    ids = {
        "User": world.owner.id,
        "Board": world.made["board"][0],
        "BoardSection": world.made["section"][0],
        "Pin": world.made["pin"][0],
        "Comment": world.made["comment"][0],
        "Topic": world.made["topic"][0],
    }
    found = {}
    for kind in NODES:
        alone = f'{{ node(id: "{ids[kind]}") {{ ... on {kind} {{ id %s }} }} }}'
        documents = {"id": alone % ""} | {
            name: alone % f"{name} {shape(field)}" for name, field in plain_fields(kind).items() if name != "id"
        }
        base = (await _of_documents(world, {"id": documents.pop("id")}, {}, ""))["id"]
        told = {f"Fields: {name}": str(int(said.get(f"Fields: {kind}.{name}") or 0) + base) for name in documents}
        costs = await _of_documents(world, documents, told, "Fields")
        found |= {f"{kind}.{name}": cost - base for name, cost in costs.items() if cost > base}
    return found


async def _mutations(world: World, said: Mapping[str, str]) -> dict[str, int]:
    found = {}
    for entry in TABLE:

        async def counted(entry: Entry = entry) -> int:
            spent = entry.spends or entry.again is not None or entry.name == "logOut"
            own = World(await person(world.owner.server, "eve"), world.cleo) if spent else world
            reply = await ask(own.owner, entry, await own.filled(entry.given or {}))
            assert codes(reply[entry.name]) == [], entry
            return reply.statements

        found[entry.name] = await _least(counted, said.get(f"Mutations: {entry.name}"))
    return found


async def _subscriptions(world: World, said: Mapping[str, str]) -> dict[str, int]:
    """What each costs until its first event is there, and that event."""
    someone = world.owner
    board = await someone.board("Listened to")  # What was made before, mutations have moved about.
    pin = await someone.pin(board)
    told = str((await world.things("notification"))[0])
    await ready(someone, pin)
    noticed = Event(EventId(new_id("event")), Kind.NOTIFIED, seq=2**40, target=someone.n, subject=told)
    asked: dict[str, tuple[str, Callable[[], Awaitable[None]]]] = {
        "newPins": (f'(boardIds: ["{board}"]) {{ eventId }}', lambda: publish(someone, Kind.SAVED, pin, board)),
        "pinProcessed": (f'(pinId: "{pin}") {{ status }}', lambda: publish(someone, Kind.PIN_READY, pin)),
        "notificationAdded": ("{ id }", lambda: someone.server.bus.publish([noticed])),
    }
    found = {}
    for name, (shown, happen) in asked.items():

        async def counted(
            document: str = f"subscription {{ {name}{shown} }}", happen: Callable[[], Awaitable[None]] = happen
        ) -> int:
            source = someone.listen(document)
            with count_statements() as statements:  # The task counts on when the block is over.
                first = await listening(someone.server, source)
            await happen()
            assert not (await first).errors
            await source.aclose()
            return statements.n

        found[name] = await _least(counted, said.get(f"Subscriptions: {name}"))
    return found


async def test_the_page_of_the_contract_says_what_everything_costs_and_where_it_is_tested(
    world: World, request: pytest.FixtureRequest
) -> None:
    before = PAGE.read_text() if PAGE.exists() else ""
    said = rows_of(before)
    assert SCHEMA.subscription_type is not None
    sections: dict[str, Mapping[str, int]] = {
        "Queries": await _roots(world, said),
        "Mutations": await _mutations(world, said),
        "Subscriptions": await _subscriptions(world, said),
        "Fields": await _fields(world, said),
    }
    assert set(sections["Subscriptions"]) == set(SCHEMA.subscription_type.fields)
    untested = [name for rows in sections.values() for name in rows if not naming(name)]

    page = written(sections)
    if request.config.getoption("--write-contract"):
        PAGE.write_text(page)

    assert untested == []
    assert rows_of(PAGE.read_text()) == rows_of(page), "run `make contract`"
