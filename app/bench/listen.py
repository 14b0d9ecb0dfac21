"""A listener to `newPins` over graphql-transport-ws, for the benchmarks."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from contextlib import suppress
from types import TracebackType
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from app.bench.client import Failed

_TIMEOUT_S = 10.0
_QUERY = "subscription { newPins { eventId pin { id } } }"


class NewPins:
    """What an account hears of on `newPins` while the block runs. An async context manager."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url.replace("http", "ws", 1) + "/graphql"
        self._token = token
        self._heard: Counter[str] = Counter()
        self._socket: ClientConnection
        self._listening: asyncio.Task[None]

    async def heard(self, pin_id: str) -> bool:
        """Whether this Pin was announced."""
        return self._heard[pin_id] > 0

    @property
    def repeated(self) -> int:
        """How many Pins were announced more than once."""
        return sum(times > 1 for times in self._heard.values())

    async def __aenter__(self) -> NewPins:
        self._socket = await connect(
            self._url, subprotocols=[Subprotocol("graphql-transport-ws")], open_timeout=_TIMEOUT_S
        )
        await self._send({"type": "connection_init", "payload": {"authorization": f"Bearer {self._token}"}})
        async with asyncio.timeout(_TIMEOUT_S):
            answer = json.loads(await self._socket.recv())
        if answer.get("type") != "connection_ack":
            raise Failed(f"the socket answered {answer}")
        await self._send({"id": "1", "type": "subscribe", "payload": {"query": _QUERY}})
        self._listening = asyncio.create_task(self._listen())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listening.cancel()
        with suppress(asyncio.CancelledError):
            await self._listening
        await self._socket.close()

    async def _listen(self) -> None:
        with suppress(ConnectionClosed):
            async for message in self._socket:
                body = json.loads(message)
                if body["type"] == "ping":
                    await self._send({"type": "pong"})
                elif body["type"] == "next" and body["payload"].get("data"):
                    self._heard[body["payload"]["data"]["newPins"]["pin"]["id"]] += 1

    async def _send(self, message: dict[str, Any]) -> None:
        await self._socket.send(json.dumps(message))
