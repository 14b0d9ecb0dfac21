"""What grows: a single tree, pressed leaves, flowers in a meadow."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from media.painting.chance import Chance
from media.painting.colour import Colour, Palette, light, mix
from media.painting.landscapes import WHITE
from media.painting.sheet import Sheet


def tree(sheet: Sheet, chance: Chance, palette: Palette) -> None:
    """One tree, its crown a cloud of leaves, in front of a pale sun."""
    ground = sheet.aspect * chance.between(0.84, 0.9)
    sheet.gradient([(0, mix(palette.paper, palette.ramp[4], 0.7)), (1, palette.paper)])
    sheet.circle(
        0.5 + chance.bell() * 0.1,
        sheet.aspect * 0.42,
        chance.between(0.2, 0.3),
        mix(palette.accents[1], palette.paper, 0.55),
    )
    sheet.ellipse(0.5, ground + 0.5, 0.95, 0.5, mix(palette.ramp[3], palette.paper, 0.25))
    sheet.ellipse(0.5, ground + 0.012, 0.2, 0.014, palette.ink, 0.22)
    bark = mix(palette.ink, palette.ramp[1], 0.15)
    tips: list[tuple[float, float, float]] = []
    reach = min(0.2, sheet.aspect * 0.17)
    _branch(sheet, chance, bark, (0.5, ground, -math.pi / 2, reach, 0.034), 7, tips)
    greens = [*palette.accents, palette.ramp[2], palette.ramp[3], mix(palette.ramp[1], palette.accents[0], 0.4)]
    greens = [colour for colour in greens if light(colour) < 0.82]
    for back in (True, False):
        for x, y, turn in tips:
            for _ in range(4):
                away = 0.022 if back else 0.03
                a, b = x + chance.bell() * away, y + chance.bell() * away
                colour = mix(chance.pick(greens), palette.ink, 0.3 if back else 0.0)
                leaf(sheet, a, b, turn + chance.bell() * 0.9, chance.between(0.022, 0.037), 0.5, colour)
    for _ in range(14):
        x = 0.5 + chance.bell() * 0.2
        leaf(
            sheet,
            x,
            ground + abs(chance.bell()) * 0.025 + 0.01,
            chance.between(0, math.tau),
            0.018,
            0.5,
            chance.pick(greens),
        )


def leaves(sheet: Sheet, chance: Chance, palette: Palette) -> None:
    """Sprigs on paper before an arch or a disc, as in a herbarium."""
    sheet.fill(palette.paper)
    shape = mix(chance.pick(palette.accents), palette.paper, chance.between(0.3, 0.6))
    if chance.often(0.5):
        sheet.circle(0.5, sheet.aspect * 0.44, 0.33, shape)
    else:
        top = sheet.aspect * 0.5 - 0.16
        sheet.circle(0.5, top, 0.3, shape)
        sheet.box(0.2, top, 0.8, sheet.aspect * 0.93, shape)
    inks = [palette.ramp[0], palette.ramp[1], mix(palette.ramp[1], palette.accents[2], 0.5)]
    count = chance.whole(1, 3)
    kind = chance.pick(("round", "narrow", "fern", "heart", "narrow"))
    for index in range(count):
        x = 0.5 + (index - (count - 1) / 2) * 0.24 + chance.bell() * 0.02
        lean = (index - (count - 1) / 2) * 0.35 + chance.bell() * 0.12
        tall = sheet.aspect * chance.between(0.6, 0.76) * (1 if count == 1 or index == 1 else 0.86)
        sprig(sheet, chance, (x, sheet.aspect * 0.92), lean, tall, inks[index % 3], kind)


def sprig(
    sheet: Sheet, chance: Chance, foot: tuple[float, float], lean: float, tall: float, colour: Colour, kind: str
) -> None:
    """A bent stem with leaves on both sides; `kind` is round, narrow, fern or heart."""
    along = np.linspace(0, 1, 40)
    bend = chance.bell() * 0.12
    x = foot[0] + tall * (lean * along + bend * along**2) * 0.8
    y = foot[1] - tall * along
    sheet.ribbon(np.stack([x, y], axis=1), 0.0085 * (1.1 - along), colour)
    pairs = {"round": 9, "narrow": 12, "fern": 22, "heart": 6}[kind]
    size = {"round": 0.1, "narrow": 0.17, "fern": 0.16, "heart": 0.2}[kind] * tall * 1.15
    wide = {"round": 0.78, "narrow": 0.26, "fern": 0.2, "heart": 0.7}[kind]
    for pair in range(pairs):
        place = 0.16 + 0.8 * pair / pairs
        index = int(place * 39)
        heading = math.atan2(y[index + 1] - y[index], x[index + 1] - x[index])
        shrink = math.sin(math.pi * (0.24 + 0.7 * place)) if kind == "fern" else 1.12 - 0.62 * place
        for side in (-1, 1):
            if kind in ("round", "heart") and (pair + (side > 0)) % 2 and kind == "heart":
                continue
            turn = heading + side * chance.between(0.75, 1.05)
            shade = mix(colour, WHITE, 0.05 + 0.2 * chance.share() + (0.1 if side > 0 else 0))
            leaf(
                sheet,
                x[index],
                y[index],
                turn,
                size * shrink * chance.between(0.9, 1.1),
                wide,
                shade,
                vein=kind != "fern",
            )
    leaf(
        sheet,
        x[-1],
        y[-1] + 0.004,
        math.atan2(y[-1] - y[-2], x[-1] - x[-2]),
        size * 0.55,
        wide,
        mix(colour, WHITE, 0.15),
        vein=True,
    )


def meadow(sheet: Sheet, chance: Chance, palette: Palette) -> None:
    """Flowers of a few kinds on long stems, the far ones paler."""
    dark = chance.often(0.35)
    sky = palette.ink if dark else mix(palette.paper, palette.ramp[4], 0.5)
    sheet.gradient([(0, sky), (1, mix(sky, palette.ramp[2], 0.35))])
    if chance.often(0.6):
        sheet.circle(chance.between(0.2, 0.8), sheet.aspect * 0.24, 0.13, mix(palette.accents[1], sky, 0.35))
    blooms = [
        c
        for c in (*palette.accents, palette.ramp[3], mix(palette.accents[0], WHITE, 0.35))
        if abs(light(c) - light(sky)) > 0.12
    ]
    blooms = blooms or [palette.accents[0]]
    count = chance.whole(24, 34)
    for index in range(count):
        near = index / count
        x = chance.between(0.02, 0.98)
        tall = sheet.aspect * chance.between(0.26, 0.62) * (1 - 0.25 * near)
        stem = mix(mix(palette.ramp[1], palette.accents[-1], 0.15), sky, 0.55 * (1 - near))
        along = np.linspace(0, 1, 24)
        bend = chance.bell() * 0.05
        path = np.stack([x + bend * along**2, sheet.aspect + 0.01 - tall * along], axis=1)
        sheet.ribbon(path, 0.0065 * (1.25 - along) * (0.6 + 0.5 * near), stem)
        for place in (0.25, 0.42, 0.55):
            spot = path[int(place * 23)]
            side = chance.pick((-1, 1))
            leaf(
                sheet,
                spot[0],
                spot[1],
                -math.pi / 2 + side * chance.between(0.4, 0.9),
                0.09 * (0.7 + 0.4 * near),
                0.22,
                stem,
            )
        colour = mix(chance.pick(blooms), sky, 0.4 * (1 - near))
        _flower(sheet, chance, path[-1], (0.03 + 0.035 * near) * chance.between(0.8, 1.2), colour, palette)


def leaf(
    sheet: Sheet,
    x: float,
    y: float,
    turn: float,
    size: float,
    wide: float,
    colour: Colour,
    alpha: float = 1.0,
    *,
    vein: bool = False,
) -> None:
    """A pointed leaf that starts at (x, y) and runs `size` in the direction of `turn`."""
    cos, sin = math.cos(turn) * size, math.sin(turn) * size
    outline = _LEAF if sheet.unit * size > 24 else _SMALL_LEAF
    sheet.polygon(outline @ np.array([[cos, sin], [-sin * wide, cos * wide]]) + (x, y), colour, alpha)
    if vein and sheet.unit > 400:
        ends = [(x, y), (x + 0.86 * cos, y + 0.86 * sin)]
        sheet.ribbon(ends, np.array([0.0035, 0.001]), mix(colour, WHITE, 0.35), 0.8)


def _leaf_outline(count: int) -> NDArray[np.float64]:
    along = np.linspace(0, 1, count)
    half = np.sin(math.pi * along**0.8) * 0.5 * (1 - 0.25 * along)
    return np.concatenate([np.stack([along, half], axis=1), np.stack([along, -half], axis=1)[::-1]])


_LEAF = _leaf_outline(13)
_SMALL_LEAF = _leaf_outline(5)


def _branch(
    sheet: Sheet,
    chance: Chance,
    bark: Colour,
    start: tuple[float, float, float, float, float],
    depth: int,
    tips: list[tuple[float, float, float]],
) -> None:
    x, y, turn, length, thick = start
    bend = turn + chance.bell() * 0.1
    middle = (x + length * 0.5 * math.cos(bend), y + length * 0.5 * math.sin(bend))
    end = (middle[0] + length * 0.5 * math.cos(turn), middle[1] + length * 0.5 * math.sin(turn))
    sheet.ribbon([(x, y), middle, end], np.array([thick, thick * 0.84, thick * 0.7]), bark)
    sheet.circle(*end, thick * 0.34, bark)
    if depth <= 3:
        tips.append((end[0], end[1], turn))
    if depth <= 1:
        return
    spread = chance.between(0.34, 0.52)
    for side in (-1, 1):
        heading = turn + side * spread * chance.between(0.65, 1.25)
        _branch(sheet, chance, bark, (*end, heading, length * chance.between(0.7, 0.84), thick * 0.68), depth - 1, tips)


def _flower(
    sheet: Sheet, chance: Chance, spot: NDArray[np.float64], size: float, colour: Colour, palette: Palette
) -> None:
    x, y, kind = float(spot[0]), float(spot[1]), chance.whole(0, 3)
    start, heart = chance.between(0, 1), mix(palette.accents[1], palette.ink, 0.15)
    if kind == 3:
        for side in (-0.55, 0, 0.55):
            leaf(
                sheet,
                x,
                y + size * 0.5,
                -math.pi / 2 + side,
                size * 1.7,
                0.6,
                mix(colour, palette.ink, 0.14 * abs(side)),
            )
        return
    petals = (6, 9, 14)[kind]
    for ring, share in ((1.0, 0.0), (0.66, 0.16)):
        for petal in range(petals):
            turn = start + math.tau * (petal + ring) / petals
            shade = mix(colour, palette.ink if petal % 2 else WHITE, 0.05 + share)
            leaf(sheet, x, y, turn, size * 1.2 * ring, (0.95, 0.6, 0.42)[kind], shade)
    sheet.circle(x, y, size * 0.26, heart)
    sheet.circle(x - size * 0.05, y - size * 0.05, size * 0.13, mix(heart, WHITE, 0.3))
