"""Land and sea: mountains in layers, dunes under a moon, the sun over water."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from media.painting import noise
from media.painting.chance import Chance
from media.painting.colour import Colour, Palette, light, mix
from media.painting.sheet import Sheet

_POINTS = 360
WHITE: Colour = (255, 255, 255)


def mountains(sheet: Sheet, chance: Chance, palette: Palette) -> None:
    """Ranges behind ranges, paler with distance, mist between them, pines on the nearest."""
    night = chance.often(0.3)
    top, low = (palette.ramp[0], palette.ramp[2]) if night else (palette.ramp[3], palette.ramp[4])
    warm = mix(low, palette.accents[0], 0.15 if night else 0.35)
    sheet.gradient([(0, top), (0.55, mix(top, warm, 0.6)), (0.8, warm), (1, warm)])
    _disc(sheet, chance, palette, night=night)
    count = chance.whole(4, 6)
    across = np.linspace(-0.01, 1.01, _POINTS)
    start = sheet.aspect * chance.between(0.34, 0.48)
    step = (sheet.aspect * 1.02 - start) / (count + 0.6)
    crest = across
    for layer in range(count):
        near = (layer + 1) / count
        height = step * chance.between(1.1, 1.7) * (1.25 - 0.5 * near)
        crest = (
            start
            + step * layer
            - height * (noise.line(chance, _POINTS, cells=chance.between(2.2, 4), fall=0.46) - 0.45)
        )
        colour = mix(mix(warm, palette.ramp[1], 0.25 + 0.3 * near), palette.ramp[0], near**1.5 * 0.92)
        foot = mix(colour, warm, 0.55 * (1 - near * 0.8))
        sheet.shaded(_down(across, crest, sheet.aspect), [(0, colour), (0.45, mix(colour, foot, 0.6)), (1, foot)])
    if chance.often(0.6):
        _pines(sheet, chance, across, crest, mix(palette.ramp[0], (0, 0, 0), 0.25))
    if not night and chance.often(0.5):
        _birds(sheet, chance, mix(palette.ramp[0], warm, 0.2))


def dunes(sheet: Sheet, chance: Chance, palette: Palette) -> None:
    """Long dunes, lit from one side, under a low moon."""
    night = chance.often(0.45)
    top, low = (palette.ramp[0], palette.ramp[1]) if night else (palette.ramp[4], palette.ramp[3])
    sheet.gradient([(0, top), (0.6, mix(low, palette.accents[0], 0.25)), (1, low)])
    if night:
        stars(sheet, chance, 90, sheet.aspect * 0.5, palette.ramp[4])
    _disc(sheet, chance, palette, night=night, low=0.35)
    lit = mix(palette.accents[1], palette.ramp[4], 0.25 if not night else 0.05)
    dark = mix(palette.ramp[0], palette.ramp[1], 0.35)
    count = chance.whole(3, 5)
    across = np.linspace(-0.01, 1.01, _POINTS)
    start, side = sheet.aspect * chance.between(0.48, 0.6), chance.pick((-1, 1))
    for layer in range(count):
        near = (layer + 1) / count
        crest = start + (sheet.aspect - start) * (layer / count) ** 1.1
        crest = crest - sheet.aspect * (0.07 + 0.08 * near) * (
            noise.line(chance, _POINTS, cells=1.7, octaves=2, fall=0.25) - 0.5
        )
        slope = np.gradient(crest, across) * side
        bright = 1 / (1 + np.exp(-9 * slope))
        stops = [
            (place, mix(mix(dark, lit, float(np.interp(place, across, bright)) * 0.85 + 0.1), low, 0.35 * (1 - near)))
            for place in np.linspace(0, 1, 24)
        ]
        sheet.shaded(_down(across, crest, sheet.aspect), stops, across=True)
        for ripple in range(3 + 3 * layer):
            below = crest + 0.02 * near * (ripple + 1) ** 1.25
            fade = 0.16 * (1 - ripple / (4 + 3 * layer))
            thick = 0.0022 * near * (0.4 + 0.6 * noise.line(chance, _POINTS, cells=5, octaves=1))
            sheet.ribbon(np.stack([across, below], axis=1), thick, mix(lit, WHITE, 0.3), fade)


def seascape(sheet: Sheet, chance: Chance, palette: Palette) -> None:
    """The sun on the horizon, its road over the water, a sail."""
    horizon = sheet.aspect * chance.between(0.46, 0.6)
    sky, glow = chance.pick(((palette.ramp[1], palette.accents[0]), (palette.ramp[2], palette.accents[1])))
    split = horizon / sheet.aspect
    sheet.gradient(
        [(0, sky), (split * 0.55, mix(sky, glow, 0.45)), (split, mix(glow, palette.ramp[4], 0.45)), (1, glow)]
    )
    sun_x, radius = chance.between(0.3, 0.7), chance.between(0.09, 0.16)
    sun = mix(palette.ramp[4], WHITE, 0.4)
    sheet.glow(sun_x, horizon - radius * 0.3, radius * 3.4, sun, 0.6)
    sheet.circle(sun_x, horizon - radius * chance.between(0.1, 0.6), radius, sun)
    _clouds(sheet, chance, mix(palette.ramp[4], glow, 0.3), horizon)
    water, deep = mix(palette.ramp[1], glow, 0.25), palette.ramp[0]
    sheet.shaded(
        [(0, horizon), (1, horizon), (1, sheet.aspect), (0, sheet.aspect)],
        [(0, mix(water, sun, 0.3)), (0.15, water), (1, deep)],
    )
    depth = sheet.aspect - horizon
    for row in range(46):
        far = (row / 46) ** 1.6
        y = horizon + depth * far + 0.004
        spread = radius * (0.75 + 1.6 * far)
        for _ in range(3):
            x = sun_x + chance.bell() * spread * 0.45
            wide = chance.between(0.02, 0.09) * (0.5 + far)
            sheet.ellipse(x, y, wide, 0.0016 + 0.005 * far, mix(sun, glow, far), 0.75 * (1 - 0.6 * far))
        x, wide = chance.share(), chance.between(0.03, 0.16) * (0.4 + far)
        sheet.ellipse(x, y, wide, 0.001 + 0.003 * far, mix(water, chance.pick((sun, deep)), 0.5), 0.35)
    for _ in range(chance.whole(0, 2)):
        _sail(sheet, chance, horizon, palette)


def stars(sheet: Sheet, chance: Chance, count: int, below: float, colour: Colour) -> None:
    """Stars of many sizes down to `below`, fewer towards it."""
    for _ in range(count):
        x, y = chance.share(), below * chance.share() ** 1.4
        sheet.circle(x, y, 0.0008 + 0.0018 * chance.share() ** 4, colour, chance.between(0.35, 0.95))


def crescent(sheet: Sheet, x: float, y: float, radius: float, colour: Colour) -> None:
    """A young moon, leaning."""
    turn = np.linspace(-math.pi / 2, math.pi / 2, 40)
    edge = np.stack([np.cos(turn), np.sin(turn)], axis=1)
    inner = np.stack([0.5 * np.cos(turn[::-1]), np.sin(turn[::-1])], axis=1)
    lean = np.array([[math.cos(2.7), math.sin(2.7)], [-math.sin(2.7), math.cos(2.7)]])
    sheet.polygon(np.concatenate([edge, inner]) @ lean * radius + (x, y), colour)


def _down(across: NDArray[np.float64], crest: NDArray[np.float64], aspect: float) -> NDArray[np.float64]:
    """The area from a crest to the sheet's lower edge."""
    ends = np.array([[1.02, aspect + 0.01], [-0.02, aspect + 0.01]])
    return np.concatenate([np.stack([across, crest], axis=1), ends])


