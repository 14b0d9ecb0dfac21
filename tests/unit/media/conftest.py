"""Pictures to open, and the processes that open them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from media.decode import Decoder
from media.disk import DiskStore


@pytest.fixture(scope="session")
async def decoder() -> AsyncIterator[Decoder]:
    decoder = Decoder(processes=1)
    await decoder.warm()
    yield decoder
    await decoder.close()


@pytest.fixture
async def store(tmp_path: Path) -> DiskStore:
    return await DiskStore.open(tmp_path / "pictures")
