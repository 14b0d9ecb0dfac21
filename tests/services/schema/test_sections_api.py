from __future__ import annotations

import asyncio
from typing import Any

import pytest

from domain.limits import BOARD_SECTIONS_MAX
from tests.services.schema.conftest import Caller, Person, section

SECTIONS = "query ($id: ID!) { node(id: $id) { ... on Board { sections { id title pinCount } } } }"
PINS = """query ($id: ID!, $s: ID, $o: PinOrder! = NEWEST, $a: String) { node(id: $id) { ... on Board {
    pins(first: 2, after: $a, sectionId: $s, order: $o) {
      edges { node { id } section { title } } pageInfo { hasNextPage endCursor } } } } }"""


async def titles(someone: Caller, board: str) -> list[str]:
    return [each["title"] for each in (await someone(SECTIONS, id=board))["node"]["sections"]]


async def test_sections_stand_as_they_are_arranged_and_count_their_pins(ana: Person, stranger: Caller) -> None:
    board = await ana.board()
    ids = [await section(ana, board, title) for title in ("Dry", "Wet", "Shade")]
    pin = await ana.pin(board, section_id=ids[2])

    answer = await ana.do(
        "arrangeSections", "board { sections { title pinCount } }", boardId=board, sectionIds=[ids[2], ids[0]]
    )

    assert answer["userErrors"] == []
    assert [each["title"] for each in answer["board"]["sections"]] == ["Shade", "Dry", "Wet"]
    assert [each["pinCount"] for each in answer["board"]["sections"]] == [1, 0, 0]
    assert await titles(stranger, board) == ["Shade", "Dry", "Wet"]
    node = await stranger("query ($id: ID!) { node(id: $id) { ... on BoardSection { title pinCount } } }", id=ids[2])
    assert node["node"] == {"title": "Shade", "pinCount": 1}
    page = (await stranger(PINS, id=board, s=ids[2]))["node"]["pins"]
    assert page["edges"] == [{"node": {"id": pin}, "section": {"title": "Shade"}}]


async def test_a_section_is_paged_by_itself(ana: Person) -> None:
    board = await ana.board()
    dry, wet = await section(ana, board, "Dry"), await section(ana, board, "Wet")
    pins = [await ana.pin(board, f"Pin {i}", section_id=dry if i % 2 else wet) for i in range(6)]

    for order in ("NEWEST", "MANUAL"):
        first = (await ana(PINS, id=board, s=dry, o=order))["node"]["pins"]
        second = (await ana(PINS, id=board, s=dry, o=order, a=first["pageInfo"]["endCursor"]))["node"]["pins"]

        assert [edge["node"]["id"] for edge in first["edges"]] == [pins[5], pins[3]]
        assert first["pageInfo"]["hasNextPage"]
        assert [edge["node"]["id"] for edge in second["edges"]] == [pins[1]]
        assert not second["pageInfo"]["hasNextPage"]
    for nothing in ("nonsense", "section_01J8ZZZZZZZZZZZZZZZZZZZZZZ", board):
        assert (await ana(PINS, id=board, s=nothing))["node"]["pins"]["edges"] == []


async def test_a_pin_is_saved_into_a_section_and_moves_with_another_save(ana: Person, ben: Person) -> None:
    pin, board = await ana.pin(await ana.board()), await ben.board()
    dry, wet = await section(ben, board, "Dry"), await section(ben, board, "Wet")
    saves = [
        await ben.do("savePin", "save { savedAt section { id } }", pinId=pin, boardId=board, sectionId=where)
        for where in (dry, wet)
    ]
    elsewhere = await section(ben, await ben.board(), "Other")
    refused = [
        await ben.do("savePin", "save { savedAt }", pinId=pin, boardId=board, sectionId=where)
        for where in (elsewhere, "section_01J8ZZZZZZZZZZZZZZZZZZZZZZ", "nonsense")
    ]

    assert [each["save"]["section"]["id"] for each in saves] == [dry, wet]
    assert saves[0]["save"]["savedAt"] == saves[1]["save"]["savedAt"]
    assert [[(e["code"], e["field"]) for e in each["userErrors"]] for each in refused] == [
        [("NOT_FOUND", ["sectionId"])]
    ] * 3
    counts = (await ben(SECTIONS, id=board))["node"]["sections"]
    assert [(each["title"], each["pinCount"]) for each in counts] == [("Dry", 0), ("Wet", 1)]


