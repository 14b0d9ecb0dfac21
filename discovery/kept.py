"""What the worker learns, kept as files that API processes read while they run and that may be damaged or foreign."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Final, Generic, TypeVar

import structlog

log = structlog.get_logger(__name__)

T = TypeVar("T")

_NOT_IT: Final = (ValueError, KeyError, IndexError, TypeError, AttributeError, EOFError, zipfile.BadZipFile)
"""What reading something else, or a part of it, comes to."""


class KeptFile(Generic[T]):
    """A file that is written whole and replaced. `refresh` reads it, in any thread; `value` is what it held when it
    could be read last, or None while there is no file."""

    def __init__(self, path: Path, read: Callable[[Path], T], what: str) -> None:
        """`read` gives what the file holds, and raises ValueError for another version or what makes no sense; `what`
        it is in lines of the log."""
        self._path, self._read, self._what = path, read, what
        self._seen: tuple[int, int, int] | None = None
        self.value: T | None = None

    def refresh(self) -> bool:
        """Whether something new was read. What is damaged or of another version is refused with a line in the log,
        once, and what was before stays; a file that could not be read is tried again."""
        try:
            found = self._path.stat()
            seen = found.st_mtime_ns, found.st_size, found.st_ino
            if seen == self._seen:
                return False
            self.value = self._read(self._path)
            self._seen = seen
        except FileNotFoundError:
            self._seen = self.value = None
            return False
        except _NOT_IT as error:
            self._seen = seen
            self._refused(error)
            return False
        except OSError as error:
            self._refused(error)
            return False
        return True

    def _refused(self, error: Exception) -> None:
        log.warning(f"{self._what}_refused", path=str(self._path), reason=str(error) or type(error).__name__)
