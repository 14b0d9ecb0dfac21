from __future__ import annotations

import asyncio
from typing import Any

from tests.services.schema.conftest import Person, section
from tests.services.schema.test_collaborators_api import join

MISSING = "pin_01J8ZZZZZZZZZZZZZZZZZZZZZZ"
BOARD = """query ($id: ID!) { node(id: $id) { ... on Board { pinCount
    pins(first: 100) { edges { note savedAt savedBy { id } section { id } node { id } } } } } }"""
ARRANGED = "query ($id: ID!) { node(id: $id) { ... on Board { pins(first: 100, order: MANUAL) { nodes { id } } } } }"
BATCH = "results { id userErrors { code field } } count"


async def held(someone: Person, board: str) -> dict[str, Any]:
    edges = (await someone(BOARD, id=board))["node"]["pins"]["edges"]
    return {edge["node"]["id"]: {key: edge[key] for key in ("note", "savedAt", "section")} for edge in edges}


async def order(someone: Person, board: str) -> list[str]:
    return [node["id"] for node in (await someone(ARRANGED, id=board))["node"]["pins"]["nodes"]]


def codes(answer: Any) -> list[tuple[str, list[str]]]:
    return [(e["code"], e["field"]) for e in answer["userErrors"]]


async def test_pins_move_with_all_that_was_said_of_them(ana: Person, ben: Person) -> None:
    here, there = await ana.board("Here"), await ana.board("There")
    dry = await section(ana, there, "Dry")
    pins = [await ben.pin(await ben.board()) for _ in range(3)]
    for pin in pins:
        await ana.do("savePin", "save { note }", pinId=pin, boardId=here, note=f"Of {pin}")
    before = await held(ana, here)

    given = {"pinIds": pins[:2], "fromBoardId": here, "toBoardId": there, "sectionId": dry}
    answer = await ana.do("movePins", "board { id pinCount }", **given)
    again = await ana.do("movePins", "board { id pinCount }", **given)

    assert answer == again == {"userErrors": [], "board": {"id": there, "pinCount": 2}}
    assert await held(ana, there) == {pin: {**before[pin], "section": {"id": dry}} for pin in pins[:2]}
    assert list(await held(ana, here)) == pins[2:]


async def test_pins_move_between_sections_of_one_board(ana: Person) -> None:
    board = await ana.board()
    dry = await section(ana, board, "Dry")
    pins = [await ana.pin(board) for _ in range(2)]

    into = await ana.do("movePins", "board { id }", pinIds=pins, fromBoardId=board, toBoardId=board, sectionId=dry)
    inside = await held(ana, board)
    out = await ana.do("movePins", "board { id }", pinIds=pins[:1], fromBoardId=board, toBoardId=board)

    assert into["userErrors"] == out["userErrors"] == []
    assert [each["section"] for each in inside.values()] == [{"id": dry}] * 2
    assert {pin: each["section"] for pin, each in (await held(ana, board)).items()} == {
        pins[0]: None,
        pins[1]: {"id": dry},
    }


async def test_a_move_is_all_or_nothing(ana: Person, ben: Person) -> None:
    here, there, his = await ana.board(), await ana.board(), await ben.board()
    pins = [await ana.pin(here) for _ in range(2)]
    elsewhere = await ana.pin(there)
    other_section = await section(ana, here, "Dry")
    ways: list[dict[str, Any]] = [
        {"pinIds": [*pins, MISSING]},
        {"pinIds": [*pins, await ana.pin(await ana.board())]},
        {"pinIds": pins, "sectionId": other_section},
        {"pinIds": pins, "toBoardId": his},
        {"pinIds": [f"pin_01J8ZZZZZZZZZZZZZZZZZZZZ{i // 10}{i % 10}" for i in range(99)] + pins},
    ]

    told = [
        codes(await ana.do("movePins", "board { id }", **{"fromBoardId": here, "toBoardId": there, **way}))
        for way in ways
    ]

    assert told == [
        [("NOT_FOUND", ["pinIds"])],
        [("NOT_FOUND", ["pinIds"])],
        [("NOT_FOUND", ["sectionId"])],
        [("FORBIDDEN", ["toBoardId"])],
        [("TOO_LARGE", ["pinIds"])],
    ]
    assert set(await held(ana, here)) == set(pins)
    assert list(await held(ana, there)) == [elsewhere]


