"""Archives over HTTP: `GET /export/{id}.zip`, by a signed URL."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Final, Protocol

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from domain.errors import Unavailable
from media.exports import CONTENT_TYPE, ExportUrls, stored_at
from media.store import MediaStore

_CHUNK: Final = 1024 * 1024


class ArchiveParts(Protocol):
    """What this route needs of an API process."""

    @property
    def store(self) -> MediaStore: ...
    @property
    def export_urls(self) -> ExportUrls: ...


def routes(parts: Callable[[], ArchiveParts]) -> list[Route]:
    """The route; `parts` is asked at each request."""

    async def archive(request: Request) -> Response:
        export = request.path_params["id"]
        if not parts().export_urls.check(export, request.query_params, datetime.now(UTC)):
            return _refusal("There is no such archive, or its time is over.", "NOT_FOUND", 404)
        try:
            size = await parts().store.size(stored_at(export))
        except Unavailable as error:
            return _refusal(error.message, error.code, 503)
        if size is None:
            return _refusal("There is no such archive, or its time is over.", "NOT_FOUND", 404)
        headers = {
            "cache-control": "private, no-store",
            "content-disposition": 'attachment; filename="pinwalk.zip"',
            "content-length": str(size),
            "x-content-type-options": "nosniff",
        }
        return StreamingResponse(
            _chunks(parts().store, stored_at(export), size), headers=headers, media_type=CONTENT_TYPE
        )

    return [Route("/export/{id}.zip", archive, methods=["GET"], name="export")]


async def _chunks(store: MediaStore, key: str, size: int) -> AsyncIterator[bytes]:
    start = 0
    while start < size:
        span = await store.span(key, start, _CHUNK)
        if span is None or not span.data:
            return
        yield span.data
        start += len(span.data)


def _refusal(message: str, code: str, status: int) -> Response:
    return JSONResponse({"errors": [{"message": message, "extensions": {"code": code}}]}, status)
