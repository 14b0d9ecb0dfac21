"""What of the children's logs a person at the terminal should see: warnings and worse, bounded."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

LINES_A_LOOK_MAX: Final = 10
LINE_CHARS_MAX: Final = 400
READ_BYTES_MAX: Final = 1 << 20
LOUD: Final = frozenset({"warning", "error", "critical"})
LEFT_OUT: Final = frozenset({"event", "level", "logger", "timestamp", "process", "exception"})


@dataclass(slots=True)
class LogTail:
    """A log that is being written; `position` is where the last look ended."""

    path: Path
    position: int

    @classmethod
    def at_end(cls, path: Path) -> LogTail:
        return cls(path, path.stat().st_size if path.exists() else 0)

    def look(self) -> list[str]:
        """The important lines since the last look, ready to print; at most ten, and how many more there were."""
        if not self.path.exists():
            return []
        size = self.path.stat().st_size
        if size < self.position:  # It was emptied.
            self.position = 0
        with self.path.open("rb") as file:
            file.seek(max(self.position, size - READ_BYTES_MAX))
            data = file.read(READ_BYTES_MAX)
        whole, _, rest = data.rpartition(b"\n")
        self.position = size - len(rest) if whole else self.position
        found = [text for line in whole.decode("utf-8", "replace").splitlines() if (text := important(line))]
        left = len(found) - LINES_A_LOOK_MAX
        return found[:LINES_A_LOOK_MAX] + ([f"… and {left} lines more in {self.path}"] if left > 0 else [])

    def last_words(self, lines: int = 5) -> str:
        """The end of the log as it is, for the message that its writer died."""
        if not self.path.exists():
            return ""
        return "\n".join(self.path.read_text("utf-8", "replace").splitlines()[-lines:])


def important(line: str) -> str | None:
    """One line for people, or None when it is not for them."""
    if line.startswith("{"):
        try:
            record = json.loads(line)
        except ValueError:
            return None
        if record.get("level") not in LOUD:
            return None
        fields = " ".join(f"{name}={value}" for name, value in record.items() if name not in LEFT_OUT)
        return f"{record['level']}: {record.get('event', '')} {fields}".strip()[:LINE_CHARS_MAX]
    return line[:LINE_CHARS_MAX] if " ERROR " in line else None