async def test_what_others_keep_secret_is_not_moved_into_the_open(ana: Person, ben: Person) -> None:
    secret, mine, public = await ana.board("S", "SECRET"), await ben.board("S", "SECRET"), await ben.board()
    await join(ana, ben, secret)
    hidden, own = await ana.pin(secret), await ben.pin(mine)
    await ben.save(hidden, mine)

    refused = await ben.do("movePins", "board { id }", pinIds=[own, hidden], fromBoardId=mine, toBoardId=public)
    moved = await ben.do("movePins", "board { pinCount }", pinIds=[own], fromBoardId=mine, toBoardId=public)

    assert codes(refused) == [("CONFLICT", ["pinIds"])]
    assert refused["userErrors"][0]["message"].startswith("1 of these Pins")
    assert moved == {"userErrors": [], "board": {"pinCount": 1}}
    assert list(await held(ben, mine)) == [hidden]


async def test_ten_moves_to_and_fro_at_once_lose_nothing(ana: Person) -> None:
    here, there = await ana.board(), await ana.board()
    pins = [await ana.pin(here) for _ in range(4)]
    ways = [(here, there), (there, here)] * 5

    answers = await asyncio.gather(
        *(ana.do("movePins", "board { id }", pinIds=pins, fromBoardId=a, toBoardId=b) for a, b in ways)
    )

    assert [codes(each) for each in answers] == [[]] * 10
    assert sorted([*await held(ana, here), *await held(ana, there)]) == sorted(pins)


async def test_each_unsaved_pin_has_its_result_and_a_dry_run_only_counts(ana: Person, ben: Person) -> None:
    board = await ana.board()
    pins = [await ana.pin(board) for _ in range(2)]
    off = await ben.pin(await ben.board())
    given = {"pinIds": [pins[0], MISSING, off, "nonsense"], "boardId": board}

    dry = await ana.do("unsavePins", BATCH, **given, dryRun=True)
    there = await held(ana, board)
    real = await ana.do("unsavePins", BATCH, **given)
    again = await ana.do("unsavePins", BATCH, **given)

    nothing = [{"code": "NOT_FOUND", "field": ["pinIds"]}]
    results = [{"id": id_, "userErrors": nothing if i in {1, 3} else []} for i, id_ in enumerate(given["pinIds"])]
    assert dry == real == {"results": results, "count": 1, "userErrors": []}
    assert set(there) == set(pins)
    assert list(await held(ana, board)) == pins[1:]
    assert again["count"] == 0


async def test_each_deleted_pin_has_its_result_and_a_dry_run_only_counts(ana: Person, ben: Person) -> None:
    board = await ana.board()
    pins = [await ana.pin(board) for _ in range(3)]
    his = await ben.pin(await ben.board())
    given = {"pinIds": [*pins[:2], his, MISSING]}

    dry = await ana.do("deletePins", BATCH, **given, dryRun=True)
    there = await held(ana, board)
    real = await ana.do("deletePins", BATCH, **given)

    assert dry == real
    assert real["count"] == 2
    assert [[e["code"] for e in each["userErrors"]] for each in real["results"]] == [
        [],
        [],
        ["FORBIDDEN"],
        ["NOT_FOUND"],
    ]
    assert set(there) == set(pins)
    assert list(await held(ana, board)) == pins[2:]


async def test_a_batch_has_at_most_a_hundred(ana: Person) -> None:
    board = await ana.board()
    ids = [f"pin_01J8ZZZZZZZZZZZZZZZZZZZ{i:03}" for i in range(101)]

    for name, given in (("unsavePins", {"boardId": board}), ("deletePins", {})):
        most = await ana.do(name, BATCH, pinIds=ids[:100], **given)
        over = await ana.do(name, BATCH, pinIds=ids, **given)

        assert len(most["results"]) == 100
        assert over == {**over, "results": None, "count": None}
        assert codes(over) == [("TOO_LARGE", ["pinIds"])]


