import secrets
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from domain import color
from domain.ids import SIGNED_OUT
from domain.model import PinFilter
from domain.page import PageArgs
from graph import migrate, narrowing, pin_writes, pins, search, users, words
from graph.client import Graph
from tests.services.graph.conftest import World, new_picture


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
        ("Fresh strawberries", "strawbery", False),
        ("Fresh strawberries", "srtawberries", False),
        ("Two tomatoes", "tomatos", True),
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


async def test_what_others_keep_secret_takes_no_place(graph: Graph, world: World) -> None:
    ana, ben = (await world.user()).n, (await world.user()).n
    mark = f"q{secrets.token_hex(5)}"
    shown = [await world.pin(ana, (await world.board(ana)).n, f"{mark} and more words") for _ in range(2)]
    hidden = (await world.board(ben, secret=True)).n
    for _ in range(6):
        await world.pin(ben, hidden, mark)
    await refresh(graph)

    assert sorted(m.pin_n for m in await search.pins(graph, ana, mark, 2)) == sorted(shown)


async def test_every_filter_is_exact_beyond_any_shortlist(graph: Graph, world: World) -> None:
    ana, ben = (await world.user()).n, (await world.user()).n
    hers, his = (await world.board(ana)).n, (await world.board(ben)).n
    mark, topic = f"q{secrets.token_hex(5)}", await world.topic()
    for _ in range(8):
        await world.pin(ben, his, mark)
    teal = replace(new_picture(), palette=("#102030", "#405060", "#777777", "#008080"))
    pin = await world.pin(ana, hers, f"{mark} among many other words", topic_ids=(topic.id,), picture=teal)
    await refresh(graph)
    made = (await pins.by_ns(graph, ana, [pin]))[0].created_at
    alone = [
        PinFilter(creator_n=ana),
        PinFilter(board_n=hers),
        PinFilter(topic_n=topic.n),
        PinFilter(color="#0a7a80"),
        PinFilter(created_after=made),
        PinFilter(board_n=hers, color="#008080", created_before=made),
    ]

    for wanted in alone:
        assert [m.pin_n for m in await search.pins(graph, SIGNED_OUT, mark, 1, wanted)] == [pin], wanted
        assert set(await narrowing.narrowed(graph, SIGNED_OUT, [pin], wanted)) == {pin}
    assert await search.pins(graph, SIGNED_OUT, mark, 5, PinFilter(board_n=hers, color="#ff0000")) == []
    assert await search.pins(graph, SIGNED_OUT, mark, 5, PinFilter(creator_n=ana, created_after=later(made))) == []
    assert await narrowing.members(graph, SIGNED_OUT, PinFilter(board_n=hers)) == [pin]
    assert await narrowing.members(graph, SIGNED_OUT, PinFilter(creator_n=ana, topic_n=topic.n)) == [pin]
    assert await narrowing.members(graph, SIGNED_OUT, PinFilter(topic_n=topic.n)) == [pin]
    assert await narrowing.members(graph, SIGNED_OUT, PinFilter(color="#008080")) is None


async def test_under_a_filter_some_of_the_words_count_only_when_few_pins_match_all(
    graph: Graph, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "_ENOUGH", 2)
    ana = (await world.user()).n
    board, mark, other = (await world.board(ana)).n, f"q{secrets.token_hex(5)}", f"q{secrets.token_hex(5)}"
    first = await world.pin(ana, board, f"{mark} {other}")
    one = await world.pin(ana, board, mark)
    await refresh(graph)

    few = await search.pins(graph, SIGNED_OUT, f"{mark} {other}", 9, PinFilter(board_n=board))
    both = {first, await world.pin(ana, board, f"{other} {mark}")}
    await refresh(graph)
    enough = await search.pins(graph, SIGNED_OUT, f"{mark} {other}", 9, PinFilter(board_n=board))
    without = await search.pins(graph, SIGNED_OUT, f"{mark} {other}", 9)

    assert {m.pin_n for m in few} == {first, one}
    assert {m.pin_n for m in enough} == both
    assert {m.pin_n for m in without} == {*both, one}


async def test_the_nearer_colour_says_so(graph: Graph, world: World) -> None:
    ana = (await world.user()).n
    board, mark = (await world.board(ana)).n, f"q{secrets.token_hex(5)}"
    near = await world.pin(ana, board, mark, picture=replace(new_picture(), palette=("#ffffff", "#c03030")))
    same = await world.pin(ana, board, mark, picture=replace(new_picture(), palette=("#ffffff", "#c83232")))
    await refresh(graph)

    found = await search.pins(graph, SIGNED_OUT, mark, 5, PinFilter(color="#c83232"))

    distances = {m.pin_n: m.color_distance for m in found}
    assert distances[same] == pytest.approx(0, abs=1e-6)
    assert distances[near] == pytest.approx(color.distance("#c03030", "#c83232"))


async def test_pins_are_found_by_the_titles_of_their_boards(graph: Graph, world: World) -> None:
    ana, eve = (await world.user()).n, (await world.user()).n
    mark = f"q{secrets.token_hex(5)}"
    public, secret = (await world.board(ana, f"{mark} weddings")).n, (await world.board(ana, mark, secret=True)).n
    shown = await world.pin(ana, public, "A white dress")
    hidden = await world.pin(ana, secret, "A ring")
    await refresh(graph)

    found = await search.on_boards(graph, eve, f"{mark} wedding", 10)

    assert [(held.pin_n, held.board_n) for held in found] == [(shown, public)]
    assert {held.pin_n for held in await search.on_boards(graph, ana, mark, 10)} == {shown, hidden}
    assert [held.pin_n for held in await search.on_boards(graph, eve, mark, 10)] == [shown]
    assert await search.on_boards(graph, eve, mark, 10, PinFilter(creator_n=eve)) == []


async def test_the_migration_gives_old_pictures_the_colours_that_new_ones_have(graph: Graph, world: World) -> None:
    ana = (await world.user()).n
    picture = replace(new_picture(), palette=("#00a1ff", "#fedcba", "#000000"))
    await world.pin(ana, (await world.board(ana)).n, picture=picture)
    named = {"sha": picture.sha256}
    [before] = await graph.read("MATCH (i:Picture {sha256: $sha}) RETURN i.lab AS lab", **named)
    await graph.command("MATCH (i:Picture {sha256: $sha}) REMOVE i.lab", **named)

    for statement in migrate.statements((migrate.FOLDER / "0003_palettes.cypher").read_text()):
        await graph.command(statement)

    [after] = await graph.read("MATCH (i:Picture {sha256: $sha}) RETURN i.lab AS lab", **named)
    assert after["lab"] == pytest.approx(before["lab"])


def later(at: datetime) -> datetime:
    return at + timedelta(milliseconds=1)
