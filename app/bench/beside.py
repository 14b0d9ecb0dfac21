"""Asks `/healthz` again and again from a thread of its own: how long it waits is how long the event loop was held."""

from __future__ import annotations

import http.client
import threading
import time
import urllib.parse
from types import TracebackType
from typing import Final, Self

from app.bench.report import Timings

_EVERY_S: Final = 0.02
_TIMEOUT_S: Final = 10.0


class Beside:
    """A context: asks from its start to its end, and adds to `timings`."""

    def __init__(self, url: str, name: str) -> None:
        self.timings = Timings(name)
        self._url = urllib.parse.urlsplit(url)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._ask, name=name, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join(_TIMEOUT_S)

    def _ask(self) -> None:
        kind = http.client.HTTPSConnection if self._url.scheme == "https" else http.client.HTTPConnection
        connection = kind(self._url.hostname or "", self._url.port, timeout=_TIMEOUT_S)
        while not self._over.wait(_EVERY_S):
            began = time.perf_counter()
            try:
                connection.request("GET", "/healthz")
                connection.getresponse().read()
            except (OSError, http.client.HTTPException):
                self.timings.errors += 1
                connection.close()
                continue
            self.timings.ms.append((time.perf_counter() - began) * 1_000)
        connection.close()
