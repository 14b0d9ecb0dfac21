from __future__ import annotations

from typing import Any

import pytest

from tests.services.schema.conftest import Person

MISSING = "pin_01J8ZZZZZZZZZZZZZZZZZZZZZZ"
BOARD = """query ($id: ID!, $a: String) { node(id: $id) { ... on Board { pinCount pins(first: 2, after: $a) {
    edges { cursor savedAt note savedBy { id } node { id } } nodes { id }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } } }"""


async def test_a_save_joins_pin_and_board(ana: Person, ben: Person) -> None:
    pin, board = await ana.pin(await ana.board()), await ben.board("Ferns")

    answer = await ben.do(
        "savePin",
        """save { note savedBy { id } board { id } } board { id pinCount }
           pin { saveCount viewerSaves { board { title } note } }""",
        pinId=pin,
        boardId=board,
        note=" For the rockery ",
    )

    assert answer == {
        "userErrors": [],
        "save": {"note": "For the rockery", "savedBy": {"id": ben.id}, "board": {"id": board}},
        "board": {"id": board, "pinCount": 1},
        "pin": {"saveCount": 2, "viewerSaves": [{"board": {"title": "Ferns"}, "note": "For the rockery"}]},
    }


async def test_saving_twice_is_once_and_a_new_note_replaces_the_old(ana: Person, ben: Person) -> None:
    pin, board = await ana.pin(await ana.board()), await ben.board()

    first = await ben.do("savePin", "save { savedAt note } pin { saveCount }", pinId=pin, boardId=board, note="One")
    same = await ben.do("savePin", "save { savedAt note } pin { saveCount }", pinId=pin, boardId=board)
    other = await ben.do("savePin", "save { savedAt note } pin { saveCount }", pinId=pin, boardId=board, note="Two")

    assert same["save"] == first["save"]
    assert other["save"] == {**first["save"], "note": "Two"}
    assert same["pin"] == other["pin"] == {"saveCount": 2}


async def test_a_saved_pin_is_taken_off_once(ana: Person, ben: Person) -> None:
    pin, board = await ana.pin(await ana.board()), await ben.board()
    await ben.save(pin, board)

    answers = [await ben.do("unsavePin", "pin { saveCount viewerSaves { note } }", pinId=pin, boardId=board)] * 2

    assert answers == [{"userErrors": [], "pin": {"saveCount": 1, "viewerSaves": []}}] * 2


async def test_an_unsaved_pin_stays_its_creators(ana: Person, ben: Person) -> None:
    board = await ana.board()
    pin = await ana.pin(board)

    answer = await ana.do("unsavePin", "pin { id saveCount }", pinId=pin, boardId=board)

    assert answer["pin"] == {"id": pin, "saveCount": 0}
    look = "query ($id: ID!) { node(id: $id) { id } }"
    assert (await ana(look, id=pin))["node"] == {"id": pin}
    assert (await ben(look, id=pin))["node"] is None


@pytest.mark.parametrize("name", ["savePin", "unsavePin"])
async def test_somebody_elses_board_is_not_touched(ana: Person, ben: Person, name: str) -> None:
    board, secret = await ana.board(), await ana.board("Hidden", "SECRET")
    pin, mine = await ana.pin(board), await ben.pin(await ben.board())
    held = pin if name == "unsavePin" else mine

    shown = await ben.do(name, "pin { id }", pinId=held, boardId=board)
    hidden = await ben.do(name, "pin { id }", pinId=held, boardId=secret)
    nothing = await ben.do(name, "pin { id }", pinId=MISSING, boardId=await ben.board())

    assert [(e["code"], e["field"]) for e in shown["userErrors"]] == [("FORBIDDEN", ["boardId"])]
    assert [(e["code"], e["field"]) for e in hidden["userErrors"]] == [("NOT_FOUND", ["boardId"])]
    assert [(e["code"], e["field"]) for e in nothing["userErrors"]] == [("NOT_FOUND", ["pinId"])]
    assert [n["id"] for n in (await ana(BOARD, id=board))["node"]["pins"]["nodes"]] == [pin]


async def test_a_note_has_a_bound(ana: Person) -> None:
    board = await ana.board()
    pin = await ana.pin(board)

    answer = await ana.do("savePin", "save { note }", pinId=pin, boardId=board, note="x" * 501)

    assert [(e["code"], e["field"]) for e in answer["userErrors"]] == [("INVALID", ["note"])]
    assert answer["save"] is None


async def test_a_pin_on_no_public_board_reaches_one_by_its_creator_alone(ana: Person, ben: Person) -> None:
    secret, public = await ana.board("Hidden", "SECRET"), await ana.board()
    pin = await ana.pin(secret)

    theirs = await ben.do("savePin", "pin { id }", pinId=pin, boardId=await ben.board())
    mine = await ana.do("savePin", "pin { saveCount }", pinId=pin, boardId=public)

    assert [e["code"] for e in theirs["userErrors"]] == ["NOT_FOUND"]
    assert mine["pin"] == {"saveCount": 2}


async def test_a_boards_pages_neither_repeat_nor_skip_while_it_grows(ana: Person) -> None:
    board = await ana.board()
    made = [await ana.pin(board, f"Pin {i}") for i in range(5)]
    newest = made[::-1]

    first = (await ana(BOARD, id=board))["node"]["pins"]
    await ana.pin(board, "Late")
    second = (await ana(BOARD, id=board, a=first["pageInfo"]["endCursor"]))["node"]["pins"]
    third = (await ana(BOARD, id=board, a=second["pageInfo"]["endCursor"]))["node"]["pins"]

    assert [n["id"] for page in (first, second, third) for n in page["nodes"]] == newest
    assert [page["pageInfo"]["hasNextPage"] for page in (first, second, third)] == [True, True, False]
    assert [page["pageInfo"]["hasPreviousPage"] for page in (first, second, third)] == [False, True, True]
    assert first["pageInfo"]["startCursor"] == first["edges"][0]["cursor"]
    assert first["edges"][0]["savedBy"] == {"id": ana.id}


@pytest.mark.parametrize("first", [0, -1, 101])
async def test_a_page_out_of_bounds_is_bad_input(ana: Person, first: int) -> None:
    board = await ana.board()
    document = "query ($id: ID!, $f: Int!) { node(id: $id) { ... on Board { pins(first: $f) { nodes { id } } } } }"

    reply = await ana(document, id=board, f=first)

    assert reply.codes == ["BAD_USER_INPUT"]
    assert reply.errors[0]["extensions"]["field"] == ["first"]
    assert "1 to 100" in reply.errors[0]["message"]


async def test_a_cursor_of_another_list_is_bad_input(ana: Person) -> None:
    board, other = await ana.board(), await ana.board()
    for _ in range(3):
        await ana.pin(board)
    cursor = (await ana(BOARD, id=board))["node"]["pins"]["pageInfo"]["endCursor"]

    replies: list[Any] = [
        await ana(BOARD, id=other, a=cursor),
        await ana(BOARD, id=board, a=cursor[:-2] + ("AA" if cursor[-2:] != "AA" else "BB")),
        await ana(BOARD, id=board, a="Incorrect padding"),
        await ana(BOARD, id=board, a=""),
        await ana("query ($a: String) { viewer { boards(after: $a) { nodes { id } } } }", a=cursor),
    ]

    assert [reply.codes for reply in replies] == [["BAD_USER_INPUT"]] * 5
    assert {reply.errors[0]["message"] for reply in replies} == {
        "This cursor is not one of this list. Start again without `after`."
    }
