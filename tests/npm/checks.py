"""What a protocol asks of a server, as checks that can be pointed at any: ours in the tests, another to compare."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from tests.api.client import Client

TYPE: Final = "{ __typename }"
CHECK_S_MAX: Final = 60.0


@dataclass(frozen=True, slots=True)
class Server:
    """A server to check, with documents that its schema knows.

    `waiting` is a subscription that stays open and says nothing; `ending` one that says something and ends; `number` a
    query with a variable `$n: Int!`. With `token`, "" for none, all of them may be run.
    """

    client: Client
    waiting: str
    ending: str
    number: str
    token: str = ""
    init_within_s: float = 1.0
    """How long it waits for `connection_init`."""

    @property
    def hello(self) -> dict[str, Any]:
        """The payload of `connection_init`."""
        return self.headers

    @property
    def headers(self) -> dict[str, str]:
        """What says who asks."""
        return {"authorization": f"Bearer {self.token}"} if self.token else {}


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that the protocol asks; `run` raises AssertionError, or whatever comes of it, when it is not so."""

    says: str
    run: Callable[[Server], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a check ended. `why` is empty when it passed."""

    says: str
    why: str = ""


async def outcomes(checks: tuple[Check, ...], server: Server) -> list[Outcome]:
    """What came of each check, one after the other."""
    return [Outcome(check.says, await _why(check, server)) for check in checks]


async def _why(check: Check, server: Server) -> str:
    try:
        async with asyncio.timeout(CHECK_S_MAX):
            await check.run(server)
    except Exception as error:
        told = str(error).strip().splitlines()
        return f"{type(error).__name__}: {told[0]}" if told else type(error).__name__
    return ""
