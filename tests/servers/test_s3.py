"""The S3 store against a real S3 server, in a bucket of its own."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from app import settings, stores
from domain.errors import Invalid, Unavailable
from media.s3 import Bucket, S3Store
from tests.contracts.media_store import KIND, MediaStoreContract, chunks


@pytest.fixture(scope="session")
def bucket(configured: settings.Settings) -> Bucket:
    """A bucket that nobody else uses."""
    if configured.s3_endpoint is None:
        pytest.skip("PINWALK_S3_ENDPOINT names no S3 server")
    own = replace(stores.bucket(configured, configured.s3_endpoint), name=f"test-{secrets.token_hex(8)}")
    return replace(own, client_endpoint=own.client_endpoint or own.endpoint)


@pytest.fixture(scope="session")
async def store(bucket: Bucket) -> AsyncIterator[S3Store]:
    """A store in that bucket, which goes afterwards."""
    store = await S3Store.open(bucket)
    assert await store.make_bucket(origins=("https://friend.example",), within_s=5) is True
    await store.check(within_s=5)
    yield store
    await store.clear_leftovers(before=datetime.now(UTC) + timedelta(minutes=1), limit=1_000)
    client = store._client
    while found := (await client.list_objects_v2(Bucket=bucket.name)).get("Contents"):
        for kept in found:
            await client.delete_object(Bucket=bucket.name, Key=kept["Key"])
    await client.delete_bucket(Bucket=bucket.name)
    await store.close()


class TestS3Store(MediaStoreContract):
    pass


async def test_making_a_bucket_twice_is_harmless(store: S3Store) -> None:
    assert await store.make_bucket(within_s=5) is False


async def test_what_is_kept_has_its_content_type(store: S3Store, bucket: Bucket) -> None:
    large = bytes(9 * 2**20)
    await store.put("renditions/typed", b"small", "image/webp")
    await store.put("originals/typed", large, "image/png")
    await store.put_stream("originals/streamed", chunks(large), "image/jpeg", bytes_max=2**30)

    kinds = [
        (await store._client.head_object(Bucket=bucket.name, Key=key))["ContentType"]
        for key in ("renditions/typed", "originals/typed", "originals/streamed")
    ]

    assert kinds == ["image/webp", "image/png", "image/jpeg"]


async def test_a_folder_of_more_keys_than_a_page_is_told_whole(store: S3Store) -> None:
    folder = f"many-{secrets.token_hex(6)}"
    mine = [f"{folder}/{number:04}" for number in range(1_003)]
    for start in range(0, len(mine), 50):
        await asyncio.gather(*(store.put(key, b"", KIND) for key in mine[start : start + 50]))

    assert sorted([key async for key in store.keys(folder)]) == mine


async def test_parts_that_were_never_put_together_are_cleared_once_they_are_old(store: S3Store, bucket: Bucket) -> None:
    for number in range(3):
        await store._client.create_multipart_upload(Bucket=bucket.name, Key=f"originals/left-{number}")
    now = datetime.now(UTC)

    assert await store.clear_leftovers(before=now - timedelta(days=1), limit=10) == 0
    assert await store.clear_leftovers(before=now + timedelta(minutes=1), limit=2) == 2
    assert await store.clear_leftovers(before=now + timedelta(minutes=1), limit=10) == 1


async def test_a_presigned_put_takes_the_announced_file_and_nothing_else(store: S3Store) -> None:
    key = f"uploads/{secrets.token_hex(8)}"
    url = await store.put_url(key, content_type="image/png", size=5, life_s=60)
    assert url is not None
    png = {"content-type": "image/png"}

    async with httpx.AsyncClient() as http:
        refused = [
            (await http.put(url, content=b"123456", headers=png)).status_code,
            (await http.put(url, content=b"1234", headers=png)).status_code,
            (await http.put(url, content=b"12345", headers={"content-type": "text/html"})).status_code,
            (await http.put(url.replace(key, f"{key}-2"), content=b"12345", headers=png)).status_code,
            (await http.put(url.replace("=60", "=600"), content=b"12345", headers=png)).status_code,
            (await http.get(url)).status_code,
            (await http.delete(url)).status_code,
        ]
        kept_before = await store.get(key)
        taken = (await http.put(url, content=b"12345", headers=png)).status_code

    assert refused == [403] * len(refused)
    assert kept_before is None
    assert taken == 200
    assert await store.get(key) == b"12345"


async def test_a_presigned_url_ends(store: S3Store) -> None:
    url = await store.put_url("uploads/late", content_type="image/png", size=5, life_s=1)
    assert url is not None
    deadline = datetime.now(UTC) + timedelta(seconds=30)

    async with httpx.AsyncClient() as http:
        while True:
            answer = await http.put(url, content=b"12345", headers={"content-type": "image/png"})
            if answer.status_code == 403 or datetime.now(UTC) > deadline:
                break
            await asyncio.sleep(0.2)

    assert answer.status_code == 403


async def test_a_presigned_get_gives_the_bytes_their_type_and_ranges(store: S3Store) -> None:
    await store.put("renditions/shown", b"0123456789", "image/webp")
    url = await store.get_url("renditions/shown", life_s=60)
    assert url is not None

    async with httpx.AsyncClient() as http:
        whole = await http.get(url)
        some = await http.get(url, headers={"range": "bytes=2-4"})
        other = await http.get(url.replace("shown", "other"))

    assert (whole.status_code, whole.content, whole.headers["content-type"]) == (200, b"0123456789", "image/webp")
    assert (some.status_code, some.content) == (206, b"234")
    assert other.status_code == 403


async def test_a_web_page_of_ours_may_put_where_it_is_told(store: S3Store) -> None:
    url = await store.put_url("uploads/page", content_type="image/png", size=5, life_s=60)
    assert url is not None
    asked = {"access-control-request-method": "PUT", "access-control-request-headers": "content-type"}

    async with httpx.AsyncClient() as http:
        ours = await http.options(url, headers={"origin": "https://friend.example", **asked})
        theirs = await http.options(url, headers={"origin": "https://enemy.example", **asked})

    assert ours.headers["access-control-allow-origin"] == "https://friend.example"
    assert theirs.headers.get("access-control-allow-origin") != "https://enemy.example"


@pytest.mark.parametrize(
    ("wrong", "names"),
    [
        ({"name": "no-such-bucket-of-ours"}, "PINWALK_S3_BUCKET"),
        ({"name": "Not_A Name!"}, "PINWALK_S3_BUCKET"),
        ({"access_key": "nobody"}, "PINWALK_S3_ACCESS_KEY"),
        ({"secret_key": "a guess"}, "PINWALK_S3_SECRET_KEY"),
    ],
)
async def test_what_is_wrong_is_said_at_the_start_and_nothing_is_said_to_be_missing_later(
    bucket: Bucket, store: S3Store, wrong: dict[str, str], names: str
) -> None:
    await store.put("originals/here", b"bytes", KIND)
    mistaken = await S3Store.open(replace(bucket, **wrong))

    with pytest.raises(Invalid, match=names):
        await mistaken.check(within_s=5)
    for ask in (
        lambda: mistaken.get("originals/here"),
        lambda: mistaken.size("originals/here"),
        lambda: mistaken.delete("originals/here"),
        lambda: mistaken.put("originals/here", b"other", KIND),
    ):
        with pytest.raises(Unavailable):
            await ask()
    await mistaken.close()

    assert await store.get("originals/here") == b"bytes"


async def test_a_bucket_that_is_missing_is_told_with_its_name(bucket: Bucket) -> None:
    other = await S3Store.open(replace(bucket, name="no-such-bucket-of-ours"))

    with pytest.raises(Invalid, match=r"'no-such-bucket-of-ours': make it \(`pinwalk migrate` does\)"):
        await other.check(within_s=5)
    await other.close()
