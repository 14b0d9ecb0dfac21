import asyncio

import pytest

from domain.errors import Conflict, NotFound
from domain.ids import SIGNED_OUT, PinN, SectionId
from domain.page import PageArgs
from graph import board_pages, boards, pins, saves
from graph.client import Graph, count_statements
from tests.services.graph.conftest import World


async def test_a_save_is_there_at_once_and_its_repeat_keeps_its_place(graph: Graph, world: World) -> None:
    ana, bob = (await world.user()).n, (await world.user()).n
    pin, board = await world.pin(ana, (await world.board(ana)).n), (await world.board(bob)).n

    save, created = await saves.save(graph, by=bob, pin_n=pin, board_n=board, note="for later")
    again, anew = await saves.save(graph, by=bob, pin_n=pin, board_n=board)
    noted, _ = await saves.save(graph, by=bob, pin_n=pin, board_n=board, note="now")

    assert (created, anew) == (True, False)
    assert again == save
    assert (noted.k, noted.note) == (save.k, "now")
    assert await pins.viewer_saves(graph, bob, [pin]) == {pin: [noted]}
    assert await pins.viewer_saves(graph, SIGNED_OUT, [pin]) == {}
    assert await pins.save_counts(graph, SIGNED_OUT, [pin]) == {pin: 2}
    assert await world.last_at(board) == save.k


async def test_many_at_once_make_each_pair_once_with_rising_keys(graph: Graph, world: World) -> None:
    ana, bob = (await world.user()).n, (await world.user()).n
    source, board = (await world.board(ana)).n, (await world.board(bob)).n
    held = [await world.pin(ana, source) for _ in range(10)]

    made = await asyncio.gather(*[world.save(bob, pin, board) for pin in held * 4])

    assert sum(made) == 10
    args = PageArgs(50)
    page = (await board_pages.pins_pages(graph, bob, [(board, args)]))[board, args]
    assert {i.value.pin_n for i in page.items} == set(held)
    assert len({i.key for i in page.items}) == 10
    assert await world.last_at(board) == page.items[0].key


async def test_the_newest_is_exact_after_unsaving(graph: Graph, world: World) -> None:
    ana = (await world.user()).n
    board, other = (await world.board(ana)).n, (await world.board(ana)).n
    older, newer = await world.pin(ana, board), await world.pin(ana, board)

    assert await saves.unsave(graph, by=ana, pin_n=newer, board_n=board)
    assert not await saves.unsave(graph, by=ana, pin_n=newer, board_n=board)

    assert await world.last_at(board) == await world.last_pin_at(ana) == await world.pin_k(older)
    before = await world.pin_k(newer)
    await world.save(ana, newer, other)
    assert await world.pin_k(newer) == before  # It was public before: it is not new again.
    assert await world.last_pin_at(ana) == before


async def test_a_pins_key_is_that_of_the_save_that_made_it_public(graph: Graph, world: World) -> None:
    ana = (await world.user()).n
    secret, public = (await world.board(ana, secret=True)).n, (await world.board(ana)).n
    pin = await world.pin(ana, secret)
    assert await world.last_pin_at(ana) is None

    save, _ = await saves.save(graph, by=ana, pin_n=pin, board_n=public)

    assert await world.pin_k(pin) == await world.last_pin_at(ana) == save.k


async def test_what_is_not_there_is_not_found(graph: Graph, world: World) -> None:
    ana, bob = (await world.user()).n, (await world.user()).n
    board = (await world.board(ana)).n
    pin = await world.pin(ana, board)

    with pytest.raises(NotFound) as pin_error:
        await saves.save(graph, by=ana, pin_n=PinN(10**12), board_n=board)
    with pytest.raises(NotFound) as board_error:
        await saves.save(graph, by=bob, pin_n=pin, board_n=board)
    with pytest.raises(NotFound) as section_error:
        await saves.save(graph, by=ana, pin_n=pin, board_n=board, section_id=SectionId("section_none"))
    with pytest.raises(NotFound):
        await saves.unsave(graph, by=bob, pin_n=pin, board_n=board)

    fields = [error.value.field for error in (pin_error, board_error, section_error)]
    assert fields == [("pinId",), ("boardId",), ("sectionId",)]


async def test_a_full_board_takes_no_more(graph: Graph, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ana = (await world.user()).n
    source, board = (await world.board(ana)).n, (await world.board(ana)).n
    first, second = await world.pin(ana, source), await world.pin(ana, source)
    monkeypatch.setattr(saves, "BOARD_PINS_MAX", 1)
    await world.save(ana, first, board)

    with pytest.raises(Conflict):
        await saves.save(graph, by=ana, pin_n=second, board_n=board)

    assert (await boards.counts(graph, ana, [board]))[board].pins == 1
    assert not await world.save(ana, first, board)


async def test_a_save_of_a_pin_on_many_boards_is_two_statements(graph: Graph, world: World) -> None:
    ana = (await world.user()).n
    pin = await world.pin(ana, (await world.board(ana)).n)
    for _ in range(3):
        await world.save(ana, pin, (await world.board(ana)).n)
    board = (await world.board(ana)).n

    with count_statements() as count:
        await world.save(ana, pin, board)

    assert count.n == 2
