"""What a viewer saw last, told by one process and known to another."""

from __future__ import annotations

import asyncio
import secrets

from shared.client import Shared
from shared.last_seen import LastSeen


async def test_what_one_says_last_the_other_knows_until_its_time_is_over(here: Shared, there: Shared) -> None:
    viewer = secrets.randbits(40)
    assert await LastSeen(there).get(viewer) is None

    await LastSeen(here).put(viewer, b"\x00first", life_ms=60_000)
    await LastSeen(there).put(viewer, b"\xffthen", life_ms=60_000)

    assert await LastSeen(here).get(viewer) == b"\xffthen"
    await LastSeen(here).put(viewer, b"soon gone", life_ms=50)
    async with asyncio.timeout(20):
        while await LastSeen(there).get(viewer):  # noqa: ASYNC110  Redis has the clock.
            await asyncio.sleep(0.02)
