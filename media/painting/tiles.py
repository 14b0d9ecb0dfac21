"""Patterns on a grid: Bauhaus tiles, waves of scales, cubes in space, arches."""

from __future__ import annotations

import math

from media.painting import noise
from media.painting.chance import Chance
from media.painting.colour import Colour, Palette, mix
from media.painting.sheet import Sheet


def bauhaus(sheet: Sheet, chance: Chance, palette: Palette) -> None:
    """Square tiles of circles, quarters, triangles and stripes."""
    across = chance.whole(3, 6)
    side = 1 / across
    colours = [*palette.ramp[:4], *palette.accents]
    sheet.fill(palette.paper)
    for row in range(math.ceil(sheet.aspect * across)):
        for column in range(across):
            ground, figure = chance.shuffled([*colours, palette.paper])[:2]
            _tile(sheet, chance, (column * side, row * side, side), ground, figure, chance.pick(colours))


def seigaiha(sheet: Sheet, chance: Chance, palette: Palette) -> None:
    """Rows of scales, the old pattern of the blue sea's waves, its colour drifting over the sheet."""
    across = chance.whole(5, 9)
    radius = 0.5 / across
    drift = noise.field(chance, sheet.aspect, cells=2, octaves=2, columns=32)
    gold, rings = chance.pick(palette.accents), chance.whole(3, 5)
    sheet.fill(palette.ink)
    for row in range(-1, math.ceil(sheet.aspect / (radius * 0.5)) + 3):
        y = row * radius * 0.5
        for column in range(-1, across + 2):
            x = (column * 2 + row % 2) * radius
            spot = drift[min(max(int(y * 32), 0), drift.shape[0] - 1), min(max(int(x * 32), 0), 31)]
            body = palette.at(0.08 + 0.85 * spot)
            line = gold if chance.often(0.1) else mix(palette.paper, body, 0.12)
            sheet.circle(x, y, radius, line)
            for ring in range(rings):
                size = radius * (1 - ring / rings)
                sheet.circle(x, y, size * 0.985 - radius * 0.012, mix(body, palette.ink, 0.16 * ring / rings))
                if ring < rings - 1:
                    sheet.circle(x, y, radius * (1 - (ring + 1) / rings) + radius * 0.045, line)


def cubes(sheet: Sheet, chance: Chance, palette: Palette) -> None:
    """Cubes seen from a corner, some taken away, light from one side."""
    across = chance.whole(5, 9)
    half = 0.5 / across
    tall = half * 2 / math.sqrt(3)
    drift = noise.field(chance, sheet.aspect, cells=2.2, octaves=2, columns=32)
    sheet.fill(palette.ink)
    hues = [*palette.ramp[1:4], *palette.accents]
    for row in range(-1, math.ceil(sheet.aspect / (tall * 1.5)) + 2):
        for column in range(-1, across + 2):
            x, y = (column * 2 + row % 2) * half, row * tall * 1.5
            spot = drift[min(max(int(y * 32), 0), drift.shape[0] - 1), min(max(int(x * 32), 0), 31)]
            hue = hues[int(min(max(spot + chance.bell() * 0.08, 0), 0.999) * len(hues))]
            inside = chance.often(0.14)
            _cube(sheet, x, y, half, tall, hue, palette, inside=inside)


def arches(sheet: Sheet, chance: Chance, palette: Palette) -> None:
    """Rainbows of earth colours, stacked and turned."""
    across = chance.whole(2, 4)
    side = 1 / across
    sheet.fill(palette.paper)
    colours = [*palette.ramp[:4], *palette.accents]
    for row in range(math.ceil(sheet.aspect / side)):
        for column in range(across):
            left, top = column * side, row * side
            bands, kind = chance.shuffled(colours), chance.whole(0, 5)
            ground = mix(palette.paper, chance.pick(palette.ramp[2:]), 0.35) if (row + column) % 2 else palette.paper
            sheet.box(left, top, left + side, top + side, ground)
            if kind == 0:
                _sun(sheet, left + side / 2, top + side / 2, side * 0.42, bands[0], bands[1])
            else:
                _rainbow(sheet, (left, top, side), bands, ground, upright=kind < 4)


