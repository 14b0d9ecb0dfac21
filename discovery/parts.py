"""What each source added to a blended score, in a byte each: it goes with the Pin into its slate and its cursor."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from domain.model import Source

SOURCES: Final = (
    *(Source.WALK, Source.VISUAL, Source.TEXT, Source.FOLLOWED),
    *(Source.TOPIC, Source.FRESH, Source.POPULAR, Source.EXPLORE),
)
"""The order of the parts, in cursors and in what is kept of impressions: a new source comes last."""
PLACES: Final = {source.name: place for place, source in enumerate(SOURCES)}
_STEPS: Final = 32
"""A part is kept to a thirty-second; the most is 255 of them, some eight."""


def packed(parts: NDArray[Any]) -> list[bytes]:
    """Rows of (n, len(SOURCES)) parts as bytes; 0 says that the source did not name the Pin, and only that."""
    steps = np.clip(np.rint(parts * _STEPS), parts > 0, 255).astype(np.uint8)
    width, whole = steps.shape[1], steps.tobytes()
    return [whole[i : i + width] for i in range(0, len(whole), width)]


def unpacked(rows: list[bytes]) -> NDArray[np.float64]:
    """(n, len(SOURCES)) parts; a row from before there were as many sources has none of the later ones."""
    width = len(SOURCES)
    whole = b"".join(row[:width].ljust(width, b"\0") for row in rows)
    return np.frombuffer(whole, np.uint8).reshape(-1, width) / _STEPS
