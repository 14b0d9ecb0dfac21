"""A stranger sees nothing of a secret board, by any read."""

from dataclasses import dataclass

import pytest

from domain.errors import Conflict, Forbidden, NotFound
from domain.ids import SIGNED_OUT, BoardN, PinN, UserN
from domain.model import BoardPrivacy, BoardRole
from domain.page import Page, PageArgs
from graph import (
    board_pages,
    boards,
    export,
    follows,
    pictures,
    pin_pages,
    pin_writes,
    pins,
    saves,
    search,
    taste,
    topics,
    user_pages,
    users,
    visibility,
)
from graph.client import Graph
from tests.services.graph.conftest import World, new_picture

ARGS = PageArgs()


@dataclass
class Secret:
    """Ana's secret board with a Pin that only it holds, about a topic, with a picture of its own."""

    world: World
    ana: UserN
    board: BoardN
    pin: PinN
    topic: int
    key: str
    word: str


@pytest.fixture
async def secret(world: World, graph: Graph) -> Secret:
    ana = (await world.user()).n
    word = f"hush{ana}x"
    board = (await world.board(ana, f"{word} plans", secret=True)).n
    topic = await world.topic()
    pin = await world.pin(ana, board, f"{word} ring", topic_ids=(topic.id,))
    key = (await pictures.of_pins(graph, [pin]))[pin].key
    await graph.read("CALL db.index.fulltext.awaitEventuallyConsistentIndexRefresh()", timeout_s=10)
    return Secret(world, ana, board, pin, topic.n, key, word)


@pytest.fixture(params=["stranger", "signed out", "a follower"])
async def eve(request: pytest.FixtureRequest, secret: Secret, graph: Graph) -> UserN:
    if request.param == "signed out":
        return SIGNED_OUT
    eve = (await secret.world.user()).n
    if request.param == "a follower":
        await follows.follow_user(graph, eve, secret.ana)
    return eve


async def test_no_read_shows_a_stranger_the_board(graph: Graph, secret: Secret, eve: UserN) -> None:
    board = secret.board
    row = await graph.one("MATCH (b:Board {n: $n}) RETURN b.id AS id", n=board)
    assert row is not None

    assert await boards.by_ns(graph, eve, [board]) == []
    assert await boards.by_ids(graph, eve, [row["id"]]) == []
    assert await visibility.visible_boards(graph, eve, [board]) == set()
    assert await boards.counts(graph, eve, [board]) == {}
    assert await boards.roles(graph, eve, [board]) == {}
    assert await board_pages.covers(graph, eve, [board]) == {}
    assert await board_pages.pins_pages(graph, eve, [(board, ARGS)]) == {(board, ARGS): Page()}
    assert (await user_pages.boards_page(graph, eve, secret.ana, ARGS)).items == ()
    assert (await search.boards(graph, eve, secret.word, ARGS)).items == ()


async def test_no_read_shows_a_stranger_the_pin(graph: Graph, secret: Secret, eve: UserN) -> None:
    pin = secret.pin
    row = await graph.one("MATCH (p:Pin {n: $n}) RETURN p.id AS id", n=pin)
    assert row is not None

    assert await pins.by_ns(graph, eve, [pin]) == []
    assert await pins.by_ids(graph, eve, [row["id"]]) == []
    assert await visibility.visible(graph, eve, [pin]) == set()
    assert await pins.save_counts(graph, eve, [pin]) == {}
    assert await pins.viewer_saves(graph, eve, [pin]) == {}
    assert (await pin_pages.boards_page(graph, eve, pin, ARGS)).items == ()
    assert (await user_pages.pins_page(graph, eve, secret.ana, ARGS)).items == ()
    assert await search.pins(graph, eve, secret.word, 10) == []
    assert not await pictures.may_see(graph, eve, secret.key)
    assert not await pictures.open(graph, secret.key)


async def test_no_feed_source_names_the_pin(graph: Graph, secret: Secret, eve: UserN) -> None:
    topic = secret.topic

    assert secret.pin not in {n for n, _ in await taste.fresh(graph, 500)}
    assert await taste.popular(graph, topic, 100, 0) == []
    assert secret.pin not in {n for n, _, _ in await taste.popular(graph, None, 10_000, 0)}
    assert await taste.topic_pins(graph, [topic], 100) == []
    assert await topics.pin_counts(graph, [topic]) == {topic: 0}
    assert await topics.cover_pins(graph, SIGNED_OUT, [topic]) == {topic: []}
    assert await taste.following_head(graph, eve, 100) == []
    spacing = (await taste.spacing(graph, [secret.pin]))[secret.pin]
    assert (spacing.creator_n, spacing.board_n) == (secret.ana, None)


