"""Small pieces for tests of feeds that need no server."""

from __future__ import annotations

from dataclasses import dataclass

import pytest


@dataclass
class Clock:
    """A clock that moves when told."""

    ms: int = 1_700_000_000_000

    def __call__(self) -> int:
        return self.ms


@pytest.fixture
def clock() -> Clock:
    return Clock()
