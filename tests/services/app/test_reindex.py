"""Moving to another model's vectors while Pins are made, saved and looked for; killed in the middle; and back."""

from __future__ import annotations

import asyncio
import secrets
import shutil
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from app import reindex
from app.children import Child
from app.settings import Settings
from app.spaces import follow
from domain.errors import Conflict, Unavailable
from domain.ids import PinN
from domain.model import PinStatus
from graph import pin_writes, saves, spaces
from graph.client import Graph
from graph.spaces import Chosen
from tests.services.app.conftest import environment
from tests.services.app.test_worker import a_board, are, made, until
from tests.services.conftest import CLIP_DIM
from vectors.lookalike import DIM
from vectors.remote import RemoteEmbedder

pytestmark = pytest.mark.timeout(900)
PINS = 90


class Life:
    """Somebody who goes on while vectors are moved: makes Pins, saves them, and looks for Pins that look alike."""

    def __init__(self, place: Settings, graph: Graph) -> None:
        self.place, self.graph = place, graph
        self.made: list[PinN] = []
        self.searches = 0
        self.dims: set[int] = set()

    async def make(self) -> None:
        by, board_n = await a_board(self.graph)
        while True:
            (n,) = await made(self.place, self.graph, by, board_n)
            await saves.save(self.graph, by=by, pin_n=n, board_n=board_n)
            self.made.append(n)
            await asyncio.sleep(0.05)

    async def look(self, known: list[PinN]) -> None:
        index = follow(self.place, "look")
        while True:
            at = await index.pinned()
            vectors = await at.index.fetch(known[:3])
            for vector in vectors.values():
                assert (await at.index.search(vector[None, :], 5))[0]
                self.dims.add(len(vector))
                self.searches += 1
            await asyncio.sleep(0.01)


@asynccontextmanager
async def living(life: Life, known: list[PinN]) -> AsyncIterator[None]:
    """Life goes on inside the block; what fails in it fails the test."""
    tasks = [asyncio.create_task(life.make()), asyncio.create_task(life.look(known))]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for outcome in await asyncio.gather(*tasks, return_exceptions=True):
            assert isinstance(outcome, asyncio.CancelledError), outcome


async def whole(place: Settings, graph: Graph, label: str, ns: list[PinN]) -> bool:
    """Whether the collection of this model has every one of these Pins."""
    index = follow(place, "look")
    try:
        return await are(graph, ns, PinStatus.READY) and await index.labelled(label).present(ns) == set(ns)
    finally:
        await index.close()


async def live(place: Settings) -> str | None:
    index = follow(place, "look")
    try:
        return await index.live_label()
    finally:
        await index.close()


async def run(place: Settings, **asked: object) -> None:
    values: dict[str, object] = {"space": "look", "name": None, "act": None, "accept_missing": False, "quiet": True}
    await reindex.run(place, **values | asked)  # type: ignore[arg-type]


