"""Interests, and the topics that are proposed beside what owners say."""

from __future__ import annotations

import asyncio
import secrets

import pytest

from domain.limits import USER_INTERESTS_MAX
from domain.model import Topic
from graph import topics
from tests.services.schema.conftest import Caller, Person, Server

INTERESTS = "query ($u: String!) { user(username: $u) { interests { id } } }"
OF_BOARD = "query ($id: ID!) { node(id: $id) { ... on Board { topic { id } proposedTopic { id } } } }"
OF_PIN = "query ($id: ID!) { node(id: $id) { ... on Pin { topics { id } proposedTopics { id } } } }"
COVERS = "query ($s: String!) { topic(slug: $s) { name description pinCount coverPins { id } } }"


async def topic(server: Server, name: str | None = None, description: str | None = None) -> Topic:
    slug = f"t{secrets.token_hex(6)}"
    return await topics.ensure(server.graph, name=name or slug, slug=slug, description=description)


async def interests(caller: Caller, of: Person) -> list[str]:
    return [one["id"] for one in (await caller(INTERESTS, u=of.username))["user"]["interests"]]


async def test_interests_replace_what_they_were_and_keep_their_order(ana: Person, stranger: Caller) -> None:
    one, two = await topic(ana.server), await topic(ana.server)

    for wanted in ([two.id, one.id], [two.id, one.id], [one.id], [one.id, one.id], []):
        answer = await ana.do("setInterests", "user { interests { id } }", topicIds=wanted)
        kept = list(dict.fromkeys(wanted))
        assert answer == {"user": {"interests": [{"id": id_} for id_ in kept]}, "userErrors": []}
        assert await interests(stranger, ana) == kept


async def test_interests_that_cannot_be_are_refused_whole(ana: Person, stranger: Caller) -> None:
    known = await topic(ana.server)
    await ana.do("setInterests", "user { id }", topicIds=[known.id])
    many = [(await topic(ana.server)).id for _ in range(3)]
    refused = [
        (stranger, [known.id], "UNAUTHENTICATED"),
        (ana, [known.id, "topic_x"], "NOT_FOUND"),
        (ana, [*many, "topic_01J8ZZZZZZZZZZZZZZZZZZZZZZ"], "NOT_FOUND"),
        (ana, [f"topic_{i}" for i in range(USER_INTERESTS_MAX + 1)], "TOO_LARGE"),
    ]

    for caller, wanted, code in refused:
        answer = await caller.do("setInterests", "user { id }", topicIds=wanted)
        assert answer["user"] is None
        assert [error["code"] for error in answer["userErrors"]] == [code]
        assert await interests(stranger, ana) == [known.id]


async def test_as_many_interests_as_are_allowed_and_ten_at_once(ana: Person) -> None:
    many = [(await topic(ana.server)).id for _ in range(10)]

    await asyncio.gather(*(ana.do("setInterests", "user { id }", topicIds=many[i:]) for i in range(10)))

    left = await interests(ana, ana)
    assert left in [many[i:] for i in range(10)]


async def test_a_topic_shows_what_it_is_and_its_newest_public_pins(ana: Person, stranger: Caller) -> None:
    about = await topic(ana.server, "Moss", "What grows on stones.")
    board, secret = await ana.board(), await ana.board(privacy="SECRET")
    made = [await ana.pin(board, topic_ids=(about.id,)) for _ in range(5)]
    await ana.pin(secret, topic_ids=(about.id,))

    shown = (await stranger(COVERS, s=about.slug))["topic"]

    assert (shown["name"], shown["description"], shown["pinCount"]) == ("Moss", "What grows on stones.", 5)
    assert [pin["id"] for pin in shown["coverPins"]] == made[:0:-1]


async def test_a_board_without_a_topic_is_proposed_what_its_pins_are_about(
    ana: Person, ben: Person, stranger: Caller
) -> None:
    moss, rock = await topic(ana.server), await topic(ana.server)
    board, elsewhere = await ana.board("Things"), await ben.board("Also things")
    for _ in range(2):
        await ana.pin(board, topic_ids=(moss.id,))
    untold = [await ben.pin(elsewhere, f"x{secrets.token_hex(6)}") for _ in range(3)]
    await ben.do("updateBoard", "board { id }", boardId=elsewhere, topicId=moss.id)
    for pin in untold:
        await ana.save(pin, board)

    assert (await stranger(OF_BOARD, id=board))["node"] == {"topic": None, "proposedTopic": {"id": moss.id}}
    assert (await stranger(OF_PIN, id=untold[0]))["node"] == {"topics": [], "proposedTopics": []}

    await ana.do("updateBoard", "board { id }", boardId=board, topicId=rock.id)
    corrected = await stranger(OF_BOARD, id=board)
    assert corrected["node"] == {"topic": {"id": rock.id}, "proposedTopic": {"id": moss.id}}
    assert corrected.statements == 4
    await ana.do("updateBoard", "board { id }", boardId=board, topicId=moss.id)
    assert (await stranger(OF_BOARD, id=board))["node"] == {"topic": {"id": moss.id}, "proposedTopic": None}
    assert (await stranger(OF_PIN, id=untold[0]))["node"]["proposedTopics"] == [{"id": moss.id}]


async def test_words_alone_propose_a_topic_that_they_name(ana: Person, stranger: Caller) -> None:
    name = f"q{secrets.token_hex(4)} gardens"
    about = await topic(ana.server, name)
    board = await ana.board(f"My {name.removesuffix('s')}")
    pin = await ana.pin(board, f"A {name} path")

    assert (await stranger(OF_BOARD, id=board))["node"]["proposedTopic"] == {"id": about.id}
    assert (await stranger(OF_PIN, id=pin))["node"]["proposedTopics"] == [{"id": about.id}]


async def test_secret_saves_say_nothing_about_topics(ana: Person, ben: Person) -> None:
    moss = await topic(ana.server)
    board, secret = await ana.board("Things"), await ben.board("Hidden things", privacy="SECRET")
    pins = [await ana.pin(board, f"x{secrets.token_hex(6)}") for _ in range(4)]
    await ben.do("updateBoard", "board { id }", boardId=secret, topicId=moss.id)
    for pin in pins:
        await ben.save(pin, secret)

    for caller in (ana, ben):
        assert (await caller(OF_BOARD, id=board))["node"]["proposedTopic"] is None
        assert (await caller(OF_PIN, id=pins[0]))["node"]["proposedTopics"] == []


@pytest.mark.parametrize("slug", ["", "no such topic", "x" * 101, "\ud800"])
async def test_a_slug_that_names_nothing_gives_null(stranger: Caller, slug: str) -> None:
    assert (await stranger(COVERS, s=slug))["topic"] is None
