import secrets

import pytest

from domain.ids import SIGNED_OUT
from domain.page import PageArgs
from graph import pin_writes, search, users, words
from graph.client import Graph
from tests.services.graph.conftest import World


async def refresh(graph: Graph) -> None:
    await graph.read("CALL db.index.fulltext.awaitEventuallyConsistentIndexRefresh()", timeout_s=10)


@pytest.mark.parametrize(
    ("title", "query", "whole"),
    [
        ("Café corner", "cafe", True),
        ("Cafe corner", "CAFÉ", True),
        ("Jalapeño poppers", "jalapeno", True),
        ("Wild berries", "berry", True),
        ("One berry", "berries", True),
        ("Painting walls", "paint*", True),
        ("Painting walls", "pain", False),
        ("Running shoes", "runing~", False),
        ("Running shoes", "shoe running", True),
        ("Mother's day", "mothers", True),
        ("Straße bei Nacht", "strasse", True),
    ],
)
async def test_words_are_found_in_their_forms(graph: Graph, world: World, title: str, query: str, whole: bool) -> None:
    ana = (await world.user()).n
    mark = f"q{secrets.token_hex(5)}"
    pin = await world.pin(ana, (await world.board(ana)).n, f"{title} {mark}")
    await refresh(graph)

    found = await search.pins(graph, SIGNED_OUT, f"{query} {mark}", 10)

    assert [(m.pin_n, m.whole) for m in found if m.score >= 1] == [(pin, whole)]


@pytest.mark.parametrize(
    "query",
    ["", "   ", "the of and", "!!!", '"', "\\", "*", "~", "()", "🙂", "' OR", "\x00"],
)
async def test_nothing_worth_asking_finds_nothing(graph: Graph, query: str) -> None:
    assert await search.pins(graph, SIGNED_OUT, query, 10) == []
    assert (await search.boards(graph, SIGNED_OUT, query, PageArgs())).items == ()
    assert (await search.users(graph, SIGNED_OUT, query, PageArgs())).items == ()


@pytest.mark.parametrize(
    "syntax",
    [
        "title:x", "a AND", "NOT {0}", "+{0} -{0}", "{0}^9 [a TO b]", "({0}", '"{0}', "{0}~2 {0}*", "/{0}/", "*{0}",
        "{0} && {0} || !x", "folded:{0}", "a" * 5_000, "{0} " * 50, "{0}\\", "\x00{0}",
    ],
)  # fmt: skip
async def test_what_is_typed_is_text_and_never_raises(graph: Graph, world: World, syntax: str) -> None:
    query = syntax.replace("{0}", "kettle")

    for asked in (query, query.upper()):
        await search.pins(graph, SIGNED_OUT, asked, 5)
        await search.boards(graph, SIGNED_OUT, asked, PageArgs())
        await search.users(graph, SIGNED_OUT, asked, PageArgs())


async def test_better_matches_come_first(graph: Graph, world: World) -> None:
    ana = (await world.user()).n
    board = (await world.board(ana)).n
    mark, thing = f"q{secrets.token_hex(5)}", f"z{secrets.token_hex(5)}lantern"
    some = await world.pin(ana, board, f"{mark} alone")
    prefix = await world.pin(ana, board, f"{mark} {thing}fish")
    whole = await world.pin(ana, board, f"{mark} {thing}s")
    await refresh(graph)

    found = await search.pins(graph, SIGNED_OUT, f"{mark} {thing}", 10)

    assert [m.pin_n for m in found] == [whole, prefix, some]
    assert [m.whole for m in found] == [True, False, False]
    assert found[0].score >= 2 > found[1].score >= 1 > found[2].score


async def test_changed_words_are_found_by_what_they_are_now(graph: Graph, world: World) -> None:
    ana = (await world.user()).n
    before, after = f"q{secrets.token_hex(5)}", f"q{secrets.token_hex(5)}"
    pin = await world.pin(ana, (await world.board(ana)).n, before, description="kept")
    await pin_writes.update(graph, by=ana, pin_n=pin, title=after)
    await refresh(graph)

    found = await search.pins(graph, SIGNED_OUT, f"{after} kept", 5)
    assert [m.pin_n for m in found if m.whole] == [pin]
    assert await search.pins(graph, SIGNED_OUT, before, 5) == []


async def test_boards_and_people_are_found_page_by_page(graph: Graph, world: World) -> None:
    mark = f"q{secrets.token_hex(5)}"
    exact = await world.user(mark)
    longer = await world.user(f"{mark}son")
    made = [(await world.board(exact.n, f"{mark} {i}")).n for i in range(3)]
    await refresh(graph)

    people = await search.users(graph, SIGNED_OUT, mark, PageArgs())
    head = await search.boards(graph, SIGNED_OUT, mark, PageArgs(2))
    rest = await search.boards(graph, SIGNED_OUT, mark, PageArgs(2, head.items[-1].key))

    assert [i.value for i in people.items] == [exact.n, longer.n]
    assert sorted(i.value for i in (*head.items, *rest.items)) == sorted(made)
    assert (head.has_next, rest.has_next) == (True, False)
    await users.update(graph, longer.n, display_name="Zebedee")
    await refresh(graph)
    assert longer.n in {i.value for i in (await search.users(graph, SIGNED_OUT, "zebedee", PageArgs(100))).items}


def test_folding_and_stemming_keep_words_apart() -> None:
    assert words.fold("Crème brûlée, CRÈME!", None, "Søren_2") == "creme brulee søren 2"
    assert words.stem("The running berries of the day") == "run berri day"
    assert words.terms("don't O’Neil") == ["dont", "oneil"]
