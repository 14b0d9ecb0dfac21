from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app import sweep
from domain.limits import TRASH_LIFE_DAYS
from graph import pictures as graph_pictures
from graph import trash as graph_trash
from media.pictures import original_at
from tests.services.schema.conftest import Caller, Person, board_n, pin_n
from tests.services.schema.test_batches_api import codes, held
from tests.services.schema.test_collaborators_api import join
from tests.services.schema.test_pins_api import photograph, upload

TRASH = """{ trashedPins { nodes { id title saveCount image { url } } }
  trashedBoards { nodes { id title pinCount } } }"""
NODE = "query ($id: ID!) { node(id: $id) { id } }"
COUNT = "query ($id: ID!) { node(id: $id) { ... on Pin { saveCount } ... on Board { pinCount } } }"


async def trash(someone: Person) -> tuple[list[str], list[str]]:
    reply = await someone(TRASH)
    return [n["id"] for n in reply["trashedPins"]["nodes"]], [n["id"] for n in reply["trashedBoards"]["nodes"]]


async def count(someone: Caller, id_: str) -> Any:
    node = (await someone(COUNT, id=id_))["node"]
    return None if node is None else next(iter(node.values()))


async def test_a_deleted_pin_rests_unseen_and_comes_back_to_the_boards_that_held_it(
    ana: Person, ben: Person, stranger: Caller
) -> None:
    board, his, secret = await ana.board(), await ben.board(), await ben.board("S", "SECRET")
    pin = await ana.pin(board)
    for each in (his, secret):
        await ben.do("savePin", "save { note }", pinId=pin, boardId=each, note="Mine")
    kept = await held(ben, his)

    await ana.do("deletePin", "deletedId", pinId=pin)
    unseen = [(await who(NODE, id=pin))["node"] for who in (ana, ben, stranger)]
    rests = await trash(ana), await trash(ben)
    empty = [await count(ben, each) for each in (his, secret)]
    back = await ana.do("restorePin", "pin { id saveCount }", pinId=pin)
    again = await ana.do("restorePin", "pin { id saveCount }", pinId=pin)

    assert unseen == [None] * 3
    assert rests == (([pin], []), ([], []))
    assert empty == [0, 0]
    assert back == again == {"userErrors": [], "pin": {"id": pin, "saveCount": 2}}
    assert await held(ben, his) == kept
    assert await count(ben, pin) == 3
    assert await count(stranger, pin) == 2
    assert await trash(ana) == ([], [])


async def test_a_deleted_board_takes_only_the_pins_that_are_nowhere_else(
    ana: Person, ben: Person, stranger: Caller
) -> None:
    board, other, his = await ana.board(), await ana.board(), await ben.board()
    alone, saved, elsewhere = [await ana.pin(board, title) for title in ("Alone", "Saved", "Elsewhere")]
    await ben.save(saved, his)
    await ana.save(elsewhere, other)
    bens = await ben.pin(his)
    await ana.save(bens, board)

    await ana.do("deleteBoard", "deletedId", boardId=board)

    assert [await count(stranger, pin) for pin in (alone, saved, elsewhere, bens)] == [None, 1, 1, 1]
    assert await trash(ana) == ([alone], [board])
    back = await ana.do("restoreBoard", "board { id pinCount }", boardId=board)
    again = await ana.do("restoreBoard", "board { id pinCount }", boardId=board)
    assert back == again == {"userErrors": [], "board": {"id": board, "pinCount": 4}}
    assert [await count(stranger, pin) for pin in (alone, saved, elsewhere, bens)] == [1, 2, 2, 2]
    assert await trash(ana) == ([], [])


async def test_a_pin_on_a_collaborators_board_stays_its_creators_when_the_board_goes(ana: Person, ben: Person) -> None:
    board = await ana.board("S", "SECRET")
    await join(ana, ben, board)
    pin = await ben.pin(board)

    await ana.do("deleteBoard", "deletedId", boardId=board)

    assert await count(ben, pin) == 0
    assert await trash(ana) == ([], [board])
    assert await trash(ben) == ([], [])


