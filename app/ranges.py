"""The Range header of HTTP: which of the bytes of an answer are wanted (RFC 9110, 14)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_RANGE: Final = re.compile(r"bytes=([0-9]{0,15})-([0-9]{0,15})")


@dataclass(frozen=True, slots=True)
class Range:
    """Bytes from `first` to `last`, both included; no `last`: to the end; no `first`: the last `last` ones."""

    first: int | None
    last: int | None

    def within(self, size: int) -> tuple[int, int] | None:
        """(start, length) of the bytes meant, of `size` in all; None when none of them is there."""
        if self.first is None:
            length = min(self.last or 0, size)
            return (size - length, length) if length else None
        if self.first >= size:
            return None
        last = size - 1 if self.last is None else min(self.last, size - 1)
        return self.first, last - self.first + 1


def wanted(header: str | None) -> Range | None:
    """The one range that the header asks for; None for no header, several ranges, or another unit: all is sent then."""
    found = _RANGE.fullmatch((header or "").strip().lower().replace(" ", ""))
    if found is None:
        return None
    first, last = (int(number) if number else None for number in found.groups())
    if (first is None and last is None) or (first is not None and last is not None and last < first):
        return None
    return Range(first, last)