async def test_the_walk_is_never_told(graph: Graph, secret: Secret) -> None:
    exported = {board_n async for batch in export.edges(graph) for board_n, _ in batch}

    assert secret.board not in exported
    assert await export.states(graph, [(secret.board, secret.pin)]) == set()
    assert await export.board_pins(graph, [secret.board]) == {secret.board: []}
    assert await export.pin_boards(graph, [secret.pin]) == {secret.pin: []}


async def test_a_stranger_can_do_nothing_with_it(graph: Graph, secret: Secret) -> None:
    eve = (await secret.world.user()).n
    hers = (await secret.world.board(eve)).n
    hers_secret = (await secret.world.board(eve, secret=True)).n

    for board in (hers, hers_secret):
        with pytest.raises(NotFound):
            await saves.save(graph, by=eve, pin_n=secret.pin, board_n=board)
    with pytest.raises(NotFound):
        await secret.world.pin(eve, secret.board)
    with pytest.raises(NotFound):
        await saves.unsave(graph, by=eve, pin_n=secret.pin, board_n=secret.board)
    with pytest.raises(NotFound):
        await follows.follow_board(graph, eve, secret.board)
    with pytest.raises(NotFound):
        await follows.unfollow_board(graph, eve, secret.board)
    with pytest.raises(NotFound):
        await boards.update(graph, by=eve, board_n=secret.board, title="Mine")
    with pytest.raises(NotFound):
        await boards.delete(graph, eve, secret.board)
    with pytest.raises(NotFound):
        await pin_writes.hide(graph, eve, secret.pin)
    with pytest.raises(NotFound):
        await pin_writes.update(graph, by=eve, pin_n=secret.pin, title="Mine")
    with pytest.raises(NotFound):
        await pin_writes.delete(graph, eve, secret.pin)

    assert (await boards.counts(graph, secret.ana, [secret.board]))[secret.board].pins == 1


async def test_the_owner_sees_all_of_it(graph: Graph, secret: Secret) -> None:
    ana, board, pin = secret.ana, secret.board, secret.pin

    assert [b.privacy for b in await boards.by_ns(graph, ana, [board])] == [BoardPrivacy.SECRET]
    assert (await boards.counts(graph, ana, [board]))[board].pins == 1
    assert await boards.roles(graph, ana, [board]) == {board: BoardRole.OWNER}
    assert await board_pages.covers(graph, ana, [board]) == {board: pin}
    page = (await board_pages.pins_pages(graph, ana, [(board, ARGS)]))[board, ARGS]
    assert [item.value.pin_n for item in page.items] == [pin]
    assert [p.image.open for p in await pins.by_ns(graph, ana, [pin])] == [False]
    assert await pins.save_counts(graph, ana, [pin]) == {pin: 1}
    assert [s.board_n for s in (await pins.viewer_saves(graph, ana, [pin]))[pin]] == [board]
    assert [i.value.n for i in (await pin_pages.boards_page(graph, ana, pin, ARGS)).items] == [board]
    assert [i.value for i in (await user_pages.pins_page(graph, ana, ana, ARGS)).items] == [pin]
    assert [m.pin_n for m in await search.pins(graph, ana, secret.word, 10)] == [pin]
    assert [i.value for i in (await search.boards(graph, ana, secret.word, ARGS)).items] == [board]
    assert await pictures.may_see(graph, ana, secret.key)
    assert [n for n, _, _ in await taste.query_pins(graph, ana)] == [pin]
    assert (await taste.kept(graph, ana)).own == {pin}


async def test_a_collaborator_sees_it_and_only_the_creator_may_show_it(graph: Graph, secret: Secret) -> None:
    bob = (await secret.world.user()).n
    await secret.world.collaborate(bob, secret.board)
    public, private = (await secret.world.board(bob)).n, (await secret.world.board(bob, secret=True)).n

    assert [p.n for p in await pins.by_ns(graph, bob, [secret.pin])] == [secret.pin]
    assert await pictures.may_see(graph, bob, secret.key)
    with pytest.raises(Forbidden):
        await saves.save(graph, by=bob, pin_n=secret.pin, board_n=public)
    assert await secret.world.save(bob, secret.pin, private)

    with pytest.raises(Conflict, match="1 Pin"):
        await boards.update(graph, by=bob, board_n=private, privacy=BoardPrivacy.PUBLIC)
    assert await visibility.visible(graph, SIGNED_OUT, [secret.pin]) == set()

    assert await secret.world.save(secret.ana, secret.pin, (await secret.world.board(secret.ana)).n)
    await boards.update(graph, by=bob, board_n=private, privacy=BoardPrivacy.PUBLIC)
    assert await pins.save_counts(graph, SIGNED_OUT, [secret.pin]) == {secret.pin: 2}


