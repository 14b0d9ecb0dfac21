"""How long the head of a request may take, and how large it may be: who sends none, or never ends one, is let go."""

from __future__ import annotations

import asyncio
from typing import Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_S_MAX: Final = 5.0
HEAD_BYTES_MAX: Final = 64 * 1024


class BoundedHeads(HttpToolsProtocol):
    """uvicorn's HTTP protocol, which waits for a head for ever. A connection that is upgraded is a socket by then."""

    _due: asyncio.TimerHandle | None = None
    _bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # As in uvicorn.
        """The head of the first request is due from here on."""
        super().connection_made(transport)
        self._expect()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is due any more."""
        self._settle()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Closes the connection when the head has become too large."""
        super().data_received(data)
        if self._due is not None:
            self._bytes += len(data)
            if self._bytes > HEAD_BYTES_MAX:
                self._settle()
                self.transport.close()

    def on_message_begin(self) -> None:
        """A head begins."""
        super().on_message_begin()
        self._expect()

    def on_headers_complete(self) -> None:
        """The head is there."""
        self._settle()
        super().on_headers_complete()

    def _expect(self) -> None:
        if self._due is None:
            self._bytes = 0
            self._due = self.loop.call_later(HEAD_S_MAX, self._late)

    def _settle(self) -> None:
        if self._due is not None:
            self._due.cancel()
            self._due = None

    def _late(self) -> None:
        self._due = None
        if self.cycle is not None and not self.cycle.response_complete:
            self._expect()  # The request before is still being answered, and nothing is read meanwhile.
        else:
            self.transport.close()
