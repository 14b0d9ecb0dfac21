"""Drops candidates: pure functions over them and what is known of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from discovery.candidate import Candidate, PinFilter
from discovery.facts import Known
from domain.ids import PinN, TopicN
from domain.model import Pin

_COLOR_DISTANCE_MAX: Final = 25.0
"""In CIELAB (CIE76): clearly the same colour to the eye, not the same shade."""


def without(candidates: Sequence[Candidate], excluded: Collection[PinN]) -> list[Candidate]:
    """Those that are not excluded: seen, saved, hidden, the viewer's own, or the query itself."""
    return [c for c in candidates if c.pin_n not in excluded]


def only(candidates: Sequence[Candidate], kept: Collection[PinN]) -> list[Candidate]:
    """Those that are in `kept`: what the viewer may see."""
    return [c for c in candidates if c.pin_n in kept]


def one_of_each_picture(
    candidates: Sequence[Candidate], known: Mapping[PinN, Known], shown: Collection[PinN]
) -> list[Candidate]:
    """The first of the candidates that show one picture, none of a picture that a Pin of `shown` shows."""
    seen = {known[n].picture for n in shown if n in known} - {None}
    kept = []
    for candidate in candidates:
        facts = known.get(candidate.pin_n)
        picture = facts.picture if facts else None
        if picture is None or picture not in seen:
            kept.append(candidate)
            seen.add(picture)
    return kept


def narrowed(
    candidates: Sequence[Candidate],
    wanted: PinFilter,
    pins: Mapping[PinN, Pin],
    topics: Mapping[PinN, Collection[TopicN]],
    on_board: Collection[PinN],
) -> list[Candidate]:
    """Those that the filter lets pass. `pins` holds what the viewer may see; `on_board` is asked only for a board."""
    return [
        c
        for c in candidates
        if (pin := pins.get(c.pin_n)) is not None
        and _passes(pin, wanted)
        and (wanted.topic_n is None or wanted.topic_n in topics.get(c.pin_n, ()))
        and (wanted.board_n is None or c.pin_n in on_board)
    ]


def _passes(pin: Pin, wanted: PinFilter) -> bool:
    if wanted.creator_n is not None and pin.creator_n != wanted.creator_n:
        return False
    if wanted.created_after is not None and pin.created_at < wanted.created_after:
        return False
    if wanted.created_before is not None and pin.created_at > wanted.created_before:
        return False
    if wanted.color is None:
        return True
    shown = (pin.image.dominant_color, *pin.image.palette[:2])
    return min(color_distance(wanted.color, color) for color in shown) <= _COLOR_DISTANCE_MAX


def color_distance(one: str, other: str) -> float:
    """How far apart two colours "#rrggbb" look: Euclidean in CIELAB (D65), 0 to some 150."""
    a, b = _lab(one), _lab(other)
    return float(sum((x - y) ** 2 for x, y in zip(a, b, strict=True)) ** 0.5)


def _lab(color: str) -> tuple[float, float, float]:
    red, green, blue = (_linear(int(color[i : i + 2], 16) / 255) for i in (1, 3, 5))
    x = _f((0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505)
    y = _f(0.2126 * red + 0.7152 * green + 0.0722 * blue)
    z = _f((0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)


def _f(value: float) -> float:
    return float(value ** (1 / 3)) if value > 0.008856 else 7.787 * value + 16 / 116
