"""What is counted in one process holds in the other, and each still counts when Redis is away."""

from __future__ import annotations

import asyncio
import secrets

import pytest

from domain.errors import RateLimited
from shared.buckets import Buckets, Rule
from shared.client import Shared
from tests.services.shared.conftest import Mortal, opened

RULE = Rule("trial", 5, 3_600.0, "Too many trials.")


async def taken(buckets: Buckets, key: str, times: int, rule: Rule = RULE) -> int:
    """How many of so many attempts found a token."""
    found = 0
    for _ in range(times):
        try:
            await buckets.take(rule, key)
        except RateLimited:
            continue
        found += 1
    return found


@pytest.fixture
def key() -> str:
    return secrets.token_hex(8)


async def test_what_is_taken_here_is_missing_there(here: Shared, there: Shared, key: str) -> None:
    assert await taken(Buckets(here), key, 3) == 3

    assert await taken(Buckets(there), key, 9) == 2
    with pytest.raises(RateLimited) as refused:
        await Buckets(here).take(RULE, key)
    assert 3_500_000 < refused.value.retry_after_ms <= 3_600_000
    assert "Too many trials." in refused.value.message


async def test_many_at_once_in_two_processes_take_no_more_than_there_are(here: Shared, there: Shared, key: str) -> None:
    one, other = Buckets(here), Buckets(there)

    found = await asyncio.gather(*(taken(each, key, 1) for each in [one, other] * 20))

    assert sum(found) == RULE.size


async def test_what_is_given_back_may_be_taken_there(here: Shared, there: Shared, key: str) -> None:
    one, other = Buckets(here), Buckets(there)
    assert await taken(one, key, 5) == 5

    await one.give_back(RULE, key)

    assert await taken(other, key, 5) == 1


async def test_tokens_come_back_with_time(here: Shared, key: str) -> None:
    quick = Rule("quick", 2, 0.02, "Too quick.")
    buckets = Buckets(here)
    await taken(buckets, key, 2, quick)

    async with asyncio.timeout(20):
        while not await taken(buckets, key, 1, quick):  # noqa: ASYNC110  Redis has the clock.
            await asyncio.sleep(0.02)


async def test_keys_and_rules_do_not_share_a_bucket(here: Shared, key: str) -> None:
    buckets = Buckets(here)
    assert await taken(buckets, key, 9) == 5

    assert await taken(buckets, key + "other", 9) == 5
    assert await taken(buckets, key, 9, Rule("second", 1, 3_600.0, "No.")) == 1


async def test_redis_going_away_opens_no_gate_for_who_was_refused_here(mortal: Mortal, key: str) -> None:
    async with opened(mortal.url) as shared:
        buckets = Buckets(shared)
        assert await taken(buckets, key, 9) == 5

        mortal.stop()

        assert await taken(buckets, key, 9) == 0
        assert await taken(buckets, key + "other", 9) == 5


async def test_without_redis_a_process_counts_by_itself(key: str) -> None:
    now = [0.0]
    buckets = Buckets(clock=lambda: now[0])
    assert await taken(buckets, key, 9) == 5

    now[0] += 2 * RULE.every_s

    assert await taken(buckets, key, 9) == 2


async def test_nobodys_name_is_in_redis(here: Shared) -> None:
    await Buckets(here).take(RULE, "ana@example.org 192.0.2.1")

    keys = await here.ask("KEYS", here.key("*"))

    assert keys
    assert not [key for key in keys if b"ana" in key or b"192" in key]
