from __future__ import annotations

from typing import Any

import pytest

from tests.services.schema.conftest import Caller, Person

BOARD = "query ($id: ID!) { node(id: $id) { ... on Board { id title description privacy pinCount viewerRole } } }"
MISSING = "board_01J8ZZZZZZZZZZZZZZZZZZZZZZ"


async def test_a_board_is_made_with_its_words(ana: Person) -> None:
    answer = await ana.do(
        "createBoard",
        """board { title description privacy viewerRole viewerFollows pinCount followerCount
                   owner { id } cover { width } }""",
        title="  Moss ",
        description="Soft.",
    )

    assert answer["userErrors"] == []
    assert answer["board"] == {
        "title": "Moss",
        "description": "Soft.",
        "privacy": "PUBLIC",
        "viewerRole": "OWNER",
        "viewerFollows": False,
        "pinCount": 0,
        "followerCount": 0,
        "owner": {"id": ana.id},
        "cover": None,
    }


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({"title": "   "}, "INVALID", "title"),
        ({"title": "x" * 101}, "INVALID", "title"),
        ({"title": "a\x00b"}, "INVALID", "title"),
        ({"title": "x", "description": "x" * 801}, "INVALID", "description"),
        ({"title": "x", "topicId": "topic_01J8ZZZZZZZZZZZZZZZZZZZZZZ"}, "NOT_FOUND", "topicId"),
        ({"title": "x", "topicId": "nonsense"}, "NOT_FOUND", "topicId"),
    ],
)
async def test_a_board_has_bounds(ana: Person, given: dict[str, Any], code: str, field: str) -> None:
    answer = await ana.do("createBoard", "board { id }", **given)

    assert [(e["code"], e["field"]) for e in answer["userErrors"]] == [(code, [field])]
    assert answer["board"] is None
    assert (await ana("{ viewer { boards { nodes { id } } } }"))["viewer"]["boards"]["nodes"] == []


async def test_an_update_keeps_what_is_absent_and_clears_what_is_null(ana: Person) -> None:
    board = await ana.board()

    await ana.do("updateBoard", "board { id }", boardId=board, description="Soft.")
    answer = await ana.do("updateBoard", "board { title description }", boardId=board, title="Fern", description=None)

    assert answer["board"] == {"title": "Fern", "description": None}


@pytest.mark.parametrize("changed", [{"title": None}, {"title": ""}, {"privacy": None}])
async def test_an_update_refuses_to_clear_what_a_board_must_have(ana: Person, changed: dict[str, Any]) -> None:
    board = await ana.board()

    answer = await ana.do("updateBoard", "board { id }", boardId=board, **changed)

    assert [e["code"] for e in answer["userErrors"]] == ["INVALID"]
    assert (await ana(BOARD, id=board))["node"]["title"] == "Moss"


async def test_the_cover_is_the_chosen_pin_else_the_newest(ana: Person) -> None:
    board = await ana.board()
    first, _ = await ana.pin(board), await ana.pin(board)
    cover = """query ($b: ID!, $p: ID!) {
        board: node(id: $b) { ... on Board { cover { url } } } pin: node(id: $p) { ... on Pin { image { url } } } }"""

    before = await ana(cover, b=board, p=first)
    answer = await ana.do("updateBoard", "board { cover { url } }", boardId=board, coverPinId=first)
    cleared = await ana.do("updateBoard", "board { cover { url } }", boardId=board, coverPinId=None)

    assert before["board"]["cover"] != before["pin"]["image"]
    assert answer["board"]["cover"] == before["pin"]["image"]
    assert cleared["board"]["cover"] == before["board"]["cover"]


@pytest.mark.parametrize(("name", "answers"), [("updateBoard", "board { id }"), ("deleteBoard", "deletedId")])
async def test_somebody_elses_board_is_forbidden_and_a_secret_one_is_not_found(
    ana: Person, ben: Person, name: str, answers: str
) -> None:
    public, secret = await ana.board(), await ana.board("Hidden", "SECRET")
    more = {"title": "Mine now"} if name == "updateBoard" else {}

    codes = []
    for board in (public, secret, MISSING, "board_x", ana.id):
        answer = await ben.do(name, answers, boardId=board, **more)
        codes.append([(e["code"], e["field"]) for e in answer["userErrors"]])

    assert codes == [[("FORBIDDEN", ["boardId"])], *[[("NOT_FOUND", ["boardId"])]] * 4]
    assert (await ana(BOARD, id=public))["node"]["title"] == "Moss"
    assert (await ana(BOARD, id=secret))["node"]["title"] == "Hidden"


