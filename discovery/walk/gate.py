"""The gate between walks, which read, and changes, which write: any number of the ones, or one of the others."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition


class Gate:
    """Lets in any number of walks, or one change of the lists: each waits for the other to end."""

    def __init__(self) -> None:
        self._turn = Condition()
        self._walks = 0
        self._changes = 0
        self._changing = False

    @contextmanager
    def walking(self) -> Iterator[None]:
        """Holds off changes."""
        with self._turn:
            while self._changes:
                self._turn.wait()
            self._walks += 1
        try:
            yield
        finally:
            with self._turn:
                self._walks -= 1
                if not self._walks:
                    self._turn.notify_all()

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Holds off walks and other changes."""
        with self._turn:
            self._changes += 1
            while self._walks or self._changing:
                self._turn.wait()
            self._changing = True
        try:
            yield
        finally:
            with self._turn:
                self._changing = False
                self._changes -= 1
                self._turn.notify_all()
