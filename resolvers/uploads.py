"""Uploads: a place to put a file, and the picture that was put there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog

from domain.errors import Conflict, Invalid, NotFound, ProductError, Unavailable
from domain.ids import UploadId, new_id
from domain.limits import FETCH_EVERY_S, FETCHES_MAX, UPLOAD_BYTES_MAX, UPLOAD_LIFE_S
from domain.model import Rendition
from graph import uploads
from graph.pictures import NewPicture
from graph.uploads import Upload, UploadState
from media import renditions
from media.decode import Decoded
from media.upload import check_announced, headers
from resolvers import inputs
from resolvers.context import Context, require_viewer
from shared.buckets import Rule

_FETCHES: Final = Rule(
    *("pictures by url", FETCHES_MAX, FETCH_EVERY_S),
    says="You have fetched many pictures just now. Wait a moment, or upload them.",
)
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Place:
    """Where one file may be put: a request of this method and these headers to the URL, once, until it expires."""

    id: UploadId
    method: str
    url: str
    headers: Sequence[tuple[str, str]]
    expires_at: datetime
    bytes_max: int


@dataclass(frozen=True, slots=True)
class ImageSource:
    """Where a picture is to come from: one of the three is given."""

    pin_id: str | None = None
    upload_id: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """A file that was found to be a picture, which is kept; the upload that it came by, None when from an address."""

    upload_id: UploadId | None
    picture: NewPicture


async def prepare(ctx: Context, *, content_type: str, size: int) -> Place:
    """A place for a file of this type and size. Raises UnsupportedMedia, TooLarge or Invalid for what is not taken."""
    me = require_viewer(ctx)
    announced = content_type.strip().lower()
    check_announced(announced, size)
    upload = UploadId(new_id("upload"))
    expires_at = ctx.now() + timedelta(seconds=UPLOAD_LIFE_S)
    await uploads.create(ctx.graph, id=upload, by=me, content_type=announced, bytes=size, expires_at=expires_at)
    url = await ctx.pictures.upload_url(upload, content_type=announced, size=size)
    if url is None:
        url = ctx.upload_urls.url(upload, by=me, content_type=announced, size=size, expires_at=expires_at)
    return Place(upload, "PUT", url, headers(announced), expires_at, min(size, UPLOAD_BYTES_MAX))


async def take(ctx: Context, source: ImageSource, *, field: str) -> Taken:
    """The picture in the viewer's upload or at an address, measured and kept; the upload itself is not used up yet.

    Raises NotFound for an upload that is not theirs, Invalid when nothing was put there or it is broken, or for an
    address where there is no picture for us; TooLarge or UnsupportedMedia for a file that we do not take; RateLimited
    for too many addresses. `field` is the input that holds the image.
    """
    if source.upload_id is None:
        return Taken(None, picture(await _fetched(ctx, source, ctx.pictures.take, field)))
    upload = await _upload(ctx, source.upload_id, field)
    decoded = await _opened(ctx, upload, ctx.pictures.take_upload, field)
    return Taken(upload.id, picture(decoded))


async def _upload(ctx: Context, upload_id: str, field: str) -> Upload:
    """The viewer's upload that is not used yet."""
    me = require_viewer(ctx)
    path = (field, "uploadId")
    key = inputs.upload_id(upload_id)
    upload = await uploads.get(ctx.graph, key, me) if key else None
    if upload is None:
        raise NotFound("There is no such upload. Ask `prepareUpload` for one.", path)
    if upload.state is UploadState.USED:
        raise Conflict("This upload has been used. Ask `prepareUpload` for a new one.", path)
    return upload


async def _fetched(
    ctx: Context, source: ImageSource, read: Callable[[bytes], Awaitable[Decoded]], field: str
) -> Decoded:
    """The picture at the address as `read` gives it, with errors that name the field."""
    me = require_viewer(ctx)
    if source.url is None:
        raise Invalid(
            "What is a Pin already is saved, not made again: give an `uploadId` or a `url`.", (field, "pinId")
        )
    address = inputs.clean(source.url.strip(), (field, "url"), "The address")
    await ctx.buckets.take(_FETCHES, f"user:{me}")
    try:
        found = await ctx.internet.get(address, bytes_max=UPLOAD_BYTES_MAX, types=("image/",))
        return await read(found.data)
    except ProductError as refused:
        refused.field = (field, "url")
        raise


async def _opened(ctx: Context, upload: Upload, read: Callable[..., Awaitable[Decoded]], field: str) -> Decoded:
    """The picture in the upload as `read` gives it, with errors that name the field."""
    path = (field, "uploadId")
    try:
        decoded = await read(upload.id, content_type=upload.content_type, size=upload.bytes)
    except Unavailable:
        raise
    except NotFound as nothing:
        late = upload.expires_at <= ctx.now()
        then = "It has expired: ask `prepareUpload` for a new one." if late else "PUT the file to its URL first."
        raise Invalid(f"Nothing has been uploaded here. {then}", path) from nothing
    except ProductError as refused:
        refused.field = path
        raise
    if upload.state is UploadState.WAITING:
        # Put straight to the media store, which tells nobody, and which takes nothing that comes too late.
        in_time = min(ctx.now(), upload.expires_at - timedelta(milliseconds=1))
        await uploads.arrived(ctx.graph, upload.id, bytes=upload.bytes, now=in_time)
    return decoded


async def look(ctx: Context, source: ImageSource) -> tuple[Taken, bytes]:
    """A picture that is only looked at, and its first rendition: nothing of it is kept. Raises as `take` does.

    The upload itself is used up by `use_up`, once what it was looked at for is done.
    """
    if source.upload_id is None:
        decoded = await _fetched(ctx, source, ctx.pictures.look_at, "image")
        return Taken(None, picture(decoded)), decoded.rendition_564
    upload = await _upload(ctx, source.upload_id, "image")
    decoded = await _opened(ctx, upload, ctx.pictures.look_at_upload, "image")
    return Taken(upload.id, picture(decoded)), decoded.rendition_564


def key_of(source: ImageSource) -> str:
    """What names the picture in the cursors of a search."""
    return f"upload:{source.upload_id}" if source.upload_id is not None else f"url:{source.url}"


async def use_up(ctx: Context, taken: Taken) -> None:
    """Lets nothing else be made of the upload, whose file has become a picture."""
    if taken.upload_id is None:
        return
    try:
        await uploads.used(ctx.graph, taken.upload_id, require_viewer(ctx))
    except Unavailable as failed:
        log.warning("upload_not_used_up", upload=taken.upload_id, error=failed.message)
    await forget(ctx, taken)


async def forget(ctx: Context, taken: Taken) -> None:
    """Lets go of the uploaded file once it has become a picture. A store that fails is asked again by the clean-up."""
    if taken.upload_id is None:
        return
    try:
        await ctx.pictures.forget_upload(taken.upload_id)
    except Unavailable as failed:
        log.warning("upload_not_forgotten", upload=taken.upload_id, error=failed.message)


def picture(decoded: Decoded) -> NewPicture:
    """What the graph keeps of a decoded file: of its renditions, the first is there."""
    width, height = renditions.size(renditions.FIRST, decoded.width, decoded.height)
    return NewPicture(
        sha256=decoded.sha256,
        width=decoded.width,
        height=decoded.height,
        content_type=decoded.content_type,
        dominant_color=decoded.dominant_color,
        palette=decoded.palette,
        thumb_hash=decoded.thumb_hash,
        signature=decoded.signature,
        crops=decoded.crops,
        renditions=(Rendition(renditions.FIRST, width, height, len(decoded.rendition_564)),),
    )