async def test_a_move_goes_on_after_a_kill_loses_nothing_made_meanwhile_and_can_be_taken_back(
    place: Settings, place_graph: Graph, start_worker: Callable[[], Child], tiny_clip: Path, tmp_path: Path
) -> None:
    """One story: each step stands on the one before."""
    by, board_n = await a_board(place_graph)
    worker = start_worker()
    known = await made(place, place_graph, by, board_n, PINS)
    await until(lambda: are(place_graph, known, PinStatus.READY), 240.0)
    life = Life(place, place_graph)
    worker.stop()

    # The command starts a worker of its own, and is killed with it in the middle.
    async with living(life, known):
        command = [sys.executable, "-m", "app.cli", "reindex", "--embedder", str(tiny_clip), "--quiet"]
        with (tmp_path / "reindex.log").open("wb") as log:
            killed = await asyncio.create_subprocess_exec(*command, env=environment(place), stdout=log, stderr=log)

        async def some_filled() -> bool:
            assert killed.returncode is None, (tmp_path / "reindex.log").read_text()
            state = await spaces.get(place_graph, "look")
            return (
                state is not None
                and state.next is not None
                and (await filled(place, state.next.label) > 8 or await live(place) != "lookalike_1")
            )

        await until(some_filled, 600.0)
        killed.kill()
        await killed.wait()
    state = await spaces.get(place_graph, "look")
    assert state is not None
    new = (state.next or state.live).label
    assert await live(place) == "lookalike_1"
    assert not await whole(place, place_graph, new, [*known, *life.made])

    # Given again, twice at once, it goes on to the end, with life going on beside it; the later one sees it moved.
    start_worker()
    async with living(life, known):
        await asyncio.gather(run(place, name=str(tiny_clip)), run(place, name=str(tiny_clip)))

        async def followed() -> bool:
            return CLIP_DIM in life.dims

        await until(followed)
    await until(lambda: whole(place, place_graph, new, [*known, *life.made]), 240.0)
    assert await live(place) == new
    assert life.dims == {DIM, CLIP_DIM}
    assert life.searches > 20

    # What was left is kept, and kept up to date: going back misses nothing.
    (late,) = await made(place, place_graph, by, board_n)
    await until(lambda: whole(place, place_graph, "lookalike_1", [*known, *life.made, late]), 240.0)
    with pytest.raises(Conflict, match="--confirm"):
        await run(place, name=str(tiny_clip))
    await run(place, act="back")
    assert await live(place) == "lookalike_1"
    await until(lambda: whole(place, place_graph, new, [*known, *life.made, late]), 240.0)

    # Confirmed, the other collection goes, and nothing is embedded anew.
    await run(place, act="confirm")
    index = follow(place, "look")
    assert new not in await index.collections()
    await index.close()
    (last,) = await made(place, place_graph, by, board_n)
    await until(lambda: whole(place, place_graph, "lookalike_1", [*known, *life.made, late, last]), 240.0)
    assert await live(place) == "lookalike_1"
    with pytest.raises(Conflict, match="no move to confirm"):
        await run(place, act="confirm")


async def filled(place: Settings, label: str) -> int:
    index = follow(place, "look")
    try:
        return await index.labelled(label).count() if label in await index.collections() else 0
    finally:
        await index.close()


@pytest.fixture
async def words(place: Settings, place_graph: Graph, tiny_clip: Path) -> AsyncIterator[Chosen]:
    """The model that words are embedded with while a test runs: the installation has none otherwise."""
    embedder = RemoteEmbedder(place.embedder_url or "")

    async def ready() -> bool:
        return (await embedder.use("text", str(tiny_clip))).ready

    await until(ready, 600.0)
    chosen = Chosen(str(tiny_clip), (await embedder.use("text", str(tiny_clip))).label)
    await embedder.close()
    await spaces.change(place_graph, "text", lambda _: spaces.SpaceState(chosen))
    yield chosen
    await place_graph.command("MATCH (s:Space {kind: 'text'}) DELETE s")


async def test_words_move_too_and_what_is_rewritten_meanwhile_is_rewritten_in_both(
    place: Settings, place_graph: Graph, start_worker: Callable[[], Child], tiny_clip: Path, words: Chosen
) -> None:
    other = tiny_clip.parent / f"other-{secrets.token_hex(4)}"
    shutil.copytree(tiny_clip, other)
    (other / "NOTES").write_text(secrets.token_hex(4))  # Any byte makes it another version.
    by, board_n = await a_board(place_graph)
    start_worker()
    ns = await made(place, place_graph, by, board_n, 3)
    index = follow(place, "text")

    async def vectors(label: str) -> dict[PinN, list[float]]:
        with suppress(Unavailable):
            return {n: list(row) for n, row in (await index.labelled(label).fetch(ns)).items()}
        return {}

    async def all_of(label: str) -> bool:
        return len(await vectors(label)) == len(ns)

    await until(lambda: all_of(words.label), 240.0)

    await run(place, space="text", name=str(other))

    state = await spaces.get(place_graph, "text")
    assert state is not None
    assert state.kept == words
    assert await index.live_label() == state.live.label != words.label
    await until(lambda: all_of(state.live.label), 240.0)
    before = [await vectors(label) for label in (words.label, state.live.label)]
    await pin_writes.update(place_graph, by=by, pin_n=ns[0], title="zebra zebra zebra")

    async def rewritten() -> bool:
        now = [await vectors(label) for label in (words.label, state.live.label)]
        return all(new.get(ns[0]) not in (None, old[ns[0]]) for new, old in zip(now, before, strict=True))

    await until(rewritten)
    await run(place, space="text", act="confirm")
    assert await index.collections() == [state.live.label]
    await index.close()
