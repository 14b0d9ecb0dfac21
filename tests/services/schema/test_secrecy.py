"""What a stranger can learn of a secret board by any field: nothing."""

from __future__ import annotations

import json

import pytest

from discovery.candidate import ReasonRef
from domain.model import Source
from tests.services.schema.conftest import Caller, FeedsOfTests, Person, board_n, person, pin_n

SECRET = "Zanzibar"
PIN = "id title saveCount boards { nodes { id title } } viewerSaves { board { id title } } creator { id }"
BOARD = (
    f"id title pinCount followerCount cover {{ url }} pins {{ nodes {{ {PIN} }} }} moreIdeas {{ nodes {{ {PIN} }} }}"
)
EVERYTHING = f"""
query ($board: ID!, $pin: ID!, $shown: ID!, $u: String!) {{
  board: node(id: $board) {{ ... on Board {{ {BOARD} }} }}
  pin: node(id: $pin) {{ ... on Pin {{ {PIN} related {{ nodes {{ {PIN} }} }} similar {{ nodes {{ {PIN} }} }} }} }}
  shown: node(id: $shown) {{ ... on Pin {{ {PIN} }} }}
  nodes(ids: [$board, $pin]) {{ id }}
  user(username: $u) {{
    boards {{ nodes {{ {BOARD} }} }} pins {{ nodes {{ {PIN} }} }} followedBoards {{ nodes {{ {BOARD} }} }}
  }}
}}"""
FEEDS = f"""
query ($board: ID!) {{
  homeFeed {{ edges {{ node {{ {PIN} }} reasons {{ text pin {{ {PIN} }} board {{ id title }} user {{ id }} }} }} }}
  followingFeed {{ edges {{ node {{ {PIN} }} reasons {{ text board {{ id title }} }} }} }}
  trendingPins {{ edges {{ node {{ {PIN} }} reasons {{ text board {{ id title }} }} }} }}
  searchPins(query: "{SECRET}") {{ edges {{ node {{ {PIN} }} reasons {{ text board {{ id title }} }} }} }}
  narrowed: searchPins(query: "{SECRET}", filter: {{ boardId: $board }}) {{ nodes {{ {PIN} }} }}
}}"""


@pytest.fixture
async def secret(ana: Person) -> tuple[str, str, str]:
    """The ids of a secret board of ana's, of a Pin on it alone, and of one that is on a public board too."""
    board = await ana.board(SECRET, "SECRET")
    pin = await ana.pin(board, f"{SECRET} at night")
    shown = await ana.pin(await ana.board("Public"), "Harbour")
    await ana.save(shown, board)
    await ana.do("followBoard", "board { id }", boardId=board)
    return board, pin, shown


async def test_no_field_shows_a_secret_board_to_a_stranger(
    ana: Person, ben: Person, stranger: Caller, secret: tuple[str, str, str], feeds: FeedsOfTests
) -> None:
    board, pin, shown = secret

    for outsider in (stranger, ben):
        reply = await outsider(EVERYTHING, board=board, pin=pin, shown=shown, u=ana.username)

        assert reply["board"] is reply["pin"] is None
        assert reply["nodes"] == [None, None]
        assert reply["shown"]["saveCount"] == 1
        assert [b["title"] for b in reply["shown"]["boards"]["nodes"]] == ["Public"]
        assert [b["title"] for b in reply["user"]["boards"]["nodes"]] == ["Public"]
        assert [p["id"] for p in reply["user"]["pins"]["nodes"]] == [shown]
        assert reply["user"]["followedBoards"]["nodes"] == []
        for trace in (SECRET, board, pin):
            assert trace not in json.dumps(reply.data)


async def test_its_owner_sees_all_of_it(ana: Person, secret: tuple[str, str, str], feeds: FeedsOfTests) -> None:
    board, pin, shown = secret

    reply = await ana(EVERYTHING, board=board, pin=pin, shown=shown, u=ana.username)

    assert reply["board"]["pinCount"] == 2
    assert reply["pin"]["saveCount"] == 1
    assert reply["shown"]["saveCount"] == 2
    assert {s["board"]["title"] for s in reply["shown"]["viewerSaves"]} == {SECRET, "Public"}
    assert {b["title"] for b in reply["user"]["boards"]["nodes"]} == {SECRET, "Public"}


