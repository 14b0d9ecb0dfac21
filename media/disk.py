"""The media store of one machine: a folder."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import secrets
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Final, TypeVar

from domain.errors import TooLarge, Unavailable

T = TypeVar("T")

_KEY: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*){0,5}")
_KEY_CHARS_MAX: Final = 200
_ARRIVING: Final = ".arriving"


class DiskStore:
    """A MediaStore in a folder: one file a key, written beside its place, flushed, then moved there at once.

    Files are spread over folders by the first two characters of the second part of their key, so that no folder
    grows past what file systems like. What a crash left half-written lies in `.arriving` and is cleared at start.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._arriving = root / _ARRIVING
        self._arriving.mkdir(parents=True, exist_ok=True)

    @classmethod
    async def open(cls, root: Path) -> DiskStore:
        """The store in this folder, which is made when missing; leftovers of interrupted writes older than a day go."""
        store = await asyncio.to_thread(cls, root)
        await asyncio.to_thread(store._clear_leftovers)
        return store

    async def put(self, key: str, data: bytes, content_type: str) -> None:  # noqa: ARG002 - a file system keeps no type
        """Keeps the bytes under the key: see MediaStore."""
        path = self._path(key)
        await self._off_loop(lambda: self._write(path, data))

    async def put_stream(self, key: str, chunks: AsyncIterator[bytes], content_type: str, *, bytes_max: int) -> int:  # noqa: ARG002 - as above
        """Keeps what the chunks add up to: see MediaStore."""
        path = self._path(key)
        arriving = self._arriving / secrets.token_hex(12)
        size = 0
        file = await self._off_loop(lambda: arriving.open("xb"))
        try:
            async for chunk in chunks:
                size += len(chunk)
                if size > bytes_max:
                    raise TooLarge(f"More than {bytes_max:,} bytes arrived.")
                await self._off_loop(lambda part=chunk: file.write(part))  # type: ignore[misc]
            await self._off_loop(lambda: (file.flush(), os.fsync(file.fileno())))
        except BaseException:
            # Also on cancellation: a client that hangs up must leave nothing behind.
            file.close()
            arriving.unlink(missing_ok=True)
            raise
        file.close()
        await self._off_loop(lambda: self._place(arriving, path))
        return size

    async def get(self, key: str) -> bytes | None:
        """The bytes under the key: see MediaStore."""
        path = self._path(key)
        return await self._off_loop(lambda: _read(path))

    async def size(self, key: str) -> int | None:
        """The size of what is under the key: see MediaStore."""
        path = self._path(key)
        return await self._off_loop(lambda: _size(path))

    async def delete(self, key: str) -> bool:
        """Deletes what is under the key: see MediaStore."""
        path = self._path(key)
        return await self._off_loop(lambda: _delete(path))

    def _path(self, key: str) -> Path:
        if len(key) > _KEY_CHARS_MAX or _KEY.fullmatch(key) is None:
            raise ValueError(f"not a key of the media store: {key!r}")
        first, *rest = key.split("/")
        # The last characters spread evenly, also where keys are time-ordered ids that begin alike.
        return self._root.joinpath(first, rest[0][-2:], *rest) if rest else self._root / first

    def _write(self, path: Path, data: bytes) -> None:
        arriving = self._arriving / secrets.token_hex(12)
        try:
            with arriving.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            self._place(arriving, path)
        except OSError:
            arriving.unlink(missing_ok=True)
            raise

    def _place(self, arriving: Path, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        arriving.replace(path)
        _flush_folder(path.parent)

    def _clear_leftovers(self) -> None:
        day_ago = self._arriving.stat().st_mtime - 86_400
        for path in self._arriving.iterdir():
            with contextlib.suppress(FileNotFoundError):
                if path.stat().st_mtime < day_ago:
                    path.unlink()

    async def _off_loop(self, work: Callable[[], T]) -> T:
        try:
            return await asyncio.to_thread(work)
        except OSError as error:
            raise Unavailable("The media store did not answer. Try again later.") from error


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except (FileNotFoundError, NotADirectoryError):
        return None


def _delete(path: Path) -> bool:
    try:
        path.unlink()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def _flush_folder(folder: Path) -> None:
    """Makes the renaming itself survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