async def test_board_and_pin_come_back_in_any_order(ana: Person, ben: Person, stranger: Caller) -> None:
    for first, second in (("restoreBoard", "restorePin"), ("restorePin", "restoreBoard")):
        board, his = await ana.board(), await ben.board()
        pin = await ben.pin(his)
        await ana.save(pin, board)
        await ben.do("deletePin", "deletedId", pinId=pin)
        await ana.do("deleteBoard", "deletedId", boardId=board)

        for name in (first, second):
            who, given = (ana, {"boardId": board}) if name == "restoreBoard" else (ben, {"pinId": pin})
            answer = await who.do(name, "board { id }" if who is ana else "pin { id }", **given)
            assert answer["userErrors"] == []

        assert [await count(stranger, each) for each in (board, his, pin)] == [1, 1, 2]


async def test_a_pin_of_two_deleted_boards_is_on_both_again(ana: Person, stranger: Caller) -> None:
    for swapped in (False, True):
        one, two = await ana.board(), await ana.board()
        pin = await ana.pin(one)
        await ana.save(pin, two)
        for board in (one, two):
            await ana.do("deleteBoard", "deletedId", boardId=board)

        for board in (two, one) if swapped else (one, two):
            await ana.do("restoreBoard", "board { id }", boardId=board)

        assert [await count(stranger, each) for each in (one, two, pin)] == [1, 1, 2]


async def test_what_was_secret_does_not_come_back_public(ana: Person, ben: Person, stranger: Caller) -> None:
    hers, his = await ana.board("S", "SECRET"), await ben.board("S", "SECRET")
    await join(ana, ben, hers)
    pin = await ana.pin(hers)
    await ben.save(pin, his)

    await ana.do("deletePin", "deletedId", pinId=pin)
    opened = await ben.do("updateBoard", "board { privacy }", boardId=his, privacy="PUBLIC")
    await ana.do("restorePin", "pin { id }", pinId=pin)

    assert opened["board"] == {"privacy": "PUBLIC"}
    assert (await stranger(NODE, id=pin))["node"] is None
    assert await count(stranger, his) == 0
    assert await count(ana, hers) == 1


async def test_what_was_public_comes_back_secret_on_a_board_that_went_secret(ana: Person, ben: Person) -> None:
    pin, his = await ana.pin(await ana.board()), await ben.board()
    await ben.save(pin, his)
    await ana.do("deletePin", "deletedId", pinId=pin)
    await ben.do("updateBoard", "board { id }", boardId=his, privacy="SECRET")

    await ana.do("restorePin", "pin { id }", pinId=pin)

    assert await count(ana, pin) == 1
    assert await count(ben, pin) == 2


async def test_only_ones_own_trash_is_restored(ana: Person, ben: Person, stranger: Caller) -> None:
    board = await ana.board()
    pin = await ana.pin(board)
    await ana.do("deleteBoard", "deletedId", boardId=board)

    for who, code in ((ben, "NOT_FOUND"), (stranger, "UNAUTHENTICATED")):
        for name, answers, given in (
            ("restorePin", "pin { id }", {"pinId": pin}),
            ("restoreBoard", "board { id }", {"boardId": board}),
        ):
            assert [c for c, _ in codes(await who.do(name, answers, **given))] == [code]
    live = await ben.board()
    for name, answers, given in (
        ("restoreBoard", "board { id }", {"boardId": live}),
        ("restoreBoard", "board { id }", {"boardId": "board_01J8ZZZZZZZZZZZZZZZZZZZZZZ"}),
        ("restorePin", "pin { id }", {"pinId": "nonsense"}),
    ):
        assert [c for c, _ in codes(await ana.do(name, answers, **given))] == ["NOT_FOUND"]
    assert await trash(ana) == ([pin], [board])
    assert (await stranger("{ trashedPins { nodes { id } } }")).codes == ["UNAUTHENTICATED"]


async def test_ten_deletions_and_restorations_at_once_leave_one_whole_board(ana: Person, stranger: Caller) -> None:
    board = await ana.board()
    pins = [await ana.pin(board) for _ in range(3)]

    gone = await asyncio.gather(*(ana.do("deleteBoard", "deletedId", boardId=board) for _ in range(10)))
    back = await asyncio.gather(*(ana.do("restoreBoard", "board { id }", boardId=board) for _ in range(10)))

    assert sorted(c for each in gone for c, _ in codes(each)) == ["NOT_FOUND"] * 9
    assert [codes(each) for each in back] == [[]] * 10
    assert [await count(stranger, each) for each in (board, *pins)] == [3, 1, 1, 1]


