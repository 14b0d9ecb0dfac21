"""The media store of many machines: a bucket of any server that speaks S3."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal, TypeVar

import aioboto3
import structlog
from botocore.config import Config

from domain.calls import MEDIA, called
from domain.errors import Invalid, TooLarge, Unavailable
from media import keys
from media.s3_failures import BROKE_OFF, FAILURES, Answered, advice, code_of, in_short
from media.s3_parts import PART_BYTES, Parts
from media.store import Span

T = TypeVar("T")
log = structlog.get_logger(__name__)

_PROBE: Final = "probe"
_HOME: Final = "us-east-1"  # The region that is meant when none is named, and must not be.
_AGAIN_S: Final = 1.0
_PAGE: Final = 1_000
_PAUSES_S: Final = 2.0  # Between two attempts; botocore draws at most 1, 2, 4 … s.


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """Where a bucket is, and who we are there.

    Without keys, botocore looks for them where it always does (the machine's role, a profile). `client_endpoint` is the
    address under which clients reach the same server; None when they do not. `addressing` says where the bucket's name
    goes: into the path of a URL or before its host (`virtual`). `timeout_s` bounds the waiting of one attempt.
    """

    endpoint: str
    name: str
    region: str = _HOME
    access_key: str | None = field(default=None, repr=False)
    secret_key: str | None = field(default=None, repr=False)
    client_endpoint: str | None = None
    addressing: Literal["path", "virtual"] = "path"
    timeout_s: float = 10.0
    attempts: int = 3
    connections: int = 32


class S3Store:
    """A MediaStore in a bucket: one object a key, with its content type. Made by `open`.

    Objects up to 8 MiB are written at once, larger ones in parts of 8 MiB; they appear whole or not at all. What the
    server refuses is logged with what to do; to the caller it is Unavailable, as is no answer.
    """

    def __init__(self, bucket: Bucket, client: Any, signer: Any, closing: AsyncExitStack) -> None:
        """`signer` makes URLs for clients, with their address of the server; None: there is none."""
        self._bucket = bucket
        self._client = client
        self._signer = signer
        self._closing = closing

    @classmethod
    async def open(cls, bucket: Bucket) -> S3Store:
        """A store that has asked nothing of the server yet. Raises Invalid for an address that is none."""
        closing = AsyncExitStack()
        try:
            client = await closing.enter_async_context(_client(bucket, bucket.endpoint))
            signer = None
            if bucket.client_endpoint is not None:
                signer = await closing.enter_async_context(_client(bucket, bucket.client_endpoint))
        except BaseException as error:
            await closing.aclose()
            if isinstance(error, ValueError):
                raise Invalid(f"{error}: see PINWALK_S3_ENDPOINT and PINWALK_S3_CLIENT_ENDPOINT.") from error
            raise
        return cls(bucket, client, signer, closing)

    async def close(self) -> None:
        """Lets go of every connection."""
        await self._closing.aclose()

    async def check(self, *, within_s: float) -> None:
        """Returns once the bucket has been listed, written to and deleted in.

        Raises Invalid, with what to do, for a wrong bucket, key or secret or a missing right; Unavailable when no
        server answers within about `within_s`.
        """
        await self._waited_for(self._probe, within_s)

    async def make_bucket(self, *, origins: tuple[str, ...] = (), within_s: float) -> bool:
        """Whether the bucket was missing and has been made; web pages of `origins` may PUT to and GET from it.

        Raises as `check` does.
        """
        return await self._waited_for(lambda: self._made(origins), within_s)

    @called(MEDIA)
    async def put(self, key: str, data: bytes, content_type: str) -> None:
        """Keeps the bytes under the key: see MediaStore."""
        about = self._about(key)
        if len(data) <= PART_BYTES:
            await self._ask(lambda: self._client.put_object(**about, Body=data, ContentType=content_type))
            return
        async with Parts(self._client, self._ask, about, content_type) as parts:
            for start in range(0, len(data), PART_BYTES):
                await parts.add(data[start : start + PART_BYTES])

    @called(MEDIA)
    async def put_stream(self, key: str, chunks: AsyncIterator[bytes], content_type: str, *, bytes_max: int) -> int:
        """Keeps what the chunks add up to: see MediaStore. Holds at most four parts of 8 MiB at once."""
        about = self._about(key)
        waiting, size = bytearray(), 0
        async with AsyncExitStack() as stack:
            parts: Parts | None = None
            async for chunk in chunks:
                size += len(chunk)
                if size > bytes_max:
                    raise TooLarge(f"More than {bytes_max:,} bytes arrived.")
                waiting += chunk
                while len(waiting) > PART_BYTES:
                    if parts is None:
                        parts = await stack.enter_async_context(Parts(self._client, self._ask, about, content_type))
                    await parts.add(bytes(waiting[:PART_BYTES]))
                    del waiting[:PART_BYTES]
            if parts is None:
                await self.put(key, bytes(waiting), content_type)
            else:
                await parts.add(bytes(waiting))
        return size

    @called(MEDIA)
    async def get(self, key: str, *, bytes_max: int | None = None) -> bytes | None:
        """The bytes under the key: see MediaStore."""
        found = await self._read(self._about(key), bytes_max=bytes_max)
        return None if found is None else found.data

    @called(MEDIA)
    async def span(self, key: str, start: int, bytes_max: int) -> Span | None:
        """Some of the bytes under the key: see MediaStore."""
        about = self._about(key) | {"Range": f"bytes={start}-{start + bytes_max - 1}"}
        return await self._read(about, start=start)

    @called(MEDIA)
    async def size(self, key: str) -> int | None:
        """The size of what is under the key: see MediaStore."""
        # Not HEAD: its 404 has no body that would tell a missing key from a missing bucket.
        found = await self.span(key, 0, 1)
        return None if found is None else found.size

    @called(MEDIA)
    async def changed_at(self, key: str) -> datetime | None:
        """When what is under the key was put there: see MediaStore."""
        about = {"Bucket": self._bucket.name, "Prefix": keys.check(key), "MaxKeys": 1}
        page = await self._ask(lambda: self._client.list_objects_v2(**about))
        found: list[datetime] = [each["LastModified"] for each in page.get("Contents", ()) if each["Key"] == key]
        return found[0] if found else None

    @called(MEDIA)
    async def delete(self, key: str) -> bool:
        """Deletes what is under the key: see MediaStore."""
        if await self.size(key) is None:
            return False
        await self._ask(lambda: self._client.delete_object(**self._about(key)))
        return True

    async def keys(self, folder: str) -> AsyncIterator[str]:
        """Every key below the folder: see MediaStore. A page of 1,000 at a time."""
        about = {"Bucket": self._bucket.name, "Prefix": f"{keys.check_folder(folder)}/", "MaxKeys": _PAGE}
        while True:
            page = await self._ask(lambda: self._client.list_objects_v2(**about))
            for found in page.get("Contents", ()):
                yield found["Key"]
            if not page.get("IsTruncated"):
                return
            about["ContinuationToken"] = page["NextContinuationToken"]

    async def clear_leftovers(self, *, before: datetime, limit: int) -> int:
        """Gives up what was sent in parts and never put together: see MediaStore."""
        about: dict[str, Any] = {"Bucket": self._bucket.name, "MaxUploads": _PAGE}
        cleared = 0
        while True:
            page = await self._ask(functools.partial(self._client.list_multipart_uploads, **about))
            old = [found for found in page.get("Uploads", ()) if found["Initiated"] < before]
            for found in old[: limit - cleared]:
                await self._give_up(found["Key"], found["UploadId"])
            cleared += min(len(old), limit - cleared)
            if cleared == limit or not page.get("IsTruncated"):
                return cleared
            about |= {"KeyMarker": page["NextKeyMarker"], "UploadIdMarker": page["NextUploadIdMarker"]}

    async def put_url(self, key: str, *, content_type: str, size: int, life_s: int) -> str | None:
        """A presigned PUT: see MediaStore. Its signature covers the type and the size."""
        return await self._signed("put_object", life_s, self._about(key, ContentType=content_type, ContentLength=size))

    async def get_url(self, key: str, *, life_s: int) -> str | None:
        """A presigned GET: see MediaStore."""
        return await self._signed("get_object", life_s, self._about(key))

    async def _signed(self, what: str, life_s: int, about: dict[str, Any]) -> str | None:
        if self._signer is None:
            return None
        return str(await self._ask(lambda: self._signer.generate_presigned_url(what, Params=about, ExpiresIn=life_s)))

    def _about(self, key: str, **more: Any) -> dict[str, Any]:
        return {"Bucket": self._bucket.name, "Key": keys.check(key), **more}

    async def _give_up(self, key: str, upload_id: str) -> None:
        about = {"Bucket": self._bucket.name, "Key": key, "UploadId": upload_id}
        with contextlib.suppress(Answered):  # It was put together, or given up, meanwhile.
            await self._ask(lambda: self._client.abort_multipart_upload(**about), expecting=("NoSuchUpload",))

    async def _waited_for(self, work: Callable[[], Awaitable[T]], within_s: float) -> T:
        deadline = time.monotonic() + within_s
        while True:
            try:
                async with asyncio.timeout(self._patience_s):
                    return await work()
            except FAILURES as failure:
                told = advice(failure, self._bucket.endpoint, self._bucket.name)
                if told is not None:
                    raise Invalid(told) from failure
                if time.monotonic() >= deadline:
                    raise Unavailable(
                        f"No S3 server answers at {self._bucket.endpoint}: start it, or set PINWALK_S3_ENDPOINT "
                        f"({in_short(failure)})."
                    ) from failure
                log.warning("s3_waited_for", endpoint=self._bucket.endpoint, error=in_short(failure))
            await asyncio.sleep(_AGAIN_S)

    async def _probe(self) -> None:
        name = {"Bucket": self._bucket.name}
        await self._client.list_objects_v2(**name, MaxKeys=1)
        await self._client.put_object(**name, Key=_PROBE, Body=b"Whether this bucket can be written to.")
        await self._client.delete_object(**name, Key=_PROBE)

    async def _made(self, origins: tuple[str, ...]) -> bool:
        name = {"Bucket": self._bucket.name}
        try:
            await self._client.list_objects_v2(**name, MaxKeys=1)
        except FAILURES as failure:
            if code_of(failure) != "NoSuchBucket":
                raise
        else:
            return False
        region = self._bucket.region
        place = {} if region == _HOME else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        try:
            await self._client.create_bucket(**name, **place)
        except FAILURES as failure:
            if code_of(failure) != "BucketAlreadyOwnedByYou":  # Another process was quicker.
                raise
            return False
        if origins and self._signer is not None:
            await self._client.put_bucket_cors(**name, CORSConfiguration={"CORSRules": [_cors(origins)]})
        return True

    async def _read(self, about: dict[str, Any], *, start: int = 0, bytes_max: int | None = None) -> Span | None:
        """What a GET answers. Asked again when the answer breaks off: that, botocore leaves to us."""

        async def once() -> Span:
            answer = await self._client.get_object(**about)
            async with answer["Body"]:  # Left early, it closes its connection.
                if bytes_max is not None and answer["ContentLength"] > bytes_max:
                    raise TooLarge(f"There are {answer['ContentLength']:,} bytes where at most {bytes_max:,} may be.")
                return Span(await answer["Body"].read(), start, _size_of(answer))

        attempts = self._bucket.attempts
        while True:
            attempts -= 1
            try:
                return await self._ask(once, expecting=("NoSuchKey", "InvalidRange"))
            except Answered as answered:
                if answered.code == "NoSuchKey":
                    return None
                # Nothing is there from `start` on; an empty object has no first byte either.
                size = await self.size(about["Key"]) if start else 0
                return None if size is None else Span(b"", start, size)
            except Unavailable as failed:
                if not isinstance(failed.__cause__, BROKE_OFF) or not attempts:
                    raise

    @property
    def _patience_s(self) -> float:
        return self._bucket.attempts * (self._bucket.timeout_s + _PAUSES_S)

    async def _ask(self, work: Callable[[], Awaitable[T]], *, expecting: tuple[str, ...] = ()) -> T:
        """What the server answers. Raises Answered for the codes expected, else Unavailable, having logged why."""
        try:
            async with asyncio.timeout(self._patience_s):
                return await work()
        except FAILURES as failure:
            if (code := code_of(failure)) in expecting:
                raise Answered(code) from failure
            told = advice(failure, self._bucket.endpoint, self._bucket.name)
            if told is None:
                log.warning("s3_unavailable", endpoint=self._bucket.endpoint, error=in_short(failure))
            else:
                log.error("s3_refused", what_to_do=told)  # noqa: TRY400  The trace would tell nothing more.
            raise Unavailable("The media store did not answer. Try again later.") from failure


def _client(bucket: Bucket, endpoint: str) -> Any:
    config = Config(
        signature_version="s3v4",
        s3={"addressing_style": bucket.addressing},
        retries={"mode": "standard", "total_max_attempts": bucket.attempts},
        connect_timeout=bucket.timeout_s,
        read_timeout=bucket.timeout_s,
        max_pool_connections=bucket.connections,
        # Checksums in trailers are Amazon's own: other servers need not know them.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    return aioboto3.Session().client(
        "s3",
        endpoint_url=endpoint,
        region_name=bucket.region,
        aws_access_key_id=bucket.access_key,
        aws_secret_access_key=bucket.secret_key,
        config=config,
    )


def _cors(origins: tuple[str, ...]) -> dict[str, Any]:
    return {
        "AllowedMethods": ["GET", "PUT"],
        "AllowedOrigins": list(origins),
        "AllowedHeaders": ["content-type"],
        "MaxAgeSeconds": 3_600,
    }


def _size_of(answer: dict[str, Any]) -> int:
    """The size of the whole object, from the answer to a GET of all or some of it."""
    return int(answer["ContentRange"].rpartition("/")[2]) if "ContentRange" in answer else int(answer["ContentLength"])
