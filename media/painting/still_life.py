"""Things on a table: vases in window light, sliced citrus, potted cacti."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from media.painting.chance import Chance
from media.painting.colour import Colour, Palette, light, mix
from media.painting.landscapes import WHITE
from media.painting.plants import leaf, sprig
from media.painting.sheet import Sheet

# Half the width at rising heights, as shares of the height: foot, belly, shoulder, neck, lip.
_PROFILES = (
    (0.16, 0.30, 0.34, 0.26, 0.12, 0.09, 0.13),
    (0.13, 0.17, 0.24, 0.30, 0.30, 0.16, 0.12),
    (0.22, 0.34, 0.38, 0.34, 0.24, 0.16, 0.19),
    (0.11, 0.14, 0.16, 0.18, 0.19, 0.19, 0.18),
    (0.14, 0.26, 0.20, 0.12, 0.10, 0.11, 0.17),
    (0.20, 0.27, 0.30, 0.31, 0.30, 0.27, 0.24),
)


_ACROSS = np.linspace(-0.42, 0.42, 9)
# A slice's segment: turn (in widths) and distance (in radii) of each corner, the tip first.
_WEDGE = np.concatenate([[[0.0, 0.1]], np.stack([_ACROSS, 0.84 - 0.5 * np.abs(_ACROSS) ** 3], axis=1)])


def vases(sheet: Sheet, chance: Chance, palette: Palette) -> None:
    """Glazed pots on a shelf, a branch in some, light falling in from the left."""
    wall = mix(
        palette.paper, chance.pick((palette.ramp[3], palette.accents[1], palette.ramp[4])), chance.between(0.25, 0.6)
    )
    table = sheet.aspect * chance.between(0.78, 0.84)
    sheet.gradient([(0, mix(wall, WHITE, 0.15)), (1, wall)])
    slant, left = 0.25, chance.between(0.0, 0.4)
    for pane in range(2):
        x = left + pane * 0.24
        sheet.polygon([(x, 0), (x + 0.2, 0), (x + 0.2 + slant, table), (x + slant, table)], mix(wall, WHITE, 0.55), 0.5)
    board = mix(palette.ramp[1], palette.accents[1], 0.35)
    sheet.shaded(
        [(0, table), (1, table), (1, sheet.aspect), (0, sheet.aspect)],
        [(0, mix(board, WHITE, 0.18)), (1, mix(board, palette.ink, 0.2))],
    )
    count = chance.whole(2, 4)
    places = [(index + 0.5) / count for index in range(count)]
    glazes = [c for c in chance.shuffled([*palette.ramp[:4], *palette.accents]) if abs(light(c) - light(wall)) > 0.12]
    for index, place in enumerate(places):
        tall = min(sheet.aspect * 0.52, 0.62 / count**0.45) * chance.between(0.72, 1.1)
        x = 0.5 + (place - 0.5) * 0.86 + chance.bell() * 0.01
        foot = table + chance.between(0.015, 0.06)
        profile = chance.pick(_PROFILES)
        if chance.often(0.62):
            stem = chance.pick((palette.ramp[0], palette.ramp[1]))
            for _ in range(chance.whole(1, 3)):
                rise = min(tall * chance.between(0.8, 1.2), (foot - tall) * 0.9)
                sprig(
                    sheet,
                    chance,
                    (x, foot - tall * 0.97),
                    chance.bell() * 0.4,
                    max(0.05, rise),
                    stem,
                    chance.pick(("round", "narrow", "heart", "fern")),
                )
        _vase(
            sheet,
            chance,
            (x, foot, tall, min(1.0, 0.42 / (count * max(profile) * tall))),
            profile,
            glazes[index % len(glazes)],
            palette,
        )


def citrus(sheet: Sheet, chance: Chance, palette: Palette) -> None:
    """Slices of citrus and leaves scattered on a coloured cloth."""
    cloth = chance.pick((palette.ramp[4], palette.ramp[3], palette.paper, palette.ramp[1]))
    sheet.fill(cloth)
    fruits = [
        colour
        for colour in (*palette.accents, mix(palette.accents[0], palette.accents[1], 0.5))
        if abs(light(colour) - light(cloth)) > 0.05
    ]
    fruits = fruits or list(palette.accents)
    across = chance.whole(3, 5)
    pitch = 1 / across
    for row in range(-1, math.ceil(sheet.aspect / pitch) + 1):
        for column in range(-1, across + 1):
            x = (column + 0.5 + 0.5 * (row % 2)) * pitch + chance.bell() * pitch * 0.05
            y = (row + 0.5) * pitch * 0.94 + chance.bell() * pitch * 0.05
            if chance.often(0.22):
                turn = chance.between(0, math.tau)
                green = mix(palette.ramp[1], palette.ramp[2], chance.share())
                leaf(sheet, x + 0.008, y + 0.01, turn, pitch * 0.62, 0.5, palette.ink, 0.18)
                leaf(sheet, x, y, turn, pitch * 0.62, 0.5, green, vein=True)
                leaf(sheet, x, y, turn + 1.1, pitch * 0.5, 0.5, mix(green, WHITE, 0.15), vein=True)
            else:
                _slice(sheet, chance, x, y, pitch * chance.between(0.38, 0.45), chance.pick(fruits))


def cacti(sheet: Sheet, chance: Chance, palette: Palette) -> None:
    """Cacti in clay pots in a row, ribs and spines and a flower here and there."""
    wall = mix(palette.paper, palette.ramp[4], chance.share())
    sheet.gradient([(0, wall), (1, mix(wall, palette.accents[1], 0.25))])
    sheet.circle(chance.between(0.3, 0.7), sheet.aspect * 0.4, 0.3, mix(palette.accents[1], wall, 0.6))
    table = sheet.aspect * 0.84
    sheet.box(0, table, 1, sheet.aspect + 0.01, mix(palette.ramp[3], palette.paper, 0.2))
    sheet.box(0, table, 1, table + 0.008, mix(palette.ramp[2], palette.paper, 0.2))
    count = chance.whole(2, 4)
    for index in range(count):
        x = (index + 0.5) / count
        size = 0.62 / count * chance.between(0.8, 1.05)
        clay = chance.pick([*palette.accents, palette.ramp[1], palette.paper])
        green = mix(palette.ramp[1], palette.ramp[2], chance.share())
        rim = table - size * 0.62
        sheet.ellipse(x + size * 0.1, table + 0.012, size * 0.42, 0.014, palette.ink, 0.2)
        _cactus(sheet, chance, x, rim + size * 0.05, size, green, palette)
        sheet.shaded(
            [
                (x - size * 0.36, rim),
                (x + size * 0.36, rim),
                (x + size * 0.27, table + 0.014),
                (x - size * 0.27, table + 0.014),
            ],
            [(0, mix(clay, WHITE, 0.25)), (1, mix(clay, palette.ink, 0.25))],
            across=True,
        )
        sheet.shaded(
            [
                (x - size * 0.41, rim - size * 0.1),
                (x + size * 0.41, rim - size * 0.1),
                (x + size * 0.41, rim + size * 0.07),
                (x - size * 0.41, rim + size * 0.07),
            ],
            [(0, mix(clay, WHITE, 0.38)), (1, mix(clay, palette.ink, 0.15))],
            across=True,
        )


def _vase(
    sheet: Sheet,
    chance: Chance,
    place: tuple[float, float, float, float],
    profile: tuple[float, ...],
    glaze: Colour,
    palette: Palette,
) -> None:
    x, foot, tall, squeeze = place
    height = np.linspace(0, 1, 60)
    half = _smooth(profile, height) * tall * squeeze
    outline = np.concatenate(
        [np.stack([x - half, foot - height * tall], axis=1), np.stack([x + half, foot - height * tall], axis=1)[::-1]]
    )
    widest = float(half.max())
    sheet.ellipse(x + widest * 0.5, foot + 0.004, widest * 1.25, 0.016, palette.ink, 0.22)
    light_side, dark_side = mix(glaze, WHITE, 0.4), mix(glaze, palette.ink, 0.45)
    stops = [(0, mix(glaze, palette.ink, 0.12)), (0.22, light_side), (0.5, glaze), (1, dark_side)]
    lip = half[-1]
    sheet.ellipse(x, foot - tall, lip, max(lip * 0.16, 0.003), mix(glaze, palette.ink, 0.6))
    sheet.shaded(outline, stops, across=True)
    sheet.ellipse(x, foot, half[0], half[0] * 0.1, mix(glaze, palette.ink, 0.3))
    second = chance.pick((palette.paper, palette.accents[0], palette.ink))
    kind = chance.whole(0, 3)
    bands = {0: [], 1: [(0.3, 0.62)], 2: [(0.32, 0.36), (0.42, 0.46), (0.52, 0.56)], 3: [(0.0, 0.28)]}[kind]
    tint = [(place_, mix(colour, second, 0.75)) for place_, colour in stops]
    for low, high in bands:
        inside = (height >= low) & (height <= high)
        part = np.concatenate(
            [
                np.stack([x - half[inside], foot - height[inside] * tall], axis=1),
                np.stack([x + half[inside], foot - height[inside] * tall], axis=1)[::-1],
            ]
        )
        if len(part) >= 4:
            sheet.shaded(part, tint, across=True)
    sheet.ribbon(
        np.stack([x - half[12:46] * 0.62, foot - height[12:46] * tall], axis=1),
        widest * 0.07 * np.sin(np.linspace(0, math.pi, 34)),
        WHITE,
        0.4,
    )


def _smooth(profile: tuple[float, ...], at: NDArray[np.float64]) -> NDArray[np.float64]:
    """The profile between its knots, by Catmull and Rom's cubic."""
    knots = np.array([profile[0], *profile, profile[-1]])
    spot = at * (len(profile) - 1)
    index = np.minimum(spot.astype(np.int64), len(profile) - 2)
    t = spot - index
    a, b, c, d = (knots[index + k] for k in range(4))
    half: NDArray[np.float64] = 0.5 * (
        2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3
    )
    return half


