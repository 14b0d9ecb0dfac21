"""After dark: a city with its windows lit, and stars joined to figures."""

from __future__ import annotations

import itertools
import math

import numpy as np

from media.painting import noise
from media.painting.chance import Chance
from media.painting.colour import Colour, Palette, mix
from media.painting.landscapes import WHITE, stars
from media.painting.sheet import Sheet


def skyline(sheet: Sheet, chance: Chance, palette: Palette) -> None:
    """Towers against a glowing sky, three rows deep, windows lit."""
    dusk = chance.often(0.5)
    top = palette.ramp[1] if dusk else mix(palette.ramp[0], (0, 0, 0), 0.3)
    glow = mix(palette.accents[0], palette.ramp[3], 0.3) if dusk else mix(palette.ramp[1], palette.ramp[2], 0.5)
    sheet.gradient([(0, top), (0.5, mix(top, glow, 0.5)), (0.95, glow), (1, glow)])
    stars(sheet, chance, 40 if dusk else 130, sheet.aspect * 0.6, mix(WHITE, palette.ramp[4], 0.5))
    x, y, radius = chance.between(0.15, 0.85), sheet.aspect * chance.between(0.12, 0.3), chance.between(0.04, 0.085)
    moon = mix(palette.ramp[4], WHITE, 0.4)
    sheet.glow(x, y, radius * 4, moon, 0.35)
    sheet.circle(x, y, radius, moon)
    for layer in range(3):
        near = layer / 2
        wall = mix(mix(glow, palette.ramp[0], 0.45), mix(palette.ramp[0], (0, 0, 0), 0.35), near**0.8)
        tall = sheet.aspect * (0.52 - 0.13 * layer)
        _towers(sheet, chance, palette, wall, tall, 0.05 + 0.03 * layer, lit=0.16 + 0.22 * near)


def constellations(sheet: Sheet, chance: Chance, palette: Palette) -> None:
    """A night sky with its band of light, bright stars joined by fine lines, hills below."""
    deep = mix(palette.ramp[0], (0, 0, 0), 0.35)
    sheet.gradient([(0, deep), (0.7, palette.ramp[0]), (1, palette.ramp[1])])
    _milky_way(sheet, chance, palette)
    pale = mix(palette.ramp[4], WHITE, 0.5)
    stars(sheet, chance, 420, sheet.aspect * 1.1, pale)
    for _ in range(chance.whole(2, 4)):
        _figure(sheet, chance, pale, palette.accents[1])
    if chance.often(0.55):
        x, y, radius = chance.between(0.3, 0.7), sheet.aspect * chance.between(0.3, 0.6), chance.between(0.26, 0.42)
        for step, size in enumerate((1.0, 0.97, 0.62)):
            sheet.ring(x, y, radius * size, 0.0022 if step else 0.0032, pale, 0.35)
        for tick in range(60):
            turn = math.tau * tick / 60
            inner = radius * (0.9 if tick % 5 == 0 else 0.935)
            ends = [(x + r * math.cos(turn), y + r * math.sin(turn)) for r in (inner, radius * 0.97)]
            sheet.line(ends, pale, 0.0016, 0.35)
    across = np.linspace(-0.01, 1.01, 240)
    for layer in range(2):
        crest = sheet.aspect * (0.9 + 0.05 * layer) - 0.1 * (noise.line(chance, 240, cells=3, fall=0.4) - 0.5)
        land = np.concatenate(
            [np.stack([across, crest], axis=1), [[1.02, sheet.aspect + 0.01], [-0.02, sheet.aspect + 0.01]]]
        )
        sheet.polygon(land, mix(deep, palette.ramp[1], 0.35 - 0.35 * layer))


def _towers(
    sheet: Sheet, chance: Chance, palette: Palette, wall: Colour, tall: float, wide: float, *, lit: float
) -> None:
    x = -0.03
    while x < 1.02:
        width = wide * chance.between(0.8, 1.7)
        height = tall * chance.between(0.35, 1.0) ** 1.2 + 0.05
        top = sheet.aspect - height
        sheet.box(x, top, x + width, sheet.aspect + 0.01, wall)
        _roof(sheet, chance, wall, x, top, width)
        _windows(sheet, chance, palette, wall, (x, top, width, height), lit)
        x += width + chance.between(-0.004, 0.012)


def _roof(sheet: Sheet, chance: Chance, wall: Colour, x: float, top: float, width: float) -> None:
    kind, middle = chance.whole(0, 4), x + width / 2
    if kind == 0:
        sheet.box(middle - 0.0015, top - width * 0.7, middle + 0.0015, top, wall)
    elif kind == 1:
        sheet.polygon([(x, top), (middle, top - width * 0.45), (x + width, top)], wall)
    elif kind == 2:
        sheet.box(x + width * 0.18, top - width * 0.22, x + width * 0.82, top, wall)
        sheet.box(x + width * 0.34, top - width * 0.4, x + width * 0.66, top, wall)
    elif kind == 3:
        sheet.ellipse(middle, top, width * 0.32, width * 0.3, wall)


def _windows(
    sheet: Sheet, chance: Chance, palette: Palette, wall: Colour, place: tuple[float, float, float, float], lit: float
) -> None:
    x, top, width, height = place
    columns = max(2, round(width / 0.0155))
    pitch = width / (columns + 0.6)
    warm = mix(palette.accents[1], (255, 236, 180), 0.55)
    dim = mix(wall, palette.ramp[3], 0.14)
    row = top + pitch * 0.9
    while row < min(top + height, sheet.aspect):
        for column in range(columns):
            left = x + pitch * (0.55 + column)
            on = chance.often(lit)
            colour = mix(warm, palette.accents[0], chance.share() * 0.5) if on else dim
            sheet.box(left, row, left + pitch * 0.5, row + pitch * 0.72, colour)
        row += pitch * 1.3


def _milky_way(sheet: Sheet, chance: Chance, palette: Palette) -> None:
    cloud = noise.field(chance, sheet.aspect, cells=4, octaves=4, columns=96)
    down, across = np.mgrid[0 : cloud.shape[0], 0 : cloud.shape[1]] / 96
    turn = chance.between(0.5, 1.1) * chance.pick((-1, 1))
    away = (across - 0.5) * math.sin(turn) + (down - sheet.aspect / 2) * math.cos(turn) + 0.18 * (cloud - 0.5)
    band = np.exp(-((away / 0.16) ** 2))
    sheet.veil(palette.ramp[2], band * cloud * 0.75)
    sheet.veil(mix(palette.accents[0], palette.ramp[3], 0.5), band**3 * np.roll(cloud, 7, axis=1) ** 2 * 0.6)


def _figure(sheet: Sheet, chance: Chance, pale: Colour, warm: Colour) -> None:
    x, y = chance.between(0.2, 0.8), sheet.aspect * chance.between(0.15, 0.7)
    turn, spots = chance.between(0, math.tau), [(x, y)]
    for _ in range(chance.whole(4, 7)):
        turn += chance.bell() * 0.8
        step = chance.between(0.06, 0.13)
        x, y = x + step * math.cos(turn), y + step * math.sin(turn)
        spots.append((x, y))
    for one, other in itertools.pairwise(spots):
        sheet.line([one, other], pale, 0.0022, 0.5)
    if len(spots) > 5:
        sheet.line([spots[2], spots[5]], pale, 0.0022, 0.35)
    for spot_x, spot_y in spots:
        size = chance.between(0.004, 0.009)
        sheet.glow(spot_x, spot_y, size * 5, mix(pale, warm, 0.3), 0.7)
        sheet.circle(spot_x, spot_y, size * 0.7, WHITE)