async def test_the_trash_is_paged_from_the_last_deleted(ana: Person) -> None:
    board = await ana.board()
    pins = [await ana.pin(board) for _ in range(3)]
    for pin in pins:
        await ana.do("deletePin", "deletedId", pinId=pin)
    document = "query ($a: String) { trashedPins(first: 2, after: $a) { nodes { id } pageInfo { endCursor } } }"

    first = (await ana(document))["trashedPins"]
    second = (await ana(document, a=first["pageInfo"]["endCursor"]))["trashedPins"]

    assert [node["id"] for node in first["nodes"] + second["nodes"]] == pins[::-1]


async def test_after_thirty_days_the_trash_is_emptied_and_pictures_that_nothing_shows_leave_the_store(
    ana: Person, ben: Person
) -> None:
    board, his = await ana.board(), await ben.board()
    photo = photograph()
    ids = []
    for someone, on in ((ana, board), (ana, board), (ben, his)):
        data = photo if len(ids) != 1 else photograph()
        given = {"boardId": on, "image": {"uploadId": await upload(someone, data)}, "title": "A fern"}
        ids.append((await someone.do("createPin", "pin { id }", **given))["pin"]["id"])
    graph, server = ana.server.graph, ana.server
    shared = (await graph_pictures.of_pins(graph, [n := await pin_n(ana, ids[0])]))[n].sha256
    single = (await graph_pictures.of_pins(graph, [n := await pin_n(ana, ids[1])]))[n].sha256
    await ana.do("deleteBoard", "deletedId", boardId=board)
    assert sorted((await trash(ana))[0]) == sorted(ids[:2])

    late = datetime.now(UTC) + timedelta(days=TRASH_LIFE_DAYS)
    await sweep.empty_trash(graph, server.pictures, late - timedelta(hours=1))
    assert (await trash(ana))[1] == [board]
    while await sweep.empty_trash(graph, server.pictures, late + timedelta(hours=1)):
        pass

    assert await trash(ana) == ([], [])
    assert [await count(ben, each) for each in (ids[2], his)] == [1, 1]
    assert await server.store.size(original_at(shared)) is not None
    assert await server.store.size(original_at(single)) is None
    assert await graph_pictures.by_sha256(graph, single) is None
    assert [c for c, _ in codes(await ana.do("restoreBoard", "board { id }", boardId=board))] == ["NOT_FOUND"]
    rows = await graph.read(
        "MATCH (x:TrashedPin|TrashedBoard) WHERE x.id IN $ids RETURN count(x) AS n", ids=[board, *ids]
    )
    assert rows == [{"n": 0}]


async def test_what_is_past_its_time_is_gone_before_it_is_emptied(ana: Person) -> None:
    board = await ana.board()
    pin = await ana.pin(board)
    await ana.do("deleteBoard", "deletedId", boardId=board)

    await ana.server.graph.command(
        "MATCH (x:TrashedPin|TrashedBoard) WHERE x.id IN $ids SET x.trashedAt = x.trashedAt - $ms",
        ids=[board, pin],
        ms=TRASH_LIFE_DAYS * 86_400_000,
    )

    assert await trash(ana) == ([], [])
    assert [c for c, _ in codes(await ana.do("restorePin", "pin { id }", pinId=pin))] == ["NOT_FOUND"]
    assert [c for c, _ in codes(await ana.do("restoreBoard", "board { id }", boardId=board))] == ["NOT_FOUND"]


async def test_what_is_left_of_a_large_board_is_finished_later(ana: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graph_trash, "ORPHANS_A_STEP", 2)
    graph, server = ana.server.graph, ana.server
    board = await ana.board()
    n = await board_n(ana, board)
    pins = [await ana.pin(board) for _ in range(9)]

    await ana.do("deleteBoard", "deletedId", boardId=board)
    some = len((await trash(ana))[0])
    await sweep.empty_trash(graph, server.pictures, datetime.now(UTC) + timedelta(minutes=6))
    all_ = len((await trash(ana))[0])
    back = await ana.do("restoreBoard", "board { pinCount }", boardId=board)
    await graph_trash.fill(graph, ana.n, n)

    assert (some, all_) == (4, 9)
    assert back["board"] == {"pinCount": 4}
    assert await count(ana, board) == 9
    assert await trash(ana) == ([], [])
    assert sorted(await held(ana, board)) == sorted(pins)
