"""How much one process takes on at a time: requests under way, and streams that are held open. Beyond: 503."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from app.transports.over_events import EVENT_STREAM
from app.transports.over_http import ACCEPT_CHARS_MAX
from app.watch.operation import refused
from domain.errors import Unavailable

ALWAYS: Final = frozenset({"/healthz", "/readyz", "/metrics"})
"""Paths that are answered however much there is to do: whoever watches must not take a busy process for a dead one."""


@dataclass(slots=True)
class Room:
    """So much of one kind may be under way in this process; `after_s` is when it is worth asking again."""

    what: str
    most: int
    after_s: int
    taken: int = 0

    @contextmanager
    def place(self) -> Iterator[bool]:
        """Whether there is a place, which is held for the length of the block."""
        if self.taken >= self.most:
            yield False
            return
        self.taken += 1
        try:
            yield True
        finally:
            self.taken -= 1


class Rooms:
    """The rooms of one process: of requests, and of streams (WebSockets, and requests that want server-sent events)."""

    def __init__(self, *, requests_max: int, streams_max: int) -> None:
        self.requests = Room("requests", requests_max, after_s=1)
        self.streams = Room("open streams", streams_max, after_s=5)

    def of(self, scope: Scope) -> Room | None:
        """The room that a request needs a place in; None when it needs none."""
        if scope["type"] == "websocket":
            return self.streams
        if scope["type"] != "http" or scope["path"] in ALWAYS:
            return None
        wants = next((value for name, value in scope["headers"] if name == b"accept"), b"")
        return self.streams if EVENT_STREAM.encode() in wants[:ACCEPT_CHARS_MAX].lower() else self.requests


class Admission:
    """Passes a request on while there is room for it, and answers it with 503 and Retry-After while there is not."""

    def __init__(self, app: ASGIApp, rooms: Rooms) -> None:
        self._app = app
        self._rooms = rooms

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Nothing of what is refused is read or run."""
        room = self._rooms.of(scope)
        if room is None:
            await self._app(scope, receive, send)
            return
        with room.place() as free:
            if free:
                await self._app(scope, receive, send)
                return
        over = "ws" if scope["type"] == "websocket" else "http"
        refused(Unavailable.code, request_id=scope["request_id"], over=over)
        await _refuse(room, scope, send)


async def _refuse(room: Room, scope: Scope, send: Send) -> None:
    kind = "websocket.http.response" if scope["type"] == "websocket" else "http.response"
    if scope["type"] == "websocket" and kind not in scope.get("extensions", {}):
        await send({"type": "websocket.close"})  # A server that can say no more tells the client 403.
        return
    message = f"This server has as many {room.what} as it takes. Try again in a few seconds."
    body = json.dumps({"errors": [{"message": message, "extensions": {"code": Unavailable.code}}]}).encode()
    headers = [
        (b"content-type", b"application/json; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"retry-after", str(room.after_s).encode()),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": f"{kind}.start", "status": 503, "headers": headers})
    await send({"type": f"{kind}.body", "body": body})
