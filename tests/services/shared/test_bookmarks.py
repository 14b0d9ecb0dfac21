"""What a viewer wrote is known to the process that answers them next, for a while."""

from __future__ import annotations

import asyncio
import secrets

import pytest

from app.bookmarks import CarriedBookmarks
from domain.ids import SIGNED_OUT, UserN
from domain.page import Cursors
from graph.bookmarks import Chain
from shared.bookmarks import ViewersBookmarks
from shared.client import Shared
from tests.services.shared.conftest import Mortal, opened

CURSORS = Cursors(b"a secret of these tests alone")


@pytest.fixture
def viewer() -> UserN:
    return UserN(secrets.randbits(50))


def chain(*bookmarks: str) -> Chain:
    made = Chain()
    made.wrote(bookmarks)
    return made


async def test_the_newest_are_kept_for_their_time(here: Shared, there: Shared, viewer: UserN) -> None:
    one, other = (ViewersBookmarks(each, most=3, life_ms=60_000) for each in (here, there))

    for number in range(5):
        await (one if number % 2 else other).note(viewer, [f"FB:{number}"])

    assert await one.of(viewer) == await other.of(viewer) == ["FB:2", "FB:3", "FB:4"]
    brief = ViewersBookmarks(here, most=3, life_ms=50)
    await brief.note(viewer, ["FB:5"])
    async with asyncio.timeout(20):
        while await brief.of(viewer):  # noqa: ASYNC110  Redis has the clock.
            await asyncio.sleep(0.02)


async def test_a_viewers_next_request_follows_at_the_other_process(here: Shared, there: Shared, viewer: UserN) -> None:
    one, other = (CarriedBookmarks(CURSORS, each, routed=True) for each in (here, there))

    token = await one.left(chain("FB:a", "FB:b"), viewer)

    assert set(await other.given(None, viewer)) == {"FB:a", "FB:b"}
    assert set(await other.given(token, SIGNED_OUT)) == {"FB:a", "FB:b"}
    assert not await other.given(None, SIGNED_OUT)
    assert not await other.given(None, UserN(viewer + 1))


async def test_without_redis_the_client_carries_it(mortal: Mortal, viewer: UserN) -> None:
    async with opened(mortal.url) as shared:
        mortal.stop()
        for carried in (CarriedBookmarks(CURSORS, shared, routed=True), CarriedBookmarks(CURSORS, None, routed=True)):
            token = await carried.left(chain("FB:a"), viewer)

            assert list(await carried.given(token, viewer)) == ["FB:a"]
            assert not await carried.given(None, viewer)


async def test_what_is_old_or_not_ours_carries_nothing(monkeypatch: pytest.MonkeyPatch, viewer: UserN) -> None:
    carried = CarriedBookmarks(CURSORS, None, routed=True)
    strange = await CarriedBookmarks(Cursors(b"another installation's secret"), None, routed=True).left(
        chain("FB:x"), viewer
    )
    token = await carried.left(chain("FB:a"), viewer)
    assert strange is not None
    assert token is not None
    assert not await carried.given(strange, viewer)
    assert not await carried.given(token[:-3], viewer)
    assert not await carried.given(CURSORS.seal("another kind", b"0\nFB:a"), viewer)

    monkeypatch.setattr("app.bookmarks.LIFE_S", -1)
    assert not await carried.given(token, viewer)


async def test_of_one_server_nothing_is_carried(here: Shared, viewer: UserN) -> None:
    carried = CarriedBookmarks(CURSORS, here, routed=False)

    assert await carried.left(chain("FB:a"), viewer) is None
    assert not await carried.given(None, viewer)
