"""The page of metrics: `/metrics`, for the operator's Prometheus."""

from __future__ import annotations

import contextlib
import hmac
from collections.abc import Awaitable, Callable, Iterator

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.watch.metrics import CONTENT_TYPE, Metrics

Refresh = Callable[[], Awaitable[None]]
REFUSAL = (
    "This page is the operator's. Send `Authorization: Bearer` and the token of PINWALK_METRICS_TOKEN, "
    "or of the file secrets/metrics-token in the data folder."
)


async def _nothing() -> None:
    """Nothing is read at the moment of looking."""


def answer_metrics(
    metrics: Callable[[], Metrics], refresh: Refresh = _nothing, token: Callable[[], str] | None = None
) -> Callable[[Request], Awaitable[Response]]:
    """The handler of `/metrics`. `refresh` brings the gauges up to date first.

    With `token`, whoever does not send it gets 401, everybody when it is empty; without it, who reaches the port may
    look.
    """

    async def answer(request: Request) -> Response:
        if token is not None and not is_bearer(request.headers.get("authorization", ""), token()):
            return JSONResponse({"error": REFUSAL}, 401, headers={"www-authenticate": "Bearer"})
        await refresh()
        return Response(metrics().page(), headers={"content-type": CONTENT_TYPE, "cache-control": "no-store"})

    return answer


def is_bearer(header: str, token: str) -> bool:
    """Whether an Authorization header carries this token; an empty one opens nothing."""
    scheme, _, given = header.partition(" ")
    return bool(token) and scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), token.encode())


class _BesideAll(uvicorn.Server):
    """A server inside a process that has its own way to end."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leaves the process's signals alone."""
        yield


async def show(metrics: Metrics, *, host: str, port: int) -> None:
    """Answers `/healthz` and `/metrics` until it is cancelled: for a process that serves nothing else."""

    async def healthy(_: Request) -> Response:
        return JSONResponse({"status": "ok"})

    app = Starlette(routes=[Route("/healthz", healthy), Route("/metrics", answer_metrics(lambda: metrics))])
    config = uvicorn.Config(
        app, host=host, port=port, loop="none", log_config=None, access_log=False, server_header=False, ws="none"
    )
    server = _BesideAll(config)
    try:
        await server.serve()
    finally:
        if server.started:  # It did not when the port was taken, which it has said.
            await server.shutdown()
