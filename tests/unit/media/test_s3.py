"""The S3 store where there is no S3 server: what it says, how long it waits, and what it signs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
from botocore.exceptions import ClientError

from app.children import free_port
from domain.errors import Invalid, Unavailable
from media.s3 import Bucket, S3Store
from media.s3_failures import advice

BUCKET = Bucket(
    endpoint="http://127.0.0.1:9",
    name="pictures",
    access_key="a-key",
    secret_key="a-secret",
    client_endpoint="https://s3.example.org",
    timeout_s=0.5,
    attempts=1,
)
Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def answering(answer: Answer) -> AsyncIterator[str]:
    """The address of something that answers every connection so."""
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@asynccontextmanager
async def store_at(endpoint: str, *, attempts: int = 1) -> AsyncIterator[S3Store]:
    store = await S3Store.open(replace(BUCKET, endpoint=endpoint, attempts=attempts))
    try:
        yield store
    finally:
        await store.close()


def saying(status: str, body: bytes = b"", *headers: str) -> tuple[Answer, list[bytes]]:
    """An answer of HTTP, and the requests that it was given to."""
    asked: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        about = "".join(f"{line}\r\n" for line in (*headers, "connection: close"))
        writer.write(f"HTTP/1.1 {status}\r\ncontent-length: {len(body)}\r\n{about}\r\n".encode() + body)
        await writer.drain()
        writer.close()

    return answer, asked


async def silence(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()
    writer.close()


async def test_nobody_there_is_unavailable_with_what_to_do() -> None:
    async with store_at(f"http://127.0.0.1:{free_port()}") as store:
        with pytest.raises(Unavailable, match=r"No S3 server answers at .*: start it, or set PINWALK_S3_ENDPOINT"):
            await store.check(within_s=0)
        for ask in (store.get("originals/a"), store.size("originals/a"), store.put("originals/a", b"x", "image/png")):
            with pytest.raises(Unavailable, match="media store did not answer"):
                await ask


async def test_a_server_that_never_answers_is_given_up_after_so_many_attempts() -> None:
    async with answering(silence) as address, store_at(address, attempts=2) as store:
        with pytest.raises(Unavailable):
            await asyncio.wait_for(store.get("originals/a"), 30)


async def test_a_server_that_fails_is_asked_again_and_no_more_often_than_set() -> None:
    answer, asked = saying("503 Service Unavailable")
    async with answering(answer) as address, store_at(address, attempts=2) as store:
        with pytest.raises(Unavailable):
            await store.get("originals/a")

    assert len(asked) == 2


async def test_an_answer_that_breaks_off_is_asked_for_again_and_never_taken_for_whole() -> None:
    asked = 0

    async def half(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        asked += 1
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf")
        await writer.drain()
        writer.close()

    async with answering(half) as address, store_at(address, attempts=2) as store:
        with pytest.raises(Unavailable):
            await store.get("originals/a")

    assert asked == 2


async def test_what_is_no_s3_server_is_not_taken_for_an_empty_one() -> None:
    answer, _ = saying("404 Not Found", b"<html>Nothing here</html>", "content-type: text/html")
    async with answering(answer) as address, store_at(address) as store:
        with pytest.raises(Unavailable):
            await store.get("originals/a")
        with pytest.raises(Invalid, match="is it an S3 server"):
            await store.check(within_s=0)


async def test_plain_http_where_tls_was_expected_is_told() -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()
        writer.close()

    async with answering(plain) as address, store_at(address.replace("http:", "https:")) as store:
        with pytest.raises(Invalid, match="speaks no TLS"):
            await store.check(within_s=0)


@pytest.mark.parametrize("endpoint", ["http://", "http://not a host/", "http://host:port"])
async def test_an_address_that_is_none_is_refused(endpoint: str) -> None:
    with pytest.raises(Invalid, match="PINWALK_S3_ENDPOINT"):
        async with store_at(endpoint) as store:
            await store.check(within_s=0)


@pytest.mark.parametrize(
    ("code", "status", "names"),
    [
        ("NoSuchBucket", 404, "PINWALK_S3_BUCKET"),
        ("InvalidAccessKeyId", 403, "PINWALK_S3_ACCESS_KEY"),
        ("SignatureDoesNotMatch", 403, "PINWALK_S3_SECRET_KEY"),
        ("AccessDenied", 403, "rights"),
        ("PermanentRedirect", 301, "PINWALK_S3_REGION"),
        ("RequestTimeTooSkewed", 403, "clocks"),
        ("MethodNotAllowed", 405, "PINWALK_S3_ENDPOINT"),
    ],
)
def test_a_refusal_says_what_to_change(code: str, status: int, names: str) -> None:
    said = {"Error": {"Code": code, "Message": "Words."}, "ResponseMetadata": {"HTTPStatusCode": status}}

    told = advice(ClientError(said, "GetObject"), "http://s3.example", "pictures")  # type: ignore[arg-type]

    assert told is not None
    assert names in told
    assert "http://s3.example" in told


@pytest.mark.parametrize(("code", "status"), [("SlowDown", 503), ("InternalError", 500), ("RequestTimeout", 400)])
def test_what_may_pass_is_waited_for(code: str, status: int) -> None:
    said = {"Error": {"Code": code, "Message": "Words."}, "ResponseMetadata": {"HTTPStatusCode": status}}

    assert advice(ClientError(said, "GetObject"), "http://s3.example", "pictures") is None  # type: ignore[arg-type]


async def test_urls_for_clients_have_their_address_and_sign_type_and_size() -> None:
    async with store_at("http://127.0.0.1:9") as store:
        put = await store.put_url("uploads/a", content_type="image/png", size=5, life_s=60)
        get = await store.get_url("renditions/a", life_s=60)

    assert put is not None
    assert get is not None
    assert put.startswith("https://s3.example.org/pictures/uploads/a?")
    assert get.startswith("https://s3.example.org/pictures/renditions/a?")
    asked = parse_qs(urlsplit(put).query)
    assert asked["X-Amz-SignedHeaders"] == ["content-length;content-type;host"]
    assert asked["X-Amz-Expires"] == ["60"]
    assert "a-secret" not in put + get


async def test_the_name_of_the_bucket_may_stand_before_the_host() -> None:
    store = await S3Store.open(replace(BUCKET, addressing="virtual"))

    url = await store.get_url("renditions/a", life_s=60)
    await store.close()

    assert url is not None
    assert url.startswith("https://pictures.s3.example.org/renditions/a?")


async def test_without_an_address_for_clients_all_goes_through_us() -> None:
    store = await S3Store.open(replace(BUCKET, client_endpoint=None))

    assert await store.put_url("uploads/a", content_type="image/png", size=5, life_s=60) is None
    assert await store.get_url("renditions/a", life_s=60) is None
    await store.close()


def test_keys_are_not_printed() -> None:
    assert "a-key" not in repr(BUCKET)
    assert "a-secret" not in repr(BUCKET)
