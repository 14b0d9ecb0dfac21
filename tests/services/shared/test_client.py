"""What a process does when its Redis stops, hangs, fills up, refuses or belongs to somebody else."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from domain.errors import Invalid, Unavailable
from shared.client import Shared
from tests.services.shared.conftest import SECRET, Mortal, opened


async def test_a_redis_that_stops_is_refused_at_once_and_found_again_when_it_is_back(mortal: Mortal) -> None:
    async with opened(mortal.url) as shared:
        assert await shared.ask("ECHO", "here") == b"here"

        mortal.stop()
        for _ in range(3):
            with pytest.raises(Unavailable):
                await shared.ask("ECHO", "gone")
        assert not shared.up
        assert shared.reason

        mortal.start()
        assert await shared.look()
        assert await shared.ask("ECHO", "back") == b"back"
        assert shared.reason == ""


async def test_a_redis_that_hangs_costs_one_question_its_time_and_the_next_ones_nothing(mortal: Mortal) -> None:
    async with opened(mortal.url) as shared:
        assert mortal.child is not None
        os.kill(mortal.child.process.pid, signal.SIGSTOP)
        try:
            with pytest.raises(Unavailable, match="within"):
                await shared.ask("ECHO", "hung")
            for _ in range(2_000):  # If each waited, this test would run out of its time.
                with pytest.raises(Unavailable):
                    await shared.ask("ECHO", "hung")
        finally:
            os.kill(mortal.child.process.pid, signal.SIGCONT)

        while not await shared.look():
            pass
        assert await shared.ask("ECHO", "awake") == b"awake"


async def test_a_redis_that_takes_no_writes_counts_as_away(mortal: Mortal) -> None:
    mortal.stop()
    mortal.start("--maxmemory", "1", "--maxmemory-policy", "noeviction")

    async with opened(mortal.url) as shared:
        assert not shared.up
        assert "memory" in shared.reason


async def test_a_wrong_password_is_said_and_not_shown(mortal: Mortal) -> None:
    mortal.stop()
    mortal.start("--requirepass", "the right one")

    async with opened(mortal.url.replace("redis://", "redis://:the-wrong-one@")) as shared:
        assert not shared.up
        assert "PINWALK_REDIS_URL" in shared.reason
        assert "the-wrong-one" not in shared.reason


def test_what_is_no_address_of_a_redis_is_refused() -> None:
    with pytest.raises(Invalid, match="PINWALK_REDIS_URL"):
        Shared("http://127.0.0.1:6379", SECRET)


async def test_two_installations_never_meet_in_one_redis(redis_url: str, here: Shared) -> None:
    async with opened(redis_url, b"another installation's secret") as stranger:
        assert here.key("x") != stranger.key("x")
        assert here.digest("ana@example.org") != stranger.digest("ana@example.org")
        assert "ana" not in here.digest("ana@example.org")


async def test_who_is_told_to_stop_while_asking_stops(here: Shared) -> None:
    stopped = []
    for turns in range(40):  # Between any two steps of the question.
        task = asyncio.create_task(here.ask("GET", here.key("stop")))
        for _ in range(turns):
            await asyncio.sleep(0)
        if not task.done():
            task.cancel()
            await asyncio.wait({task})
            stopped.append(task.cancelled())

    assert stopped
    assert all(stopped)
