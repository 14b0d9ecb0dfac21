"""What every media store must keep to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import uuid4

import pytest

from domain.errors import TooLarge
from media.store import MediaStore, Span

KIND = "application/octet-stream"


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


def parts_of(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


async def broken_off(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part
    raise ConnectionResetError("the client hung up")


class MediaStoreContract:
    """Subclass it and supply the fixture `store`."""

    @pytest.fixture
    def key(self) -> str:
        return f"originals/{uuid4().hex}"

    async def test_gives_back_what_was_put(self, store: MediaStore, key: str) -> None:
        await store.put(key, b"bytes", KIND)

        assert await store.get(key) == b"bytes"
        assert await store.size(key) == 5

    async def test_says_when_something_was_put(self, store: MediaStore, key: str) -> None:
        assert await store.changed_at(key) is None
        before = datetime.now(UTC) - timedelta(seconds=5)  # A store may tell whole seconds, by a clock of its own.

        await store.put(key, b"bytes", KIND)

        changed = await store.changed_at(key)
        assert changed is not None
        assert before < changed < before + timedelta(minutes=5)

    async def test_knows_nothing_of_what_was_never_put(self, store: MediaStore, key: str) -> None:
        assert await store.get(key) is None
        assert await store.size(key) is None
        assert await store.delete(key) is False

    async def test_nothing_is_something_too(self, store: MediaStore, key: str) -> None:
        await store.put(key, b"", KIND)

        assert await store.get(key) == b""
        assert await store.size(key) == 0
        assert await store.span(key, 0, 10) == Span(b"", 0, 0)

    async def test_more_bytes_than_wanted_are_refused_unread(self, store: MediaStore, key: str) -> None:
        await store.put(key, b"12345", KIND)

        assert await store.get(key, bytes_max=5) == b"12345"
        with pytest.raises(TooLarge):
            await store.get(key, bytes_max=4)
        assert await store.get(key) == b"12345"

    @pytest.mark.parametrize(
        ("start", "bytes_max", "data"), [(0, 3, b"012"), (7, 3, b"789"), (7, 100, b"789"), (10, 5, b""), (99, 1, b"")]
    )
    async def test_some_of_the_bytes_come_with_the_size_of_all(
        self, store: MediaStore, key: str, start: int, bytes_max: int, data: bytes
    ) -> None:
        await store.put(key, b"0123456789", KIND)

        assert await store.span(key, start, bytes_max) == Span(data, start, 10)

    async def test_there_is_no_part_of_what_was_never_put(self, store: MediaStore, key: str) -> None:
        assert await store.span(key, 0, 10) is None
        assert await store.span(key, 5, 10) is None

    async def test_the_keys_of_a_folder_are_told_once_each(self, store: MediaStore) -> None:
        folder = f"folder-{uuid4().hex}"
        mine = {f"{folder}/{uuid4().hex}" for _ in range(3)} | {f"{folder}/{uuid4().hex}/full.webp"}
        for key in (*mine, f"{folder}er/one"):
            await store.put(key, b"bytes", KIND)

        told = [key async for key in store.keys(folder)]

        assert sorted(told) == sorted(mine)
        assert [key async for key in store.keys(f"folder-{uuid4().hex}")] == []

    async def test_a_large_file_is_kept_as_it_is(self, store: MediaStore, key: str) -> None:
        data = Random(20).randbytes(19 * 2**20)

        await store.put(key, data, KIND)
        assert await store.size(key) == len(data)
        assert await store.get(key) == data

        size = await store.put_stream(f"{key}-2", chunks(*parts_of(data, 300_001)), KIND, bytes_max=len(data))
        assert size == len(data)
        assert await store.get(f"{key}-2") == data
        assert await store.span(f"{key}-2", 9 * 2**20, 7) == Span(data[9 * 2**20 :][:7], 9 * 2**20, len(data))

    async def test_a_large_stream_that_breaks_off_keeps_nothing_and_leaves_nothing(
        self, store: MediaStore, key: str
    ) -> None:
        with pytest.raises(ConnectionResetError):
            await store.put_stream(key, broken_off(*parts_of(bytes(18 * 2**20), 2**20)), KIND, bytes_max=2**30)
        with pytest.raises(TooLarge):
            await store.put_stream(key, chunks(*parts_of(bytes(18 * 2**20), 2**20)), KIND, bytes_max=17 * 2**20)

        assert await store.get(key) is None
        assert await store.clear_leftovers(before=datetime.now(UTC) + timedelta(minutes=1), limit=100) == 0

    async def test_a_stream_that_is_cancelled_leaves_nothing(self, store: MediaStore, key: str) -> None:
        arrived = asyncio.Event()

        async def endless() -> AsyncIterator[bytes]:
            for _ in range(17):
                yield bytes(2**20)
            arrived.set()
            await asyncio.Event().wait()

        writing = asyncio.create_task(store.put_stream(key, endless(), KIND, bytes_max=2**30))
        await asyncio.wait_for(arrived.wait(), 60)
        writing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await writing

        assert await store.get(key) is None
        assert await store.clear_leftovers(before=datetime.now(UTC) + timedelta(minutes=1), limit=100) == 0

    async def test_a_second_put_replaces_the_first(self, store: MediaStore, key: str) -> None:
        await store.put(key, b"first", KIND)
        await store.put(key, b"second", KIND)

        assert await store.get(key) == b"second"

    async def test_what_is_deleted_is_gone_and_twice_is_harmless(self, store: MediaStore, key: str) -> None:
        await store.put(key, b"bytes", KIND)

        assert await store.delete(key) is True
        assert await store.delete(key) is False
        assert await store.get(key) is None

    async def test_a_stream_is_kept_whole(self, store: MediaStore, key: str) -> None:
        size = await store.put_stream(key, chunks(b"one", b"two", b""), KIND, bytes_max=6)

        assert size == 6
        assert await store.get(key) == b"onetwo"

    async def test_a_stream_past_its_bound_keeps_nothing_and_what_was_there_stays(
        self, store: MediaStore, key: str
    ) -> None:
        await store.put(key, b"before", KIND)

        with pytest.raises(TooLarge):
            await store.put_stream(key, chunks(b"1234", b"5678"), KIND, bytes_max=7)

        assert await store.get(key) == b"before"

    async def test_a_stream_that_breaks_off_keeps_nothing(self, store: MediaStore, key: str) -> None:
        with pytest.raises(ConnectionResetError):
            await store.put_stream(key, broken_off(b"half"), KIND, bytes_max=100)

        assert await store.get(key) is None

    @pytest.mark.parametrize(
        "key", ["", "/etc/passwd", "../secret", "a/../b", "a//b", ".hidden", "a b", "x" * 201, "a/b\n"]
    )
    async def test_a_key_that_leads_elsewhere_is_refused(self, store: MediaStore, key: str) -> None:
        with pytest.raises(ValueError):
            await store.put(key, b"bytes", KIND)
        with pytest.raises(ValueError):
            await store.get(key)
        with pytest.raises(ValueError):
            await store.put_url(key, content_type=KIND, size=1, life_s=1)
        with pytest.raises(ValueError):
            await store.get_url(key, life_s=1)
