"""The media store of one machine: a folder."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import os
import secrets
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Final, TypeVar

from domain.calls import MEDIA, called
from domain.errors import TooLarge, Unavailable
from media import keys
from media.store import Span

T = TypeVar("T")

_ARRIVING: Final = ".arriving"


class DiskStore:
    """A MediaStore in a folder: one file a key, written beside its place, flushed, then moved there at once.

    Files are spread over folders by the first two characters of the second part of their key, so that no folder
    grows past what file systems like. What a crash left half-written lies in `.arriving` until `clear_leftovers`.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._arriving = root / _ARRIVING
        self._arriving.mkdir(parents=True, exist_ok=True)

    @classmethod
    async def open(cls, root: Path) -> DiskStore:
        """The store in this folder, which is made when missing."""
        return await asyncio.to_thread(lambda: cls(root))

    @called(MEDIA)
    async def put(self, key: str, data: bytes, content_type: str) -> None:  # noqa: ARG002 - a file system keeps no type
        """Keeps the bytes under the key: see MediaStore."""
        path = self._path(key)
        await self._off_loop(lambda: self._write(path, data))

    @called(MEDIA)
    async def put_stream(self, key: str, chunks: AsyncIterator[bytes], content_type: str, *, bytes_max: int) -> int:  # noqa: ARG002 - as above
        """Keeps what the chunks add up to: see MediaStore."""
        path = self._path(key)
        arriving = self._arriving / secrets.token_hex(12)
        file = await self._off_loop(lambda: arriving.open("xb"))
        try:
            size = await self._append(file, chunks, bytes_max)
            await self._off_loop(lambda: _flush(file))
        except BaseException:
            # Also on cancellation: a client that hangs up must leave nothing behind.
            file.close()
            arriving.unlink(missing_ok=True)
            raise
        file.close()
        await self._off_loop(lambda: self._place(arriving, path))
        return size

    @called(MEDIA)
    async def get(self, key: str, *, bytes_max: int | None = None) -> bytes | None:
        """The bytes under the key: see MediaStore."""
        path = self._path(key)
        return await self._off_loop(lambda: _read(path, bytes_max))

    @called(MEDIA)
    async def span(self, key: str, start: int, bytes_max: int) -> Span | None:
        """Some of the bytes under the key: see MediaStore."""
        path = self._path(key)
        return await self._off_loop(lambda: _span(path, start, bytes_max))

    @called(MEDIA)
    async def size(self, key: str) -> int | None:
        """The size of what is under the key: see MediaStore."""
        path = self._path(key)
        return await self._off_loop(lambda: _size(path))

    @called(MEDIA)
    async def changed_at(self, key: str) -> datetime | None:
        """When what is under the key was put there: see MediaStore."""
        path = self._path(key)
        return await self._off_loop(lambda: _changed_at(path))

    @called(MEDIA)
    async def delete(self, key: str) -> bool:
        """Deletes what is under the key: see MediaStore."""
        path = self._path(key)
        return await self._off_loop(lambda: _delete(path))

    async def keys(self, folder: str) -> AsyncIterator[str]:
        """Every key below the folder: see MediaStore. One of the folders that they are spread over at a time."""
        root = self._root / keys.check_folder(folder)
        for spread in await self._off_loop(lambda: _names(root)):
            for key in await self._off_loop(functools.partial(_below, root / spread, folder)):
                yield key

    async def clear_leftovers(self, *, before: datetime, limit: int) -> int:
        """Removes files that never came to their place: see MediaStore."""
        return await self._off_loop(lambda: _clear(self._arriving, before=before.timestamp(), limit=limit))

    async def put_url(self, key: str, *, content_type: str, size: int, life_s: int) -> str | None:  # noqa: ARG002 - None
        """None: a folder has no address."""
        keys.check(key)
        return None

    async def get_url(self, key: str, *, life_s: int) -> str | None:  # noqa: ARG002 - None
        """None: a folder has no address."""
        keys.check(key)
        return None

    def _path(self, key: str) -> Path:
        first, *rest = keys.check(key).split("/")
        # The last characters spread evenly, also where keys are time-ordered ids that begin alike.
        return self._root.joinpath(first, rest[0][-2:], *rest) if rest else self._root / first

    def _write(self, path: Path, data: bytes) -> None:
        arriving = self._arriving / secrets.token_hex(12)
        try:
            with arriving.open("xb") as file:
                file.write(data)
                _flush(file)
            self._place(arriving, path)
        except OSError:
            arriving.unlink(missing_ok=True)
            raise

    def _place(self, arriving: Path, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        arriving.replace(path)
        _flush_folder(path.parent)

    async def _append(self, file: BinaryIO, chunks: AsyncIterator[bytes], bytes_max: int) -> int:
        size = 0
        async for chunk in chunks:
            size += len(chunk)
            if size > bytes_max:
                raise TooLarge(f"More than {bytes_max:,} bytes arrived.")
            await self._off_loop(functools.partial(file.write, chunk))
        return size

    async def _off_loop(self, work: Callable[[], T]) -> T:
        try:
            return await asyncio.to_thread(work)
        except OSError as error:
            raise Unavailable("The media store did not answer. Try again later.") from error


def _read(path: Path, bytes_max: int | None) -> bytes | None:
    try:
        with path.open("rb") as file:
            if bytes_max is not None and (size := os.fstat(file.fileno()).st_size) > bytes_max:
                raise TooLarge(f"There are {size:,} bytes where at most {bytes_max:,} may be.")
            return file.read()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None


def _span(path: Path, start: int, bytes_max: int) -> Span | None:
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            file.seek(start)
            return Span(file.read(bytes_max), start, size)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None


def _names(folder: Path) -> list[str]:
    try:
        return [path.name for path in folder.iterdir()]
    except (FileNotFoundError, NotADirectoryError):
        return []


def _below(spread: Path, folder: str) -> list[str]:
    """The keys of the files below one of the folders that keys are spread over."""
    found = (path.relative_to(spread) for path in spread.rglob("*") if path.is_file())
    return [f"{folder}/{path.as_posix()}" for path in found]


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except (FileNotFoundError, NotADirectoryError):
        return None


def _changed_at(path: Path) -> datetime | None:
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except (FileNotFoundError, NotADirectoryError):
        return None


def _delete(path: Path) -> bool:
    try:
        path.unlink()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def _flush(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _clear(folder: Path, *, before: float, limit: int) -> int:
    cleared = 0
    for name in _names(folder):
        if cleared == limit:
            break
        path = folder / name
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_mtime < before:
                path.unlink()
                cleared += 1
    return cleared


def _flush_folder(folder: Path) -> None:
    """Makes the renaming itself survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
