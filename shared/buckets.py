"""Token buckets: how much of something may be spent, counted over all processes."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from domain.errors import RateLimited, Unavailable

if TYPE_CHECKING:
    from shared.client import Shared

LOCAL_MAX: Final = 50_000
"""Buckets that one process remembers by itself: the one longest unused is forgotten, and is full again."""

# By Redis's clock: those of the processes may differ. Takes from all buckets or from none. The answer is two numbers
# for each bucket: the milliseconds to wait, 0 when there was enough, and the thousandths of tokens that are left.
_SPEND: Final = """
local now = redis.call('TIME')
now = now[1] * 1000 + math.floor(now[2] / 1000)
local left, answer, enough = {}, {}, true
for i, key in ipairs(KEYS) do
  local size, every, spent = tonumber(ARGV[3 * i - 2]), tonumber(ARGV[3 * i - 1]), tonumber(ARGV[3 * i])
  local kept = redis.call('HMGET', key, 'n', 'at')
  local n, at = tonumber(kept[1]) or size, tonumber(kept[2]) or now
  n = math.min(size, n + math.max(0, now - at) / every)
  left[i] = n
  answer[2 * i - 1] = 0
  if n < spent then
    answer[2 * i - 1] = math.ceil((spent - n) * every)
    enough = false
  end
end
for i, key in ipairs(KEYS) do
  local size, every, spent = tonumber(ARGV[3 * i - 2]), tonumber(ARGV[3 * i - 1]), tonumber(ARGV[3 * i])
  if enough then left[i] = left[i] - spent end
  redis.call('HSET', key, 'n', tostring(left[i]), 'at', now)
  redis.call('PEXPIRE', key, math.ceil((size - left[i]) * every) + 1000)
  answer[2 * i] = math.floor(left[i] * 1000)
end
return answer"""
_GIVE_BACK: Final = """
local n = tonumber(redis.call('HGET', KEYS[1], 'n'))
if n then redis.call('HSET', KEYS[1], 'n', tostring(math.min(tonumber(ARGV[1]), n + 1))) end
return 0"""


@dataclass(frozen=True, slots=True)
class Rule:
    """At most `size` at once, and one more every `every_s` seconds. `says` is what a person is told who must wait."""

    name: str
    size: int
    every_s: float
    says: str


@dataclass(frozen=True, slots=True)
class Spend:
    """So many tokens of the bucket that this rule gives to `key`."""

    rule: Rule
    key: str
    tokens: int = 1


@dataclass(slots=True)
class Bucket:
    """What is left in a bucket, as one process has counted, and what passed through it and did not."""

    n: float
    at_s: float
    spent: int = 0
    refused: int = 0


class Buckets:
    """A bucket per rule and key. With Redis one for all processes; without, and while it is away, one for each.

    Each process counts what passes through itself in any case, so that Redis going away opens no gate.
    """

    def __init__(self, shared: Shared | None = None, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._shared = shared
        self._clock = clock
        self._local: OrderedDict[tuple[str, str], Bucket] = OrderedDict()

    async def take(self, rule: Rule, key: str) -> None:
        """Takes one token. Raises RateLimited with the time until there is one again."""
        await self.spend([Spend(rule, key)])

    async def spend(self, spends: Sequence[Spend]) -> list[float]:
        """Takes all of these tokens, or none; how many each bucket has left.

        Raises RateLimited for the bucket that takes longest to have enough, with that time.
        """
        buckets = [self._bucket(spend) for spend in spends]
        waits = [
            math.ceil(max(0.0, spend.tokens - bucket.n) * spend.rule.every_s * 1000)
            for spend, bucket in zip(spends, buckets, strict=True)
        ]
        left = [bucket.n - spend.tokens for spend, bucket in zip(spends, buckets, strict=True)]
        if self._shared is not None and not any(waits):
            with suppress(Unavailable):  # What this process has counted by itself holds.
                waits, left = await self._spend_there(self._shared, spends)
        if any(waits):
            self._refuse(spends, buckets, waits)
        for spend, bucket in zip(spends, buckets, strict=True):
            bucket.n = max(0.0, bucket.n - spend.tokens)  # Two at once may have found the same ones.
            bucket.spent += spend.tokens
        return left

    async def give_back(self, rule: Rule, key: str) -> None:
        """Puts a token back that was taken for nothing."""
        bucket = self._local.get((rule.name, key))
        if bucket is not None:
            bucket.n = min(float(rule.size), bucket.n + 1)
        if self._shared is not None:
            there = self._there(self._shared, rule, key)
            with suppress(Unavailable):  # It fills up by itself.
                await self._shared.ask("EVAL", _GIVE_BACK, 1, there, rule.size)

    def counted(self, rule: Rule) -> dict[str, Bucket]:
        """This process's buckets of a rule by key, each as full as it is now; at most LOCAL_MAX of all rules."""
        keys = [key for name, key in self._local if name == rule.name]
        return {key: self._filled(rule, self._local[rule.name, key]) for key in keys}

    def _bucket(self, spend: Spend) -> Bucket:
        key = (spend.rule.name, spend.key)
        bucket = self._local.setdefault(key, Bucket(float(spend.rule.size), self._clock()))
        self._local.move_to_end(key)
        while len(self._local) > LOCAL_MAX:
            self._local.popitem(last=False)
        return self._filled(spend.rule, bucket)

    def _filled(self, rule: Rule, bucket: Bucket) -> Bucket:
        now = self._clock()
        bucket.n = min(float(rule.size), bucket.n + max(0.0, now - bucket.at_s) / rule.every_s)
        bucket.at_s = now
        return bucket

    def _refuse(self, spends: Sequence[Spend], buckets: Sequence[Bucket], waits: Sequence[int]) -> None:
        for bucket, wait_ms in zip(buckets, waits, strict=True):
            bucket.refused += wait_ms > 0
        wait_ms, spend = max(zip(waits, spends, strict=True), key=lambda pair: pair[0])
        seconds = math.ceil(wait_ms / 1000)
        raise RateLimited(f"{spend.rule.says} Try again in {seconds} s.", retry_after_ms=wait_ms)

    async def _spend_there(self, shared: Shared, spends: Sequence[Spend]) -> tuple[list[int], list[float]]:
        keys = [self._there(shared, spend.rule, spend.key) for spend in spends]
        about = [x for spend in spends for x in (spend.rule.size, spend.rule.every_s * 1000, spend.tokens)]
        answer: list[int] = await shared.ask("EVAL", _SPEND, len(keys), *keys, *about)
        return [int(wait) for wait in answer[::2]], [left / 1000 for left in answer[1::2]]

    def _there(self, shared: Shared, rule: Rule, key: str) -> str:
        return shared.key("bucket", rule.name, shared.digest(key))
