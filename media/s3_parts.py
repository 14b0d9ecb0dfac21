"""One object written to S3 in parts: whole at the end, or nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any, Final

import structlog

from media.s3_failures import FAILURES, in_short

Ask = Callable[[Callable[[], Awaitable[Any]]], Awaitable[Any]]
log = structlog.get_logger(__name__)

PART_BYTES: Final = 8 << 20
AT_ONCE: Final = 2
_ABORT_S_MAX: Final = 5.0


class Parts:
    """Takes parts, each but the last of PART_BYTES, inside an `async with`; at its end the object is there.

    When the block raises or is cancelled, what has been sent is given up and the server told so; should it not hear,
    `S3Store.clear_leftovers` comes by later. `ask` asks the server with its limits and its errors.
    """

    def __init__(self, client: Any, ask: Ask, about: dict[str, str], content_type: str) -> None:
        """`about` is the bucket and key, as the client wants them."""
        self._client = client
        self._ask = ask
        self._about = about
        self._content_type = content_type
        self._begun: dict[str, str] = {}
        self._sending: list[asyncio.Task[str]] = []

    async def __aenter__(self) -> Parts:
        """Tells the server that parts will come."""
        answer = await self._ask(
            lambda: self._client.create_multipart_upload(**self._about, ContentType=self._content_type)
        )
        self._begun = {**self._about, "UploadId": answer["UploadId"]}
        return self

    async def add(self, data: bytes) -> None:
        """Sends a part beside the one before it; waits while two are under way."""
        if len(self._sending) >= AT_ONCE:
            await self._sending[-AT_ONCE]
        self._sending.append(asyncio.create_task(self._send(len(self._sending) + 1, data)))

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Puts the parts together, or gives them up."""
        try:
            if error is None:
                await self._complete([await task for task in self._sending])
                return
        except BaseException:
            await asyncio.shield(self._give_up())
            raise
        await asyncio.shield(self._give_up())

    async def _send(self, number: int, data: bytes) -> str:
        answer = await self._ask(
            lambda: self._client.upload_part(**self._begun, PartNumber=number, Body=data, ContentLength=len(data))
        )
        return str(answer["ETag"])

    async def _complete(self, tags: list[str]) -> None:
        parts = [{"PartNumber": number, "ETag": tag} for number, tag in enumerate(tags, 1)]
        await self._ask(lambda: self._client.complete_multipart_upload(**self._begun, MultipartUpload={"Parts": parts}))

    async def _give_up(self) -> None:
        for task in self._sending:
            task.cancel()
        await asyncio.gather(*self._sending, return_exceptions=True)
        try:
            async with asyncio.timeout(_ABORT_S_MAX):
                await self._client.abort_multipart_upload(**self._begun)
        except FAILURES as failure:
            log.warning("s3_parts_left", key=self._about["Key"], error=in_short(failure))
