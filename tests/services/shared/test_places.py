"""Places are counted over all processes, and a process that was killed leaves none behind."""

from __future__ import annotations

import asyncio
import secrets

import pytest

from shared.client import Shared
from shared.places import Places
from tests.services.shared.conftest import Mortal, opened


@pytest.fixture
def key() -> str:
    return secrets.token_hex(8)


async def test_places_taken_here_are_taken_there(here: Shared, there: Shared, key: str) -> None:
    one, other = Places("trial", 3, 60_000, here), Places("trial", 3, 60_000, there)
    first = await one.enter(key)
    assert first is not None
    assert await one.enter(key) is not None
    assert await other.enter(key) is not None

    assert await one.enter(key) is None
    assert await other.enter(key) is None
    await one.leave(key, first)
    assert await other.enter(key) is not None


async def test_the_places_of_a_killed_process_lapse(here: Shared, there: Shared, key: str) -> None:
    dead, alive = Places("trial", 2, 300, here), Places("trial", 2, 300, there)
    await dead.enter(key)
    place = await alive.enter(key)
    assert place is not None

    async with asyncio.timeout(20):
        while await alive.enter(key) is None:  # One is kept, the other nobody keeps.
            await alive.keep(key, place)
            await asyncio.sleep(0.05)


async def test_without_redis_each_process_has_its_own(mortal: Mortal, key: str) -> None:
    async with opened(mortal.url) as shared:
        places = Places("trial", 2, 60_000, shared)
        first = await places.enter(key)
        mortal.stop()

        assert await places.enter(key) is not None
        assert await places.enter(key) is None
        assert first is not None
        await places.leave(key, first)
        assert await places.enter(key) is not None
