from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from domain.errors import Unavailable
from media.disk import DiskStore
from tests.contracts.media_store import KIND, MediaStoreContract, broken_off


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


class TestDiskStore(MediaStoreContract):
    pass


async def test_a_write_that_breaks_off_leaves_no_file_behind(store: DiskStore, tmp_path: Path) -> None:
    with pytest.raises(ConnectionResetError):
        await store.put_stream("uploads/one", broken_off(b"half"), KIND, bytes_max=100)

    assert files(tmp_path) == []


async def test_only_old_leftovers_are_cleared_and_no_more_than_asked(tmp_path: Path) -> None:
    store = await DiskStore.open(tmp_path)
    old, fresh = tmp_path / ".arriving" / "old", tmp_path / ".arriving" / "fresh"
    old.write_bytes(b"x")
    fresh.write_bytes(b"x")
    two_days_ago = time.time() - 2 * 86_400
    os.utime(old, (two_days_ago, two_days_ago))

    a_day_ago = datetime.now(UTC) - timedelta(days=1)
    assert await store.clear_leftovers(before=a_day_ago, limit=0) == 0
    assert await store.clear_leftovers(before=a_day_ago, limit=10) == 1

    assert not old.exists()
    assert fresh.exists()


async def test_a_folder_that_cannot_be_written_is_unavailable(store: DiskStore, tmp_path: Path) -> None:
    (tmp_path / "pictures" / "originals").write_bytes(b"a file where a folder should be")

    with pytest.raises(Unavailable):
        await store.put("originals/abc", b"bytes", KIND)


async def test_a_folder_has_no_address_for_clients(store: DiskStore) -> None:
    assert await store.put_url("uploads/one", content_type=KIND, size=1, life_s=60) is None
    assert await store.get_url("uploads/one", life_s=60) is None
