from __future__ import annotations

import asyncio
from typing import Any

import pytest

from domain.ids import ReportId
from graph import comments as graph_comments
from graph import reports
from graph.reports import ReportState
from tests.services.schema.conftest import Caller, Person, pin_n

MISSING_PIN = "pin_01J8ZZZZZZZZZZZZZZZZZZZZZZ"
MISSING = "comment_01J8ZZZZZZZZZZZZZZZZZZZZZZ"
LOOK = """query ($id: ID!, $f: Int! = 25, $a: String) { node(id: $id) { ... on Pin { commentCount
    comments(first: $f, after: $a) { nodes { id text author { id } } pageInfo { hasNextPage endCursor } } } } }"""
NODE = "query ($id: ID!) { node(id: $id) { id ... on Comment { text author { username } createdAt } } }"


def refusals(answer: Any) -> list[tuple[str, list[str]]]:
    return [(error["code"], error["field"]) for error in answer["userErrors"]]


async def comment(someone: Person, pin: str, text: str = "Lovely") -> str:
    answer = await someone.do("addComment", "comment { id }", pinId=pin, text=text)
    assert answer["userErrors"] == []
    return str(answer["comment"]["id"])


async def block(who: Person, whom: Person) -> None:
    await who.server.graph.command(
        "MATCH (a:User {n: $a}), (b:User {n: $b}) CREATE (a)-[:BLOCKS]->(b)", a=who.n, b=whom.n
    )


async def test_a_comment_is_read_by_who_sees_the_pin_newest_first(ana: Person, ben: Person, stranger: Caller) -> None:
    pin = await ana.pin(await ana.board())

    first = await comment(ben, pin, "  What moss is this? ")
    second = await comment(ana, pin, "Sphagnum")
    seen = (await stranger(LOOK, id=pin))["node"]
    page = (await stranger(LOOK, id=pin, f=1))["node"]["comments"]
    rest = (await stranger(LOOK, id=pin, f=1, a=page["pageInfo"]["endCursor"]))["node"]["comments"]
    alone = (await stranger(NODE, id=first))["node"]

    assert seen["commentCount"] == 2
    assert [(c["id"], c["text"], c["author"]["id"]) for c in seen["comments"]["nodes"]] == [
        (second, "Sphagnum", ana.id),
        (first, "What moss is this?", ben.id),
    ]
    assert [c["id"] for c in page["nodes"] + rest["nodes"]] == [second, first]
    assert [page["pageInfo"]["hasNextPage"], rest["pageInfo"]["hasNextPage"]] == [True, False]
    assert alone["text"] == "What moss is this?"
    assert alone["author"] == {"username": ben.username}


async def test_comments_of_a_page_of_pins_cost_the_same_statements_at_any_length(ana: Person) -> None:
    board = await ana.board()
    document = "query ($id: ID!) { node(id: $id) { ... on Board { pins { nodes { commentCount comments(first: 2) "
    document += "{ nodes { text author { id } } } } } } } }"
    await comment(ana, await ana.pin(board))
    few = await ana(document, id=board)
    for _ in range(4):
        await comment(ana, await ana.pin(board))
    many = await ana(document, id=board)

    assert [len(p["comments"]["nodes"]) for p in many["node"]["pins"]["nodes"]] == [1] * 5
    assert few.statements == many.statements


async def test_what_cannot_be_commented_on_is_refused_and_nothing_is_written(
    ana: Person, ben: Person, stranger: Caller
) -> None:
    shown, hidden = await ana.pin(await ana.board()), await ana.pin(await ana.board("Hidden", "SECRET"))

    answers = {
        "signed out": await stranger.do("addComment", "comment { id }", pinId=shown, text="Hi"),
        "missing": await ben.do("addComment", "comment { id }", pinId=MISSING_PIN, text="Hi"),
        "malformed": await ben.do("addComment", "comment { id }", pinId="moss", text="Hi"),
        "secret": await ben.do("addComment", "comment { id }", pinId=hidden, text="Hi"),
        "empty": await ben.do("addComment", "comment { id }", pinId=shown, text=" \n "),
        "over": await ben.do("addComment", "comment { id }", pinId=shown, text="x" * 501),
    }

    assert {why: refusals(answer) for why, answer in answers.items()} == {
        "signed out": [("UNAUTHENTICATED", [])],
        "missing": [("NOT_FOUND", ["pinId"])],
        "malformed": [("NOT_FOUND", ["pinId"])],
        "secret": [("NOT_FOUND", ["pinId"])],
        "empty": [("INVALID", ["text"])],
        "over": [("INVALID", ["text"])],
    }
    assert answers["secret"]["userErrors"] == answers["missing"]["userErrors"]
    assert [(await ana(LOOK, id=pin))["node"]["commentCount"] for pin in (shown, hidden)] == [0, 0]


