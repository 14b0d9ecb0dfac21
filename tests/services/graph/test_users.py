import asyncio
from datetime import UTC, datetime

import pytest

from domain.errors import Invalid, NotFound, Taken
from domain.ids import SIGNED_OUT, TopicId
from domain.model import UserCounts
from domain.page import PageArgs
from graph import follows, pictures, user_pages, users
from graph.client import Graph
from tests.services.graph.conftest import World, new_picture


async def test_a_new_account_is_found_by_name_mail_and_number(graph: Graph, world: World) -> None:
    ana = await world.user()

    assert await users.by_username(graph, SIGNED_OUT, ana.username.upper()) == ana
    assert await users.by_ids(graph, SIGNED_OUT, [ana.id]) == await users.by_ns(graph, SIGNED_OUT, [ana.n]) == [ana]
    assert await users.n_of(graph, ana.id) == ana.n
    assert await users.credentials(graph, f" {ana.username}@EXAMPLE.org ") == (ana, "hash")
    assert await users.credentials(graph, ana.username.upper()) == (ana, "hash")
    assert await users.credentials(graph, "nobody-at-all") is None
    assert await users.email(graph, ana.n) == f"{ana.username}@example.org"


async def test_names_and_addresses_are_taken_in_any_case(graph: Graph, world: World) -> None:
    ana = await world.user()

    async def again(username: str, email: str) -> tuple[str, ...]:
        with pytest.raises(Taken) as taken:
            await users.create(
                graph, username=username, email=email, display_name="x", password_hash="h", now=datetime.now(UTC)
            )
        return taken.value.field

    assert await again(ana.username.upper(), "fresh@example.org") == ("username",)
    assert await again(f"{ana.username}2", f"{ana.username}@Example.org") == ("email",)


async def test_one_of_many_at_once_gets_the_name(graph: Graph, world: World) -> None:
    name = f"race{await graph.keys.user()}"

    answers = await asyncio.gather(*[world.user(name) for _ in range(6)], return_exceptions=True)

    assert [type(a) for a in answers if isinstance(a, BaseException)] == [Taken] * 5
    assert {a.field for a in answers if isinstance(a, Taken)} == {("username",)}


async def test_a_profile_changes_by_what_is_given(graph: Graph, world: World) -> None:
    ana = await world.user()
    picture = new_picture()

    await users.update(graph, ana.n, display_name="Ana B.", bio="Ceramics")
    dressed = await users.update(graph, ana.n, avatar=picture)
    bare = await users.update(graph, ana.n, bio=None, avatar=None)

    assert (dressed.display_name, dressed.bio) == ("Ana B.", "Ceramics")
    assert dressed.avatar is not None
    assert dressed.avatar.open
    assert (bare.display_name, bare.bio, bare.avatar) == ("Ana B.", None, None)
    assert not await pictures.open(graph, dressed.avatar.key)


async def test_interests_are_replaced_in_order(graph: Graph, world: World) -> None:
    ana = (await world.user()).n
    first, second = await world.topic(), await world.topic()

    await users.set_interests(graph, ana, [first.id, second.id])
    await users.set_interests(graph, ana, [second.id, first.id, second.id])

    assert await users.interests(graph, [ana]) == {ana: [second.n, first.n]}
    with pytest.raises(NotFound):
        await users.set_interests(graph, ana, [TopicId("topic_none")])
    with pytest.raises(Invalid):
        await users.set_interests(graph, ana, [TopicId(f"t{i}") for i in range(101)])
    assert await users.interests(graph, [ana]) == {ana: [second.n, first.n]}


async def test_following_twice_is_once(graph: Graph, world: World) -> None:
    ana, bob, eve = [(await world.user()).n for _ in range(3)]

    await asyncio.gather(*[follows.follow_user(graph, bob, ana) for _ in range(8)])
    await follows.follow_user(graph, eve, ana)
    await follows.follow_board(graph, bob, (await world.board(ana)).n)

    assert await users.counts(graph, SIGNED_OUT, [ana, bob]) == {ana: UserCounts(2, 0), bob: UserCounts(0, 1)}
    assert await users.follows(graph, bob, [ana, eve]) == {ana}
    assert await users.follows(graph, SIGNED_OUT, [ana]) == set()
    head = await user_pages.followers_page(graph, SIGNED_OUT, ana, PageArgs(1))
    rest = await user_pages.followers_page(graph, SIGNED_OUT, ana, PageArgs(5, head.items[0].key))
    assert [i.value for i in (*head.items, *rest.items)] == [eve, bob]
    assert (head.has_next, rest.has_next) == (True, False)
    assert [i.value for i in (await user_pages.following_page(graph, SIGNED_OUT, bob, PageArgs())).items] == [ana]
    for _ in range(2):
        await follows.unfollow_user(graph, bob, ana)
    assert await users.follows(graph, bob, [ana]) == set()
    with pytest.raises(Invalid):
        await follows.follow_user(graph, ana, ana)
