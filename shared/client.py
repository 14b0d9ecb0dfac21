"""One process's door to Redis: every question bounded, and none asked while Redis is away."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import time
from typing import Any, Final

import structlog
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError, RedisError

from domain.calls import SHARED, Call
from domain.errors import Invalid, Unavailable

log = structlog.get_logger(__name__)

ASK_S_MAX: Final = 0.25
"""How long a request may wait for Redis at most."""
CONNECTIONS_MAX: Final = 32
_CONNECT_S_MAX: Final = 1.0
_LOOK_S: Final = 1.0


class Shared:
    """Redis, as long as it answers.

    A question that fails or is late marks it as away: from then on every question is refused at once, until `run`,
    which looks every second, has had an answer. So Redis costs a request a quarter of a second at most, and once.
    """

    def __init__(self, url: str, secret: bytes) -> None:
        """Connects to nothing. `secret` is the installation's: another one's keys are never met, in the same Redis.

        Raises Invalid for what is no address of a Redis server.
        """
        try:
            self._pool = BlockingConnectionPool.from_url(
                url,
                max_connections=CONNECTIONS_MAX,
                timeout=ASK_S_MAX,
                socket_connect_timeout=_CONNECT_S_MAX,
                socket_timeout=_CONNECT_S_MAX,
                retry=Retry(NoBackoff(), 1),  # A connection that Redis has closed meanwhile is opened anew.
            )
        except ValueError as error:
            raise Invalid(f"PINWALK_REDIS_URL is no address of a Redis server. {error}") from None
        self._redis = Redis(connection_pool=self._pool)
        self._secret = secret
        self._prefix = "pinwalk:" + hmac.new(secret, b"pinwalk/redis", hashlib.sha256).hexdigest()[:12]
        self._up = False
        self._reason = "It has not answered yet."

    @property
    def up(self) -> bool:
        """Whether it answered the last time."""
        return self._up

    @property
    def reason(self) -> str:
        """For people: why it is away; empty while it is there."""
        return "" if self._up else self._reason

    def key(self, *parts: str) -> str:
        """A key of this installation. Parts that people chose are to be given as `digest`."""
        return ":".join((self._prefix, *parts))

    def digest(self, text: str) -> str:
        """A text as 24 characters that say nothing about it to who reads Redis."""
        return hmac.new(self._secret, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:24]

    async def ask(self, *command: str | bytes | float) -> Any:
        """The answer to a command, within ASK_S_MAX. Raises Unavailable: at once while Redis is away."""
        if not self._up:
            raise Unavailable("Redis is away.")
        return await self._ask(ASK_S_MAX, *command)

    async def look(self) -> bool:
        """Whether Redis answers now; what `up` says from here on."""
        began = time.monotonic()
        try:
            # A write: a Redis that is full, or a replica, answers a PING and is of no use.
            await self._ask(_CONNECT_S_MAX, "SET", self.key("look"), 1, "PX", 10_000)
        except Unavailable:
            return False
        if not self._up:
            log.info("redis_up", ms=round((time.monotonic() - began) * 1000))
            self._up = True
        return True

    async def run(self) -> None:
        """Looks every second until it is cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(_LOOK_S)

    async def close(self) -> None:
        """Gives back every connection. Nothing is asked afterwards."""
        self._up = False
        await self._redis.aclose()
        await self._pool.disconnect()

    async def _ask(self, seconds: float, *command: str | bytes | float) -> Any:
        with Call(SHARED, str(command[0]).lower()):
            return await self._answer(seconds, *command)

    async def _answer(self, seconds: float, *command: str | bytes | float) -> Any:
        task = asyncio.current_task()
        asked_to_stop = task.cancelling() if task else 0
        try:
            async with asyncio.timeout(seconds):
                answer = await self._redis.execute_command(*command)  # type: ignore[no-untyped-call]
                if task and task.cancelling() > asked_to_stop:  # Its client takes it for a time limit of its own.
                    raise asyncio.CancelledError
                return answer
        except AuthenticationError:
            raise self._away("It refuses the user or password of PINWALK_REDIS_URL.") from None
        except TimeoutError:
            raise self._away(f"It did not answer within {seconds:g} s.") from None
        except (RedisError, OSError) as error:
            raise self._away(str(error)[:200] or type(error).__name__) from error

    def _away(self, reason: str) -> Unavailable:
        if self._up or reason != self._reason:
            log.warning("redis_away", reason=reason)
        self._up, self._reason = False, reason
        return Unavailable(f"Redis is away. {reason}")
