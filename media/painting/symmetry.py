"""Pictures that repeat around a middle: mandalas and kaleidoscopes."""

from __future__ import annotations

import math

import numpy as np

from media.painting.chance import Chance
from media.painting.colour import Colour, Palette, light, mix
from media.painting.plants import leaf
from media.painting.sheet import Sheet


def mandala(sheet: Sheet, chance: Chance, palette: Palette) -> None:
    """Rings of petals, dots and teeth around one middle."""
    dark = chance.often(0.5)
    ground = mix(palette.ink, (0, 0, 0), 0.15) if dark else palette.paper
    sheet.fill(ground)
    x, y = 0.5, sheet.aspect / 2
    inks = [c for c in (*palette.ramp, *palette.accents) if abs(light(c) - light(ground)) > 0.16]
    fold = chance.pick((8, 10, 12, 16))
    reach = math.hypot(0.5, sheet.aspect / 2) if chance.often(0.6) else min(0.46, sheet.aspect * 0.46)
    radius = reach
    while radius > 0.05:
        thick = chance.between(0.05, 0.11)
        _around(sheet, chance, (x, y, radius, thick), fold, chance.shuffled(inks), ground)
        radius -= thick * chance.between(0.75, 0.95)
    sheet.circle(x, y, 0.045, inks[0])
    sheet.circle(x, y, 0.028, ground)
    sheet.circle(x, y, 0.014, palette.accents[0])


def kaleidoscope(sheet: Sheet, chance: Chance, palette: Palette) -> None:
    """Shards of colour in mirrors."""
    side = 420
    shards = Sheet(side // 2, 1, scale=2)
    shards.fill(palette.ink)
    colours = [*palette.ramp, *palette.accents, palette.paper]
    for _ in range(70):
        x, y, size = chance.share(), chance.share(), chance.between(0.04, 0.2)
        colour, kind = chance.pick(colours), chance.whole(0, 3)
        if kind == 0:
            shards.circle(x, y, size * 0.6, colour)
            shards.circle(x, y, size * 0.36, chance.pick(colours))
        elif kind == 1:
            leaf(shards, x, y, chance.between(0, math.tau), size * 2, 0.5, colour, vein=True)
        else:
            turns = sorted(chance.between(0, math.tau) for _ in range(chance.whole(3, 4)))
            shards.polygon([(x + size * math.cos(t), y + size * math.sin(t)) for t in turns], colour)
    texture = np.asarray(shards.image)
    mirrors = chance.pick((6, 8, 10, 12))
    wedge = math.tau / mirrors
    width, height = sheet.image.size
    across = ((np.arange(width, dtype=np.float32) + 0.5) / sheet.unit - 0.5)[None, :]
    down = ((np.arange(height, dtype=np.float32) + 0.5) / sheet.unit - sheet.aspect / 2)[:, None]
    away = np.sqrt(across * across + down * down)
    turn = np.mod(np.arctan2(down, across) + np.float32(chance.between(0, wedge)), np.float32(wedge))
    turn = np.minimum(turn, wedge - turn)
    # The wedge lies across the shards from a corner; what runs over their edge is mirrored back.
    u = np.abs(np.mod(away * np.cos(turn) * 1.15 + 0.08, 2.0) - 0.0)
    v = away * np.sin(turn) * 1.7 + 0.12
    column = (np.minimum(u, 2 - u) * (side - 1)).astype(np.int16).clip(0, side - 1)
    row = (np.minimum(v, 2 - v) * (side - 1)).astype(np.int16).clip(0, side - 1)
    sheet.pixels(texture[row, column])


def _around(
    sheet: Sheet,
    chance: Chance,
    place: tuple[float, float, float, float],
    fold: int,
    inks: list[Colour],
    ground: Colour,
) -> None:
    x, y, radius, thick = place
    ink, second = inks[0], inks[1 % len(inks)]
    count = fold * max(1, round(radius * 4))
    kind = chance.whole(0, 4)
    if kind == 0:
        sheet.circle(x, y, radius, mix(ink, ground, 0.35))
        sheet.circle(x, y, radius - thick * 0.12, ground)
    start = chance.pick((0.0, 0.5))
    for step in range(count):
        turn = math.tau * (step + start) / count
        cos, sin = math.cos(turn), math.sin(turn)
        inner = radius - thick
        if kind in (0, 1):
            wide = min(0.9, math.tau * radius / count / thick * 0.8)
            leaf(sheet, x + inner * cos, y + inner * sin, turn, thick * 0.96, wide, ink)
            leaf(sheet, x + inner * cos, y + inner * sin, turn, thick * 0.62, wide * 0.8, second)
            leaf(sheet, x + inner * cos, y + inner * sin, turn, thick * 0.32, wide * 0.8, ground)
        elif kind == 2:
            size = min(thick * 0.36, math.pi * radius / count * 0.72)
            middle = radius - thick / 2
            sheet.circle(x + middle * cos, y + middle * sin, size, ink)
            sheet.circle(x + middle * cos, y + middle * sin, size * 0.5, second)
        elif kind == 3:
            half = math.pi / count * 0.9
            near = [(x + inner * math.cos(turn + s * half), y + inner * math.sin(turn + s * half)) for s in (-1, 1)]
            sheet.polygon([*near, (x + radius * cos, y + radius * sin)], ink)
            small = [
                (x + inner * math.cos(turn + s * half * 0.45), y + inner * math.sin(turn + s * half * 0.45))
                for s in (-1, 1)
            ]
            sheet.polygon([*small, (x + (inner + thick * 0.55) * cos, y + (inner + thick * 0.55) * sin)], second)
        else:
            leaf(sheet, x + inner * cos, y + inner * sin, turn + 0.5, thick * 1.05, 0.4, ink)
            leaf(sheet, x + inner * cos, y + inner * sin, turn - 0.5, thick * 1.05, 0.4, second)
