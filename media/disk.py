"""The media store of one machine: a folder."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import os
import re
import secrets
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import BinaryIO, Final, TypeVar

from domain.errors import TooLarge, Unavailable

T = TypeVar("T")

_KEY: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*){0,5}")
_KEY_CHARS_MAX: Final = 200
_ARRIVING: Final = ".arriving"
_LEFTOVER_LIFE_S: Final = 86_400


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

        def prepare() -> DiskStore:
            _clear(root / _ARRIVING, older_than_s=_LEFTOVER_LIFE_S)
            return cls(root)

        return await asyncio.to_thread(prepare)

    async def put(self, key: str, data: bytes, content_type: str) -> None:  # noqa: ARG002 - a file system keeps no type
        """Keeps the bytes under the key: see MediaStore."""
        path = self._path(key)
        await self._off_loop(lambda: self._write(path, data))

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


def _flush(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _clear(folder: Path, *, older_than_s: float) -> None:
    if not folder.is_dir():
        return
    for path in folder.iterdir():
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_mtime < time.time() - older_than_s:
                path.unlink()


def _flush_folder(folder: Path) -> None:
    """Makes the renaming itself survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