def _slice(sheet: Sheet, chance: Chance, x: float, y: float, radius: float, colour: Colour) -> None:
    pith, flesh = mix(colour, (255, 250, 235), 0.82), mix(colour, WHITE, 0.12)
    sheet.circle(x + radius * 0.07, y + radius * 0.1, radius * 1.02, (20, 16, 24), 0.2)
    sheet.circle(x, y, radius, colour)
    sheet.circle(x, y, radius * 0.92, pith)
    count, start = chance.whole(8, 10), chance.between(0, 1)
    width = math.tau / count
    for segment in range(count):
        turn = start + segment * width
        angle = turn + width * _WEDGE[:, 0]
        spots = np.stack([np.cos(angle), np.sin(angle)], axis=1) * (_WEDGE[:, 1:] * radius) + (x, y)
        sheet.polygon(spots, mix(flesh, colour, chance.share()))
        for _ in range(3):
            angle_, far = turn + width * chance.between(-0.28, 0.28), radius * chance.between(0.35, 0.72)
            if sheet.unit > 400:  # Too fine to be seen on a small sheet.
                ends = [(x + r * math.cos(angle_), y + r * math.sin(angle_)) for r in (far, far + radius * 0.12)]
                sheet.ribbon(ends, np.array([radius * 0.03, radius * 0.008]), mix(colour, WHITE, 0.55), 0.6)


