"""Pixie's walk about a Pin's topic, against the real graph: what it keeps to, and what it never shows again."""

from __future__ import annotations

from collections.abc import Sequence

from discovery.candidate import FeedQuery, QueryPin
from discovery.declared import RELATED, VARIANTS
from discovery.sources.about import WalkedAbout
from discovery.walk.live import LiveWalk
from domain.events import Kind
from domain.ids import PinN
from domain.model import BoardPrivacy, Source
from graph import boards
from tests.services.discovery.conftest import World, event


async def _mixed(world: World) -> tuple[PinN, list[PinN], list[PinN]]:
    """A garden Pin that stands on garden boards and on kitchen boards, the Pins beside it, and a kitchen board's."""
    gardens = await world.boards_of("garden", boards=4, pins=8)
    kitchens = await world.boards_of("kitchen", boards=4, pins=8)
    for _ in range(4):
        owner = await world.user()
        board = await world.board(owner)
        for pin in [gardens[0], *kitchens[:12]]:
            await world.save(owner, pin, board)
    return gardens[0], gardens, kitchens


async def _found(source: WalkedAbout, world: World, pin: PinN, *families: str) -> list[PinN]:
    topics = tuple([await world.topic(family) for family in families])
    query = FeedQuery(query_pins=(QueryPin(pin, 1.0),), topics=topics, limit=20, seed=3)
    return [candidate.pin_n for candidate in await source.fetch(query)]


def _share(of: Sequence[PinN], among: Sequence[PinN]) -> float:
    return len(set(of) & set(among)) / len(of)


async def test_related_pins_keep_to_the_pins_topic_once_the_lists_are_in_its_order(world: World) -> None:
    pin, gardens, kitchens = await _mixed(world)
    source = WalkedAbout(world.graph, await LiveWalk.load(world.graph))

    before = await _found(source, world, pin, "garden")
    await source.arranged()
    after = await _found(source, world, pin, "garden")

    assert _share(kitchens, before) < 1.0
    assert _share(before, kitchens) > 0.2
    assert set(after) <= set(gardens)
    assert set(await _found(source, world, pin, "kitchen")) <= set(kitchens)
    assert _share(await _found(source, world, pin), kitchens) > 0.2


async def test_a_board_that_goes_secret_leaves_the_walk_about_a_topic_at_once(world: World) -> None:
    pin, *_ = await _mixed(world)
    owner = await world.user()
    board = await world.board(owner)
    await world.save(owner, pin, board)
    beside = [await world.pin(owner, board, "garden") for _ in range(6)]
    walk = await LiveWalk.load(world.graph)
    source = WalkedAbout(world.graph, walk)
    await _found(source, world, pin, "garden")
    await source.arranged()
    assert set(await _found(source, world, pin, "garden")) & set(beside)

    await boards.update(world.graph, by=owner, board_n=board, privacy=BoardPrivacy.SECRET)
    await walk.follow([event(Kind.PRIVACY, board=board)])

    assert not set(await _found(source, world, pin, "garden")) & set(beside)
    assert await _found(source, world, beside[0], "garden") == []


async def test_the_declared_variant_of_related_can_be_run_as_it_stands(world: World) -> None:
    pin, gardens, _ = await _mixed(world)
    viewer = await world.user()
    await world.save(viewer, pin, await world.board(viewer))
    feeds = await world.feeds()
    variant = next(variant.feed for variant in VARIANTS if variant.of == RELATED.name)

    tried = await feeds.tried(viewer, [RELATED, variant])

    for run, slate in tried:
        assert not run.degraded
        walked = {c.pin_n for c in slate for reason in c.reasons if reason.source is Source.WALK}
        assert walked & set(gardens)
