"""GraphQL over server-sent events: graphql-sse's protocol in distinct-connections mode, one operation a request.

What is answered with `text/event-stream` is always 200: a refused operation is a `next` with its errors, so that
browsers' EventSource can show them. Each result is an event `next`; `complete` comes when there are no more.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing, suppress
from typing import Final

import structlog
from graphql import OperationType
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.auth import Caller
from app.keeping import stopped
from app.resources import Resources
from app.transports.request import GraphQLRequest
from app.transports.runner import Answer, Runner
from app.transports.standing import Ended, until_ended
from app.watch.operation import LEFT, OK, Operation
from domain.errors import NotSignedIn
from events.bus import TooSlow
from schema.operation import Prepared
from shared.places import Places, Seat

log = structlog.get_logger(__name__)

EVENT_STREAM: Final = "text/event-stream"
STREAMS_MAX: Final = 20
STRANGER_STREAMS_MAX: Final = 100
PING_EVERY_S: Final = 12.0
SEND_S_MAX: Final = 10.0
PLACE_LIFE_MS: Final = 60_000
_PING: Final = b":\n\n"
_COMPLETE: Final = b"event: complete\ndata: {}\n\n"


class GraphQLOverEvents:
    """Answers requests that want `text/event-stream`."""

    def __init__(self, runner: Runner, resources: Resources) -> None:
        self.runner = runner
        self.resources = resources
        self.places = Places("streams", STREAMS_MAX, PLACE_LIFE_MS, resources.shared)
        self.strangers = Places("stranger streams", STRANGER_STREAMS_MAX, PLACE_LIFE_MS, resources.shared)

    def respond(self, request: Request, wanted: GraphQLRequest, who: Caller) -> Response:
        """The response that streams the operation's results, with a comment every 12 s while there are none.

        It ends with `complete`: after the last result, or after an error when the caller's token runs out, their
        session is ended, or they have STREAMS_MAX streams already (who is signed out: their network has
        STRANGER_STREAMS_MAX). A reader that takes nothing for 10 s is let go.
        """
        return _Stream(self, wanted, who, request.scope["request_id"])


class _Stream(Response):
    def __init__(self, serving: GraphQLOverEvents, wanted: GraphQLRequest, who: Caller, request_id: str) -> None:
        super().__init__(
            headers={"cache-control": "no-store", "x-accel-buffering": "no", "vary": "accept, authorization"},
            media_type=f"{EVENT_STREAM}; charset=utf-8",
        )
        del self.headers["content-length"]
        self._runner = serving.runner
        self._resources = serving.resources
        self._wanted = wanted
        self._who = who
        self._request_id = request_id
        self._sending = asyncio.Lock()
        known = who.viewer.signed_in
        self._seat = Seat(serving.places, str(who.viewer.n)) if known else Seat(serving.strangers, who.address)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - Starlette's own
        """Streams until the operation ends, the caller leaves, or they may not stay."""
        self._send_on = send
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        work = asyncio.create_task(self._operate())
        watch = asyncio.create_task(until_ended(self._resources, self._who, self._seat.keep))
        helpers = [watch, asyncio.create_task(self._ping()), asyncio.create_task(left(receive))]
        try:
            await asyncio.wait([work, *helpers], return_when=asyncio.FIRST_COMPLETED)
            ended = watch.exception() if watch.done() else None
            await stopped(work, *helpers)
            if isinstance(ended, Ended):
                await self._next(self._runner.refusal(str(ended), NotSignedIn.code))
                await self._send(_COMPLETE)
            elif ended is not None:
                raise ended
            error = None if work.cancelled() else work.exception()
            if error is not None and not isinstance(error, TimeoutError):
                log.error("bug", request_id=self._request_id, over="sse", exc_info=error)
            with suppress(TimeoutError):
                await self._send(b"", more=False)
        except TimeoutError:
            log.info("reader_too_slow", request_id=self._request_id, over="sse")
        finally:
            await stopped(work, *helpers)
            await self._seat.leave()

    async def _operate(self) -> None:
        await self._send(_PING)  # Some browsers do not take the headers before there is a body.
        prepared = self._runner.prepare(self._wanted)
        if isinstance(prepared, Prepared) and prepared.kind is OperationType.SUBSCRIPTION:
            if await self._seat.enter():
                await self._follow(prepared)
            else:
                most = f"{STREAMS_MAX} streams may be open for one account."
                strangers = f"{STRANGER_STREAMS_MAX} streams may be open for one network without signing in."
                await self._refuse(f"At most {most if self._who.viewer.signed_in else strangers}")
        else:
            await self._next(await self._runner.answer(self._wanted, self._who, self._request_id, over="sse"))
        await self._send(_COMPLETE)

    async def _follow(self, prepared: Prepared) -> None:
        with Operation(request_id=self._request_id, over="sse", viewer=self._who.viewer.id) as told:
            told.asks(prepared.kind.value, prepared.asks, prepared.name)
            told.cost, told.events = prepared.figures.cost, 0
            events = self._runner.events(prepared, self._wanted, self._who, self._request_id)
            try:
                async with aclosing(events) as answers:
                    async for answer in answers:
                        await self._next(answer)
                        told.codes = answer.codes
                        told.events += answer.ran
            except asyncio.CancelledError:
                told.status = OK  # The client closed the stream: how subscriptions end.
                raise
            except TimeoutError:
                told.status = LEFT
                raise
            except Exception as error:
                if isinstance(error.__cause__, TooSlow):
                    error = error.__cause__
                answer = self._runner.failure(error, self._request_id, prepared.name)
                told.codes = answer.codes
                await self._next(answer)

    async def _refuse(self, message: str) -> None:
        await self._next(self._runner.refusal(message, "RATE_LIMITED"))

    async def _next(self, answer: Answer) -> None:
        text = json.dumps(answer.body(), ensure_ascii=False, separators=(",", ":"))
        await self._send(b"event: next\ndata: " + text.encode() + b"\n\n")

    async def _send(self, data: bytes, *, more: bool = True) -> None:
        """Raises TimeoutError when the client reads too slowly."""
        async with self._sending, asyncio.timeout(SEND_S_MAX):
            await self._send_on({"type": "http.response.body", "body": data, "more_body": more})

    async def _ping(self) -> None:
        while True:
            await asyncio.sleep(PING_EVERY_S)
            await self._send(_PING)


async def left(receive: Receive) -> None:
    """Returns when the client has left."""
    while (await receive())["type"] != "http.disconnect":
        pass
