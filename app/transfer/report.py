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
    pins_added: int
    saves_added: int
    refused: tuple[str, ...]
    """Files that are not pictures we take, each with why. Nothing of them was kept."""
    resumed_at: int
    """The row at which this run went on; 0 when it began at the start."""
    seconds: float

    def lines(self) -> list[str]:
        """The report for people."""
        said = [
            f"{self.boards:,} boards of {self.users:,} users hold {self.saves:,} saves of {self.pins:,} Pins.",
            f"{self.pins_added:,} Pins and {self.saves_added:,} saves are new, after {self.seconds:.0f} s.",
        ]
        if self.resumed_at:
            said.append(f"Went on at row {self.resumed_at:,}, where an earlier run had come to.")
        if self.refused:
            said.append(f"{len(self.refused):,} files were left out:")
            said += [f"  {reason}" for reason in self.refused[:20]]
        return said

    def __str__(self) -> str:
        return "\n".join(self.lines())
