"""How benchmarks print what they measured: one table for eyes, one JSON file for machines."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table


@dataclass(slots=True)
class Timings:
    """Durations of one thing, in milliseconds, and how often it failed."""

    name: str
    ms: list[float] = field(default_factory=list)
    errors: int = 0
    note: str = ""

    def percentile(self, share: float) -> float | None:
        """The duration that this share (0..1) stays within, by the nearest rank; None without any."""
        if not self.ms:
            return None
        ranked = sorted(self.ms)
        return ranked[min(len(ranked) - 1, max(0, round(share * len(ranked) + 0.5) - 1))]

    def row(self) -> dict[str, Any]:
        """The line of the table, as JSON has it."""
        return {
            "name": self.name,
            "count": len(self.ms),
            "errors": self.errors,
            "p50_ms": _rounded(self.percentile(0.50)),
            "p99_ms": _rounded(self.percentile(0.99)),
            "max_ms": _rounded(max(self.ms, default=None)),
            "note": self.note,
        }


def show(
    title: str,
    timings: Sequence[Timings],
    facts: Mapping[str, Any],
    json_path: Path | None,
    details: Mapping[str, Any] = MappingProxyType({}),
) -> None:
    """Prints the timings as a table with the facts below it; writes these and the details to `json_path` when given."""
    console = Console()
    if not console.is_terminal:  # A file or a pipe has no width: keep each row on one line.
        console = Console(width=140)
    table = Table("", "count", "errors", "p50 ms", "p99 ms", "max ms", "", title=title)
    for timing in timings:
        row = timing.row()
        table.add_row(*("" if value is None else str(value) for value in row.values()))
    console.print(table)
    for name, value in facts.items():
        console.print(f"  {name}: {value}", highlight=False)
    if json_path is not None:
        body = {
            "title": title,
            "machine": machine(),
            "timings": [t.row() for t in timings],
            "facts": {**facts, **details},
        }
        json_path.write_text(json.dumps(body, indent=2, default=str) + "\n", "utf-8")


def machine() -> dict[str, Any]:
    """What it was measured on."""
    return {
        "cpus": psutil.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 2**30, 1),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)
