import asyncio

import pytest

from domain import limits
from domain.errors import Conflict, NotFound
from domain.ids import SIGNED_OUT, TopicId
from domain.model import BoardPrivacy
from domain.page import PageArgs
from graph import board_pages, boards, export, follows, saves, user_pages, visibility
from graph.client import Graph, count_statements
from tests.services.graph.conftest import World


async def test_a_new_board_is_as_it_was_asked_for(graph: Graph, world: World) -> None:
    ana, topic = (await world.user()).n, await world.topic()

    board = await boards.create(graph, owner=ana, title="Kitchens", description="Warm ones", topic_id=topic.id)

    assert (board.title, board.description, board.topic_n) == ("Kitchens", "Warm ones", topic.n)
    assert await boards.by_ids(graph, SIGNED_OUT, [board.id]) == [board]


async def test_an_unknown_topic_makes_no_board(graph: Graph, world: World) -> None:
    ana = (await world.user()).n

    with pytest.raises(NotFound):
        await boards.create(graph, owner=ana, title="x", topic_id=TopicId("topic_none"))

    assert (await user_pages.boards_page(graph, ana, ana, PageArgs())).items == ()


async def test_an_update_changes_what_is_given_and_clears_what_is_none(graph: Graph, world: World) -> None:
    ana = (await world.user()).n
    board = await boards.create(graph, owner=ana, title="Old", description="Words")

    renamed = await boards.update(graph, by=ana, board_n=board.n, title="New")
    cleared = await boards.update(graph, by=ana, board_n=board.n, description=None)

    assert (renamed.title, renamed.description) == ("New", "Words")
    assert (cleared.title, cleared.description) == ("New", None)
    assert cleared.updated_at >= board.updated_at


async def test_the_cover_is_the_chosen_pin_while_it_is_held(graph: Graph, world: World) -> None:
    ana = (await world.user()).n
    board = (await world.board(ana)).n
    first, second = await world.pin(ana, board), await world.pin(ana, board)
    assert await board_pages.covers(graph, SIGNED_OUT, [board]) == {board: second}

    await boards.update(graph, by=ana, board_n=board, cover_pin_n=first)
    assert await board_pages.covers(graph, SIGNED_OUT, [board]) == {board: first}

    await saves.unsave(graph, by=ana, pin_n=first, board_n=board)
    assert await board_pages.covers(graph, SIGNED_OUT, [board]) == {board: second}
    with pytest.raises(NotFound):
        await boards.update(graph, by=ana, board_n=board, cover_pin_n=first)


async def test_a_change_of_privacy_moves_everything_and_back(graph: Graph, world: World) -> None:
    ana, bob = (await world.user()).n, (await world.user()).n
    board = (await world.board(ana)).n
    held = [await world.pin(ana, board) for _ in range(3)]
    last_at, last_pin_at = await world.last_at(board), await world.last_pin_at(ana)

    await boards.update(graph, by=ana, board_n=board, privacy=BoardPrivacy.SECRET)

    assert await visibility.visible(graph, bob, held) == set()
    assert await visibility.visible(graph, ana, held) == set(held)
    assert await export.board_pins(graph, [board]) == {board: []}
    assert (await world.last_at(board), await world.last_pin_at(ana)) == (None, None)

    await boards.update(graph, by=ana, board_n=board, privacy=BoardPrivacy.PUBLIC)

    assert await visibility.visible(graph, bob, held) == set(held)
    assert set((await export.board_pins(graph, [board]))[board]) == set(held)
    assert (await world.last_at(board), await world.last_pin_at(ana)) == (last_at, last_pin_at)


