"""Many small pieces: leaded glass, terrazzo, drops of light."""

from __future__ import annotations

import math

from PIL import Image as Pil
from PIL import ImageFilter

from media.painting import noise
from media.painting.chance import Chance
from media.painting.colour import Palette, mix
from media.painting.landscapes import WHITE
from media.painting.sheet import Sheet

Corner = tuple[float, float]


def glass(sheet: Sheet, chance: Chance, palette: Palette) -> None:
    """Leaded glass or a pebble mosaic: cells around scattered points, a joint between them."""
    lead = chance.often(0.5)
    sheet.fill(mix(palette.ink, (0, 0, 0), 0.4) if lead else palette.paper)
    across = chance.whole(9, 14)
    tone = noise.field(chance, sheet.aspect, cells=2.4, octaves=2, columns=48)
    colours = sorted(palette.colours, key=sum)
    joint = chance.between(0.0035, 0.006)
    seeds = _scattered(chance, across, sheet.aspect)
    for (row, column), (x, y) in seeds.items():
        if not (-0.1 < x < 1.1 and -0.1 < y < sheet.aspect + 0.1):
            continue
        around = [seeds[near] for near in _near(row, column) if near in seeds]
        cell = _cell((x, y), around, joint)
        if len(cell) < 3:
            continue
        spot = tone[min(max(int(y * 48), 0), tone.shape[0] - 1), min(max(int(x * 48), 0), 47)]
        place = min(max(spot + chance.bell() * 0.16, 0), 0.999)
        colour = colours[int(place * len(colours))]
        colour = mix(colour, chance.pick((WHITE, palette.ink)), chance.share() * 0.14)
        sheet.shaded(cell, [(0, mix(colour, WHITE, 0.16)), (0.6, colour), (1, mix(colour, palette.ink, 0.1))])


def terrazzo(sheet: Sheet, chance: Chance, palette: Palette) -> None:
    """Chips of stone in pale cement, large ones first."""
    ground = chance.pick((palette.paper, palette.paper, palette.ramp[4], mix(palette.ink, palette.ramp[1], 0.3)))
    sheet.fill(ground)
    colours = [colour for colour in palette.colours if colour != ground]
    placed: dict[tuple[int, int], list[tuple[float, float, float]]] = {}
    for size, count in ((0.055, 34), (0.032, 110), (0.016, 260), (0.007, 420)):
        if size * sheet.unit < 2:  # Dust that a small sheet cannot show.
            continue
        for _ in range(round(count * sheet.aspect)):
            x, y, radius = chance.share(), chance.share() * sheet.aspect, size * chance.between(0.7, 1.25)
            square = (int(x / 0.14), int(y / 0.14))
            if any((x - a) ** 2 + (y - b) ** 2 < (radius + c) ** 2 * 0.9 for a, b, c in placed.get(square, ())):
                continue
            for near in ((square[0] + i, square[1] + j) for i in (-1, 0, 1) for j in (-1, 0, 1)) if size > 0.01 else ():
                placed.setdefault(near, []).append((x, y, radius))
            colour = mix(chance.pick(colours), chance.pick((WHITE, palette.ink)), chance.share() * 0.16)
            corners, turn = chance.whole(4, 7), chance.between(0, math.tau)
            wide = chance.between(0.6, 1)
            chip = []
            for corner in range(corners):
                angle = math.tau * (corner + chance.between(-0.3, 0.3)) / corners
                far = radius * chance.between(0.75, 1.1)
                a, b = far * math.cos(angle), far * math.sin(angle) * wide
                chip.append((x + a * math.cos(turn) - b * math.sin(turn), y + a * math.sin(turn) + b * math.cos(turn)))
            sheet.polygon(chip, colour)
            if radius > 0.025:
                pale = [(x + (a - x) * 0.55 + radius * 0.08, y + (b - y) * 0.5 - radius * 0.1) for a, b in chip]
                sheet.polygon(pale, mix(colour, WHITE, 0.3), 0.35)


