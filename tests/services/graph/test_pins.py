import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from domain.errors import Conflict, Forbidden, Invalid, NotFound
from domain.events import Kind
from domain.ids import SIGNED_OUT, PinN, TopicId, UploadId, new_id
from domain.model import PinStatus, Rendition
from domain.page import PageArgs
from graph import boards, export, pictures, pin_writes, pins, spaces, topics, uploads, user_pages, visibility
from graph.client import Graph, count_statements
from graph.spaces import SpaceKind
from tests.services.graph.conftest import World, new_picture


async def events_of(graph: Graph, pin: int) -> list[Kind]:
    rows = await graph.read("MATCH (e:Event) WHERE e.p = $p RETURN e.kind AS kind ORDER BY e.at, e.id", p=pin)
    return [Kind(row["kind"]) for row in rows]


async def test_a_new_pin_is_whole(graph: Graph, world: World) -> None:
    ana, topic = (await world.user()).n, await world.topic()
    board = (await world.board(ana)).n
    picture = new_picture()

    n = await world.pin(ana, board, "Stair", description="Oak", picture=picture, topic_ids=(topic.id,))
    with count_statements() as count:
        (pin,) = await pins.by_ns(graph, SIGNED_OUT, [n])

    assert count.n == 1
    assert (pin.title, pin.description, pin.status, pin.creator_n) == ("Stair", "Oak", PinStatus.PROCESSING, ana)
    assert (pin.image.width, pin.image.palette, pin.image.open) == (800, picture.palette, True)
    assert await pins.by_ids(graph, SIGNED_OUT, [pin.id]) == [pin]
    assert await pins.topics(graph, [n]) == {n: [topic.n]}
    assert await topics.pin_counts(graph, [topic.n]) == {topic.n: 1}
    assert await pins.texts(graph, [n]) == {n: "Stair. Oak"}
    assert await world.pin_k(n) == await world.last_at(board) == await world.last_pin_at(ana)
    assert await events_of(graph, n) == [Kind.PIN_CREATED]


async def test_the_same_key_twenty_times_at_once_gives_one_pin(graph: Graph, world: World) -> None:
    ana, bob = (await world.user()).n, (await world.user()).n
    board = (await world.board(ana)).n

    made = await asyncio.gather(*[world.pin(ana, board, key="once") for _ in range(20)])

    assert len(set(made)) == 1
    assert (await boards.counts(graph, ana, [board]))[board].pins == 1
    assert await pin_writes.made_with(graph, ana, "once") == made[0]
    assert await pin_writes.made_with(graph, bob, "once") is None
    assert await world.pin(bob, (await world.board(bob)).n, key="once") != made[0]


async def test_one_file_is_one_picture(graph: Graph, world: World) -> None:
    ana = (await world.user()).n
    board = (await world.board(ana)).n
    picture = new_picture()

    made = await asyncio.gather(*[world.pin(ana, board, picture=picture) for _ in range(6)])

    found = await pictures.of_pins(graph, made)
    assert len({p.key for p in found.values()}) == 1
    await pictures.set_renditions(graph, {found[made[0]].key: [Rendition("564", 564, 423, 9_000)]})
    again = await pictures.by_sha256(graph, picture.sha256)
    assert again is not None
    assert again.renditions == (Rendition("564", 564, 423, 9_000),)


async def test_a_refused_pin_leaves_nothing(graph: Graph, world: World) -> None:
    ana = (await world.user()).n
    board = (await world.board(ana)).n
    picture = new_picture()

    with pytest.raises(NotFound) as refused:
        await world.pin(ana, board, picture=picture, key="k", topic_ids=(TopicId("topic_none"),))
    with pytest.raises(Invalid):
        await world.pin(ana, board, picture=picture, topic_ids=tuple(TopicId(f"topic_{i}") for i in range(11)))

    assert refused.value.field == ("topicIds",)
    assert await pictures.by_sha256(graph, picture.sha256) is None
    assert await pin_writes.made_with(graph, ana, "k") is None
    assert (await boards.counts(graph, ana, [board]))[board].pins == 0


