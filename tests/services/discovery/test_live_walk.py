"""The walk's copy against the real graph: what is loaded, and what each kind of change does to it."""

from __future__ import annotations

import asyncio
import random
import threading
from pathlib import Path
from unittest import mock

import pytest

from discovery.walk import snapshot
from discovery.walk.flat import Flat
from discovery.walk.live import LiveWalk
from discovery.walk.present import Present
from discovery.walk.rebuild import Rebuild
from domain.events import Kind
from domain.ids import BoardN, PinN
from domain.model import BoardPrivacy
from graph import boards, outbox, pin_writes, saves
from tests.services.discovery.conftest import World, event


async def test_the_copy_holds_public_saves_and_no_secret_one(world: World) -> None:
    ana = await world.user()
    public, secret = await world.board(ana), await world.board(ana, secret=True)
    shown = [await world.pin(ana, public) for _ in range(3)]
    hidden = await world.pin(ana, secret)

    walk = await LiveWalk.load(world.graph)

    assert sorted(walk.pins_of(public)) == sorted(shown)
    assert walk.pins_of(secret) == []
    assert walk.boards_of(hidden) == []
    assert hidden not in {hit.pin_n for hit in walk.recommend([(shown[0], 1.0)], limit=50)}
    assert walk.recommend([(hidden, 1.0)], limit=50) == walk.stepped([(hidden, 1.0)], limit=50) == []


async def test_a_save_is_walked_once_its_event_is_followed(world: World) -> None:
    ana, ben = await world.user(), await world.user()
    hers, his = await world.board(ana), await world.board(ben)
    mine = await world.pin(ana, hers)
    walk = await LiveWalk.load(world.graph)
    pin = await world.pin(ben, his)
    await world.save(ana, pin, hers)

    await walk.follow([event(Kind.PIN_CREATED, board=his, pin=pin), event(Kind.SAVED, board=hers, pin=pin)])

    assert [hit.pin_n for hit in walk.recommend([(mine, 1.0)], limit=1)] == [pin]
    await saves.unsave(world.graph, by=ana, pin_n=pin, board_n=hers)
    await walk.follow([event(Kind.UNSAVED, board=hers, pin=pin)])
    assert walk.recommend([(mine, 1.0)], limit=1) == []


async def test_a_board_that_goes_secret_leaves_the_walk_and_comes_back(world: World) -> None:
    ana = await world.user()
    board = await world.board(ana)
    pins = [await world.pin(ana, board) for _ in range(4)]
    walk = await LiveWalk.load(world.graph)

    await boards.update(world.graph, by=ana, board_n=board, privacy=BoardPrivacy.SECRET)
    await walk.follow([event(Kind.PRIVACY, board=board)])
    assert walk.pins_of(board) == []
    assert walk.recommend([(pins[0], 1.0)], limit=5) == []

    await boards.update(world.graph, by=ana, board_n=board, privacy=BoardPrivacy.PUBLIC)
    await walk.follow([event(Kind.PRIVACY, board=board)])
    assert sorted(walk.pins_of(board)) == sorted(pins)


async def test_deleted_pins_and_boards_leave_the_walk(world: World) -> None:
    ana, ben = await world.user(), await world.user()
    first, second = await world.board(ana), await world.board(ben)
    gone, kept = await world.pin(ana, first), await world.pin(ana, first)
    await world.save(ben, gone, second)
    await world.save(ben, kept, second)
    walk = await LiveWalk.load(world.graph)

    await pin_writes.delete(world.graph, ana, gone)
    await walk.follow([event(Kind.PIN_DELETED, pin=gone)])
    assert walk.boards_of(gone) == []
    assert walk.pins_of(second) == [kept]

    await boards.delete(world.graph, ben, second)
    await walk.follow([event(Kind.BOARD_DELETED, board=second)])
    assert walk.boards_of(kept) == [first]


