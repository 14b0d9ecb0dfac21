"""Which store keeps the pictures: a folder or a bucket. The S3 client is heavy: it is imported when it is chosen."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from app.settings import Settings
from media.disk import DiskStore
from media.store import MediaStore

if TYPE_CHECKING:
    from media.s3 import Bucket, S3Store


def bucket(settings: Settings, endpoint: str) -> Bucket:
    """The bucket that the settings name, at this address."""
    from media.s3 import Bucket

    return Bucket(
        endpoint=endpoint,
        name=settings.s3_bucket,
        region=settings.s3_region,
        access_key=settings.s3_access_key,
        secret_key=settings.s3_secret_key,
        client_endpoint=settings.s3_client_endpoint,
        addressing=settings.s3_addressing,
        timeout_s=settings.s3_timeout_s,
        attempts=settings.s3_attempts,
        connections=settings.s3_pool_size,
    )


@asynccontextmanager
async def open_store(settings: Settings, *, within_s: float | None = None) -> AsyncIterator[MediaStore]:
    """The store of this installation. An S3 server is asked whether all is well when `within_s` says how long to wait.

    Raises Invalid or Unavailable, with what to do, when it is not.
    """
    if settings.s3_endpoint is None:
        yield await DiskStore.open(settings.pictures_dir)
        return
    async with _s3(settings, settings.s3_endpoint) as store:
        if within_s is not None:
            await store.check(within_s=within_s)
        yield store


async def check(settings: Settings, *, within_s: float) -> None:
    """Returns when pictures can be kept. Raises as `open_store` does when they cannot."""
    async with open_store(settings, within_s=within_s):
        pass


async def make(settings: Settings, *, within_s: float) -> bool:
    """Whether a bucket was missing and has been made, and can be used. Raises as `open_store` does."""
    if settings.s3_endpoint is None:
        return False
    async with _s3(settings, settings.s3_endpoint) as store:
        made = await store.make_bucket(origins=(settings.base_url, *settings.origins), within_s=within_s)
        await store.check(within_s=within_s)
        return made


@asynccontextmanager
async def _s3(settings: Settings, endpoint: str) -> AsyncIterator[S3Store]:
    from media.s3 import S3Store

    store = await S3Store.open(bucket(settings, endpoint))
    try:
        yield store
    finally:
        await store.close()
