"""The doctor over a living installation: each thing wiped or broken is named, repaired, and then found sound.

Other tests leave ills of their own in the same installation: what counts is what a test adds to them.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import LiteralString

import pytest

from app import children
from app.children import Child, Guard, Program
from app.doctor import command, copies, jobs, pictures, vectors, walk
from app.doctor.finding import Case, Examination, Finding, State
from app.settings import Settings
from app.spaces import follow
from domain.ids import PinN, UploadId, UserN, new_id
from domain.limits import UPLOAD_KEPT_S
from domain.model import PinStatus
from graph import jobs as graph_jobs
from graph import pictures as graph_pictures
from graph import pins, spaces, uploads
from graph.client import Graph
from media import renditions
from media.disk import DiskStore
from media.pictures import original_at, rendition_at
from tests.services.app.conftest import answers, environment, pinwalk
from tests.services.app.test_worker import a_board, are, made, until
from vectors.embedder import unit_rows

pytestmark = pytest.mark.timeout(900)
LABEL = "lookalike_1"


@asynccontextmanager
async def case(place: Settings, *, fix: bool = False) -> AsyncIterator[Case]:
    def bar(name: str, total: int) -> nullcontext[Callable[[int], None]]:
        return nullcontext(lambda _: None)

    async with command.opened(place, fix=fix, deep=True, bar=bar) as opened:
        yield opened


async def found(place: Settings, examination: Examination, what: str, *, fix: bool = False) -> Finding:
    """The one finding of this examination whose name begins so."""
    async with case(place, fix=fix) as opened:
        return next(each for each in await command.examine(opened, [("", examination)]) if each.what.startswith(what))


async def heals(
    place: Settings, examination: Examination, what: str, *, before: Finding, state: State, more: int
) -> None:
    """The doctor names so many more than before, repairs them, and then finds what it found before."""
    ill = await found(place, examination, what)
    assert (ill.state, ill.count) == (state, before.count + more)
    assert not command.sound(ill)
    mended = await found(place, examination, what, fix=True)
    assert mended.fixed >= more
    assert (await found(place, examination, what)).count <= before.count


@pytest.fixture
async def ready(place: Settings, place_graph: Graph, start_worker: Callable[[], Child]) -> tuple[UserN, list[PinN]]:
    """Somebody with four Pins that are READY and rendered; a worker lives."""
    by, board_n = await a_board(place_graph)
    start_worker()
    ns = await made(place, place_graph, by, board_n, 4)
    await until(lambda: are(place_graph, ns, PinStatus.READY), 240.0)

    async def rendered() -> bool:
        shown = (await graph_pictures.of_pins(place_graph, ns)).values()
        return all(len([each for each in picture.renditions if each.bytes]) == 4 for picture in shown)

    await until(rendered, 240.0)
    return by, ns


async def test_vectors_that_were_wiped_are_made_again(
    place: Settings, place_graph: Graph, ready: tuple[UserN, list[PinN]]
) -> None:
    _, ns = ready
    what = f"vectors in {LABEL}"
    before = await found(place, vectors.examine, what)
    index = follow(place, "look")
    await index.labelled(LABEL).delete(ns[:2])

    await heals(place, vectors.examine, what, before=before, state=State.MISSING, more=2)

    await index.labelled(LABEL).drop()
    mended = await found(place, vectors.examine, what, fix=True)
    assert mended.state is State.MISSING
    assert mended.count >= len(ns)

    async def whole() -> bool:
        return await index.pinned() is not None and set(await index.labelled(LABEL).present(ns)) == set(ns)

    await until(whole, 240.0)
    assert (await found(place, vectors.examine, what)).count <= before.count
    await index.close()


async def test_vectors_of_pins_that_are_gone_are_deleted(place: Settings, ready: tuple[UserN, list[PinN]]) -> None:
    before = await found(place, vectors.examine, f"rows of {LABEL}")
    index = follow(place, "look")
    vector = next(iter((await index.fetch(ready[1][:1])).values()))
    await index.labelled(LABEL).upsert([PinN(10**12), PinN(10**12 + 1)], unit_rows(vector[None].repeat(2, 0)))

    await heals(place, vectors.examine, f"rows of {LABEL}", before=before, state=State.EXTRA, more=2)

    assert set(await index.present(ready[1])) == set(ready[1])
    await index.close()


async def test_renditions_that_were_wiped_are_made_again(
    place: Settings, place_graph: Graph, ready: tuple[UserN, list[PinN]]
) -> None:
    before = await found(place, pictures.examine, "renditions")
    store = await DiskStore.open(place.pictures_dir)
    shown = await graph_pictures.of_pins(place_graph, ready[1])
    for picture in shown.values():
        for name in renditions.NAMES:
            assert await store.delete(rendition_at(picture.sha256, name))

    await heals(place, pictures.examine, "renditions", before=before, state=State.MISSING, more=4)

    for picture in shown.values():
        assert await store.size(rendition_at(picture.sha256, "236"))


async def test_a_lost_original_is_named_and_not_made_up(
    place: Settings, place_graph: Graph, ready: tuple[UserN, list[PinN]]
) -> None:
    before = await found(place, pictures.examine, "originals")
    store = await DiskStore.open(place.pictures_dir)
    key = original_at((await graph_pictures.of_pins(place_graph, ready[1][:1])).popitem()[1].sha256)
    data = await store.get(key)
    assert data is not None
    await store.delete(key)

    ill = await found(place, pictures.examine, "originals", fix=True)
    await store.put(key, data, "image/jpeg")

    assert (ill.state, ill.count, ill.fixed) == (State.MISSING, before.count + 1, 0)
    assert not command.sound(ill)
    assert "backup" in ill.remedy


async def test_files_of_no_picture_go_when_they_are_old(place: Settings, ready: tuple[UserN, list[PinN]]) -> None:
    before = await found(place, pictures.examine, "files")
    store = await DiskStore.open(place.pictures_dir)
    old, young = (original_at(secrets.token_hex(32)) for _ in range(2))
    for key in (old, young):
        await store.put(key, b"left over", "image/png")
    long_ago = time.time() - UPLOAD_KEPT_S - 60
    os.utime(store._path(old), (long_ago, long_ago))

    await heals(place, pictures.examine, "files", before=before, state=State.EXTRA, more=1)

    assert await store.size(old) is None
    assert await store.size(young) is not None
    await store.delete(young)


async def test_uploads_that_expired_are_forgotten(
    place: Settings, place_graph: Graph, ready: tuple[UserN, list[PinN]]
) -> None:
    before = await found(place, pictures.examine, "expired")
    upload = UploadId(new_id("upload"))
    gone = datetime.now(UTC) - timedelta(seconds=UPLOAD_KEPT_S + 60)
    await uploads.create(place_graph, id=upload, by=ready[0], content_type="image/png", bytes=9, expires_at=gone)
    store = await DiskStore.open(place.pictures_dir)
    await store.put(f"uploads/{upload}", b"never used", "image/png")

    await heals(place, pictures.examine, "expired", before=before, state=State.STALE, more=1)

    assert await store.size(f"uploads/{upload}") is None


@pytest.mark.parametrize(
    ("what", "breaking"),
    [
        ("newest Pin", "MATCH (u:User {n: $by}) SET u.lastPinAt = 5"),
        ("newest save", "MATCH (:User {n: $by})-[:OWNS]->(b) SET b.lastAt = null"),
        ("creators", "MATCH (p:Pin {n: $p}) SET p.creatorN = 999999999"),
        ("owners", "MATCH (:User {n: $by})-[:OWNS]->(b) SET b.ownerN = 999999999"),
        ("numbers", "MATCH (:User {n: $by})-[:OWNS]->(b)-[h:HOLDS]->(p:Pin {n: $p}) SET h.p = 999999999"),
    ],
)
async def test_what_the_graph_keeps_twice_is_written_anew(
    place: Settings, place_graph: Graph, ready: tuple[UserN, list[PinN]], what: str, breaking: LiteralString
) -> None:
    by, ns = ready
    before = await found(place, copies.examine, what)
    await place_graph.command(breaking, by=by, p=ns[0])

    await heals(place, copies.examine, what, before=before, state=State.WRONG, more=1)

    assert [pin.creator_n for pin in await pins.by_ns(place_graph, by, ns[:1])] == [by]


async def test_jobs_given_up_are_tried_again_and_those_of_nothing_forgotten(
    place: Settings, place_graph: Graph, ready: tuple[UserN, list[PinN]]
) -> None:
    given_up = await found(place, jobs.examine, "given up")
    of_nothing = await found(place, jobs.examine, "of Pins")
    _, ns = ready
    make = "CREATE (:Job {id: $id, kind: 'render', state: 'dead', p: $p, runAt: 0, attempts: 5, error: 'it rained'})"
    await place_graph.command(make, id=new_id("job"), p=ns[0])

    ill = await found(place, jobs.examine, "given up")
    assert ill.count == given_up.count + 1
    await found(place, jobs.examine, "given up", fix=True)

    async def done() -> bool:
        return not [dead for dead in await graph_jobs.dead(place_graph) if dead.pin_n == ns[0]]

    await until(done)
    await place_graph.command(make, id=new_id("job"), p=10**12)
    extra = await found(place, jobs.examine, "of Pins")
    assert (extra.state, extra.count) == (State.EXTRA, of_nothing.count + 1)
    await found(place, jobs.examine, "of Pins", fix=True)  # Or a worker was quicker, once the job was due again.

    async def forgotten() -> bool:
        return (await found(place, jobs.examine, "of Pins")).count == of_nothing.count

    await until(forgotten)


async def test_a_walk_that_missed_a_change_reads_it_again(
    place: Settings, place_graph: Graph, ready: tuple[UserN, list[PinN]], guard: Guard
) -> None:
    """The API process holds the copy; a save that no event tells of stands for one that it missed."""
    known = replace(place, port=children.free_port())
    program = Program(
        name="api", command=pinwalk("api"), environment=environment(known) | {"PINWALK_PORT": str(known.port)}
    )
    child = children.start(program, guard, place.data_dir / "api.log")
    try:

        async def up() -> bool:
            return await asyncio.to_thread(answers, f"{known.base_url}/readyz")

        async def loaded() -> bool:
            async with case(known) as opened:
                return "not examined" not in [each.what for each in await command.examine(opened, [("", walk.examine)])]

        await until(up, 240.0)
        await until(loaded, 240.0)
        before = await found(known, walk.examine, "boards in")
        assert before.state is State.SOUND
        by, board_n = await a_board(place_graph)
        await place_graph.command(
            "MATCH (b:Board {n: $b}), (p:Pin {n: $p}) CREATE (b)-[:HOLDS {b: $b, p: $p, k: 1, id: $id, by: $by}]->(p)",
            b=board_n,
            p=ready[1][0],
            id=new_id("save"),
            by=by,
        )

        await heals(known, walk.examine, "boards in", before=before, state=State.STALE, more=1)
    finally:
        child.stop()


async def test_the_command_prints_what_it_found_and_its_exit_code_says_whether_all_is_sound(
    place: Settings, place_graph: Graph, ready: tuple[UserN, list[PinN]]
) -> None:
    by, _ = ready
    await place_graph.command("MATCH (u:User {n: $n}) SET u.lastPinAt = 5", n=by)

    async def ask(*arguments: str) -> tuple[int | None, dict[str, dict[str, object]]]:
        asked = [sys.executable, "-m", "app.cli", "doctor", "--json", "--quiet", *arguments]
        process = await asyncio.create_subprocess_exec(
            *asked, env=environment(place), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        out, err = await process.communicate()
        assert out, err.decode()[-2000:]
        return process.returncode, {row["what"]: row for row in json.loads(out)["findings"]}

    code, findings = await ask()
    assert code == 1
    assert findings["newest Pin of each user"]["count"] == 1
    code, findings = await ask("--fix")
    assert findings["newest Pin of each user"]["fixed"] == 1
    assert code == (0 if all(row["sound"] for row in findings.values()) else 1)
    code, findings = await ask()
    assert findings["newest Pin of each user"]["state"] == "sound"
    assert findings["one that lives"]["state"] == "sound"


async def test_versions_of_a_pin_are_forgotten_one_kind_at_a_time(
    place_graph: Graph, ready: tuple[UserN, list[PinN]]
) -> None:
    n = ready[1][0]

    await spaces.forget(place_graph, "text", [n])

    look, text = (await spaces.marks(place_graph, [n]))[n]
    assert look
    assert not text