async def test_events_in_any_order_and_repeated_come_to_the_present_state(world: World) -> None:
    ana = await world.user()
    here = [await world.board(ana) for _ in range(3)]
    pins = [await world.pin(ana, here[0]) for _ in range(6)]
    walk = await LiveWalk.load(world.graph)
    rng, events = random.Random(2), []
    for pin in pins:
        await world.save(ana, pin, here[1])
        events.append(event(Kind.SAVED, board=here[1], pin=pin))
    for pin in pins[:3]:
        await saves.unsave(world.graph, by=ana, pin_n=pin, board_n=here[0])
        events.append(event(Kind.UNSAVED, board=here[0], pin=pin))
    await boards.update(world.graph, by=ana, board_n=here[1], privacy=BoardPrivacy.SECRET)
    events.append(event(Kind.PRIVACY, board=here[1]))
    events += events[:5]
    rng.shuffle(events)

    for one in events:
        await walk.follow([one])

    fresh = await LiveWalk.load(world.graph)
    for board in here:
        assert sorted(walk.pins_of(board)) == sorted(fresh.pins_of(board))
    assert sorted(walk.pins_of(here[0])) == sorted(pins[3:])


async def _sequenced(world: World) -> None:
    while (await outbox.sequence_once(world.graph)).events:
        pass


async def test_a_snapshot_is_opened_with_all_that_changed_since(world: World, tmp_path: Path) -> None:
    ana = await world.user()
    board, other = await world.board(ana), await world.board(ana)
    pins = [await world.pin(ana, board) for _ in range(4)]
    path = tmp_path / "walk.snapshot"
    await _sequenced(world)
    assert await (await LiveWalk.load(world.graph)).keep(path)
    await saves.unsave(world.graph, by=ana, pin_n=pins[0], board_n=board)
    await world.save(ana, pins[1], other)
    await _sequenced(world)

    walk = await LiveWalk.load(world.graph, path)

    assert sorted(walk.pins_of(board)) == sorted(pins[1:])
    assert walk.pins_of(other) == [pins[1]]
    assert walk.seq == await outbox.last_seq(world.graph)


async def test_a_snapshot_waits_for_what_has_no_room_before_a_rebuild(world: World, tmp_path: Path) -> None:
    await world.boards_of("garden", boards=1, pins=3)
    walk, path = await LiveWalk.load(world.graph), tmp_path / "walk.snapshot"
    before, build, entered, go_on = walk.saves, Rebuild.build, threading.Event(), threading.Event()

    def slow(rebuild: Rebuild) -> Flat:
        flat = build(rebuild)
        entered.set()
        go_on.wait(60)
        return flat

    with mock.patch.object(Rebuild, "build", slow):
        many = {BoardN(2_000_000 + b): [PinN(b * 120 + p) for p in range(120)] for b in range(4_000)}
        await walk.apply(Present(boards=many))
        keeping = asyncio.create_task(walk.keep(path))
        assert await asyncio.to_thread(entered.wait, 60)
        go_on.set()
        assert await keeping

    assert snapshot.open_(path).flat.saves == before + 120 * len(many)


@pytest.mark.parametrize("harm", ["foreign", "damaged"])
async def test_a_snapshot_of_another_graph_or_damaged_is_refused_and_the_graph_read(
    world: World, tmp_path: Path, harm: str
) -> None:
    ana = await world.user()
    board = await world.board(ana)
    pin = await world.pin(ana, board)
    path = tmp_path / "walk.snapshot"
    await _sequenced(world)
    await (await LiveWalk.load(world.graph)).keep(path)
    opened = snapshot.open_(path)
    if harm == "foreign":
        snapshot.write(opened.flat, path, snapshot.Origin(opened.origin.seq, "event_of_another"))
    else:
        content = bytearray(path.read_bytes())
        content[5_000] ^= 1
        path.write_bytes(content)

    walk = await LiveWalk.load(world.graph, path)

    assert walk.pins_of(board) == [pin]
