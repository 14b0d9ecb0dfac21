"""What an import did, as its callers print it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Report:
    """How much of a file is in the graph now, and how much of it this run added."""

    users: int
    boards: int
    pins: int
    saves: int
    refused: tuple[str, ...]
    """Files that are not pictures we take, each with why. Nothing of them was kept."""
    resumed_at: int
    """The row at which this run went on; 0 when it began at the start."""
    seconds: float
