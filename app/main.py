"""The API process: its routes, what surrounds them, and the server that runs them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Final, Protocol, cast

import structlog
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from app import archives, garbage, pictures, secret_files, stores, walk_digest
from app.files import as_many_files_as_allowed
from app.health import Readiness, answer_health, answer_readiness
from app.readings import Readings
from app.resources import Resources, check_addresses, open_resources
from app.settings import Settings
from app.transports import quotas, quotas_report, trusted
from app.transports.admission import Admission, Rooms
from app.transports.heads import BoundedHeads
from app.transports.over_http import GraphQLOverHTTP
from app.transports.over_sockets import MESSAGE_BYTES_MAX, GraphQLOverSockets
from app.transports.quotas import Quotas
from app.transports.runner import Runner
from app.watch.metrics import Metrics
from app.watch.operation import Tallies
from app.watch.page import answer_metrics
from app.web import REQUEST_ID, Web, page_policy
from discovery.walk.live import LiveWalk
from domain.calls import watched
from schema.api import root_fields, schema
from schema.operation import Operations

log = structlog.get_logger(__name__)

_HERE: Final = Path(__file__).parent
_GRAPHIQL: Final = _HERE / "graphiql" / "static"
_GALLERY: Final = _HERE / "gallery" / "static"
_STOP_S_MAX: Final = 1


class Api:
    """What the routes of one process share; complete from start-up to shutdown."""

    resources: Resources
    readiness: Readiness
    metrics: Metrics
    metrics_token: str
    readings: Readings
    http: GraphQLOverHTTP
    sockets: GraphQLOverSockets
    quotas: Quotas

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.doors: dict[str, Door] = {}
        self.rules = quotas.read(settings.quotas)
        quotas.check(self.rules, root_fields())
        self.rooms = Rooms(requests_max=settings.requests_max, streams_max=settings.streams_max)
        self.trusted = trusted.read(settings.trusted_documents, only=settings.trusted_documents_only)

    def start(self, resources: Resources) -> None:
        """Puts together what answers requests, over these parts."""
        production = self.settings.env == "production"
        self.quotas = Quotas(self.rules, resources.buckets)
        operations = Operations(schema, hide_schema=production)
        runner = Runner(operations, resources, self.quotas, self.trusted)
        self.resources = resources
        self.readiness = Readiness(resources)
        self.metrics = Metrics("api")
        self.readings = Readings(self.metrics, resources, self.readiness, runner)
        self.metrics_token = _metrics_token(self.settings)
        self.http = GraphQLOverHTTP(runner, resources, None if production else page(_GRAPHIQL, self.settings))
        self.sockets = GraphQLOverSockets(runner, resources, self.settings.origins)


def _metrics_token(settings: Settings) -> str:
    """What opens `/metrics`; nothing does when it can neither be read nor be kept."""
    try:
        return secret_files.metrics_token(settings)
    except OSError as error:
        log.warning("metrics_off", reason=str(error), way_out="set PINWALK_METRICS_TOKEN")
        return ""


class _GraphQL:
    """The ASGI app behind `/graphql`, whatever comes: HTTP by any method, or a socket."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive, send)
        response = await self._api.http(request)
        await response(scope, receive, send)


class _Through:
    """The ASGI app behind the path of a door."""

    def __init__(self, api: Api, path: str) -> None:
        self._api = api
        self._path = path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._api.doors[self._path](scope, receive, send)


