"""Two of whom one blocks the other see nothing of each other, by any field; the blocker still finds whom they block."""

from __future__ import annotations

import asyncio
import json

import pytest

from discovery.candidate import ReasonRef
from domain.model import Source
from tests.services.schema.conftest import Caller, FeedsOfTests, Person, board_n, person, pin_n
from tests.services.schema.test_collaborators_api import join

NAME = "query ($u: String!, $id: ID!) { user(username: $u) { id viewerBlocks } node(id: $id) { id } }"
PIN = "id saveCount creator { id } boards { nodes { id owner { id } } }"
ALL = f"""query ($u: String!, $board: ID!, $pin: ID!, $shared: ID!) {{
  user(username: $u) {{ id }} board: node(id: $board) {{ id }} pin: node(id: $pin) {{ {"... on Pin { " + PIN + " }"} }}
  shared: node(id: $shared) {{ ... on Board {{ pinCount followerCount collaborators {{ user {{ id }} }}
    pins {{ edges {{ note savedBy {{ id }} node {{ {PIN} }} }} }} }} }}
  viewer {{ followers {{ nodes {{ id }} }} following {{ nodes {{ id }} }} followedBoards {{ nodes {{ id }} }}
    followerCount followingCount boards {{ nodes {{ id collaborators {{ user {{ id }} }} followerCount }} }}
    pins {{ nodes {{ {PIN} }} }} }}
  searchUsers(query: $u) {{ nodes {{ id }} }} searchBoards(query: "Moss") {{ nodes {{ id }} }}
  homeFeed {{ edges {{ node {{ {PIN} }} reasons {{ text pin {{ id }} board {{ id }} user {{ id }} }} }} }} }}"""


@pytest.fixture
async def shared(ana: Person, ben: Person, cleo: Person, feeds: FeedsOfTests) -> dict[str, str]:
    """Ana and ben follow each other, work together, and have saved to cleo's board; ana's Pin is on ben's board."""
    made = {"ana": await ana.board("Moss"), "ben": await ben.board("Moss"), "cleo": await cleo.board("Moss")}
    made |= {"pin_of_ana": await ana.pin(made["ana"]), "pin_of_ben": await ben.pin(made["ben"])}
    made |= {"pin_of_cleo": await cleo.pin(made["cleo"])}
    for one, other in ((ana, ben), (ben, ana)):
        await join(cleo, one, made["cleo"])
        await join(one, other, made["ana" if one is ana else "ben"])
        await one.do("followUser", "user { id }", userId=other.id)
        await one.do("followBoard", "board { id }", boardId=made["ben" if one is ana else "ana"])
    for who, pin in ((ana, "pin_of_ana"), (ben, "pin_of_ben")):
        answer = await who.do("savePin", "save { note }", pinId=made[pin], boardId=made["cleo"], note=f"By {who.id}")
        assert answer["userErrors"] == []
    await ben.save(made["pin_of_cleo"], made["ben"])
    ref = ReasonRef(Source.FOLLOWED, 1.0, user_n=ben.n, board_n=await board_n(ben, made["ben"]))
    own = ReasonRef(Source.FRESH, 1.0)
    feeds.shows((await pin_n(ben, made["pin_of_ben"]), (own,)), (await pin_n(cleo, made["pin_of_cleo"]), (ref,)))
    return made


async def test_a_block_hides_each_from_the_other_on_every_surface(
    ana: Person, ben: Person, shared: dict[str, str]
) -> None:
    assert (await ana.do("blockUser", "user { id viewerBlocks viewerFollows }", userId=ben.id))["user"] == {
        "id": ben.id,
        "viewerBlocks": True,
        "viewerFollows": False,
    }

    for who, other in ((ana, ben), (ben, ana)):
        name = "ben" if who is ana else "ana"
        reply = await who(
            ALL, u=other.username, board=shared[name], pin=shared[f"pin_of_{name}"], shared=shared["cleo"]
        )
        assert not reply.errors
        told = json.dumps({key: value for key, value in reply.data.items() if key != "user" or who is ben})
        for trace in (other.id, shared[name], shared[f"pin_of_{name}"]):
            assert trace not in told
        assert reply["shared"]["pinCount"] == len(reply["shared"]["pins"]["edges"]) == 2
        assert reply["viewer"]["followerCount"] == reply["viewer"]["followingCount"] == 0
        if who is ana:  # One Pin was ben's, the other shown for his sake alone.
            assert reply["homeFeed"]["edges"] == []


async def test_the_blocker_alone_finds_whom_they_block(ana: Person, ben: Person, stranger: Caller) -> None:
    await ana.do("blockUser", "user { id }", userId=ben.id)
    document = "{ blockedUsers { nodes { id viewerBlocks } pageInfo { hasNextPage } } }"

    assert (await ana(NAME, u=ben.username, id=ben.id)).data == {
        "user": {"id": ben.id, "viewerBlocks": True},
        "node": {"id": ben.id},
    }
    assert (await ben(NAME, u=ana.username, id=ana.id)).data == {"user": None, "node": None}
    assert (await stranger(NAME, u=ana.username, id=ana.id))["node"] == {"id": ana.id}
    assert (await ana(document))["blockedUsers"]["nodes"] == [{"id": ben.id, "viewerBlocks": True}]
    assert (await ben(document))["blockedUsers"]["nodes"] == []
    assert (await stranger(document)).codes == ["UNAUTHENTICATED"]


