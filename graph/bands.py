"""Perceptual signatures cut into bands, so that near ones are found by a band that they share.

A band is three hex digits of a signature at their place. Two signatures of 256 bits that differ in 32 share one of the
21 bands in 99 cases of 100. A `w` marks the bands of a whole picture, a `c` those of its cropped forms.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

_DIGITS: Final = 3
_PLACES: Final = 21


def of(signature: str, crops: Iterable[str]) -> str:
    """The bands of a picture, between spaces, as they are stored."""
    return " ".join([*_bands("w", signature), *(band for crop in crops for band in _bands("c", crop))])


def asked(signature: str, crops: Iterable[str]) -> str:
    """What to ask for the pictures that this one is a copy or a crop of, and for those that are a crop of it.

    A question of Lucene's, of letters, digits and spaces alone.
    """
    whole = [*_bands("w", signature), *_bands("c", signature)]
    return " ".join(dict.fromkeys([*whole, *(band for crop in crops for band in _bands("w", crop))]))


def _bands(kind: str, signature: str) -> list[str]:
    return [f"{kind}{at:02d}{signature[at * _DIGITS : (at + 1) * _DIGITS]}" for at in range(_PLACES)]
