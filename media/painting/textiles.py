"""Cloth: kilims of stepped diamonds, woven checks."""

from __future__ import annotations

import numpy as np

from media.painting.chance import Chance
from media.painting.colour import Colour, Palette
from media.painting.sheet import Sheet


def kilim(sheet: Sheet, chance: Chance, palette: Palette) -> None:
    """A flat-woven rug in borders: stepped diamonds, zigzags, teeth, stripes."""
    columns = chance.pick((40, 48, 56))
    cell = 1 / columns
    rows = round(sheet.aspect * columns)
    colours = [*palette.ramp[:4], *palette.accents]
    cloth = np.zeros((rows, columns, 3), dtype=np.uint8)
    bands = _bands(chance, rows)
    for top, tall, kind in bands:
        ground, figure, third = chance.shuffled([*colours, palette.paper])[:3]
        for row in range(tall):
            for column in range(columns):
                cloth[top + row, column] = (ground, figure, third)[_figure(kind, row, column, tall, columns)]
    thread = np.array([[1.0, 0.955, 0.91], [0.946, 1.0, 0.955]])
    shade = np.tile(thread, (rows // 2 + 1, columns // 3 + 1))[:rows, :columns, None]
    woven = cloth * shade + np.array(palette.ink) * (1 - shade)
    sheet.pixels(woven.astype(np.uint8), smooth=False)
    for row in range(rows) if sheet.unit > 400 else ():
        sheet.line([(0, row * cell), (1, row * cell)], palette.ink, 0.0012, 0.16)
    for column in range(columns * 2) if sheet.unit > 400 else ():
        sheet.line([(column * cell / 2, 0), (column * cell / 2, sheet.aspect)], palette.paper, 0.001, 0.08)


def plaid(sheet: Sheet, chance: Chance, palette: Palette) -> None:
    """A woven check: one order of stripes both ways, crossing in twill."""
    colours = chance.shuffled([*palette.ramp, *palette.accents])[:4]
    half: list[tuple[float, Colour]] = [(chance.between(0.02, 0.11), colour) for colour in colours]
    half.insert(chance.whole(0, 3), (chance.between(0.005, 0.012), palette.paper))
    sett = [*half, *half[-2:0:-1]]
    whole = sum(width for width, _ in sett)
    fit = 1 / (whole * chance.pick((2, 3)))
    sett = [(width * fit, colour) for width, colour in sett]
    y, index = -0.03, 0
    while y < sheet.aspect:
        width, colour = sett[index % len(sett)]
        sheet.box(0, y, 1, y + width, colour)
        y, index = y + width, index + 1
    x, index = -0.03, 0
    while x < 1:
        width, colour = sett[index % len(sett)]
        sheet.box(x, 0, x + width, sheet.aspect, colour, 0.5)
        x, index = x + width, index + 1
    pitch = 0.0125
    for step in range(int((1 + sheet.aspect) / pitch) + 1):
        start = step * pitch
        sheet.line([(start, 0), (start - sheet.aspect, sheet.aspect)], palette.paper, 0.0022, 0.13)
        sheet.line(
            [(start + pitch / 2, 0), (start + pitch / 2 - sheet.aspect, sheet.aspect)], palette.ink, 0.0022, 0.13
        )


def _bands(chance: Chance, rows: int) -> list[tuple[int, int, str]]:
    """(top, height, figure) of borders that mirror around the middle."""
    half: list[tuple[int, str]] = []
    used = 0
    while used < rows / 2 - 4:
        kind = chance.pick(("stripe", "teeth", "zigzag", "diamond", "dots", "diamond"))
        tall = {"stripe": chance.whole(1, 2), "teeth": 3, "zigzag": 6, "diamond": chance.pick((9, 11, 13)), "dots": 3}[
            kind
        ]
        half.append((tall, kind))
        used += tall
    middle = rows - 2 * used
    while middle < 5 and half:
        tall, _ = half.pop()
        middle += 2 * tall
    bands, top = [], 0
    for tall, kind in [*half, (middle, "diamond"), *reversed(half)]:
        bands.append((top, tall, kind))
        top += tall
    return bands


def _figure(kind: str, row: int, column: int, tall: int, columns: int) -> int:
    """Which of the three yarns shows at this place of a band."""
    if kind == "teeth":
        return int((column + row) % 4 < 2)
    if kind == "zigzag":
        fold = abs((column % 8) - 4)
        return 1 if fold in (row, row - 1) else 2 if fold == row - 2 else 0
    if kind == "dots":
        return int(row == 1 and column % 3 == 1)
    if kind == "diamond":
        middle = (tall - 1) / 2
        period = max(6, tall + 1 + (tall + 1) % 2)
        offset = (columns % period) // 2
        away = abs((column - offset) % period - period / 2 + 0.5) + abs(row - middle)
        near = away / (middle + 0.5)
        return 2 if near < 0.34 else 0 if near < 0.52 else 1 if near < 0.86 else 0
    return 1
