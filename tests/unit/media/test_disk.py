from __future__ import annotations

import os
import time
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


async def test_only_old_leftovers_are_cleared_when_the_store_is_opened(tmp_path: Path) -> None:
    await DiskStore.open(tmp_path)
    old, fresh = tmp_path / ".arriving" / "old", tmp_path / ".arriving" / "fresh"
    old.write_bytes(b"x")
    fresh.write_bytes(b"x")
    two_days_ago = time.time() - 2 * 86_400
    os.utime(old, (two_days_ago, two_days_ago))

    await DiskStore.open(tmp_path)

    assert not old.exists()
    assert fresh.exists()


async def test_a_folder_that_cannot_be_written_is_unavailable(store: DiskStore, tmp_path: Path) -> None:
    (tmp_path / "pictures" / "originals").write_bytes(b"a file where a folder should be")

    with pytest.raises(Unavailable):
        await store.put("originals/abc", b"bytes", KIND)