async def test_a_public_pin_does_not_say_that_a_secret_board_holds_it(graph: Graph, world: World) -> None:
    ana, eve = (await world.user()).n, (await world.user()).n
    public, secret = (await world.board(ana)).n, (await world.board(ana, secret=True)).n
    pin = await world.pin(ana, public)
    await world.save(ana, pin, secret)

    assert await pins.save_counts(graph, eve, [pin]) == {pin: 1}
    assert await pins.save_counts(graph, ana, [pin]) == {pin: 2}
    assert [i.value.n for i in (await pin_pages.boards_page(graph, eve, pin, ARGS)).items] == [public]
    assert [i.value.n for i in (await pin_pages.boards_page(graph, ana, pin, ARGS)).items] == [secret, public]
    await follows.follow_user(graph, eve, ana)
    assert [f.board_n for f in await taste.following_head(graph, eve, 10)] == [None]


async def test_unsaved_everywhere_a_pin_is_its_creators_alone(graph: Graph, world: World) -> None:
    ana, bob = (await world.user()).n, (await world.user()).n
    hers, his = (await world.board(ana)).n, (await world.board(bob)).n
    pin = await world.pin(ana, hers)
    await world.save(bob, pin, his)

    await saves.unsave(graph, by=ana, pin_n=pin, board_n=hers)
    assert await visibility.visible(graph, bob, [pin]) == {pin}
    await saves.unsave(graph, by=bob, pin_n=pin, board_n=his)

    assert await visibility.visible(graph, bob, [pin]) == set()
    assert await visibility.visible(graph, ana, [pin]) == {pin}
    assert [i.value for i in (await user_pages.pins_page(graph, ana, ana, ARGS)).items] == [pin]
    assert (await user_pages.pins_page(graph, bob, ana, ARGS)).items == ()
    with pytest.raises(NotFound):
        await saves.save(graph, by=bob, pin_n=pin, board_n=his)
    assert await world.save(ana, pin, hers)
    assert await visibility.visible(graph, bob, [pin]) == {pin}


async def test_a_picture_is_open_while_any_pin_of_it_is_public(graph: Graph, world: World) -> None:
    ana, bob, eve = [(await world.user()).n for _ in range(3)]
    picture = new_picture()
    hidden = await world.pin(ana, (await world.board(ana, secret=True)).n, picture=picture)
    key = (await pictures.of_pins(graph, [hidden]))[hidden].key
    assert not await pictures.may_see(graph, eve, key)

    shown = await world.pin(bob, (await world.board(bob)).n, picture=picture)

    assert await pictures.may_see(graph, eve, key)
    assert await pictures.open(graph, key)
    access = await pictures.by_key(graph, key)
    assert access is not None
    assert access.open
    assert access.picture.sha256 == picture.sha256
    assert await visibility.visible(graph, eve, [hidden, shown]) == {shown}
    assert [p.image.open for p in await pins.by_ns(graph, ana, [hidden])] == [True]


async def test_a_block_hides_both_ways_but_the_blocker_still_finds_whom_they_block(graph: Graph, world: World) -> None:
    ana, bob = await world.user(), await world.user()
    board = (await world.board(ana.n)).n
    pin = await world.pin(ana.n, board)
    his = (await world.board(bob.n)).n
    await world.block(ana.n, bob.n)

    assert await visibility.visible(graph, bob.n, [pin]) == set()
    assert await visibility.visible_boards(graph, bob.n, [board]) == set()
    assert await visibility.visible_boards(graph, ana.n, [his]) == set()
    assert await users.by_username(graph, bob.n, ana.username) is None
    assert await users.by_username(graph, ana.n, bob.username) == bob
    with pytest.raises(NotFound):
        await saves.save(graph, by=bob.n, pin_n=pin, board_n=his)
    with pytest.raises(NotFound):
        await follows.follow_user(graph, bob.n, ana.n)