async def test_the_longest_comment_is_taken(ana: Person) -> None:
    pin = await ana.pin(await ana.board())

    for length in (499, 500):
        await comment(ana, pin, "x" * length)

    assert (await ana(LOOK, id=pin))["node"]["commentCount"] == 2


async def test_a_pin_takes_a_bounded_number_of_comments(ana: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    pin = await ana.pin(await ana.board())
    monkeypatch.setattr(graph_comments, "PIN_COMMENTS_MAX", 3)

    answers = await asyncio.gather(
        *(ana.do("addComment", "comment { id }", pinId=pin, text=f"No. {i}") for i in range(10))
    )

    assert sorted(str(refusals(answer)) for answer in answers) == ["[('CONFLICT', ['pinId'])]"] * 7 + ["[]"] * 3
    assert (await ana(LOOK, id=pin))["node"]["commentCount"] == 3


async def test_a_comment_is_deleted_by_its_author_or_who_made_the_pin(ana: Person, ben: Person, cleo: Person) -> None:
    pin = await ana.pin(await ana.board())
    his, hers = await comment(ben, pin), await comment(ben, pin)

    theirs = await cleo.do("deleteComment", "deletedId", commentId=his)
    still = (await ana(LOOK, id=pin))["node"]["commentCount"]
    own = await ben.do("deleteComment", "deletedId", commentId=his)
    creators = await ana.do("deleteComment", "deletedId", commentId=hers)
    again = await ana.do("deleteComment", "deletedId", commentId=hers)

    assert refusals(theirs) == [("FORBIDDEN", ["commentId"])]
    assert still == 2
    assert (own["deletedId"], creators["deletedId"]) == (his, hers)
    assert refusals(again) == [("NOT_FOUND", ["commentId"])]
    assert (await ana(LOOK, id=pin))["node"]["commentCount"] == 0
    assert (await ana(NODE, id=his))["node"] is None


async def test_a_comment_on_a_secret_pin_is_like_none(ana: Person, ben: Person, stranger: Caller) -> None:
    hidden = await comment(ana, await ana.pin(await ana.board("Hidden", "SECRET")))

    answers = [await ben.do("deleteComment", "deletedId", commentId=id_) for id_ in (hidden, MISSING, "comment_x")]
    out = await stranger.do("deleteComment", "deletedId", commentId=hidden)

    assert [refusals(answer) for answer in answers] == [[("NOT_FOUND", ["commentId"])]] * 3
    assert answers[0] == answers[1]
    assert refusals(out) == [("UNAUTHENTICATED", [])]
    assert [(await who(NODE, id=hidden))["node"] for who in (ben, stranger)] == [None, None]
    assert (await ana(NODE, id=hidden))["node"]["id"] == hidden


async def test_a_block_hides_comments_both_ways(ana: Person, ben: Person, cleo: Person) -> None:
    pin = await ana.pin(await ana.board())
    bens, cleos = await comment(ben, pin), await comment(cleo, pin)
    await block(cleo, ben)

    seen = {who.username: (await who(LOOK, id=pin))["node"] for who in (ana, ben, cleo)}

    assert [c["id"] for c in seen[ana.username]["comments"]["nodes"]] == [cleos, bens]
    assert [c["id"] for c in seen[ben.username]["comments"]["nodes"]] == [bens]
    assert [c["id"] for c in seen[cleo.username]["comments"]["nodes"]] == [cleos]
    assert [seen[who.username]["commentCount"] for who in (ana, ben, cleo)] == [2, 1, 1]
    assert (await ben(NODE, id=cleos))["node"] is None


async def test_a_report_waits_for_the_operator_who_dismisses_it(ana: Person, ben: Person, cleo: Person) -> None:
    graph, pin = ana.server.graph, await ana.pin(await ana.board(), "Moss")

    answers = [await ben.do("reportPin", "pin { id }", pinId=pin, kind="SPAM")] * 2
    await ben.do("reportPin", "pin { id }", pinId=pin, kind="OTHER", text=" It buzzes ")
    await cleo.do("reportPin", "pin { id }", pinId=pin, kind="HATE")
    waiting = [r for r in await reports.listed(graph, ReportState.OPEN, 10_000) if r.pin_id == pin]
    done = await reports.settle(graph, waiting[0].id, ReportState.DISMISSED)

    assert answers == [{"pin": {"id": pin}, "userErrors": []}] * 2
    assert [(r.kind.value, r.text, r.reporter) for r in waiting] == [
        ("OTHER", "It buzzes", ben.username),
        ("HATE", None, cleo.username),
    ]
    assert (done.reports, done.pin_title, done.taken_down) == (2, "Moss", False)
    assert [r for r in await reports.listed(graph, ReportState.OPEN, 10_000) if r.pin_id == pin] == []
    assert (await ben(LOOK, id=pin))["node"] is not None


async def test_a_pin_that_is_taken_down_is_gone_for_everybody(ana: Person, ben: Person) -> None:
    graph, board, his = ana.server.graph, await ana.board(), await ben.board()
    pin = await ana.pin(board)
    await ben.save(pin, his)
    said = await comment(ben, pin)
    await ben.do("reportPin", "pin { id }", pinId=pin, kind="COPYRIGHT")
    [waiting] = [r for r in await reports.listed(graph, ReportState.OPEN, 10_000) if r.pin_id == pin]

    done = await reports.settle(graph, waiting.id, ReportState.TAKEN_DOWN)

    count = "query ($id: ID!) { node(id: $id) { ... on Board { pinCount } } }"
    assert done.taken_down
    assert [(await who(LOOK, id=pin))["node"] for who in (ana, ben)] == [None, None]
    assert (await ben(NODE, id=said))["node"] is None
    assert [(await ana(count, id=b))["node"]["pinCount"] for b in (board, his)] == [0, 0]
    with pytest.raises(Exception, match="settled before"):
        await reports.settle(graph, waiting.id, ReportState.DISMISSED)
    with pytest.raises(Exception, match="no report"):
        await reports.settle(graph, ReportId("report_01J8ZZZZZZZZZZZZZZZZZZZZZZ"), ReportState.DISMISSED)


async def test_what_cannot_be_reported_is_refused(ana: Person, ben: Person, stranger: Caller) -> None:
    shown, hidden = await ana.pin(await ana.board()), await ana.pin(await ana.board("Hidden", "SECRET"))

    out = await stranger.do("reportPin", "pin { id }", pinId=shown, kind="SPAM")
    secret = await ben.do("reportPin", "pin { id }", pinId=hidden, kind="SPAM")
    missing = await ben.do("reportPin", "pin { id }", pinId=MISSING_PIN, kind="SPAM")
    over = await ben.do("reportPin", "pin { id }", pinId=shown, kind="SPAM", text="x" * 501)
    most = await ben.do("reportPin", "pin { id }", pinId=shown, kind="SPAM", text="x" * 500)

    assert refusals(out) == [("UNAUTHENTICATED", [])]
    assert secret == missing
    assert refusals(secret) == [("NOT_FOUND", ["pinId"])]
    assert refusals(over) == [("INVALID", ["text"])]
    assert refusals(most) == []
    listed = [
        r for r in await reports.listed(ana.server.graph, ReportState.OPEN, 10_000) if r.pin_id in (shown, hidden)
    ]
    assert [len(r.text or "") for r in listed] == [500]


async def test_ten_reports_at_once_are_one(ana: Person, ben: Person) -> None:
    pin = await ana.pin(await ana.board())
    n = await pin_n(ana, pin)

    answers = await asyncio.gather(*(ben.do("reportPin", "pin { id }", pinId=pin, kind="SPAM") for _ in range(10)))

    row = await ana.server.graph.one("MATCH (r:Report {pinN: $n}) RETURN count(*) AS n", n=n)
    assert [refusals(answer) for answer in answers] == [[]] * 10
    assert row == {"n": 1}
