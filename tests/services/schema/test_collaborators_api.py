from __future__ import annotations

import asyncio

from domain.events import Kind
from domain.limits import BOARD_COLLABORATORS_MAX
from graph import outbox
from tests.services.schema.conftest import Caller, Person, board_n, person, photograph
from tests.services.schema.test_pins_api import upload

BOARD = "query ($id: ID!) { node(id: $id) { ... on Board { title viewerRole collaborators { user { id } role } } } }"


async def join(owner: Person, other: Person, board: str, role: str = "EDITOR") -> None:
    answer = await owner.do("addCollaborator", "board { id }", boardId=board, userId=other.id, role=role)
    assert answer["userErrors"] == []


async def test_an_editor_adds_and_removes_pins_and_a_viewer_only_looks(ana: Person, ben: Person, cleo: Person) -> None:
    board, pin = await ana.board("Hidden", "SECRET"), await ben.pin(await ben.board())
    await join(ana, ben, board)
    await join(ana, cleo, board, "VIEWER")

    seen = [(await who(BOARD, id=board))["node"]["viewerRole"] for who in (ana, ben, cleo)]
    saved = await ben.do("savePin", "board { pinCount }", pinId=pin, boardId=board)
    looked = await cleo.do("savePin", "board { pinCount }", pinId=pin, boardId=board)
    taken = await cleo.do("unsavePin", "pin { id }", pinId=pin, boardId=board)
    made = await cleo.do("updateBoard", "board { id }", boardId=board, title="Mine")
    changed = await ben.do("updateBoard", "board { id }", boardId=board, title="Mine")
    off = await ben.do("unsavePin", "pin { saveCount }", pinId=pin, boardId=board)

    assert seen == ["OWNER", "EDITOR", "VIEWER"]
    assert saved["board"] == {"pinCount": 1}
    assert off["pin"] == {"saveCount": 1}
    for refused in (looked, taken, made, changed):
        assert [e["code"] for e in refused["userErrors"]] == ["FORBIDDEN"]


async def test_an_editor_makes_pins_on_the_board_and_moves_them_and_a_viewer_does_not(
    ana: Person, ben: Person, cleo: Person
) -> None:
    board, here, there = await ana.board("Hidden", "SECRET"), await ben.board("S", "SECRET"), await cleo.board()
    await join(ana, ben, board)
    await join(ana, cleo, board, "VIEWER")
    codes = []
    for who, to in ((ben, here), (cleo, there)):
        pin = await ana.pin(board)
        image = {"uploadId": await upload(who, photograph())}
        made = await who.do("createPin", "pin { id }", boardId=board, image=image, title="A fern")
        moved = await who.do("movePins", "board { id }", pinIds=[pin], fromBoardId=board, toBoardId=to)
        arranged = await who.do("arrangePins", "board { id }", boardId=board, pinIds=[pin])
        parted = await who.do("createSection", "board { id }", boardId=board, title="Dry")
        codes.append([[e["code"] for e in each["userErrors"]] for each in (made, moved, arranged, parted)])

    assert codes == [[[], [], ["NOT_FOUND"], ["FORBIDDEN"]], [["FORBIDDEN"]] * 4]
    assert (await ana("query ($id: ID!) { node(id: $id) { ... on Board { pinCount } } }", id=board))["node"] == {
        "pinCount": 2
    }


async def test_a_collaborator_who_is_taken_off_sees_nothing_on_the_very_next_read(ana: Person, ben: Person) -> None:
    board = await ana.board("Hidden", "SECRET")
    pin = await ana.pin(board)
    await join(ana, ben, board)
    look = "query ($b: ID!, $p: ID!) { b: node(id: $b) { id } p: node(id: $p) { id } }"
    assert (await ben(look, b=board, p=pin)).data == {"b": {"id": board}, "p": {"id": pin}}

    await ana.do("removeCollaborator", "board { id }", boardId=board, userId=ben.id)

    assert (await ben(look, b=board, p=pin)).data == {"b": None, "p": None}