async def test_somebody_elses_board_is_not_found(graph: Graph, world: World) -> None:
    ana, bob, eve = [(await world.user()).n for _ in range(3)]
    board = (await world.board(ana)).n
    await world.collaborate(bob, board)
    await world.collaborate(eve, board, "VIEWER")

    assert await world.pin(bob, board)
    with pytest.raises(NotFound):
        await world.pin(eve, board)
    with pytest.raises(NotFound):
        await world.pin((await world.user()).n, board)


async def test_a_full_board_takes_no_more(graph: Graph, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pin_writes, "BOARD_PINS_MAX", 1)
    ana = (await world.user()).n
    board = (await world.board(ana)).n
    await world.pin(ana, board)

    with pytest.raises(Conflict):
        await world.pin(ana, board)


async def test_an_upload_is_used_once_by_its_owner(graph: Graph, world: World) -> None:
    ana, bob, now = (await world.user()).n, (await world.user()).n, datetime.now(UTC)
    board, his = (await world.board(ana)).n, (await world.board(bob)).n
    upload = UploadId(new_id("upload"))
    await uploads.create(
        graph, id=upload, by=ana, content_type="image/png", bytes=9, expires_at=now + timedelta(hours=1)
    )

    def new(on: int) -> pin_writes.NewPin:
        return pin_writes.NewPin(on, "Up", new_picture(), upload_id=upload)  # type: ignore[arg-type]

    with pytest.raises(NotFound, match="PUT"):
        await pin_writes.create(graph, new(board), by=ana)
    assert await uploads.arrived(graph, upload, bytes=9, now=now)
    assert not await uploads.arrived(graph, upload, bytes=9, now=now)
    with pytest.raises(NotFound):
        await pin_writes.create(graph, new(his), by=bob)
    with pytest.raises(NotFound):
        await pin_writes.create(graph, new(his), by=ana)
    assert await pin_writes.create(graph, new(board), by=ana)
    with pytest.raises(Conflict):
        await pin_writes.create(graph, new(board), by=ana)
    assert await uploads.get(graph, upload, bob) is None


async def test_an_expired_upload_does_not_arrive(graph: Graph, world: World) -> None:
    ana, now = (await world.user()).n, datetime.now(UTC)
    upload = UploadId(new_id("upload"))
    await uploads.create(graph, id=upload, by=ana, content_type="image/png", bytes=9, expires_at=now)

    assert not await uploads.arrived(graph, upload, bytes=9, now=now + timedelta(seconds=1))
    assert not await uploads.used(graph, upload, ana)


async def test_an_update_is_its_creators(graph: Graph, world: World) -> None:
    ana, bob, topic = (await world.user()).n, (await world.user()).n, await world.topic()
    n = await world.pin(ana, (await world.board(ana)).n, "Old", description="Words")

    await pin_writes.update(graph, by=ana, pin_n=n, title="New", link="https://example.org", topic_ids=[topic.id])
    await pin_writes.update(graph, by=ana, pin_n=n, description=None)

    (pin,) = await pins.by_ns(graph, SIGNED_OUT, [n])
    assert (pin.title, pin.description, pin.link) == ("New", None, "https://example.org")
    assert await topics.cover_pins(graph, SIGNED_OUT, [topic.n]) == {topic.n: [n]}
    assert await events_of(graph, n) == [Kind.PIN_CREATED, Kind.PIN_UPDATED, Kind.PIN_UPDATED]
    with pytest.raises(Forbidden):
        await pin_writes.update(graph, by=bob, pin_n=n, title="His")


