"""What keeps bytes: the protocol that every media store implements."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol


class MediaStore(Protocol):
    """Keeps immutable blobs under names such as `originals/<sha256>`.

    A key is one to six parts of `[A-Za-z0-9._-]` (none starting with a dot) joined by `/`, at most 200 characters; any
    other is a bug and raises ValueError. Every method raises Unavailable when the store does not answer.
    """

    async def put(self, key: str, data: bytes, content_type: str) -> None:
        """Keeps the bytes under the key, all or nothing, replacing what was there; durable once it returns."""
        ...

    async def put_stream(self, key: str, chunks: AsyncIterator[bytes], content_type: str, *, bytes_max: int) -> int:
        """Keeps what the chunks add up to and returns its size in bytes; memory use does not grow with it.

        Raises TooLarge as soon as there are more than `bytes_max`. When that or the iterator raises, nothing is kept
        and what was under the key stays.
        """
        ...

    async def get(self, key: str) -> bytes | None:
        """The bytes under the key, or None when there are none."""
        ...

    async def size(self, key: str) -> int | None:
        """How many bytes are under the key, or None when there is nothing."""
        ...

    async def delete(self, key: str) -> bool:
        """Whether there was something to delete; twice is harmless."""
        ...
