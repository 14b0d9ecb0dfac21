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
HIDE_WEIGHT: Final = -0.5
"""What it says of a Pin that somebody hid it."""
PROPENSITY_UNKNOWN: Final = 0.3
"""How likely a Pin is looked at when nobody said where it stood: that of a place in the middle of a page."""
PROPENSITY_LEAST: Final = 0.25
"""No act counts more than the inverse of this: one far down a page would outweigh all others."""


@dataclass(frozen=True, slots=True)
class Act:
    """One act. `at_ms` is when; `dwell_ms` how long a DWELL was, else 0.

    `feed`, `slate` (hex) and `position` (from 0) say where the Pin stood, None when that is not known; `propensity` is
    how likely a Pin at that position is looked at at all; `parts` what each source had added to its score
    (discovery/parts.py), None where the feed does not add up sources.
    """

    pin_n: PinN
    kind: EngagementKind
    at_ms: int
    dwell_ms: int = 0
    feed: str | None = None
    slate: str | None = None
    position: int | None = None
    propensity: float | None = None
    parts: bytes | None = None

    @property
    def warmth(self) -> float:
        """What the act adds to how warm its Pin is: its weight by the inverse of the propensity, as far as known.

        Places at the head of a page are looked at more, whatever stands there; without the correction they would warm
        themselves. Source: Joachims, Swaminathan, Schnabel, "Unbiased learning-to-rank with biased feedback", WSDM
        2017; clipped as in Strehl et al., "Learning from logged implicit exploration data", NIPS 2010.
        """
        seen = 1.0 if self.propensity is None else max(PROPENSITY_LEAST, self.propensity)
        return WEIGHTS[self.kind] / seen


@dataclass(frozen=True, slots=True)
class Batch:
    """The acts that one viewer reported at once. `seq` is the place of their event among all."""

    seq: int
    user_n: UserN
    acts: tuple[Act, ...]
