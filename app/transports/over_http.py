"""GraphQL over HTTP (graphql.github.io/graphql-over-http): negotiation, status codes, and a body for every refusal."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Final

from graphql import OperationType
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from app.auth import Caller, network
from app.resources import Resources
from app.transports.callers import caller_of
from app.transports.over_events import EVENT_STREAM, GraphQLOverEvents, left
from app.transports.request import BODY_BYTES_MAX, GraphQLRequest, Malformed, from_json, from_parameters, from_value
from app.transports.runner import Answer, Runner
from app.watch.operation import refused
from domain.errors import NotSignedIn, RateLimited, Unavailable
from schema.errors import BAD_INPUT, INTERNAL, TIMEOUT

RESPONSE_JSON: Final = "application/graphql-response+json"
JSON: Final = "application/json"
HTML: Final = "text/html"
UNAUTHENTICATED: Final = NotSignedIn.code
ALLOWED: Final = "GET, HEAD, POST"
BODY_S_MAX: Final = 10.0
PUBLIC_ANSWER_S: Final = 60
ACCEPT_CHARS_MAX: Final = 1_024
_STATUS_CLIENT_CLOSED: Final = 499


class GraphQLOverHTTP:
    """Answers the requests to `/graphql` that are no socket. `page` is what a browser is shown, None: nothing."""

    def __init__(self, runner: Runner, resources: Resources, page: Response | None) -> None:
        self.runner = runner
        self._resources = resources
        self._page = page
        self.events = GraphQLOverEvents(runner, resources)

    async def __call__(self, request: Request) -> Response:
        """The response; never raises for anything that a client can send."""
        asked = {"query", "documentId"} & set(request.query_params)
        browser = request.method in {"GET", "HEAD"} and not asked
        media = acceptable(request.headers.get("accept"), html=browser and self._page is not None)
        if media == HTML and self._page is not None:
            return self._page
        if media is None:
            message = f"Send `Accept: {RESPONSE_JSON}`, `{JSON}` or `{EVENT_STREAM}`: nothing else can be answered."
            refused(BAD_INPUT, request_id=request.scope["request_id"], over="http")
            return self._respond(self.runner.refusal(message, BAD_INPUT), media, 406)
        try:
            wanted = self.runner.known(await self._read(request))
            self._refuse_changes_by_get(request, wanted)
            who = await self._caller(request)
        except Malformed as error:
            headers = {"allow": ALLOWED} if error.status == 405 else {}
            if error.code == UNAUTHENTICATED:
                headers["www-authenticate"] = 'Bearer error="invalid_token"'
            refused(error.code, request_id=request.scope["request_id"], over="http")
            return self._respond(self.runner.refusal(error.message, error.code), media, error.status, headers)
        if media == EVENT_STREAM:
            return self.events.respond(request, wanted, who)
        answer = await self._until_disconnect(request, wanted, who)
        if answer is None:
            return Response(status_code=_STATUS_CLIENT_CLOSED)
        headers = {**answer.headers, **self._lasting(request, wanted, who, answer)}
        return self._respond(answer, media, _status(answer, media), headers)

    def _lasting(self, request: Request, wanted: GraphQLRequest, who: Caller, answer: Answer) -> dict[str, str]:
        """Lets a cache keep what a stranger asked by GET and id, where only known documents are run."""
        by_id = self.runner.trusted_only and wanted.document_id is not None and request.method != "POST"
        if not by_id or who.viewer.signed_in or answer.errors:
            return {}
        return {"cache-control": f"public, max-age={PUBLIC_ANSWER_S}"}

    async def _caller(self, request: Request) -> Caller:
        try:
            return await caller_of(
                self._resources, request.headers.get("authorization"), address=network(request.client)
            )
        except NotSignedIn as error:
            raise Malformed(error.message, status=401, code=UNAUTHENTICATED) from None
        except Unavailable as error:
            raise Malformed(error.message, status=503, code=Unavailable.code) from None

    async def _read(self, request: Request) -> GraphQLRequest:
        if request.method in {"GET", "HEAD"}:
            return from_parameters(request.query_params)
        if request.method != "POST":
            raise Malformed(f"Send GET or POST, not {request.method}.", status=405)
        kind, _, parameters = request.headers.get("content-type", "").partition(";")
        charset = _parameter(parameters, "charset")
        if kind.strip().lower() != JSON or charset not in {None, "utf-8", "utf8"}:
            # What a plain HTML form can send never gets here: it is no JSON.
            raise Malformed(f"Send the request as `Content-Type: {JSON}`, in UTF-8.", status=415)
        if request.headers.get("content-encoding", "identity").lower() != "identity":
            raise Malformed("Send the body as it is, without a Content-Encoding.", status=415)
        return from_value(from_json(await _body(request)))

    def _refuse_changes_by_get(self, request: Request, wanted: GraphQLRequest) -> None:
        if request.method == "POST":
            return
        kind, streamed = self.runner.kind(wanted), acceptable(request.headers.get("accept"), html=False)
        if kind is OperationType.MUTATION or (kind is OperationType.SUBSCRIPTION and streamed != EVENT_STREAM):
            raise Malformed("A GET changes nothing: send this by POST.", status=405)

    async def _until_disconnect(self, request: Request, wanted: GraphQLRequest, who: Caller) -> Answer | None:
        """The answer, or None when the client left before it was there: what still ran was cancelled."""
        request_id: str = request.scope["request_id"]
        parent = request.headers.get("traceparent", "")
        running = asyncio.ensure_future(self.runner.answer(wanted, who, request_id, over="http", parent=parent))
        leaving = asyncio.ensure_future(left(request.receive))
        try:
            await asyncio.wait({running, leaving}, return_when=asyncio.FIRST_COMPLETED)
            return running.result() if running.done() else None
        finally:
            running.cancel()
            leaving.cancel()

    def _respond(
        self, answer: Answer, media: str | None, status: int, headers: Mapping[str, str] | None = None
    ) -> Response:
        body = json.dumps(answer.body(), ensure_ascii=False, separators=(",", ":")).encode()
        return Response(
            body,
            status,
            headers={"cache-control": "no-store", "vary": "accept, authorization", **(headers or {})},
            media_type=f"{RESPONSE_JSON if media in {None, EVENT_STREAM} else media}; charset=utf-8",
        )


def internal_error(answer: Answer) -> Response:
    """The response to a request that met a bug outside of any resolver."""
    return Response(json.dumps(answer.body()).encode(), 500, media_type=f"{JSON}; charset=utf-8")


def acceptable(accept: str | None, *, html: bool) -> str | None:
    """The media type to answer with: the one that the Accept header likes best; None when it takes none of ours.

    No header, and `*/*`, mean application/json, as clients of before the specification expect.
    """
    if not accept or not accept.strip():
        return JSON
    offered = (JSON, RESPONSE_JSON, EVENT_STREAM, *((HTML,) if html else ()))
    best: tuple[float, int, int] | None = None
    chosen = None
    for position, part in enumerate(accept[:ACCEPT_CHARS_MAX].split(",")):
        name, _, parameters = part.partition(";")
        quality = _quality(_parameter(parameters, "q"))
        charset = _parameter(parameters, "charset")
        if quality <= 0 or charset not in {None, "utf-8", "utf8"}:
            continue
        match = next((media for media in offered if _matches(name.strip().lower(), media)), None)
        precision = name.count("*")
        if match is not None and (best is None or (-quality, precision, position) < best):
            best, chosen = (-quality, precision, position), match
    return chosen


def _matches(pattern: str, media: str) -> bool:
    if EVENT_STREAM in {pattern, media}:
        return pattern == media
    if pattern in {"*/*", "*"}:
        return media != HTML
    return pattern == media or (pattern == "application/*" and media != HTML) or (pattern == "text/*" and media == HTML)


def _status(answer: Answer, media: str | None) -> int:
    codes = answer.codes
    if TIMEOUT in codes and not answer.ran:
        return 504
    if RateLimited.code in codes and not answer.ran:
        return 429
    if codes == [INTERNAL] and not answer.ran:
        return 500
    # A request that could not be run is 200 for clients of before the specification: they read the body.
    return 400 if media == RESPONSE_JSON and not answer.ran else 200


def _parameter(parameters: str, name: str) -> str | None:
    for part in parameters.split(";"):
        key, _, value = part.partition("=")
        if key.strip().lower() == name:
            return value.strip().strip('"').lower()
    return None


def _quality(text: str | None) -> float:
    try:
        return 1.0 if text is None else min(max(float(text), 0.0), 1.0)
    except ValueError:
        return 0.0


async def _body(request: Request) -> bytes:
    """The body, whole. Raises Malformed when it is too large or too slow."""
    length = request.headers.get("content-length", "")
    chunks: list[bytes] = []
    size = int(length) if length.isdigit() and len(length) < 10 else 0
    try:
        async with asyncio.timeout(BODY_S_MAX):
            if size <= BODY_BYTES_MAX:
                size = 0
                async for chunk in request.stream():
                    size += len(chunk)
                    if size > BODY_BYTES_MAX:
                        break
                    chunks.append(chunk)
    except TimeoutError:
        raise Malformed(f"The body did not arrive within {BODY_S_MAX:g} s.", status=408, code=TIMEOUT) from None
    except ClientDisconnect:
        raise Malformed("The client left.", status=_STATUS_CLIENT_CLOSED, code=BAD_INPUT) from None
    if size > BODY_BYTES_MAX:
        raise Malformed(f"The body may have at most {BODY_BYTES_MAX:,} bytes.", status=413)
    return b"".join(chunks)