async def test_pins_stand_as_they_are_arranged_and_new_ones_come_first(ana: Person) -> None:
    board = await ana.board()
    pins = [await ana.pin(board) for _ in range(5)]
    a, b, c, d, e = reversed(pins)  # As they stand: the newest first.

    steps = [([d, b], a), ([a], None), ([c], b), ([e, a], c)]
    seen = []
    for moved, before in steps:
        answer = await ana.do("arrangePins", "board { id }", boardId=board, pinIds=moved, before=before)
        assert answer["userErrors"] == []
        seen.append(await order(ana, board))
    new = await ana.pin(board)

    assert seen == [[d, b, a, c, e], [d, b, c, e, a], [d, c, b, e, a], [d, e, a, c, b]]
    assert await order(ana, board) == [new, d, e, a, c, b]
    assert list(await held(ana, board)) == [new, a, b, c, d, e]


async def test_where_there_is_no_room_left_all_are_numbered_anew(ana: Person) -> None:
    board = await ana.board()
    a, b, c = reversed([await ana.pin(board) for _ in range(3)])
    now = [a, b, c]
    for i in range(40):
        moved, before = (a, c) if i % 2 else (b, c)  # Each comes right before c, where room is halved each time.
        await ana.do("arrangePins", "board { id }", boardId=board, pinIds=[moved], before=before)
        now = [*(each for each in now if each not in (moved, c)), moved, c]
        if i % 8 == 7:
            assert await order(ana, board) == now
    await ana.do("arrangePins", "board { id }", boardId=board, pinIds=[c], before=now[0])
    assert await order(ana, board) == [c, *now[:2]]


async def test_an_arrangement_names_what_is_there(ana: Person, ben: Person) -> None:
    board = await ana.board()
    pins = [await ana.pin(board) for _ in range(2)]
    off = await ana.pin(await ana.board())
    ways: list[dict[str, Any]] = [
        {"pinIds": [off]},
        {"pinIds": [MISSING]},
        {"pinIds": pins, "before": off},
        {"pinIds": pins, "before": pins[0]},
    ]
    before = await order(ana, board)

    told = [codes(await ana.do("arrangePins", "board { id }", **{"boardId": board, **way})) for way in ways]
    theirs = codes(await ben.do("arrangePins", "board { id }", boardId=board, pinIds=pins))

    assert told == [
        [("NOT_FOUND", ["pinIds"])],
        [("NOT_FOUND", ["pinIds"])],
        [("NOT_FOUND", ["before"])],
        [("INVALID", ["before"])],
    ]
    assert theirs == [("FORBIDDEN", ["boardId"])]
    assert await order(ana, board) == before


async def test_boards_stand_as_they_are_arranged_on_a_profile(ana: Person, ben: Person) -> None:
    made = [await ana.board(f"Board {i}") for i in range(4)]
    d, c, b, a = made
    document = """query ($u: String!, $a: String) { user(username: $u) { boards(first: 2, after: $a) {
        nodes { id } pageInfo { endCursor } } } }"""

    async def standing() -> list[str]:
        first = (await ben(document, u=ana.username))["user"]["boards"]
        second = (await ben(document, u=ana.username, a=first["pageInfo"]["endCursor"]))["user"]["boards"]
        return [node["id"] for node in first["nodes"] + second["nodes"]]

    assert await standing() == [a, b, c, d]
    await ana.do("arrangeBoards", "user { id }", boardIds=[d, b], before=a)
    assert await standing() == [d, b, a, c]
    await ana.do("arrangeBoards", "user { id }", boardIds=[d])
    assert await standing() == [b, a, c, d]
    theirs = await ben.do("arrangeBoards", "user { id }", boardIds=[a])
    gone = await ana.do("arrangeBoards", "user { id }", boardIds=["board_01J8ZZZZZZZZZZZZZZZZZZZZZZ"])
    itself = await ana.do("arrangeBoards", "user { id }", boardIds=[a], before=a)
    assert [codes(each) for each in (theirs, gone, itself)] == [
        [("FORBIDDEN", ["boardIds"])],
        [("NOT_FOUND", ["boardIds"])],
        [("INVALID", ["before"])],
    ]
    assert await standing() == [b, a, c, d]
    new = await ana.board()
    assert (await standing())[0] == new
