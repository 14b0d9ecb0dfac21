"""Pictures over HTTP: `GET /i/{key}/{name}.webp`, and `PUT /upload/{id}` where clients do not reach the media store."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime
from typing import Final, Protocol

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from app import ranges
from domain.errors import Conflict, Forbidden, Invalid, NotFound, ProductError, TooLarge, Unavailable, UnsupportedMedia
from domain.ids import UploadId, UserN
from domain.limits import PUBLIC_PICTURE_MAX_AGE_S, SIGNED_URL_LIFE_S
from domain.model import Picture
from graph import pictures as graph_pictures
from graph import uploads as graph_uploads
from graph.client import Graph
from graph.uploads import Upload, UploadState
from media import renditions
from media.pictures import Pictures
from media.store import MediaStore
from media.upload import UploadGrant, UploadUrls, stored_at
from media.urls import PictureUrls, well_formed

log = structlog.get_logger(__name__)

_STATUS: Final = (
    (NotFound, 404),
    (Forbidden, 403),
    (Conflict, 409),
    (TooLarge, 413),
    (UnsupportedMedia, 415),
    (Unavailable, 503),
    (Invalid, 400),
)
_SAFE: Final = {
    "content-security-policy": "default-src 'none'",
    "cross-origin-resource-policy": "cross-origin",
    "x-content-type-options": "nosniff",
}
_FOREVER: Final = f"public, max-age={PUBLIC_PICTURE_MAX_AGE_S}, immutable"
_FOR_A_WHILE: Final = f"public, max-age={SIGNED_URL_LIFE_S // 2}"
_RETRY_AFTER_S: Final = "1"


class PictureParts(Protocol):
    """What these routes need of an API process."""

    @property
    def graph(self) -> Graph: ...
    @property
    def pictures(self) -> Pictures: ...
    @property
    def store(self) -> MediaStore: ...
    @property
    def urls(self) -> PictureUrls: ...
    @property
    def upload_urls(self) -> UploadUrls: ...


def routes(parts: Callable[[], PictureParts], *, redirect: bool = False) -> list[Route]:
    """The routes; `parts` is asked at each request, so that they may be made before anything is open.

    `redirect`: who asks for a picture that the world may see is sent to the media store, where that has an address.
    """

    async def picture(request: Request) -> Response:
        try:
            return await _serve(parts(), request, datetime.now(UTC), redirect=redirect)
        except ProductError as refused:
            return _refusal(refused)

    async def upload(request: Request) -> Response:
        try:
            return await _receive(parts(), request, datetime.now(UTC))
        except ProductError as refused:
            return _refusal(refused)

    return [
        Route("/i/{key}/{name}.webp", picture, methods=["GET", "HEAD"], name="picture"),
        Route("/upload/{id}", upload, methods=["PUT"], name="upload"),
    ]


async def _serve(parts: PictureParts, request: Request, now: datetime, *, redirect: bool) -> Response:
    """The rendition. Whatever may not be seen does not exist: the same 404, whether by no key, no right or no time."""
    key, name = request.path_params["key"], request.path_params["name"]
    if not well_formed(key, name):
        raise _not_found()
    picture, cache = await _allowed(parts, key, name, request.query_params, now)
    if redirect and cache == _FOREVER:
        url = await parts.pictures.rendition_url(picture, name, life_s=SIGNED_URL_LIFE_S)
        if url is not None:
            return RedirectResponse(url, headers={**_SAFE, "cache-control": _FOR_A_WHILE})
    tag = f'"{picture.sha256[:24]}-{name}"'
    headers = {**_SAFE, "accept-ranges": "bytes", "cache-control": cache, "etag": tag}
    if _has(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers=headers)
    if request.method == "HEAD":
        found = await parts.pictures.rendition_span(picture, name, 0, 1)
        return Response(headers={**headers, "content-length": str(found.size)}, media_type=renditions.CONTENT_TYPE)
    some = ranges.wanted(request.headers.get("range"))
    if some is not None and request.headers.get("if-range", tag) == tag:
        return await _some(parts, picture, name, some, headers)
    body = await parts.pictures.rendition(picture, name)
    return Response(body, headers=headers, media_type=renditions.CONTENT_TYPE)


async def _some(
    parts: PictureParts, picture: Picture, name: str, some: ranges.Range, headers: Mapping[str, str]
) -> Response:
    """The bytes that a Range header asks for: 206, or 416 when there are none."""
    size = (await parts.pictures.rendition_span(picture, name, 0, 1)).size
    meant = some.within(size)
    if meant is None:
        return Response(status_code=416, headers={**headers, "content-range": f"bytes */{size}"})
    found = await parts.pictures.rendition_span(picture, name, *meant)
    last = found.start + len(found.data) - 1
    about = {**headers, "content-range": f"bytes {found.start}-{last}/{found.size}"}
    return Response(found.data, 206, about, media_type=renditions.CONTENT_TYPE)


async def _allowed(
    parts: PictureParts, key: str, name: str, query: Mapping[str, str], now: datetime
) -> tuple[Picture, str]:
    """The Picture and for how long whom the answer may be kept. Raises NotFound for what may not be seen."""
    access = await graph_pictures.by_key(parts.graph, key)
    if access is None:
        raise _not_found()
    if access.open:
        return access.picture, _FOREVER
    grant = parts.urls.check(key, name, query, now)
    # The signature says who was given the URL; whether they may still see the picture, only the graph knows.
    if grant is None or not await graph_pictures.may_see(parts.graph, grant.viewer, key):
        raise _not_found()
    left_s = min(SIGNED_URL_LIFE_S, int(grant.expires_s - now.timestamp()))
    return access.picture, f"private, max-age={left_s}"


async def _receive(parts: PictureParts, request: Request, now: datetime) -> Response:
    """Takes the announced file, bounded while it arrives; a second one replaces it until it has become a picture."""
    grant = parts.upload_urls.check(request.path_params["id"], request.query_params, now)
    _check_headers(request, grant)
    _unused(await graph_uploads.get(parts.graph, grant.id, grant.by))
    try:
        size = await parts.store.put_stream(
            stored_at(grant.id), _exactly(request.stream(), grant.bytes), grant.content_type, bytes_max=grant.bytes
        )
    except ClientDisconnect:
        raise Invalid("The connection ended before the whole file had arrived. PUT it again.") from None
    if not await graph_uploads.arrived(parts.graph, grant.id, bytes=size, now=datetime.now(UTC)):
        await _replaced(parts, grant.id, grant.by)
    log.info("upload_arrived", upload=grant.id, bytes=size)
    return Response(status_code=200)


async def _replaced(parts: PictureParts, upload: UploadId, by: UserN) -> None:
    """Returns when the file that came replaces an earlier one; else it came too late, and is let go of again."""
    try:
        _unused(await graph_uploads.get(parts.graph, upload, by))
    except ProductError:
        await parts.pictures.forget_upload(upload)
        raise


def _unused(upload: Upload | None) -> None:
    if upload is None:
        raise NotFound("There is no such upload. Ask `prepareUpload` for one.")
    if upload.state is UploadState.USED:
        raise Conflict("This upload has been used. Ask `prepareUpload` for a new one.")


def _check_headers(request: Request, grant: UploadGrant) -> None:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != grant.content_type:
        raise UnsupportedMedia(f"Send the header `Content-Type: {grant.content_type}`, as announced.")
    length = request.headers.get("content-length")
    if length is None:
        return  # Sent in chunks: counted as they come.
    if not length.isdecimal():
        raise Invalid("`Content-Length` is not a number.")
    if int(length) > grant.bytes:
        raise _too_long(grant.bytes)
    if int(length) < grant.bytes:
        raise _too_short(int(length), grant.bytes)


async def _exactly(chunks: AsyncIterator[bytes], size: int) -> AsyncIterator[bytes]:
    """The same chunks. Raises TooLarge at the first byte too many, Invalid at the end when some are missing."""
    came = 0
    async for chunk in chunks:
        came += len(chunk)
        if came > size:
            raise _too_long(size)
        yield chunk
    if came < size:
        raise _too_short(came, size)


def _too_long(announced: int) -> TooLarge:
    return TooLarge(f"More than the {announced:,} bytes announced arrived. Prepare the upload with its real size.")


def _too_short(came: int, announced: int) -> Invalid:
    return Invalid(f"Only {came:,} of the {announced:,} bytes announced arrived. PUT the whole file.")


def _not_found() -> NotFound:
    return NotFound("There is no such picture.")


def _has(header: str, tag: str) -> bool:
    """Whether an If-None-Match header names this tag (RFC 9110, 13.1.2: weakly compared)."""
    return header.strip() == "*" or tag in (part.strip().removeprefix("W/") for part in header.split(","))


def _refusal(refused: ProductError) -> Response:
    status = next((status for kind, status in _STATUS if isinstance(refused, kind)), 400)
    headers = {**_SAFE, "cache-control": "no-store"}
    if status == 503:
        headers["retry-after"] = _RETRY_AFTER_S
    return JSONResponse({"error": {"code": refused.code, "message": refused.message}}, status, headers)
