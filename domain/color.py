"""Colours as the eye compares them: CIELAB (CIE 1976, white point D65), in which equal distances look about equal."""

from __future__ import annotations

Lab = tuple[float, float, float]


def lab(color: str) -> Lab:
    """L* (0..100), a* and b* of "#rrggbb"."""
    red, green, blue = (_linear(int(color[i : i + 2], 16) / 255) for i in (1, 3, 5))
    x = _bent((0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505)
    y = _bent(0.2126 * red + 0.7152 * green + 0.0722 * blue)
    z = _bent((0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def distance(one: str, other: str) -> float:
    """How far apart two colours "#rrggbb" look, 0 to some 250 (CIE76)."""
    return float(sum((x - y) ** 2 for x, y in zip(lab(one), lab(other), strict=True)) ** 0.5)


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)


def _bent(value: float) -> float:
    return float(value ** (1 / 3)) if value > 0.008856 else 7.787 * value + 16 / 116
