from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from app.children import free_port
from app.health import Health, Readiness
from app.keeping import READY, STARTING, Part
from app.resources import Resources
from domain.errors import Unavailable
from media.disk import DiskStore
from media.s3 import Bucket, S3Store
from media.store import MediaStore


def readiness(store: MediaStore, state: str) -> Readiness:
    """The readiness of a process that has this store and nothing else."""
    return Readiness(cast("Resources", SimpleNamespace(store=store, parts={"media": Part("media", state)})))


async def test_pictures_are_ready_when_their_store_answers(tmp_path: Path) -> None:
    store = await DiskStore.open(tmp_path)

    assert await readiness(store, READY).media() == Health(READY)
    assert await readiness(store, STARTING).media() == Health(STARTING)


async def test_pictures_are_not_ready_while_their_store_is_away() -> None:
    store = await S3Store.open(
        Bucket(endpoint=f"http://127.0.0.1:{free_port()}", name="x", access_key="x", secret_key="x")
    )

    with pytest.raises(Unavailable):
        await readiness(store, READY).media()
    await store.close()