async def test_nothing_can_be_done_to_who_blocks_or_is_blocked(ana: Person, ben: Person) -> None:
    board, pin = await ana.board(), await ana.pin(await ana.board())
    await ana.do("blockUser", "user { id }", userId=ben.id)

    attempts = [
        await ben.do("followUser", "user { id }", userId=ana.id),
        await ana.do("followUser", "user { id }", userId=ben.id),
        await ben.do("followBoard", "board { id }", boardId=board),
        await ben.do("savePin", "pin { id }", pinId=pin, boardId=await ben.board()),
        await ana.do("addCollaborator", "board { id }", boardId=board, userId=ben.id),
        await ben.do("blockUser", "user { id }", userId=ana.id),
        await ben.do("unblockUser", "user { id }", userId=ana.id),
    ]

    assert [[e["code"] for e in each["userErrors"]] for each in attempts] == [["NOT_FOUND"]] * len(attempts)


async def test_work_on_each_others_boards_ends(ana: Person, ben: Person) -> None:
    secret = await ana.board("Hidden", "SECRET")
    await join(ana, ben, secret)

    await ben.do("blockUser", "user { id }", userId=ana.id)
    await ben.do("unblockUser", "user { id }", userId=ana.id)

    assert (await ben("query ($id: ID!) { node(id: $id) { id } }", id=secret))["node"] is None


async def test_unblocking_shows_them_again_and_brings_nothing_back(ana: Person, ben: Person) -> None:
    await ana.do("followUser", "user { id }", userId=ben.id)
    states = []
    for name in ("blockUser", "blockUser", "unblockUser", "unblockUser"):
        answer = await ana.do(name, "user { viewerBlocks viewerFollows }", userId=ben.id)
        assert answer["userErrors"] == []
        states.append(answer["user"]["viewerBlocks"])

    assert states == [True, True, False, False]
    assert (await ben(NAME, u=ana.username, id=ana.id))["user"] == {"id": ana.id, "viewerBlocks": False}
    assert (await ana("{ viewer { followingCount } }"))["viewer"]["followingCount"] == 0


async def test_oneself_and_nobody_are_refused(ana: Person, stranger: Caller) -> None:
    for name in ("blockUser", "unblockUser"):
        nobody = await ana.do(name, "user { id }", userId="user_01J8ZZZZZZZZZZZZZZZZZZZZZZ")
        signed_out = await stranger.do(name, "user { id }", userId=ana.id)
        assert [e["code"] for e in nobody["userErrors"]] == ["NOT_FOUND"]
        assert [e["code"] for e in signed_out["userErrors"]] == ["UNAUTHENTICATED"]
    oneself = await ana.do("blockUser", "user { id }", userId=ana.id)
    assert [(e["code"], e["field"]) for e in oneself["userErrors"]] == [("INVALID", ["userId"])]


async def test_blocks_both_ways_and_ten_at_once_leave_one_each(ana: Person, ben: Person) -> None:
    calls = [who.do("blockUser", "user { id }", userId=other.id) for who, other in ((ana, ben), (ben, ana)) * 5]

    answers = await asyncio.gather(*calls)

    assert {e["code"] for each in answers for e in each["userErrors"]} <= {"NOT_FOUND"}
    rows = await ana.server.graph.read(
        "MATCH (a:User)-[x:BLOCKS]->(b:User) WHERE a.n IN $ns AND b.n IN $ns RETURN count(x) AS n", ns=[ana.n, ben.n]
    )
    assert rows[0]["n"] in {1, 2}
    for who, other in ((ana, ben), (ben, ana)):
        await who.do("unblockUser", "user { id }", userId=other.id)
    assert (await ana(NAME, u=ben.username, id=ben.id))["node"] == {"id": ben.id}


async def test_at_most_a_thousand_are_blocked(ana: Person) -> None:
    await ana.server.graph.command(
        """MATCH (v:User {n: $n}) UNWIND range(1, 999) AS i
           CREATE (u:User {n: -2000 * $n - i, id: "blocked_" + $n + "_" + i}) CREATE (v)-[:BLOCKS {k: i}]->(u)""",
        n=ana.n,
    )
    one, other = [await person(ana.server, f"b{i}") for i in range(2)]

    codes = [
        [e["code"] for e in (await ana.do("blockUser", "user { id }", userId=who.id))["userErrors"]]
        for who in (one, one, other)
    ]

    assert codes == [[], [], ["CONFLICT"]]
    await ana.server.graph.command("MATCH (:User {n: $n})-[:BLOCKS]->(u) WHERE u.n < 0 DETACH DELETE u", n=ana.n)
    assert (await other(NAME, u=ana.username, id=ana.id))["node"] == {"id": ana.id}
