"""How often a process that serves looks for cycles in memory."""

from __future__ import annotations

import gc
from typing import Final

# A feed makes some thousand small tuples that are in no cycle, and slates keep 200,000 of their like: with Python's own
# thresholds a third of a home page's time goes into looking for cycles among them.
_THRESHOLDS: Final = (20_000, 20, 100)


def settle() -> None:
    """Leaves what was imported out of the search, and searches seldom. Call it once, when all is imported."""
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)
