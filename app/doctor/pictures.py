"""Files against the graph: originals and renditions that should be there, and files that nobody knows of any more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from app import sweep
from app.doctor.finding import SUSPECTS_MAX, Case, Finding, State, finding
from domain.errors import Invalid, NotFound, Unavailable
from domain.limits import UPLOAD_KEPT_S
from domain.model import Origin, Picture
from graph import census, uploads
from graph import pictures as graph_pictures
from media import renditions
from media.pictures import original_at, rendition_at
from media.upload import stored_at

Hashes = NDArray[np.uint64]
_AT_ONCE: Final = 2
_FOLDERS: Final = ("originals", "renditions")


async def examine(case: Case) -> AsyncIterator[Finding]:
    """Findings over originals, renditions, pictures without Pins, and uploads."""
    kept = await _kept(case)
    lost: list[str] = []
    unmade: list[Picture] = []
    unseen: list[Picture] = []
    total = await census.count_pictures(case.graph)
    with case.bar("pictures", total) as moved:
        async for batch in census.pictures(case.graph):
            shown = [each.picture for each in batch if each.shown]
            unseen += [each.picture for each in batch if not each.shown][: SUSPECTS_MAX - len(unseen)]
            originals = _has(kept["original"], [each.sha256 for each in shown])
            for picture, there in zip(shown, originals, strict=True):
                if picture.origin is Origin.UPLOAD and not there:
                    lost.append(picture.sha256)
            unmade += _unmade(kept, shown)[: SUSPECTS_MAX - len(unmade)]
            moved(len(batch))
    lost = [sha256 for sha256 in lost if await case.store.size(original_at(sha256)) is None]
    yield finding(
        "pictures",
        "originals",
        total,
        lost,
        state=State.MISSING,
        remedy="no copy is left here: restore them from a backup of the media store",
        fixable=False,
    )
    yield await _renditions(case, total, unmade)
    yield await _unseen(case, total, unseen)
    yield await _unknown_files(case)
    yield await _uploads(case)


async def _kept(case: Case) -> dict[str, Hashes]:
    """The first 64 bits of the hashes of the originals that are there, and of each rendition: 8 bytes a file."""
    found: dict[str, list[int]] = {"original": [], **{name: [] for name in renditions.NAMES}}
    async for key in case.store.keys("originals"):
        found["original"].append(int(key.split("/")[1][:16], 16))
    async for key in case.store.keys("renditions"):
        _, sha256, name = key.split("/")
        if name.removesuffix(".webp") in found:
            found[name.removesuffix(".webp")].append(int(sha256[:16], 16))
    return {name: np.sort(np.array(hashes, dtype=np.uint64)) for name, hashes in found.items()}


def _has(kept: Hashes, hashes: Sequence[str]) -> list[bool]:
    asked = np.array([int(sha256[:16], 16) for sha256 in hashes], dtype=np.uint64)
    at = np.searchsorted(kept, asked)
    inside = at < len(kept)
    return [
        bool(held) for held in inside & (kept[np.minimum(at, max(len(kept) - 1, 0))] == asked if len(kept) else inside)
    ]


def _unmade(kept: dict[str, Hashes], pictures: Sequence[Picture]) -> list[Picture]:
    """Those of which a rendition was made and is not there, or the first is not, which an upload always has."""
    missing = set()
    for name in renditions.NAMES:
        there = _has(kept[name], [each.sha256 for each in pictures])
        for picture, held in zip(pictures, there, strict=True):
            made = any(each.name == name and each.bytes for each in picture.renditions)
            if not held and (made or (name == renditions.FIRST and picture.origin is Origin.UPLOAD)):
                missing.add(picture.sha256)
    return [each for each in pictures if each.sha256 in missing]


async def _renditions(case: Case, total: int, unmade: Sequence[Picture]) -> Finding:
    fixed, at_once = 0, asyncio.Semaphore(_AT_ONCE)

    async def make(picture: Picture) -> bool:
        async with at_once:
            try:
                made = await case.pictures.make_all(picture)
            except (NotFound, Invalid, Unavailable):
                return False  # Its original is lost or broken, which is told above, or the part is away.
            await graph_pictures.set_renditions(case.graph, {picture.key: made})
            moved(1)
            return True

    if case.fix and unmade:
        with case.bar("rendering", len(unmade)) as moved:
            for start in range(0, len(unmade), 50):
                fixed += sum(await asyncio.gather(*map(make, unmade[start : start + 50])))
    return finding(
        "pictures",
        "renditions",
        total,
        [picture.sha256 for picture in unmade],
        state=State.MISSING,
        remedy="makes them from the originals",
        fixed=fixed,
    )


async def _unseen(case: Case, total: int, unseen: Sequence[Picture]) -> Finding:
    """Pictures in the graph that no Pin shows, not even a deleted one that can be restored, and nobody's avatar."""
    gone = 0
    if case.fix:
        for picture in unseen:
            if await census.forget_picture(case.graph, picture.sha256):
                gone += 1
    return finding(
        "pictures",
        "shown by a Pin",
        total,
        [picture.sha256 for picture in unseen],
        state=State.EXTRA,
        remedy="forgets those that none shows; their files go when nobody has put them for a day",
        fixed=gone,
    )


