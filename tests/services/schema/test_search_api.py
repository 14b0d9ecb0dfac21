"""What is suggested while somebody types: public words alone."""

from __future__ import annotations

import secrets

import pytest

from domain.limits import SEARCH_CHARS_MAX, SUGGESTIONS_MAX
from graph.client import Graph
from tests.services.schema.conftest import Caller, Person, Server

SUGGEST = "query ($prefix: String!, $first: Int! = 8) { suggestSearches(prefix: $prefix, first: $first) }"
BLOCK = "MATCH (a:User {n: $a}), (b:User {n: $b}) CREATE (a)-[:BLOCKS]->(b)"


def word() -> str:
    return "q" + "".join(chr(ord("a") + b % 26) for b in secrets.token_bytes(9))


async def refresh(graph: Graph) -> None:
    await graph.read("CALL db.index.fulltext.awaitEventuallyConsistentIndexRefresh()", timeout_s=10)


async def test_words_are_completed_with_what_follows_them_the_common_ones_first(ana: Person, stranger: Caller) -> None:
    mark = word()
    board = await ana.board(f"{mark}é walls")
    for title in (f"{mark}é garden", f"A {mark}é garden", f"{mark}é of the garden"):
        await ana.pin(board, title)
    await refresh(ana.server.graph)

    found = (await stranger(SUGGEST, prefix=mark[:-2]))["suggestSearches"]

    assert found == [f"{mark}é", f"{mark}é garden", f"{mark}é walls"]
    assert (await stranger(SUGGEST, prefix=f"GARDEN {mark[:5]}"))["suggestSearches"][0] == f"garden {mark}é"
    assert (await stranger(SUGGEST, prefix=mark[:6], first=1))["suggestSearches"] == [f"{mark}é"]


async def test_nothing_secret_is_suggested_from_the_next_read_on(ana: Person, ben: Person, stranger: Caller) -> None:
    board_word, pin_word = word(), word()
    board = await ana.board(board_word, privacy="SECRET")
    await ana.pin(board, pin_word)
    await refresh(ana.server.graph)
    for caller in (ana, ben, stranger):
        for typed in (board_word[:5], pin_word[:5]):
            assert (await caller(SUGGEST, prefix=typed))["suggestSearches"] == []

    await ana.do("updateBoard", "board { id }", boardId=board, privacy="PUBLIC")
    assert (await stranger(SUGGEST, prefix=pin_word[:5]))["suggestSearches"] == [pin_word]
    assert (await stranger(SUGGEST, prefix=board_word[:5]))["suggestSearches"] == [board_word]
    await ben.server.graph.command(BLOCK, a=ana.n, b=ben.n)
    assert (await ben(SUGGEST, prefix=pin_word[:5]))["suggestSearches"] == []
    assert (await ben(SUGGEST, prefix=board_word[:5]))["suggestSearches"] == []

    await ana.do("updateBoard", "board { id }", boardId=board, privacy="SECRET")
    assert (await stranger(SUGGEST, prefix=pin_word[:5]))["suggestSearches"] == []
    assert (await stranger(SUGGEST, prefix=board_word[:5]))["suggestSearches"] == []


async def test_one_letter_is_answered_from_the_list_and_only_while_it_is_public(
    ana: Person, server: Server, stranger: Caller
) -> None:
    letter = "ø"  # Of this test alone: nobody else's words begin with it.
    board = await ana.board()
    for _ in range(3):
        await ana.pin(board, f"{letter}llebrød, {letter}gle")
    await server.suggestions.refresh()

    kept = await stranger(SUGGEST, prefix=letter.upper())
    assert sorted(kept["suggestSearches"]) == [f"{letter}gle", f"{letter}llebrød"]
    assert kept.statements == 1

    await ana.do("updateBoard", "board { id }", boardId=board, privacy="SECRET")
    assert (await stranger(SUGGEST, prefix=letter))["suggestSearches"] == []


@pytest.mark.parametrize("typed", ["", "   ", "!!", "*", '"', "a AND (", "title:x", "[", "🙂", "the of", "x" * 200])
async def test_whatever_is_typed_is_text(stranger: Caller, typed: str) -> None:
    assert isinstance((await stranger(SUGGEST, prefix=typed))["suggestSearches"], list)


@pytest.mark.parametrize(
    ("typed", "first"),
    [("a", 0), ("a", -1), ("a", SUGGESTIONS_MAX + 1), ("x" * (SEARCH_CHARS_MAX + 1), 8), ("a\x00", 8)],
)
async def test_what_is_out_of_bounds_is_refused(stranger: Caller, typed: str, first: int) -> None:
    assert (await stranger(SUGGEST, prefix=typed, first=first)).codes == ["BAD_USER_INPUT"]


async def test_as_many_as_are_allowed_may_be_asked_for(stranger: Caller) -> None:
    assert (await stranger(SUGGEST, prefix="a", first=SUGGESTIONS_MAX)).codes == []
