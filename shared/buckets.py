"""Token buckets: how often something may be tried, counted over all processes."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from domain.errors import RateLimited, Unavailable
from shared.client import Shared

LOCAL_MAX: Final = 50_000
"""Buckets that one process remembers by itself: the one longest unused is forgotten, and is full again."""

# By Redis's clock: those of the processes may differ. The answer is the milliseconds to wait, 0 when it was taken.
_TAKE: Final = """
local now = redis.call('TIME')
now = now[1] * 1000 + math.floor(now[2] / 1000)
local size, every = tonumber(ARGV[1]), tonumber(ARGV[2])
local kept = redis.call('HMGET', KEYS[1], 'n', 'at')
local n, at = tonumber(kept[1]) or size, tonumber(kept[2]) or now
n = math.min(size, n + math.max(0, now - at) / every)
local wait = 0
if n >= 1 then n = n - 1 else wait = math.ceil((1 - n) * every) end
redis.call('HSET', KEYS[1], 'n', tostring(n), 'at', now)
redis.call('PEXPIRE', KEYS[1], math.ceil((size - n) * every) + 1000)
return wait"""
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


@dataclass(slots=True)
class _Bucket:
    n: float
    at_s: float


class Buckets:
    """A bucket per rule and key. With Redis one for all processes; without, and while it is away, one for each.

    Each process counts what passes through itself in any case, so that Redis going away opens no gate.
    """

    def __init__(self, shared: Shared | None = None, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._shared = shared
        self._clock = clock
        self._local: OrderedDict[tuple[str, str], _Bucket] = OrderedDict()

    async def take(self, rule: Rule, key: str) -> None:
        """Takes one token. Raises RateLimited with the time until there is one again."""
        wait_ms = self._take_here(rule, key)
        if self._shared is not None:
            with suppress(Unavailable):  # What this process has counted by itself holds.
                wait_ms = await self._take_there(self._shared, rule, key)
        if wait_ms > 0:
            raise RateLimited(f"{rule.says} Try again in {math.ceil(wait_ms / 1000)} s.", retry_after_ms=wait_ms)

    async def give_back(self, rule: Rule, key: str) -> None:
        """Puts a token back that was taken for nothing."""
        bucket = self._local.get((rule.name, key))
        if bucket is not None:
            bucket.n = min(float(rule.size), bucket.n + 1)
        if self._shared is not None:
            there = self._there(self._shared, rule, key)
            with suppress(Unavailable):  # It fills up by itself.
                await self._shared.ask("EVAL", _GIVE_BACK, 1, there, rule.size)

    def _take_here(self, rule: Rule, key: str) -> int:
        now = self._clock()
        bucket = self._local.setdefault((rule.name, key), _Bucket(float(rule.size), now))
        self._local.move_to_end((rule.name, key))
        while len(self._local) > LOCAL_MAX:
            self._local.popitem(last=False)
        bucket.n = min(float(rule.size), bucket.n + max(0.0, now - bucket.at_s) / rule.every_s)
        bucket.at_s = now
        if bucket.n < 1:
            return math.ceil((1 - bucket.n) * rule.every_s * 1000)
        bucket.n -= 1
        return 0

    async def _take_there(self, shared: Shared, rule: Rule, key: str) -> int:
        there, every_ms = self._there(shared, rule, key), rule.every_s * 1000
        return int(await shared.ask("EVAL", _TAKE, 1, there, rule.size, every_ms))

    def _there(self, shared: Shared, rule: Rule, key: str) -> str:
        return shared.key("bucket", rule.name, shared.digest(key))
