"""A slate's parts: in order, each laid once, read by every process."""

from __future__ import annotations

import asyncio
import secrets

from shared.client import Shared
from shared.shelf import Shelf


async def test_parts_are_found_there_in_order(here: Shared, there: Shared) -> None:
    one, other, slate = Shelf(here), Shelf(there), secrets.token_bytes(8)
    assert await other.parts(slate, 0) == []

    assert await one.append(slate, 0, b"\x00first", life_ms=60_000)
    assert await other.append(slate, 1, b"second\xff", life_ms=60_000)

    assert await other.parts(slate, 0) == [b"\x00first", b"second\xff"]
    assert await one.parts(slate, 1) == [b"second\xff"]


async def test_of_two_that_append_at_once_one_is_first(here: Shared, there: Shared) -> None:
    slate = secrets.token_bytes(8)
    await Shelf(here).append(slate, 0, b"head", life_ms=60_000)

    laid = await asyncio.gather(
        Shelf(here).append(slate, 1, b"mine", life_ms=60_000), Shelf(there).append(slate, 1, b"yours", life_ms=60_000)
    )

    assert sorted(laid) == [False, True]
    assert len(await Shelf(here).parts(slate, 0)) == 2


async def test_a_slate_is_gone_when_its_time_is_over(here: Shared) -> None:
    shelf, slate = Shelf(here), secrets.token_bytes(8)
    await shelf.append(slate, 0, b"head", life_ms=50)

    async with asyncio.timeout(20):
        while await shelf.parts(slate, 0):  # noqa: ASYNC110  Redis has the clock.
            await asyncio.sleep(0.02)

    assert not await shelf.append(slate, 1, b"more", life_ms=60_000)
