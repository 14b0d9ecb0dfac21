"""GraphQL over a WebSocket: the protocol graphql-transport-ws, and what it leaves to a server.

Whatever breaks the protocol closes the socket with 4400; a bad operation gives `error` for its id and nothing else
ends. Stock handlers end the connection on frames that are not objects and on syntax errors, and keep one context for
the life of a socket; here each operation has its own.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from contextlib import aclosing, suppress
from typing import Any, Final
from urllib.parse import urlsplit

import structlog
from graphql import OperationType
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from app.auth import NOBODY, Caller, network
from app.keeping import stopped
from app.resources import Resources
from app.transports.callers import caller_of
from app.transports.request import GraphQLRequest, Malformed, from_json, from_value
from app.transports.runner import Answer, Runner
from app.transports.standing import Ended, until_ended
from app.watch.operation import LEFT, OK, Operation, refused
from domain.errors import NotSignedIn, Unavailable
from events.bus import TooSlow
from schema.operation import Prepared
from shared.places import Places, Seat

log = structlog.get_logger(__name__)

PROTOCOL: Final = "graphql-transport-ws"
MESSAGE_BYTES_MAX: Final = 64 * 1024
OPERATIONS_MAX: Final = 20
SOCKETS_MAX: Final = 10
STRANGER_SOCKETS_MAX: Final = 100
INIT_S_MAX: Final = 10.0
SEND_S_MAX: Final = 10.0
PLACE_LIFE_MS: Final = 60_000
_ID_CHARS_MAX: Final = 256


class Closed(Exception):
    """The socket is to be closed with this code and reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class GraphQLOverSockets:
    """Serves the sockets of `/graphql`."""

    def __init__(self, runner: Runner, resources: Resources, origins: tuple[str, ...]) -> None:
        self._runner = runner
        self._resources = resources
        self._origins = frozenset(origins) | {_origin(resources.settings.base_url)}
        self._places = Places("sockets", SOCKETS_MAX, PLACE_LIFE_MS, resources.shared)
        self._strangers = Places("stranger sockets", STRANGER_SOCKETS_MAX, PLACE_LIFE_MS, resources.shared)

    async def __call__(self, websocket: WebSocket) -> None:
        """Serves one socket until it closes."""
        origin = websocket.headers.get("origin")
        if origin is not None and not self._welcome(origin, websocket.headers.get("host", "")):
            await websocket.close()  # Before it is accepted: the browser is told 403.
            return
        if PROTOCOL not in websocket.scope["subprotocols"]:
            await websocket.accept()
            await websocket.close(4406, f"Subprotocol not acceptable: use {PROTOCOL}")
            return
        await websocket.accept(subprotocol=PROTOCOL)
        await _Socket(websocket, self._runner, self._resources, self._seat).serve()

    def _seat(self, who: Caller) -> Seat:
        """What an open socket of this caller takes: one of their account's, or of their network's when signed out."""
        viewer = who.viewer
        return Seat(self._places, str(viewer.n)) if viewer.signed_in else Seat(self._strangers, who.address)

    def _welcome(self, origin: str, host: str) -> bool:
        return origin in self._origins or (bool(host) and urlsplit(origin).netloc.lower() == host.lower())


