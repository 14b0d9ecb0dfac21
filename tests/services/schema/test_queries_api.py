from __future__ import annotations

import secrets

from graph import topics
from tests.services.schema.conftest import Caller, Person

NODE = """query ($id: ID!) { node(id: $id) { __typename id
    ... on Pin { title } ... on Board { title } ... on User { username } ... on Topic { slug } } }"""


async def test_a_node_is_found_by_its_id_whatever_it_is(ana: Person, stranger: Caller) -> None:
    board = await ana.board()
    pin, slug = await ana.pin(board), secrets.token_hex(6)
    topic = await topics.ensure(ana.server.graph, name="Moss", slug=slug)

    found = [(await stranger(NODE, id=id_))["node"] for id_ in (pin, board, ana.id, topic.id)]

    assert found == [
        {"__typename": "Pin", "id": pin, "title": "A fern"},
        {"__typename": "Board", "id": board, "title": "Moss"},
        {"__typename": "User", "id": ana.id, "username": ana.username},
        {"__typename": "Topic", "id": topic.id, "slug": slug},
    ]


async def test_an_id_that_names_nothing_gives_null(stranger: Caller) -> None:
    for id_ in (
        "",
        "moss",
        "pin_",
        "pin_01J8ZZZZZZZZZZZZZZZZZZZZZZ",
        "event_01J8ZZZZZZZZZZZZZZZZZZZZZZ",
        "\ud800",
        "1",
    ):
        assert (await stranger(NODE, id=id_))["node"] is None, id_


async def test_nodes_come_in_order_with_null_for_what_is_missing(ana: Person, stranger: Caller) -> None:
    board = await ana.board()
    pins = [await ana.pin(board) for _ in range(3)]
    wanted = [pins[1], "nonsense", ana.id, pins[0], pins[1], board]

    reply = await stranger("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=wanted)

    assert [node and node["id"] for node in reply["nodes"]] == [None if i == "nonsense" else i for i in wanted]
    assert reply.statements == 3


async def test_at_most_a_hundred_nodes_are_asked_for_at_once(stranger: Caller) -> None:
    reply = await stranger("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=["x"] * 101)

    assert reply.codes == ["BAD_USER_INPUT"]


async def test_a_user_is_found_by_name_in_any_case_and_nonsense_is_nobody(ana: Person, stranger: Caller) -> None:
    document = "query ($u: String!) { user(username: $u) { id } }"

    assert (await stranger(document, u=ana.username.upper()))["user"] == {"id": ana.id}
    for nobody in ("", "nobody.at.all", "a b", "x" * 10_000, "\ud800"):
        assert (await stranger(document, u=nobody))["user"] is None


async def test_topics_are_paged_and_found_by_slug(ana: Person, stranger: Caller) -> None:
    made = [
        await topics.ensure(ana.server.graph, name=f"Topic {slug}", slug=slug, description="Green things.")
        for slug in (secrets.token_hex(6) for _ in range(3))
    ]
    public, hidden = await ana.board(), await ana.board("Hidden", "SECRET")
    shown = await ana.pin(public, topic_ids=(made[0].id,))
    await ana.pin(hidden, topic_ids=(made[0].id,))

    topic = (
        await stranger(
            "query ($s: String!) { topic(slug: $s) { name description pinCount coverPins { id } } }", s=made[0].slug
        )
    )["topic"]
    seen: list[str] = []
    after = None
    while True:
        page = (
            await stranger(
                "query ($a: String) { topics(first: 99, after: $a) { nodes { id } pageInfo { hasNextPage endCursor }}}",
                a=after,
            )
        )["topics"]
        seen.extend(node["id"] for node in page["nodes"])
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break

    assert topic == {
        "name": made[0].name,
        "description": "Green things.",
        "pinCount": 1,
        "coverPins": [{"id": shown}],
    }
    assert len(seen) == len(set(seen))
    assert {topic.id for topic in made} <= set(seen)
    assert (await stranger('{ topic(slug: "no such topic") { id } }'))["topic"] is None


async def test_boards_and_users_are_found_by_their_words(ana: Person, stranger: Caller) -> None:
    word = f"zz{secrets.token_hex(5)}"
    board = await ana.board(f"Garden of {word}")
    await ana.board(f"Hidden garden of {word}", "SECRET")
    document = """query ($q: String!) { searchBoards(query: $q) { nodes { id } } }"""
    people = "query ($q: String!) { searchUsers(query: $q) { nodes { id } } }"

    for _ in range(100):  # The text index follows within a moment.
        if (await stranger(document, q=word))["searchBoards"]["nodes"]:
            break

    assert (await stranger(document, q=word))["searchBoards"]["nodes"] == [{"id": board}]
    assert (await stranger(people, q=ana.username))["searchUsers"]["nodes"][0] == {"id": ana.id}
    for query in ("", "   ", "x" * 201):
        assert (await stranger(document, q=query)).codes == ["BAD_USER_INPUT"]
        assert (await stranger(people, q=query)).codes == ["BAD_USER_INPUT"]


async def test_users_list_their_boards_and_pins_newest_first(ana: Person, ben: Person) -> None:
    first, second, third = await ana.board("1"), await ana.board("2", "SECRET"), await ana.board("3")
    pins = [await ana.pin(first), await ana.pin(second), await ana.pin(third)]
    document = """query ($u: String!) { user(username: $u) { boards { nodes { id } } pins { nodes { id } } } }"""

    mine = (await ana(document, u=ana.username))["user"]
    theirs = (await ben(document, u=ana.username))["user"]

    assert [n["id"] for n in mine["boards"]["nodes"]] == [third, second, first]
    assert [n["id"] for n in theirs["boards"]["nodes"]] == [third, first]
    assert [n["id"] for n in mine["pins"]["nodes"]] == pins[::-1]
    assert [n["id"] for n in theirs["pins"]["nodes"]] == [pins[2], pins[0]]
