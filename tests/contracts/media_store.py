"""What every media store must keep to."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from domain.errors import TooLarge
from media.store import MediaStore

KIND = "application/octet-stream"


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


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

    async def test_knows_nothing_of_what_was_never_put(self, store: MediaStore, key: str) -> None:
        assert await store.get(key) is None
        assert await store.size(key) is None
        assert await store.delete(key) is False

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