class _Socket:
    def __init__(
        self, websocket: WebSocket, runner: Runner, resources: Resources, seat_of: Callable[[Caller], Seat]
    ) -> None:
        self._websocket = websocket
        self._runner = runner
        self._resources = resources
        self._seat_of = seat_of
        self._seat: Seat | None = None
        self._caller = NOBODY
        self._acknowledged = asyncio.Event()
        self._initialised = False
        self._operations: dict[str, asyncio.Task[None]] = {}
        self._closing: asyncio.Future[Closed] = asyncio.get_running_loop().create_future()
        self._request_id: str = websocket.scope["request_id"]
        self._count = 0

    async def serve(self) -> None:
        reading = asyncio.create_task(self._read())
        watching = asyncio.create_task(self._watch())
        try:
            waited: list[asyncio.Future[Any]] = [reading, watching, self._closing]
            await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
            closed = self._closing.result() if self._closing.done() else None
            for task in (reading, watching):
                if task.done() and closed is None:
                    error = task.exception()
                    closed = error if isinstance(error, Closed) else None
                    if error is not None and closed is None:
                        log.error("bug", request_id=self._request_id, over="ws", exc_info=error)
                        closed = Closed(4500, "Internal error")
            await stopped(reading, watching, *self._operations.values())
            if closed is not None:
                await self._close(closed)
        finally:
            await stopped(reading, watching, *self._operations.values())
            if self._seat is not None:
                await self._seat.leave()

    async def _close(self, closed: Closed) -> None:
        if self._websocket.application_state is WebSocketState.CONNECTED:
            with suppress(TimeoutError, RuntimeError, WebSocketDisconnect):
                async with asyncio.timeout(1.0):
                    await self._websocket.close(closed.code, closed.reason[:120])

    async def _watch(self) -> None:
        """Closes a socket that does not begin, whose token runs out, or whose session was ended."""
        await asyncio.sleep(INIT_S_MAX)
        if self._initialised:
            await self._acknowledged.wait()  # Who they are is asked of the graph, which has its own time for that.
        if self._seat is None:
            raise Closed(4408, "Connection initialisation timeout")
        try:
            await until_ended(self._resources, self._caller, self._seat.keep)
        except Ended as ended:
            raise Closed(4403, str(ended)) from None

    async def _read(self) -> None:
        while True:
            try:
                message = await self._websocket.receive()
            except WebSocketDisconnect:
                return
            if message["type"] == "websocket.disconnect":
                return
            text = message.get("text")
            if text is None:
                raise Closed(4400, "Send text, not bytes")
            if len(text) > MESSAGE_BYTES_MAX:
                raise Closed(4400, "Message too large")
            try:
                value = from_json(text)
            except Malformed as error:
                raise Closed(4400, f"Invalid message: {error.message}") from None
            if not isinstance(value, dict):
                raise Closed(4400, "A message is a JSON object")
            await self._take(value)

    async def _take(self, message: dict[str, Any]) -> None:
        kind = message.get("type")
        known: dict[str, Callable[[dict[str, Any]], Coroutine[Any, Any, None]]] = {
            "connection_init": self._initialise,
            "ping": self._pong,
            "pong": self._ignore,
            "subscribe": self._subscribe,
            "complete": self._complete,
        }
        if not isinstance(kind, str) or kind not in known:
            raise Closed(4400, "Unknown message type")
        if kind != "subscribe" and not isinstance(message.get("payload"), dict | None):
            raise Closed(4400, f"The payload of {kind} is an object")
        await known[kind](message)

    async def _initialise(self, message: dict[str, Any]) -> None:
        if self._initialised:
            raise Closed(4429, "Too many initialisation requests")
        self._initialised = True
        given = (message.get("payload") or {}).get("authorization")
        if given is None:
            given = self._websocket.headers.get("authorization")
        if not isinstance(given, str | None):
            raise Closed(4403, "Forbidden")
        try:
            self._caller = await caller_of(self._resources, given, address=network(self._websocket.client))
        except NotSignedIn:
            raise Closed(4403, "Forbidden") from None
        except Unavailable:
            raise Closed(4500, "The graph did not answer") from None
        await self._enter()
        self._acknowledged.set()
        await self._send({"type": "connection_ack"})

    async def _pong(self, message: dict[str, Any]) -> None:
        answer: dict[str, Any] = {"type": "pong"}
        if message.get("payload") is not None:
            answer["payload"] = message["payload"]
        await self._send(answer)

    async def _ignore(self, message: dict[str, Any]) -> None:
        """A pong that nobody waits for is allowed."""

    async def _complete(self, message: dict[str, Any]) -> None:
        task = self._operations.get(_id_of(message))
        if task is not None:
            task.cancel()
            await asyncio.wait({task})

    async def _subscribe(self, message: dict[str, Any]) -> None:
        key, payload = _id_of(message), message.get("payload")
        if not self._acknowledged.is_set():
            raise Closed(4401, "Unauthorized")
        if not isinstance(payload, dict) or not any(isinstance(payload.get(n), str) for n in ("query", "documentId")):
            raise Closed(4400, "The payload of subscribe is an object with a query")
        if key in self._operations:
            raise Closed(4409, f"Subscriber for {key} already exists")
        try:
            request = self._runner.known(from_value(payload))
        except Malformed as error:
            await self._reject(key, error.message, error.code)
            return
        if len(self._operations) >= OPERATIONS_MAX:
            message_text = f"At most {OPERATIONS_MAX} operations may run on one socket at a time."
            await self._reject(key, message_text, "RATE_LIMITED")
            return
        self._count += 1
        task = asyncio.create_task(self._operate(key, request, f"{self._request_id}.{self._count}"))
        self._operations[key] = task
        task.add_done_callback(lambda done: self._done(key, done))

    def _done(self, key: str, task: asyncio.Task[None]) -> None:
        if self._operations.get(key) is task:
            del self._operations[key]
        error = None if task.cancelled() else task.exception()
        if error is None or self._closing.done():
            return
        if isinstance(error, Closed):
            self._closing.set_result(error)
        elif not isinstance(error, WebSocketDisconnect):
            log.error("bug", request_id=self._request_id, over="ws", exc_info=error)
            self._closing.set_result(Closed(4500, "Internal error"))

    async def _operate(self, key: str, request: GraphQLRequest, request_id: str) -> None:
        prepared = self._runner.prepare(request)
        if isinstance(prepared, Prepared) and prepared.kind is OperationType.SUBSCRIPTION:
            if not await self._stream(key, prepared, request, request_id):
                return
        else:
            answer = await self._runner.answer(request, self._caller, request_id, over="ws")
            if not answer.ran:
                await self._refuse(key, answer)
                return
            await self._send({"id": key, "type": "next", "payload": answer.body()})
        await self._finish(key, {"id": key, "type": "complete"})

    async def _stream(self, key: str, prepared: Prepared, request: GraphQLRequest, request_id: str) -> bool:
        """Sends the events; whether they came to their end. A refusal or failure is sent as `error`."""
        viewer = self._caller.viewer.id
        with Operation(request_id=request_id, over="ws", viewer=viewer) as told:
            told.asks(prepared.kind.value, prepared.asks, prepared.name)
            told.cost, told.events = prepared.figures.cost, 0
            try:
                async with aclosing(self._runner.events(prepared, request, self._caller, request_id)) as answers:
                    async for answer in answers:
                        if not answer.ran:
                            told.codes = answer.codes
                            await self._refuse(key, answer)
                            return False
                        await self._send({"id": key, "type": "next", "payload": answer.body()})
                        told.events += 1
            except asyncio.CancelledError:
                told.status = OK  # Completed by the client, or its socket is closed: how subscriptions end.
                raise
            except (Closed, WebSocketDisconnect):
                told.status = LEFT
                raise
            except Exception as error:
                if isinstance(error, TooSlow) or isinstance(error.__cause__, TooSlow):
                    told.status = TooSlow.code
                    raise Closed(4429, "Too slow: events came faster than they were read") from None
                answer = self._runner.failure(error, request_id, prepared.name)
                told.codes = answer.codes
                await self._refuse(key, answer)
                return False
        return True

    async def _reject(self, key: str, message: str, code: str) -> None:
        """Refuses what is not begun at all."""
        refused(code, request_id=self._request_id, over="ws", viewer=self._caller.viewer.id)
        await self._refuse(key, self._runner.refusal(message, code))

    async def _refuse(self, key: str, answer: Answer) -> None:
        await self._finish(key, {"id": key, "type": "error", "payload": answer.errors})

    async def _finish(self, key: str, message: dict[str, Any]) -> None:
        # The id is free before the client is told so: it may use it again at once.
        self._operations.pop(key, None)
        await self._send(message)

    async def _send(self, message: dict[str, Any]) -> None:
        text = json.dumps(message, ensure_ascii=False, separators=(",", ":"))
        try:
            async with asyncio.timeout(SEND_S_MAX):
                await self._websocket.send_text(text)
        except TimeoutError:
            raise Closed(4429, "Too slow: messages were not read") from None

    async def _enter(self) -> None:
        self._seat = self._seat_of(self._caller)
        if not await self._seat.enter():
            most = f"{SOCKETS_MAX} sockets may be open for one account"
            strangers = f"{STRANGER_SOCKETS_MAX} sockets may be open for one network without signing in"
            raise Closed(4429, f"At most {most if self._caller.viewer.signed_in else strangers}")


def _id_of(message: dict[str, Any]) -> str:
    key = message.get("id")
    if not isinstance(key, str) or not 0 < len(key) <= _ID_CHARS_MAX:
        raise Closed(4400, "An operation has an id: a text that is not empty")
    return key


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
