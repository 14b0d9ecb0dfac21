"""What every response carries: a request id, and headers that keep a page from doing more than it should."""

from __future__ import annotations

import re
import secrets
from typing import Final

import structlog
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

REQUEST_ID: Final = "x-request-id"
_GIVEN: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")

POLICY: Final = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
"""What a response may load when it is opened as a page: nothing. Pages of ours bring their own policy."""

_PAGE_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'{styles}; img-src 'self' data: blob:{pictures}; "
    "font-src 'self' data:; connect-src 'self'{sockets}{store}; worker-src 'self'; frame-ancestors 'none'; "
    "base-uri 'none'; form-action 'self'"
)


def page_policy(base_url: str, store_url: str | None, *, inline_styles: bool = False) -> str:
    """The policy of a page of ours: its own files, the pictures and sockets at this address, never an inline script.

    `store_url` is where clients put uploads and are sent for pictures, when that is not here. `inline_styles` is for
    GraphiQL, whose editor writes style sheets as it runs.
    """
    store = f" {store_url}" if store_url else ""
    return _PAGE_POLICY.format(
        styles=" 'unsafe-inline'" if inline_styles else "",
        pictures=f" {base_url}{store}",
        sockets=f" {base_url.replace('http', 'ws', 1)}",
        store=store,
    )


_HEADERS: Final = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}


class Web:
    """Gives each request an id (the client's `X-Request-Id` when it is a plain word) and each response our headers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on. A header that the response already has is kept."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        request_id = _given_id(scope) or secrets.token_hex(8)
        scope["request_id"] = request_id

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message.setdefault("headers", []))
                headers[REQUEST_ID] = request_id
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            await self._app(scope, receive, send_with_headers)


def _given_id(scope: Scope) -> str | None:
    for name, value in scope["headers"]:
        if name == REQUEST_ID.encode():
            text = value.decode("latin-1")
            return text if _GIVEN.fullmatch(text) else None
    return None
