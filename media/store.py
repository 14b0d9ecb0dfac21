"""What keeps bytes: the protocol that every media store implements."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Span:
    """Some of the bytes under a key: those from `start` on, of `size` in all."""

    data: bytes
    start: int
    size: int


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

    async def get(self, key: str, *, bytes_max: int | None = None) -> bytes | None:
        """The bytes under the key, or None when there are none.

        Raises TooLarge, having read none of them, when there are more than `bytes_max`.
        """
        ...

    async def span(self, key: str, start: int, bytes_max: int) -> Span | None:
        """At most `bytes_max` of the bytes from `start` on (none past the end); None when there is nothing at all."""
        ...

    async def size(self, key: str) -> int | None:
        """How many bytes are under the key, or None when there is nothing."""
        ...

    async def changed_at(self, key: str) -> datetime | None:
        """When what is under the key was last put there, or None when there is nothing."""
        ...

    async def delete(self, key: str) -> bool:
        """Whether there was something to delete; twice is harmless."""
        ...

    def keys(self, folder: str) -> AsyncIterator[str]:
        """Every key that begins with `folder/`, in no order; what comes or goes meanwhile may be among them or not."""
        ...

    async def clear_leftovers(self, *, before: datetime, limit: int) -> int:
        """How many writes were forgotten, at most `limit`, that began before then and were never finished."""
        ...

    async def put_url(self, key: str, *, content_type: str, size: int, life_s: int) -> str | None:
        """Where a client may PUT exactly these many bytes of this type, without us; None when it has to be through us.

        The store itself refuses another type, another size, another key, and anything after `life_s` seconds.
        """
        ...

    async def get_url(self, key: str, *, life_s: int) -> str | None:
        """Where a client may GET the bytes, without us, for `life_s` seconds; None when it has to be through us.

        Whether there is anything under the key is not looked at.
        """
        ...