async def test_a_feed_leaves_out_what_its_viewer_may_not_see_and_reasons_that_name_it(
    ana: Person, ben: Person, stranger: Caller, secret: tuple[str, str, str], feeds: FeedsOfTests
) -> None:
    board, pin, shown = secret
    board_of, pin_of, shown_of = await board_n(ana, board), await pin_n(ana, pin), await pin_n(ana, shown)
    by_board = ReasonRef(Source.WALK, 3.0, board_n=board_of)
    by_pin = ReasonRef(Source.VISUAL, 2.0, pin_n=pin_of)
    fresh = ReasonRef(Source.FRESH, 1.0)
    other = await ben.pin(await ben.board("Ben's"))
    feeds.shows((pin_of, (fresh,)), (shown_of, (by_board, fresh)), (await pin_n(ben, other), (by_board, by_pin)))

    for outsider in (stranger, ben):
        reply = await outsider(FEEDS, board=board)

        for name in ("homeFeed", "followingFeed", "trendingPins", "searchPins"):
            assert [edge["node"]["id"] for edge in reply[name]["edges"]] == [shown]
            assert [r["text"] for r in reply[name]["edges"][0]["reasons"]] == ["Just added"]
        assert reply["narrowed"]["nodes"] == []
        for trace in (SECRET, board, pin):
            assert trace not in json.dumps(reply.data)
    hers = await ana(FEEDS, board=board)
    assert [edge["node"]["id"] for edge in hers["homeFeed"]["edges"]] == [pin, shown, other]


async def test_a_secret_save_is_counted_for_its_owner_alone(ana: Person, ben: Person, stranger: Caller) -> None:
    pin, hidden = await ana.pin(await ana.board()), await ben.board(SECRET, "SECRET")
    await ben.save(pin, hidden)
    document = (
        "query ($id: ID!) { node(id: $id) { ... on Pin { saveCount boards { nodes { id } } viewerSaves { note } } } }"
    )

    counts = [(await who(document, id=pin))["node"]["saveCount"] for who in (stranger, ana, ben)]

    assert counts == [1, 1, 2]
    assert hidden not in json.dumps((await ana(document, id=pin)).data)
    assert hidden in json.dumps((await ben(document, id=pin)).data)


async def test_mutations_find_nothing_of_a_secret_board(ben: Person, secret: tuple[str, str, str]) -> None:
    board, pin, _ = secret
    mine = await ben.board()
    attempts = [
        ("savePin", "pin { id }", {"pinId": pin, "boardId": mine}),
        ("savePin", "pin { id }", {"pinId": pin, "boardId": board}),
        ("unsavePin", "pin { id }", {"pinId": pin, "boardId": board}),
        ("followBoard", "board { id }", {"boardId": board}),
        ("unfollowBoard", "board { id }", {"boardId": board}),
        ("updateBoard", "board { id }", {"boardId": board, "privacy": "PUBLIC"}),
        ("updateBoard", "board { id }", {"boardId": mine, "coverPinId": pin}),
        ("deleteBoard", "deletedId", {"boardId": board}),
        ("updatePin", "pin { id }", {"pinId": pin, "title": "x"}),
        ("deletePin", "deletedId", {"pinId": pin}),
        ("hidePin", "pin { id }", {"pinId": pin}),
        ("unhidePin", "pin { id }", {"pinId": pin}),
    ]

    for name, answers, given in attempts:
        answer = await ben.do(name, answers, **given)

        assert [e["code"] for e in answer["userErrors"]] == ["NOT_FOUND"], name
        assert SECRET not in json.dumps(answer)


async def test_a_follower_of_a_board_loses_sight_of_it_when_it_goes_secret(
    ana: Person, ben: Person, stranger: Caller
) -> None:
    board = await ana.board(SECRET)
    await ben.do("followBoard", "board { id }", boardId=board)
    document = "query ($u: String!) { user(username: $u) { followedBoards { nodes { title } } } }"
    assert (await stranger(document, u=ben.username))["user"]["followedBoards"]["nodes"] == [{"title": SECRET}]

    await ana.do("updateBoard", "board { id }", boardId=board, privacy="SECRET")

    for who in (ana, ben, stranger, await person(ana.server, "dora")):
        listed = (await who(document, u=ben.username))["user"]["followedBoards"]["nodes"]
        assert listed == ([{"title": SECRET}] if who is ana else [])