async def test_a_deleted_board_is_gone_and_deleting_it_again_is_not_found(ana: Person) -> None:
    board = await ana.board()
    pin = await ana.pin(board)

    answer = await ana.do("deleteBoard", "deletedId", boardId=board)
    again = await ana.do("deleteBoard", "deletedId", boardId=board)

    assert answer == {"deletedId": board, "userErrors": []}
    assert [e["code"] for e in again["userErrors"]] == ["NOT_FOUND"]
    assert (await ana(BOARD, id=board))["node"] is None
    assert (await ana("query ($id: ID!) { node(id: $id) { id } }", id=pin))["node"] is None


async def test_a_board_that_goes_secret_and_back_keeps_its_pins(ana: Person, stranger: Caller) -> None:
    board = await ana.board()
    pin = await ana.pin(board)

    hidden = await ana.do("updateBoard", "board { privacy pinCount }", boardId=board, privacy="SECRET")
    unseen = await stranger(BOARD, id=board)
    unseen_pin = await stranger(BOARD, id=pin)
    shown = await ana.do("updateBoard", "board { privacy pinCount }", boardId=board, privacy="PUBLIC")
    seen = await stranger(BOARD, id=board)

    assert hidden["board"] == {"privacy": "SECRET", "pinCount": 1}
    assert unseen["node"] is unseen_pin["node"] is None
    assert shown["board"] == {"privacy": "PUBLIC", "pinCount": 1}
    assert seen["node"]["pinCount"] == 1


async def test_following_a_board_twice_is_once(ana: Person, ben: Person) -> None:
    board = await ana.board()
    answers = "board { viewerFollows followerCount }"

    states = [
        (await ben.do(name, answers, boardId=board))["board"]
        for name in ("followBoard", "followBoard", "unfollowBoard", "unfollowBoard")
    ]

    on, off = {"viewerFollows": True, "followerCount": 1}, {"viewerFollows": False, "followerCount": 0}
    assert states == [on, on, off, off]


async def test_following_a_user_twice_is_once(ana: Person, ben: Person) -> None:
    answers = "user { viewerFollows followerCount followers { nodes { id } } }"

    states = [
        (await ben.do(name, answers, userId=ana.id))["user"]
        for name in ("followUser", "followUser", "unfollowUser", "unfollowUser")
    ]

    on = {"viewerFollows": True, "followerCount": 1, "followers": {"nodes": [{"id": ben.id}]}}
    off = {"viewerFollows": False, "followerCount": 0, "followers": {"nodes": []}}
    assert states == [on, on, off, off]


async def test_nobody_follows_themselves_or_what_is_not_there(ana: Person, ben: Person) -> None:
    secret = await ben.board("Hidden", "SECRET")

    themselves = await ana.do("followUser", "user { id }", userId=ana.id)
    nobody = await ana.do("followUser", "user { id }", userId="user_01J8ZZZZZZZZZZZZZZZZZZZZZZ")
    hidden = await ana.do("followBoard", "board { id }", boardId=secret)

    assert [e["code"] for e in themselves["userErrors"]] == ["INVALID"]
    assert [e["code"] for e in nobody["userErrors"] + hidden["userErrors"]] == ["NOT_FOUND", "NOT_FOUND"]


async def test_lists_of_follows_are_paged_from_the_latest(ana: Person, ben: Person, cleo: Person) -> None:
    board = await cleo.board()
    await ana.do("followUser", "user { id }", userId=ben.id)
    await ana.do("followUser", "user { id }", userId=cleo.id)
    await ana.do("followBoard", "board { id }", boardId=board)
    document = """query ($a: String) { viewer { followingCount followedBoards { nodes { id } }
        following(first: 1, after: $a) { nodes { id } pageInfo { hasNextPage hasPreviousPage endCursor } } } }"""

    first = (await ana(document))["viewer"]
    second = (await ana(document, a=first["following"]["pageInfo"]["endCursor"]))["viewer"]

    assert first["followingCount"] == 2
    assert first["followedBoards"]["nodes"] == [{"id": board}]
    assert first["following"]["nodes"] == [{"id": cleo.id}]
    assert second["following"]["nodes"] == [{"id": ben.id}]
    assert [first["following"]["pageInfo"][k] for k in ("hasNextPage", "hasPreviousPage")] == [True, False]
    assert [second["following"]["pageInfo"][k] for k in ("hasNextPage", "hasPreviousPage")] == [False, True]