async def test_the_pins_of_a_deleted_section_stay_on_the_board(ana: Person) -> None:
    board = await ana.board()
    dry = await section(ana, board, "Dry")
    pin = await ana.pin(board, section_id=dry)

    answer = await ana.do("deleteSection", "board { pinCount sections { id } }", sectionId=dry)
    again = await ana.do("deleteSection", "board { pinCount }", sectionId=dry)

    assert answer["board"] == {"pinCount": 1, "sections": []}
    assert [e["code"] for e in again["userErrors"]] == ["NOT_FOUND"]
    edges = (await ana(PINS, id=board))["node"]["pins"]["edges"]
    assert edges == [{"node": {"id": pin}, "section": None}]


@pytest.mark.parametrize("title", ["", "   ", "x" * 101, "a\x00b"])
async def test_a_section_has_a_title_within_bounds(ana: Person, title: str) -> None:
    board = await ana.board()
    dry = await section(ana, board, "x" * 100)

    answers: list[Any] = [
        await ana.do("createSection", "board { id }", boardId=board, title=title),
        await ana.do("updateSection", "board { id }", sectionId=dry, title=title),
    ]

    assert [[(e["code"], e["field"]) for e in each["userErrors"]] for each in answers] == [[("INVALID", ["title"])]] * 2
    assert await titles(ana, board) == ["x" * 100]


async def test_a_board_has_at_most_fifty_sections_also_when_all_come_at_once(ana: Person) -> None:
    board = await ana.board()
    for i in range(BOARD_SECTIONS_MAX - 5):
        await section(ana, board, f"Section {i}")

    answers = await asyncio.gather(
        *(ana.do("createSection", "board { id }", boardId=board, title=f"More {i}") for i in range(10))
    )

    assert sorted([e["code"] for e in each["userErrors"]] for each in answers) == [[]] * 5 + [["CONFLICT"]] * 5
    kept = await titles(ana, board)
    assert len(kept) == BOARD_SECTIONS_MAX
    many = [f"section_01J8ZZZZZZZZZZZZZZZZZZZZ{i:02}" for i in range(BOARD_SECTIONS_MAX + 1)]
    refused = await ana.do("arrangeSections", "board { id }", boardId=board, sectionIds=many)
    assert [e["code"] for e in refused["userErrors"]] == ["TOO_LARGE"]
    assert await titles(ana, board) == kept


async def test_sections_of_another_board_are_not_arranged_here(ana: Person) -> None:
    board, other = await ana.board(), await ana.board()
    here, there = await section(ana, board, "Here"), await section(ana, other, "There")

    refused = await ana.do("arrangeSections", "board { id }", boardId=board, sectionIds=[there, here])

    assert [(e["code"], e["field"]) for e in refused["userErrors"]] == [("NOT_FOUND", ["sectionIds"])]
    assert await titles(ana, board) == ["Here"]


async def test_many_boards_with_sections_cost_the_statements_of_one(ana: Person) -> None:
    document = """{ viewer { boards { nodes { sections { title pinCount } collaborators { user { id } role }
        pins(first: 3) { edges { section { title } node { id } } } } } } }"""
    board = await ana.board()
    await ana.pin(board, section_id=await section(ana, board, "Dry"))
    few = await ana(document)
    for i in range(3):
        board = await ana.board(f"Board {i}")
        await ana.pin(board, section_id=await section(ana, board, "Wet"))
    many = await ana(document)

    assert few.statements == many.statements
    assert few.errors == many.errors == []