async def _unknown_files(case: Case) -> Finding:
    """Originals and renditions of no picture in the graph, that nobody has put for a day."""
    looked_at = 0
    left: list[str] = []
    for folder in _FOLDERS:
        async for batch in _batches(case.store.keys(folder)):
            looked_at += len(batch)
            known = await census.known_pictures(case.graph, {key.split("/")[1] for key in batch})
            left += [key for key in batch if key.split("/")[1] not in known][: SUSPECTS_MAX - len(left)]
    old = [key for key in left if await _untouched(case, key)]
    if case.fix:
        for key in old:
            await _remove(case, key)
    return finding(
        "pictures",
        "files",
        looked_at,
        old,
        state=State.EXTRA,
        remedy="deletes files of no picture that are older than a day",
        fixed=len(old) if case.fix else 0,
    )


async def _uploads(case: Case) -> Finding:
    """Uploads that expired and were not swept, and files of uploads that the graph does not know."""
    before = case.now() - timedelta(seconds=UPLOAD_KEPT_S)
    old = [stored_at(each) for each in await uploads.expired(case.graph, before, limit=SUSPECTS_MAX)]
    orphans = []
    looked_at = len(old)
    async for batch in _batches(case.store.keys("uploads")):
        looked_at += len(batch)
        known = await census.known_uploads(case.graph, {key.split("/")[1] for key in batch})
        orphans += [key for key in batch if key.split("/")[1] not in known and await _untouched(case, key)]
    if case.fix:
        while await sweep.sweep_uploads(case.graph, case.pictures, case.now()):
            pass
        for key in orphans:
            await case.store.delete(key)
    return finding(
        "uploads",
        "expired a day ago or more",
        looked_at,
        [*old, *orphans],
        state=State.STALE,
        remedy="forgets them and deletes their files",
        fixed=len(old) + len(orphans) if case.fix else 0,
    )


async def _untouched(case: Case, key: str) -> bool:
    changed = await case.store.changed_at(key)
    return changed is not None and changed < case.now() - timedelta(seconds=UPLOAD_KEPT_S)


async def _remove(case: Case, key: str) -> None:
    """Deletes a file; puts it back when a Pin of these very bytes was made in that moment."""
    sha256 = key.split("/")[1]
    data = await case.store.get(key)
    if data is None or await census.known_pictures(case.graph, {sha256}):
        return
    await case.store.delete(key)
    if await census.known_pictures(case.graph, {sha256}):
        kind = renditions.CONTENT_TYPE if key == rendition_at(sha256, renditions.FIRST) else "application/octet-stream"
        await case.store.put(key, data, kind)


async def _batches(keys: AsyncIterator[str], size: int = 1_000) -> AsyncIterator[list[str]]:
    batch: list[str] = []
    async for key in keys:
        batch.append(key)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
