"""Whether a caller who stays may stay: a token runs out, and a session can be ended while a stream goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from app.auth import Caller
from app.resources import Resources, now
from domain.errors import Unavailable
from domain.ids import TokenId
from graph import access_tokens

CHECK_EVERY_S: Final = 15.0


class Ended(Exception):
    """The caller may not stay. The text says why."""


async def until_ended(resources: Resources, caller: Caller, keep: Callable[[], Awaitable[None]]) -> None:
    """Raises Ended when the token runs out or is revoked, or the session ended; `keep` is called at every look."""
    while True:
        wait_s = CHECK_EVERY_S
        if caller.expires_at is not None:
            wait_s = min(wait_s, (caller.expires_at - now()).total_seconds())
        if wait_s <= 0:
            raise Ended("Access token expired")
        await asyncio.sleep(wait_s)
        await keep()
        if caller.session is not None and await resources.ended.ended(caller.session):
            raise Ended("Session ended")
        if caller.token is not None and not await _good(resources, caller.token):
            raise Ended("Access token revoked")


async def _good(resources: Resources, token: TokenId) -> bool:
    try:
        return await access_tokens.alive(resources.graph, token, now=now())
    except Unavailable:
        return True  # Not known to be revoked; what it asks of the graph finds nothing meanwhile.
