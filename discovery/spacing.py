"""How a feed is spaced, as its declaration says it: what counts as alike, how much, and how far back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType

from discovery.facts import Known
from domain.limits import SPACING_WINDOW_MAX


class SpacedBy(Enum):
    """What Pins may have in common. COPY: their pictures look the same; UNTITLED: a flag, that they have no title."""

    CREATOR = "creator"
    BOARD = "board"
    TOPIC = "topic"
    COPY = "copy"
    UNTITLED = "untitled"


@dataclass(frozen=True, slots=True)
class Spacing:
    """θ·z(score) + (1 − θ)·γ·(what the look adds to those in the window) − Σ_class weight · Σ_d≤window (1/d)·[alike].

    `relevance` is θ (0..1), `look` γ (≥ 0), `window` the places back that count, about what a person sees at once.
    `ahead` of the best that are left compete for a place: nothing falls further back than its score deserves.
    """

    relevance: float = 0.5
    look: float = 3.0
    window: int = 8
    ahead: int = 64
    classes: Mapping[SpacedBy, float] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        if not 0 < self.relevance <= 1 or self.look < 0 or min(self.classes.values(), default=0.0) < 0:
            raise ValueError("a share of relevance is above 0 and at most 1, other weights are not negative")
        if not 1 <= self.window <= SPACING_WINDOW_MAX or self.ahead < 1:
            raise ValueError(f"a window has 1 to {SPACING_WINDOW_MAX} places, and somebody competes for a place")


def keys(known: Sequence[Known], by: SpacedBy) -> list[int]:
    """What each Pin has of a class, −1 for nothing; COPY is told by looks, not by this."""
    if by is SpacedBy.CREATOR:
        return [-1 if one.creator_n is None else one.creator_n for one in known]
    if by is SpacedBy.BOARD:
        return [-1 if one.board_n is None else one.board_n for one in known]
    if by is SpacedBy.TOPIC:
        return [one.topics[0] if one.topics else -1 for one in known]
    return [0 if one.untitled else -1 for one in known]
