from domain.ids import SIGNED_OUT, BoardN, PinN, UserN
from graph import export, follows, pin_writes, saves, taste, users, visibility
from graph.client import Graph, count_statements
from graph.keys import ms_of
from graph.taste import FollowedItem, Kept
from tests.services.graph.conftest import World

DAY_MS = 86_400_000


async def test_query_pins_are_the_latest_saves_of_all_boards(graph: Graph, world: World) -> None:
    ana, bob = (await world.user()).n, (await world.user()).n
    public, secret = (await world.board(ana)).n, (await world.board(ana, secret=True)).n
    source = (await world.board(bob)).n
    made = [await world.pin(bob, source) for _ in range(5)]
    for pin, board in zip(made, [public, secret, public, secret, public], strict=True):
        await world.save(ana, pin, board)
    await world.save(ana, made[0], secret)

    with count_statements() as count:
        found = await taste.query_pins(graph, ana, limit=3)

    assert [n for n, _, _ in found] == [made[0], made[4], made[3]]
    assert count.n == 1
    assert await taste.query_pins(graph, SIGNED_OUT) == []
    assert (await taste.kept(graph, ana)).own == set(made)
    assert (await taste.kept(graph, bob)).own == set(made)
    assert await taste.kept(graph, SIGNED_OUT) == Kept()


async def test_following_is_the_newest_of_what_is_followed_and_goes_on(graph: Graph, world: World) -> None:
    ana, bob, eve = [(await world.user()).n for _ in range(3)]
    made_board, kept_board = (await world.board(bob)).n, (await world.board(eve)).n
    made = [await world.pin(bob, made_board) for _ in range(3)]
    await world.save(eve, made[0], kept_board)
    await follows.follow_user(graph, ana, bob)
    await follows.follow_board(graph, ana, kept_board)

    head = await taste.following_head(graph, ana, 2)
    rest = await taste.following_head(graph, ana, 10, head[-1].k)

    assert [(f.pin_n, f.board_n, f.user_n) for f in head] == [(made[0], kept_board, None), (made[2], None, bob)]
    assert [(f.pin_n, f.board_n, f.user_n) for f in rest] == [(made[1], None, bob), (made[0], None, bob)]
    await world.block(bob, ana)
    assert await taste.following_head(graph, ana, 10) == []


async def test_the_pruned_head_equals_the_whole(graph: Graph, world: World) -> None:
    ana, maker = (await world.user()).n, (await world.user()).n
    source = (await world.board(maker)).n
    boards = [(await world.board((await world.user()).n)).n for _ in range(6)]
    owners = {
        b: row["o"] for b in boards for row in await graph.read("MATCH (b:Board {n: $b}) RETURN b.ownerN AS o", b=b)
    }
    pins = [await world.pin(maker, source) for _ in range(4)]
    for i in range(20):
        board = boards[(i * i) % 6]
        await world.save(owners[board], pins[i % 4], board)
    await saves.unsave(graph, by=owners[boards[4]], pin_n=pins[0], board_n=boards[4])
    for board in boards:
        await follows.follow_board(graph, ana, board)

    await follows.follow_user(graph, ana, maker)
    heads = [await taste.following_head(graph, ana, limit) for limit in range(1, 10)]
    everything = await taste.following_head(graph, ana, 100, 2**62)

    assert heads == [everything[:limit] for limit in range(1, 10)]
    assert [f.k for f in everything] == sorted((f.k for f in everything), reverse=True)

    async def scrolled(limit: int) -> list[FollowedItem]:
        found: list[FollowedItem] = []
        while page := await taste.following_head(graph, ana, limit, found[-1].k if found else None):
            found += page
        return found

    assert await scrolled(2) == await scrolled(3) == everything
    await world.block(owners[boards[0]], ana)
    await world.block(maker, ana)
    less = [f for f in everything if f.user_n is None and f.board_n != boards[0]]
    assert await scrolled(2) == [f for f in less if await seen(graph, ana, f.pin_n)]


async def seen(graph: Graph, viewer: UserN, pin: PinN) -> bool:
    return bool(await visibility.visible(graph, viewer, [pin]))


async def test_topics_and_trends_know_their_public_pins(graph: Graph, world: World) -> None:
    ana, bob, topic = (await world.user()).n, (await world.user()).n, await world.topic()
    board, his = (await world.board(ana)).n, (await world.board(bob)).n
    first = await world.pin(ana, board, topic_ids=(topic.id,))
    second = await world.pin(ana, board, topic_ids=(topic.id,))
    await world.save(bob, first, his)
    now_ms = ms_of(await world.pin_k(second))
    await users.set_interests(graph, ana, [topic.id])

    assert [n for n, _, _ in await taste.topic_pins(graph, [topic.n], 10)] == [second, first]
    popular = await taste.popular(graph, topic.n, 10, now_ms)
    assert [n for n, _, _ in popular] == [first, second]
    later = await taste.popular(graph, topic.n, 10, now_ms + 3 * DAY_MS)
    assert abs(later[0][1] - popular[0][1] / 2) < 0.01
    assert first in {n for n, _, _ in await taste.popular(graph, None, 10_000, now_ms)}
    assert {first, second} <= {n for n, _ in await taste.fresh(graph, 200)}
    assert (await taste.kept(graph, ana)).interests == (topic.n,)
    spacing = (await taste.spacing(graph, [first]))[first]
    assert (spacing.creator_n, spacing.board_n, spacing.topics) == (ana, board, (topic.n,))
    assert [(n, topics) for n, _, topics in await taste.query_pins(graph, ana, limit=1)] == [(second, (topic.n,))]
    await pin_writes.hide(graph, ana, first)
    assert (await taste.kept(graph, ana)).hidden == {first}


async def test_a_pin_that_becomes_public_is_new_for_its_topic_then(graph: Graph, world: World) -> None:
    ana, topic = (await world.user()).n, await world.topic()
    secret, public = (await world.board(ana, secret=True)).n, (await world.board(ana)).n
    early = await world.pin(ana, secret, topic_ids=(topic.id,))
    late = await world.pin(ana, public, topic_ids=(topic.id,))

    await world.save(ana, early, public)

    assert [n for n, _, _ in await taste.topic_pins(graph, [topic.n], 10)] == [early, late]


async def test_the_export_is_every_public_save(graph: Graph, world: World) -> None:
    ana = (await world.user()).n
    board, empty = (await world.board(ana)).n, (await world.board(ana)).n
    held = [await world.pin(ana, board) for _ in range(3)]

    exported: dict[BoardN, list[PinN]] = {}
    async for batch in export.edges(graph):
        exported |= dict(batch)

    assert sorted(exported[board]) == sorted(held)
    assert empty not in exported
    assert await export.states(graph, [(board, held[0]), (empty, held[0])]) == {(board, held[0])}
    assert await export.pin_boards(graph, [held[0]]) == {held[0]: [board]}
