"""What of the children's logs a person at the terminal should see: warnings and worse, each kind once a minute."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

LINES_A_LOOK_MAX: Final = 5
LINE_CHARS_MAX: Final = 300
READ_BYTES_MAX: Final = 1 << 20
AGAIN_S: Final = 60.0
LOUD: Final = frozenset({"warning", "error", "critical"})
LEFT_OUT: Final = frozenset({"event", "level", "logger", "timestamp", "process", "exception", "request_id"})


@dataclass(slots=True)
class LogTail:
    """A log that is being written; `position` is where the last look ended, `shown` when each kind was shown last."""

    path: Path
    position: int
    shown: dict[str, float] = field(default_factory=dict)

    @classmethod
    def at_end(cls, path: Path) -> LogTail:
        return cls(path, path.stat().st_size if path.exists() else 0)

    def look(self, now: float | None = None) -> list[str]:
        """The important lines since the last look, ready to print; at most five, and each kind once a minute."""
        moment = time.monotonic() if now is None else now
        self.shown = {kind: at for kind, at in self.shown.items() if moment - at < AGAIN_S}
        found: list[str] = []
        for line in self._new_lines():
            kind, text = important(line)
            if kind and kind not in self.shown and len(found) < LINES_A_LOOK_MAX:
                self.shown[kind] = moment
                found.append(text)
        return found

    def _new_lines(self) -> list[str]:
        if not self.path.exists():
            return []
        size = self.path.stat().st_size
        if size < self.position:  # It was emptied.
            self.position = 0
        with self.path.open("rb") as file:
            file.seek(max(self.position, size - READ_BYTES_MAX))
            data = file.read(READ_BYTES_MAX)
        whole, newline, rest = data.rpartition(b"\n")
        if newline:
            self.position = size - len(rest)
        return whole.decode("utf-8", "replace").splitlines()

    def last_words(self, lines: int = 5) -> str:
        """The end of the log as it is, for the message that its writer died."""
        if not self.path.exists():
            return ""
        return "\n".join(self.path.read_text("utf-8", "replace").splitlines()[-lines:])


def important(line: str) -> tuple[str, str]:
    """(kind, one line for people) of what they should see; two empty texts for the rest."""
    if line.startswith("{"):
        try:
            record = json.loads(line)
        except ValueError:
            return "", ""
        if record.get("level") not in LOUD:
            return "", ""
        # Of a traceback that was logged as an event, the last line says what happened.
        event = str(record.get("event", "")).strip().rpartition("\n")[2]
        fields = " ".join(f"{name}={value}" for name, value in record.items() if name not in LEFT_OUT)
        return event, f"{record['level']}: {event} {fields}".strip()[:LINE_CHARS_MAX]
    if " ERROR " in line:
        return line.partition(" ERROR ")[2][:60], line[:LINE_CHARS_MAX]
    return "", ""