def _disc(sheet: Sheet, chance: Chance, palette: Palette, *, night: bool, low: float = 0.3) -> None:
    x, y = chance.between(0.18, 0.82), sheet.aspect * chance.between(0.12, low)
    radius = chance.between(0.05, 0.1)
    colour = mix(palette.ramp[4], WHITE, 0.5) if night else mix(palette.accents[0], palette.accents[1], chance.share())
    sheet.glow(x, y, radius * 4, mix(colour, WHITE, 0.3), 0.45)
    if night and chance.often(0.4):
        crescent(sheet, x, y, radius, colour)
    else:
        sheet.circle(x, y, radius, colour)


def _pines(
    sheet: Sheet, chance: Chance, across: NDArray[np.float64], crest: NDArray[np.float64], colour: Colour
) -> None:
    x = -0.02
    while x < 1.02:
        foot = float(np.interp(x, across, crest)) + 0.01
        tall = chance.between(0.04, 0.12)
        wide = tall * chance.between(0.17, 0.24)
        for tier in range(4):
            top, base = foot - tall * (1 - 0.2 * tier), foot - tall * (0.62 - 0.2 * tier)
            reach = wide * (0.42 + 0.2 * tier)
            sheet.polygon([(x, top), (x + reach, base), (x - reach, base)], colour)
        sheet.box(x - wide * 0.08, foot - tall * 0.1, x + wide * 0.08, foot + 0.01, colour)
        x += chance.between(0.012, 0.075)