def bokeh(sheet: Sheet, chance: Chance, palette: Palette) -> None:
    """Lights out of focus, the far ones blurred, the near ones sharp at the rim."""
    dark = mix(palette.ink, (0, 0, 0), 0.35)
    corner = mix(palette.ramp[1], palette.accents[0], 0.3)
    back = Sheet(72, sheet.aspect, scale=1)
    back.gradient([(0, dark), (0.6, mix(palette.ink, corner, 0.6)), (1, dark)])
    lights = [*palette.accents, *palette.ramp[2:]]
    for _ in range(46):
        back.circle(
            chance.share(), chance.share() * sheet.aspect, chance.between(0.05, 0.17), chance.pick(lights), 0.26
        )
    sheet.image.paste(back.image.filter(ImageFilter.GaussianBlur(3)).resize(sheet.image.size, Pil.Resampling.BICUBIC))
    slope, middle = chance.between(-0.5, 0.5), sheet.aspect * chance.between(0.35, 0.65)
    for _ in range(chance.whole(45, 70)):
        x = chance.between(-0.05, 1.05)
        y = middle + slope * (x - 0.5) + chance.bell() * sheet.aspect * 0.2
        radius = chance.between(0.018, 0.085) * chance.between(0.6, 1.15)
        colour = mix(chance.pick(lights), WHITE, chance.share() * 0.3)
        alpha = chance.between(0.18, 0.5)
        sheet.circle(x, y, radius, colour, alpha)
        sheet.ring(x, y, radius, max(0.0022, radius * 0.05), mix(colour, WHITE, 0.45), alpha * 0.9)
    for _ in range(chance.whole(4, 9)):
        x, y = chance.share(), middle + chance.bell() * sheet.aspect * 0.18
        sheet.glow(x, y, chance.between(0.03, 0.08), WHITE, 0.55)


def _scattered(chance: Chance, across: int, aspect: float) -> dict[tuple[int, int], Corner]:
    """One point in each square of a grid that reaches over the edges."""
    down = math.ceil(across * aspect)
    return {
        (row, column): ((column + chance.between(0.08, 0.92)) / across, (row + chance.between(0.08, 0.92)) / across)
        for row in range(-2, down + 2)
        for column in range(-2, across + 2)
    }


def _near(row: int, column: int) -> list[tuple[int, int]]:
    return [(row + a, column + b) for a in range(-2, 3) for b in range(-2, 3) if (a, b) != (0, 0)]


def _cell(middle: Corner, around: list[Corner], joint: float) -> list[Corner]:
    """The area nearer to the middle than to any other point, less half a joint on each side (by cutting a square)."""
    x, y = middle
    cell = [(x - 0.4, y - 0.4), (x + 0.4, y - 0.4), (x + 0.4, y + 0.4), (x - 0.4, y + 0.4)]
    reach = 1.0
    for a, b in sorted(around, key=lambda other: (other[0] - x) ** 2 + (other[1] - y) ** 2):
        away = math.hypot(a - x, b - y)
        nx, ny = (a - x) / away, (b - y) / away
        edge = away / 2 - joint / 2
        if edge > reach:
            break
        offsets = [(px - x) * nx + (py - y) * ny - edge for px, py in cell]
        if max(offsets) <= 0:
            continue
        kept: list[Corner] = []
        for index, (spot, offset) in enumerate(zip(cell, offsets, strict=True)):
            before, behind = cell[index - 1], offsets[index - 1]
            if (offset > 0) != (behind > 0):
                share = behind / (behind - offset)
                kept.append((before[0] + (spot[0] - before[0]) * share, before[1] + (spot[1] - before[1]) * share))
            if offset <= 0:
                kept.append(spot)
        cell = kept
        if len(cell) < 3:
            break
        reach = max(math.hypot(px - x, py - y) for px, py in cell)
    return cell