async def test_the_boards_that_one_works_on_are_listed_and_nobody_elses(ana: Person, ben: Person, cleo: Person) -> None:
    secret, public = await ana.board("Hidden", "SECRET"), await ana.board()
    for board in (secret, public):
        await join(ana, ben, board)
    document = """query ($a: String) { sharedBoards(first: 1, after: $a) {
        nodes { id viewerRole } pageInfo { endCursor } } }"""

    first = (await ben(document))["sharedBoards"]
    second = (await ben(document, a=first["pageInfo"]["endCursor"]))["sharedBoards"]

    assert [first["nodes"], second["nodes"]] == [[{"id": each, "viewerRole": "EDITOR"}] for each in (public, secret)]
    assert (await cleo(document))["sharedBoards"]["nodes"] == (await ana(document))["sharedBoards"]["nodes"] == []


async def test_one_leaves_by_oneself_and_nobody_else_is_taken_off_but_by_the_owner(
    ana: Person, ben: Person, cleo: Person
) -> None:
    board, secret = await ana.board(), await ana.board("Hidden", "SECRET")
    for each in (board, secret):
        await join(ana, ben, each)
        await join(ana, cleo, each)

    refused = await ben.do("removeCollaborator", "board { id }", boardId=board, userId=cleo.id)
    left = await ben.do("removeCollaborator", "board { collaborators { user { id } } }", boardId=board, userId=ben.id)
    gone = await ben.do("removeCollaborator", "board { id }", boardId=secret, userId=ben.id)
    again = await ben.do("removeCollaborator", "board { id }", boardId=secret, userId=ben.id)

    assert [e["code"] for e in refused["userErrors"]] == ["FORBIDDEN"]
    assert left == {"board": {"collaborators": [{"user": {"id": cleo.id}}]}, "userErrors": []}
    assert gone == {"board": None, "userErrors": []}
    assert [e["code"] for e in again["userErrors"]] == ["NOT_FOUND"]


async def test_repeating_changes_the_role_and_invites_once(ana: Person, ben: Person) -> None:
    board = await ana.board()
    n = await board_n(ana, board)
    for role in ("EDITOR", "VIEWER", "VIEWER"):
        await join(ana, ben, board, role)

    assert (await ana(BOARD, id=board))["node"]["collaborators"] == [{"user": {"id": ben.id}, "role": "VIEWER"}]
    rows = await ana.server.graph.read(
        "MATCH (e:Event {kind: 'invited'}) WHERE e.b = $b RETURN e.u AS u, e.t AS t", b=n
    )
    assert rows == [{"u": ana.n, "t": ben.n}]
    assert outbox.event(Kind.INVITED).kind is Kind.INVITED


async def test_nobody_becomes_owner_or_works_on_their_own_board(ana: Person, ben: Person) -> None:
    board = await ana.board()

    owner = await ana.do("addCollaborator", "board { id }", boardId=board, userId=ben.id, role="OWNER")
    oneself = await ana.do("addCollaborator", "board { id }", boardId=board, userId=ana.id)
    nobody = await ana.do("addCollaborator", "board { id }", boardId=board, userId="user_01J8ZZZZZZZZZZZZZZZZZZZZZZ")

    told = [[(e["code"], e["field"]) for e in each["userErrors"]] for each in (owner, oneself, nobody)]
    assert told == [[("INVALID", ["role"])], [("INVALID", ["userId"])], [("NOT_FOUND", ["userId"])]]
    assert (await ana(BOARD, id=board))["node"]["collaborators"] == []


async def test_at_most_fifty_work_on_a_board_also_when_all_come_at_once(ana: Person, stranger: Caller) -> None:
    board = await ana.board()
    n = await board_n(ana, board)
    await ana.server.graph.command(
        """MATCH (b:Board {n: $n}) UNWIND range(1, $count) AS i
           CREATE (u:User {n: -10 * $n - i, id: "user_of_" + $n + "_" + i})
           CREATE (u)-[:COLLABORATES {role: "EDITOR", since: i}]->(b)""",
        n=n,
        count=BOARD_COLLABORATORS_MAX - 1,
    )
    people = [await person(ana.server, f"p{i}") for i in range(3)]

    answers = await asyncio.gather(
        *(ana.do("addCollaborator", "board { id }", boardId=board, userId=each.id) for each in people)
    )

    assert sorted([e["code"] for e in each["userErrors"]] for each in answers) == [[], ["CONFLICT"], ["CONFLICT"]]
    await ana.server.graph.command(
        "MATCH (u:User)-[:COLLABORATES]->(:Board {n: $n}) WHERE u.n < 0 DETACH DELETE u", n=n
    )
    assert len((await stranger(BOARD, id=board))["node"]["collaborators"]) == 1