def _cactus(sheet: Sheet, chance: Chance, x: float, foot: float, size: float, green: Colour, palette: Palette) -> None:
    bloom, kind = palette.accents[0], chance.whole(0, 2)
    if kind == 0:
        middle = foot - size * 0.3
        sheet.ellipse(x, middle, size * 0.38, size * 0.4, green)
        for rib in (-0.72, -0.4, 0, 0.4, 0.72):
            arc = np.linspace(-math.pi / 2, math.pi / 2, 20)
            path = np.stack([x + size * 0.38 * rib * np.cos(arc), middle + size * 0.4 * np.sin(arc)], axis=1)
            sheet.ribbon(path, size * 0.022, mix(green, WHITE, 0.3), 0.8)
        top = middle - size * 0.4
    else:
        tall = size * chance.between(0.85, 1.35)
        top = foot - tall
        _limb(sheet, x, foot, top, size * 0.19, green)
        for side in (-1, 1) if kind == 1 else ():
            reach, up = size * 0.33 * side, foot - tall * chance.between(0.3, 0.55)
            sheet.ribbon(
                [(x, up), (x + reach * 0.6, up), (x + reach, up - size * 0.04)],
                size * 0.2,
                mix(green, palette.ink, 0.1),
            )
            _limb(sheet, x + reach, up + size * 0.02, up - tall * chance.between(0.18, 0.34), size * 0.11, green)
    for petal in range(5):
        turn = math.pi + math.pi * (petal + 0.5) / 5
        leaf(sheet, x, top + size * 0.03, turn, size * 0.2, 0.6, mix(bloom, WHITE, 0.12 * (petal % 2)))


def _limb(sheet: Sheet, x: float, foot: float, top: float, half: float, green: Colour) -> None:
    path = np.array([(x, foot), (x, top + half)])
    sheet.ribbon(path, half * 2, green)
    sheet.circle(x, top + half, half, green)
    for rib in (-0.5, 0.0, 0.5):
        line = [(x + half * rib, foot), (x + half * rib, top + half * (0.6 + abs(rib) * 0.6))]
        sheet.ribbon(line, half * 0.09, mix(green, WHITE, 0.35), 0.8)
