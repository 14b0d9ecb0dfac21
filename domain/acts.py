"""What a viewer does with Pins that they are shown."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from domain.ids import PinN, UserN


class EngagementKind(Enum):
    """What was done with a Pin."""

    IMPRESSION = "IMPRESSION"
    CLOSEUP = "CLOSEUP"
    CLICK = "CLICK"
    DWELL = "DWELL"
    SHARE = "SHARE"


WEIGHTS: Final = {
    EngagementKind.IMPRESSION: 0.0,
    EngagementKind.CLOSEUP: 0.3,
    EngagementKind.CLICK: 0.5,
    EngagementKind.DWELL: 0.4,
    EngagementKind.SHARE: 0.8,
}
"""What an act says about taste, where a save is 1."""


@dataclass(frozen=True, slots=True)
class Act:
    """One act. `at_ms` is when; `dwell_ms` how long a DWELL was, else 0.

    `feed`, `slate` (hex) and `position` (from 0) say where the Pin stood, None when that is not known; `propensity` is
    how likely a Pin at that position is looked at at all.
    """

    pin_n: PinN
    kind: EngagementKind
    at_ms: int
    dwell_ms: int = 0
    feed: str | None = None
    slate: str | None = None
    position: int | None = None
    propensity: float | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """The acts that one viewer reported at once. `seq` is the place of their event among all."""

    seq: int
    user_n: UserN
    acts: tuple[Act, ...]