class Door(Protocol):
    """Another way in, beside GraphQL: an ASGI app that serves while its `running` block lasts."""

    def running(self) -> AbstractAsyncContextManager[None]:
        """Serves inside the block."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""


MakeDoor = Callable[[Runner, Resources], Door]


def create_app(settings: Settings, doors: Mapping[str, MakeDoor] = MappingProxyType({})) -> Starlette:
    """The API as an ASGI app. Parts are opened at start-up and closed at shutdown; it serves while they come up.

    `doors` are more ways in, by path: what makes them is imported by who wants them.
    Raises Invalid for quotas or trusted documents that cannot be read.
    """
    api = Api(settings)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with open_resources(settings) as resources, AsyncExitStack() as stack:
            api.start(resources)
            for path, make in doors.items():
                api.doors[path] = make(api.http.runner, resources)
                await stack.enter_async_context(api.doors[path].running())
            with watched(api.metrics, Tallies()):
                yield

    async def sockets(websocket: WebSocket) -> None:
        await api.sockets(websocket)

    async def refresh() -> None:
        await api.readings.refresh()

    metrics = answer_metrics(lambda: api.metrics, refresh, lambda: api.metrics_token)
    routes: list[BaseRoute] = [
        Route("/graphql", _GraphQL(api)),
        WebSocketRoute("/graphql", sockets),
        *(Route(path, _Through(api, path)) for path in doors),
        Route("/healthz", answer_health, methods=["GET"]),
        Route("/readyz", answer_readiness(lambda: api.readiness), methods=["GET"]),
        Route("/metrics", metrics, methods=["GET"]),
        Route(
            quotas_report.PATH,
            quotas_report.answer(lambda: api.quotas, lambda: api.metrics_token),
            methods=["GET"],
        ),
        Route(
            walk_digest.PATH,
            walk_digest.answer(
                lambda: cast("LiveWalk", api.resources.late_walk), lambda: secret_files.walk_key(settings)
            ),
            methods=["GET"],
        ),
        *archives.routes(lambda: api.resources),
        *pictures.routes(lambda: api.resources, redirect=settings.media_delivery == "redirect"),
        Route("/", lambda _: page(_GALLERY, settings), methods=["GET"]),
        Mount("/gallery", StaticFiles(directory=_GALLERY)),
    ]
    if settings.env != "production":
        routes.append(Mount("/graphiql", StaticFiles(directory=_GRAPHIQL)))
    app = Starlette(
        routes=routes,
        lifespan=lifespan,
        middleware=[Middleware(Web), _cors(settings), Middleware(Admission, rooms=api.rooms)],
        exception_handlers={404: _no_such_page, 405: _no_such_page, Exception: _bug},
    )
    app.state.api = api
    return app


def _cors(settings: Settings) -> Middleware:
    return Middleware(
        CORSMiddleware,
        allow_origins=list(settings.origins),
        allow_methods=["GET", "POST", "PUT"],
        allow_headers=["authorization", "content-type", REQUEST_ID],
        expose_headers=[REQUEST_ID, "ratelimit", "ratelimit-policy", "retry-after"],
        max_age=3_600,
    )


def page(folder: Path, settings: Settings) -> Response:
    """The `index.html` of a folder of ours, under a policy that lets it load its own files and our pictures."""
    return Response(
        (folder / "index.html").read_bytes(),
        media_type="text/html; charset=utf-8",
        headers={
            "content-security-policy": page_policy(
                settings.base_url, settings.store_url, inline_styles=folder == _GRAPHIQL
            ),
            "cache-control": "no-cache",
            "vary": "accept",
        },
    )


async def _no_such_page(request: Request, error: Exception) -> Response:
    status = getattr(error, "status_code", 404)
    return _plain_refusal(f"There is nothing at {request.url.path[:200]}. The API is at /graphql.", "NOT_FOUND", status)


async def _bug(request: Request, error: Exception) -> Response:
    log.error("bug", path=request.url.path[:200], exc_info=error)
    return _plain_refusal("Internal error.", "INTERNAL_SERVER_ERROR", 500)


def _plain_refusal(message: str, code: str, status: int) -> Response:
    return JSONResponse({"errors": [{"message": message, "extensions": {"code": code}}]}, status)


def config(settings: Settings, doors: Mapping[str, MakeDoor] = MappingProxyType({})) -> uvicorn.Config:
    """How the app is served. Open sockets and streams do not hold up its end for more than 1 s."""
    return uvicorn.Config(
        create_app(settings, doors),
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http=BoundedHeads,
        ws="websockets-sansio",
        ws_max_size=MESSAGE_BYTES_MAX,
        ws_per_message_deflate=False,
        log_config=None,
        access_log=False,
        server_header=False,
        forwarded_allow_ips=list(settings.proxies),
        backlog=1_024,
        timeout_graceful_shutdown=_STOP_S_MAX,
    )


def serve(settings: Settings, doors: Mapping[str, MakeDoor] = MappingProxyType({})) -> None:
    """Runs the API, with these doors beside GraphQL, until SIGINT or SIGTERM.

    Raises Invalid when an address is missing, Invalid or Unavailable when pictures cannot be kept.
    """
    check_addresses(settings)
    as_many_files_as_allowed()
    garbage.settle()
    asyncio.run(stores.check(settings, within_s=settings.start_timeout_s))
    uvicorn.Server(config(settings, doors)).run()