def _tile(
    sheet: Sheet, chance: Chance, place: tuple[float, float, float], ground: Colour, figure: Colour, third: Colour
) -> None:
    x, y, side = place
    end_x, end_y = x + side, y + side
    sheet.box(x, y, end_x, end_y, ground)
    kind = chance.whole(0, 8)
    corner_x, corner_y, turn = chance.pick(((x, y, 0), (end_x, y, 90), (end_x, end_y, 180), (x, end_y, 270)))
    if kind == 0:
        sheet.circle(x + side / 2, y + side / 2, side * 0.42, figure)
        sheet.circle(x + side / 2, y + side / 2, side * 0.2, third)
    elif kind in (1, 2):
        sheet.pie(corner_x, corner_y, side, turn, turn + 90, figure)
        if kind == 2:
            sheet.pie(corner_x, corner_y, side * 0.62, turn, turn + 90, third)
            sheet.pie(corner_x, corner_y, side * 0.3, turn, turn + 90, ground)
    elif kind == 3:
        corners = [(x, y), (end_x, y), (end_x, end_y), (x, end_y)]
        del corners[chance.whole(0, 3)]
        sheet.polygon(corners, figure)
    elif kind == 4:
        for stripe in range(4):
            top = y + side * (2 * stripe + 0.5) / 8
            sheet.box(x, top, end_x, top + side / 8, figure)
    elif kind == 5:
        sheet.pie(x + side / 2, y, side / 2, 0, 180, figure)
        sheet.pie(x + side / 2, y + side / 2, side / 2, 0, 180, third)
    elif kind == 6:
        sheet.polygon([(x + side / 2, y), (end_x, y + side / 2), (x + side / 2, end_y), (x, y + side / 2)], figure)
        sheet.circle(x + side / 2, y + side / 2, side * 0.17, ground)
    elif kind == 7:
        for dot in range(9):
            sheet.circle(x + side * (dot % 3 + 0.5) / 3, y + side * (dot // 3 + 0.5) / 3, side * 0.085, figure)
    else:
        sheet.pie(x, y + side / 2, side / 2, 270, 450, figure)
        sheet.pie(end_x, y + side / 2, side / 2, 90, 270, third)


def _cube(
    sheet: Sheet, x: float, y: float, half: float, tall: float, hue: Colour, palette: Palette, *, inside: bool
) -> None:
    shades = (mix(hue, palette.paper, 0.38), hue, mix(hue, palette.ink, 0.42))
    top, left, right = (shades[2], shades[0], shades[1]) if inside else shades
    sheet.polygon([(x, y - tall), (x + half, y - tall / 2), (x, y), (x - half, y - tall / 2)], top)
    sheet.polygon([(x - half, y - tall / 2), (x, y), (x, y + tall), (x - half, y + tall / 2)], left)
    sheet.polygon([(x + half, y - tall / 2), (x, y), (x, y + tall), (x + half, y + tall / 2)], right)


def _rainbow(
    sheet: Sheet, place: tuple[float, float, float], bands: list[Colour], ground: Colour, *, upright: bool
) -> None:
    left, top, side = place
    x, count = left + side / 2, 4
    foot = top + side * 0.96 if upright else top + side * 0.04
    spring = top + side * (0.52 if upright else 0.48)
    for band in range(count + 1):
        radius = side * 0.44 * (1 - band / (count + 0.9))
        for size, colour in ((radius, bands[band % len(bands)]), (radius - side * 0.062, ground)):
            if band == count and colour == ground:
                continue
            sheet.pie(x, spring, size, 180 if upright else 0, 360 if upright else 180, colour)
            sheet.box(x - size, min(spring, foot), x + size, max(spring, foot), colour)


def _sun(sheet: Sheet, x: float, y: float, radius: float, colour: Colour, ray: Colour) -> None:
    for step in range(16):
        turn = math.tau * step / 16
        aside = turn + math.pi / 2
        wide, far = radius * 0.055, radius * (1.0 if step % 2 else 0.86)
        near = [
            (
                x + radius * 0.6 * math.cos(turn) + s * wide * math.cos(aside),
                y + radius * 0.6 * math.sin(turn) + s * wide * math.sin(aside),
            )
            for s in (-1, 1)
        ]
        sheet.polygon([*near, (x + far * math.cos(turn), y + far * math.sin(turn))], ray)
    sheet.circle(x, y, radius * 0.48, colour)