def _birds(sheet: Sheet, chance: Chance, colour: Colour) -> None:
    middle_x, middle_y = chance.between(0.25, 0.75), sheet.aspect * chance.between(0.12, 0.3)
    at = np.linspace(-1, 1, 15)
    for _ in range(chance.whole(3, 8)):
        x, y = middle_x + chance.bell() * 0.08, middle_y + chance.bell() * 0.03
        span = chance.between(0.009, 0.018)
        wing = y - span * 0.5 * np.sin(np.abs(at) * math.pi * 0.8)
        sheet.ribbon(np.stack([x + at * span, wing], axis=1), 0.0035 * (1.05 - np.abs(at)), colour)


def _clouds(sheet: Sheet, chance: Chance, colour: Colour, horizon: float) -> None:
    for _ in range(chance.whole(2, 5)):
        x, y = chance.share(), horizon * chance.between(0.12, 0.75)
        wide = chance.between(0.1, 0.26)
        for _ in range(5):
            shift = chance.bell() * wide * 0.35
            sheet.ellipse(x + shift, y + chance.bell() * 0.008, wide * chance.between(0.3, 0.7), 0.009, colour, 0.28)


def _sail(sheet: Sheet, chance: Chance, horizon: float, palette: Palette) -> None:
    x, y = chance.between(0.12, 0.88), horizon + chance.between(0.02, 0.14)
    tall = 0.08 + (y - horizon) * 0.9
    hull = mix(palette.ramp[0], (0, 0, 0), 0.2)
    cloth = mix(palette.paper, palette.accents[0], chance.pick((0.0, 0.0, 0.8)))
    cloth = cloth if light(cloth) > 0.4 else palette.paper
    sheet.polygon([(x, y - tall), (x, y - tall * 0.12), (x + tall * 0.42, y - tall * 0.12)], cloth)
    sheet.polygon(
        [(x - tall * 0.03, y - tall * 0.85), (x - tall * 0.03, y - tall * 0.12), (x - tall * 0.3, y - tall * 0.12)],
        mix(cloth, hull, 0.2),
    )
    sheet.polygon(
        [
            (x - tall * 0.35, y - tall * 0.08),
            (x + tall * 0.4, y - tall * 0.08),
            (x + tall * 0.26, y + tall * 0.04),
            (x - tall * 0.26, y + tall * 0.04),
        ],
        hull,
    )
    for step in range(5):
        sheet.ellipse(
            x + chance.bell() * 0.006, y + tall * (0.1 + 0.09 * step), tall * (0.22 - 0.03 * step), 0.0025, cloth, 0.3
        )
