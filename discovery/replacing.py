"""Files that stand on disk whole or not at all, whoever reads them meanwhile."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from domain.errors import Unavailable


@contextmanager
def replaced(path: Path, what: str) -> Iterator[BinaryIO]:
    """A file to write: at the end of the block it takes the place of `path`, and both are on disk.

    Raises Unavailable, naming `what` it was, when the disk is full or does not answer: what was there then stays, and
    nothing half-written is left. The folder is made when there is none.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with beside.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
        _flush_folder(path.parent)
    except OSError as error:
        raise Unavailable(f"{what} {path} could not be written: {error.strerror or error}.") from error
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