async def test_deleting_takes_it_off_every_board(graph: Graph, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pin_writes, "_TRASH_BATCH", 2)
    ana, bob = (await world.user()).n, (await world.user()).n
    board = (await world.board(ana)).n
    older, n = await world.pin(ana, board), await world.pin(ana, board)
    others = [(await world.board(bob, secret=i == 2)).n for i in range(4)]
    for other in others:
        await world.save(bob, n, other)
    with pytest.raises(Forbidden):
        await pin_writes.delete(graph, bob, n)

    await pin_writes.delete(graph, ana, n)

    assert await pins.by_ns(graph, ana, [n]) == []
    assert await visibility.visible(graph, bob, [n]) == set()
    held = await boards.counts(graph, bob, [board, *others])
    assert [held[b].pins for b in (board, *others)] == [1, 0, 0, 0, 0]
    assert await export.pin_boards(graph, [n]) == {n: []}
    assert [i.value for i in (await user_pages.pins_page(graph, ana, ana, PageArgs())).items] == [older]
    assert await world.last_pin_at(ana) == await world.last_at(board) == await world.pin_k(older)
    assert await world.last_at(others[0]) is None
    with pytest.raises(NotFound):
        await pin_writes.delete(graph, ana, n)


async def test_hiding_twice_is_once(graph: Graph, world: World) -> None:
    ana, bob = (await world.user()).n, (await world.user()).n
    n = await world.pin(ana, (await world.board(ana)).n)

    for _ in range(2):
        await pin_writes.hide(graph, bob, n)
    assert await pins.hidden(graph, bob) == await pins.viewer_hid(graph, bob, [n]) == {n}
    assert await pins.viewer_hid(graph, ana, [n]) == await pins.viewer_hid(graph, SIGNED_OUT, [n]) == set()
    for _ in range(2):
        await pin_writes.unhide(graph, bob, n)

    assert await pins.hidden(graph, bob) == set()
    assert await events_of(graph, n) == [Kind.PIN_CREATED, Kind.HID, Kind.UNHID]


async def test_ready_is_told_once(graph: Graph, world: World) -> None:
    ana = (await world.user()).n
    n = await world.pin(ana, (await world.board(ana)).n)

    await pin_writes.mark(graph, [n], status=PinStatus.FAILED)
    await pin_writes.mark(graph, [n], status=PinStatus.READY, look="a-1")
    await pin_writes.mark(graph, [n], status=PinStatus.READY, text="b-1")
    await pin_writes.mark(graph, [n], status=PinStatus.FAILED)

    assert [p.status for p in await pins.by_ns(graph, ana, [n])] == [PinStatus.READY]
    assert await events_of(graph, n) == [Kind.PIN_CREATED, Kind.PIN_FAILED, Kind.PIN_READY]


async def test_the_backfill_finds_what_lacks_a_vector(graph: Graph, world: World) -> None:
    ana = (await world.user()).n
    board = (await world.board(ana)).n
    first, second, third = sorted([await world.pin(ana, board) for _ in range(3)])
    await pin_writes.mark(graph, [first, second], status=PinStatus.READY, look="a-1", text="b-1")
    await pin_writes.mark(graph, [third], status=PinStatus.FAILED)

    async def lacking(kind: SpaceKind, *versions: str) -> list[int]:
        found = await spaces.unmarked(graph, kind, versions, after=PinN(first - 1), limit=5)
        return [n for n in found if n in {first, second, third}]

    assert await lacking("look", "a-1") == []
    assert await lacking("look", "a-0", "a-1", "a-2") == []
    assert await lacking("text", "b-1") == []
    assert await lacking("look", "a-2") == [first, second]
    assert await lacking("look", "a-0", "a-2") == [first, second]
    assert await lacking("text", "b-0") == [first, second]
    assert first not in await spaces.unmarked(graph, "look", ["a-2"], after=first, limit=5)


async def test_a_pin_in_several_collections_has_a_version_that_says_so(graph: Graph, world: World) -> None:
    ana = (await world.user()).n
    n = await world.pin(ana, (await world.board(ana)).n)
    await pin_writes.mark(graph, [n], status=PinStatus.READY, look=spaces.goal(["m.2", "l.1"]), text="t.1")

    assert await spaces.marks(graph, [n]) == {n: ({"l.1", "m.2"}, {"t.1"})}
    assert spaces.whole(["l.1"], ["l.1+m.2", "m.2"]) == ["l.1", "l.1+m.2"]
    await spaces.forget(graph, "look", [n])
    assert (await spaces.marks(graph, [n]))[n][0] == frozenset()
