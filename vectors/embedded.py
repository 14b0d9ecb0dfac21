"""What to run for the embedded Milvus (Milvus Lite over gRPC), and how to know that it is ready."""

from __future__ import annotations

import signal
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

# Rows that are not flushed are unpacked in Python at each search, 20 µs a row: flush at 1 MB rather than at 128.
MEMTABLE_BYTES: Final = 1_000_000
PROBE_TIMEOUT_S: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedVectors:
    """One server: its folder and port. Loopback only; it knows no passwords."""

    home: Path
    port: int
    stop_signal: int = signal.SIGINT

    @property
    def uri(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def command(self) -> list[str]:
        """The server itself. SIGINT closes it cleanly in 0.2 s; SIGTERM would be a kill."""
        listen = ["--host", "127.0.0.1", "--port", str(self.port)]
        return [sys.executable, "-m", "milvus_lite", "server", "--data-dir", str(self.home), *listen]

    @property
    def environment(self) -> dict[str, str]:
        return {"MILVUS_LITE_MEMTABLE_MEMORY_LIMIT_BYTES": str(MEMTABLE_BYTES)}


def listening(port: int) -> bool:
    """Whether the server takes connections: it does so when its collections can be asked."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=PROBE_TIMEOUT_S):
            return True
    except OSError:
        return False