async def test_saves_beside_a_change_of_privacy_all_end_on_the_right_side(graph: Graph, world: World) -> None:
    ana, bob = (await world.user()).n, (await world.user()).n
    board, source = (await world.board(ana)).n, (await world.board(bob)).n
    pins = [await world.pin(bob, source) for _ in range(12)]

    await asyncio.gather(
        *[world.save(ana, pin, board) for pin in pins],
        boards.update(graph, by=ana, board_n=board, privacy=BoardPrivacy.SECRET),
    )

    assert await export.board_pins(graph, [board]) == {board: []}
    assert (await boards.counts(graph, ana, [board]))[board].pins == 12


async def test_a_deleted_board_is_gone_from_every_read(graph: Graph, world: World) -> None:
    ana = (await world.user()).n
    board = await world.board(ana)
    pin = await world.pin(ana, board.n)

    await boards.delete(graph, ana, board.n)

    assert await boards.by_ns(graph, ana, [board.n]) == []
    assert (await user_pages.boards_page(graph, ana, ana, PageArgs())).items == ()
    assert await visibility.visible(graph, SIGNED_OUT, [pin]) == set()
    assert await visibility.visible(graph, ana, [pin]) == set()
    assert await world.last_pin_at(ana) is None
    with pytest.raises(NotFound):
        await boards.delete(graph, ana, board.n)


async def test_pages_are_newest_first_and_go_on_where_they_stopped(graph: Graph, world: World) -> None:
    ana = (await world.user()).n
    board, other = (await world.board(ana)).n, (await world.board(ana)).n
    held = [await world.pin(ana, board) for _ in range(5)]
    lone = await world.pin(ana, other)
    head = PageArgs(2)

    with count_statements() as count:
        pages = await board_pages.pins_pages(graph, SIGNED_OUT, [(board, head), (other, PageArgs(3))])
    page = pages[board, head]
    await world.pin(ana, board)
    rest_args = PageArgs(10, page.items[-1].key)
    rest = (await board_pages.pins_pages(graph, SIGNED_OUT, [(board, rest_args)]))[board, rest_args]

    assert count.n == 1
    assert [i.value.pin_n for i in pages[other, PageArgs(3)].items] == [lone]
    assert [i.value.pin_n for i in page.items] == held[:2:-1]
    assert (page.has_next, page.has_previous) == (True, False)
    assert [i.value.pin_n for i in rest.items] == held[2::-1]
    assert (rest.has_next, rest.has_previous) == (False, True)


async def test_a_users_boards_are_newest_first(graph: Graph, world: World) -> None:
    ana = (await world.user()).n
    made = [await world.board(ana) for _ in range(3)]

    page = await user_pages.boards_page(graph, SIGNED_OUT, ana, PageArgs(2))

    assert [i.value for i in page.items] == made[:0:-1]
    assert page.has_next


async def test_nobody_has_more_boards_than_the_most(
    graph: Graph, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boards, "USER_BOARDS_MAX", 2)
    ana = (await world.user()).n
    for _ in range(2):
        await world.board(ana)

    with pytest.raises(Conflict):
        await world.board(ana)


async def test_counts_hold_followers(graph: Graph, world: World) -> None:
    ana, bob = (await world.user()).n, (await world.user()).n
    board = (await world.board(ana)).n

    await follows.follow_board(graph, bob, board)
    await follows.follow_board(graph, bob, board)

    assert (await boards.counts(graph, SIGNED_OUT, [board]))[board].followers == 1
    assert await boards.follows(graph, bob, [board]) == {board}
    assert [i.value for i in (await user_pages.followed_boards_page(graph, ana, bob, PageArgs())).items] == [board]
    await boards.update(graph, by=ana, board_n=board, privacy=BoardPrivacy.SECRET)
    assert (await user_pages.followed_boards_page(graph, bob, bob, PageArgs())).items == ()
    await follows.unfollow_board(graph, bob, board)
    with pytest.raises(NotFound):
        await follows.unfollow_board(graph, bob, board)


def test_the_bounds_are_the_products() -> None:
    assert boards.USER_BOARDS_MAX == limits.USER_BOARDS_MAX
    assert saves.BOARD_PINS_MAX == limits.BOARD_PINS_MAX
