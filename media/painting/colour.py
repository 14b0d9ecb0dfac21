"""Palettes that go together, and mixing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Colour = tuple[int, int, int]


def from_hex(text: str) -> Colour:
    """Red, green, blue of "#rrggbb" or "rrggbb"."""
    digits = text.removeprefix("#")
    return int(digits[0:2], 16), int(digits[2:4], 16), int(digits[4:6], 16)


@dataclass(frozen=True, slots=True)
class Palette:
    """A ramp of five colours from dark to light, two to three accents, and the paper they stand on."""

    name: str
    ramp: tuple[Colour, ...]
    accents: tuple[Colour, ...]
    paper: Colour

    @property
    def ink(self) -> Colour:
        """The darkest colour."""
        return self.ramp[0]

    @property
    def colours(self) -> tuple[Colour, ...]:
        """All but the paper."""
        return tuple(dict.fromkeys((*self.ramp, *self.accents)))

    def at(self, place: float) -> Colour:
        """The ramp's colour at 0 (dark) to 1 (light)."""
        spot = min(max(place, 0.0), 1.0) * (len(self.ramp) - 1)
        index = min(int(spot), len(self.ramp) - 2)
        return mix(self.ramp[index], self.ramp[index + 1], spot - index)


def mix(one: Colour, other: Colour, share: float) -> Colour:
    """`one` at share 0, `other` at share 1."""
    keep = 1 - share
    return (
        round(one[0] * keep + other[0] * share),
        round(one[1] * keep + other[1] * share),
        round(one[2] * keep + other[2] * share),
    )


def light(colour: Colour) -> float:
    """How bright a colour looks, 0 to 1 (Rec. 601 weights)."""
    return (0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2]) / 255


def table(colours: Sequence[Colour], size: int = 1024, *, cyclic: bool = False) -> NDArray[np.uint8]:
    """A look-up table of `size` colours that runs evenly through these, and back to the first if cyclic."""
    stops = np.array([*colours, colours[0]] if cyclic else colours, dtype=np.float64)
    at = np.linspace(0, len(stops) - 1, size)
    return np.stack([np.interp(at, np.arange(len(stops)), stops[:, axis]) for axis in range(3)], axis=1).astype(
        np.uint8
    )


def _palette(name: str, ramp: str, accents: str, paper: str) -> Palette:
    return Palette(
        name,
        tuple(from_hex(colour) for colour in ramp.split()),
        tuple(from_hex(colour) for colour in accents.split()),
        from_hex(paper),
    )


PALETTES: Final = {
    palette.name: palette
    for palette in (
        _palette("ember", "264653 2a7d7f 2a9d8f e9c46a f6dfa4", "e76f51 f4a261 e9c46a", "faf3e3"),
        _palette("tide", "0d1b2a 1f3350 415a77 7d98b8 dfe6ea", "e9b872 c96f53 a9c5de", "f3f1ea"),
        _palette("grove", "232f17 4a5a2a 7f8f52 b9c08a eee8c7", "bc6c25 dda15e 8a3b12", "fdf8e4"),
        _palette("blush", "5a5566 8f6f80 c98b92 f0aca2 ffdcc8", "d1495b 6d6875 f6c28b", "fff4ec"),
        _palette("citrus", "023047 126782 219ebc 8ecae6 e3f2f7", "fb8500 ffb703 e4572e", "fdf9ee"),
        _palette("plum", "23153c 4b2460 8a3f7f d0708f f6c9b0", "f2a65a e5446d 6a4c93", "fbf1ee"),
        _palette("desert", "4a2618 8a4b2c c07f4f e0b48c f7e6d0", "2f6f73 d95d39 efb366", "fbf3e6"),
        _palette("lagoon", "06304a 0f6a7d 2fa6a0 8fd9c8 e2f6ee", "ff7f5c ffc857 e0475b", "f7faf4"),
        _palette("berry", "3d0a1e 7d1538 bf3358 ee8aa0 fddde0", "2f5d50 f2b5a0 e8a33d", "fff6f3"),
        _palette("nordic", "2b3240 4a5d78 6f94ae a9c9cf e9eef0", "bf616a ebcb8b a3be8c", "f2f3f0"),
        _palette("retro", "10304a 2c5f6b b8573c f0a33a f6e3b4", "d62828 f77f00 1f7a6d", "f7eed7"),
        _palette("orchid", "1b1f4b 3f3d91 7b6fc9 bcaee8 ece6fa", "f58fb0 ffd28a 58c2c0", "faf7fd"),
        _palette("moss", "17261f 2f4a3a 5f7f62 a3b899 e6eadb", "d8a24a c8553d 7a9e9f", "f7f6ec"),
        _palette("ink", "17181c 3b3d44 74777f b4b4b2 ebe8e0", "b3392f d9a441 4f6d7a", "f6f3ea"),
    )
}
