"""Pictures that are a value at every place: cut paper, marbling, Julia sets, mesh gradients, currents."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image as Pil
from PIL import ImageFilter

from media.painting import noise
from media.painting.chance import Chance
from media.painting.colour import Colour, Palette, light, mix, table
from media.painting.landscapes import WHITE
from media.painting.sheet import Sheet

_JULIA_ROUNDS = 64
_JULIA = (
    (-0.7269, 0.1889),
    (-0.8, 0.156),
    (0.285, 0.01),
    (-0.4, 0.6),
    (-0.70176, -0.3842),
    (-0.835, -0.2321),
    (0.355, 0.355),
    (-0.54, 0.54),
    (-0.162, 1.04),
    (-0.12, 0.75),
)


def papercut(sheet: Sheet, chance: Chance, palette: Palette) -> None:
    """Sheets of paper cut along the lines of a height map, each with its shadow on the one below."""
    bands = chance.whole(6, 9)
    field = noise.field(chance, sheet.aspect, cells=chance.between(1.6, 3), octaves=chance.whole(2, 3))
    if chance.often(0.4):
        down, across = np.mgrid[0 : field.shape[0], 0 : field.shape[1]] / noise.GRID
        away = np.hypot(across - 0.5, (down - sheet.aspect / 2) / max(sheet.aspect, 0.8))
        field = 0.55 * field + 0.75 * np.clip(1 - away * 1.7, 0, 1)
        field /= field.max()
    high = np.minimum((sheet.lifted(field) * bands).astype(np.int16), bands - 1).clip(0)
    ramp = [palette.at(band / (bands - 1)) for band in range(bands)]
    if chance.often(0.5):
        ramp.reverse()
    ramp[-1] = palette.accents[0]
    colours = np.array(ramp, dtype=np.uint8)
    shift = max(1, round(sheet.unit * 0.012))
    above = np.roll(high, (shift, shift), axis=(0, 1))
    shade = Pil.fromarray(((above > high) * 110).astype(np.uint8))
    small = shade.resize((max(1, shade.width // 4), max(1, shade.height // 4)), Pil.Resampling.BOX)
    soft = small.filter(ImageFilter.GaussianBlur(sheet.unit * 0.0018)).resize(shade.size, Pil.Resampling.BILINEAR)
    # A sheet never shades itself: only what lies lower takes the shadow.
    sheet.pixels(colours[high])
    sheet.image.paste(mix(palette.ink, (0, 0, 0), 0.5), (0, 0, *shade.size), soft)


def topographic(sheet: Sheet, chance: Chance, palette: Palette) -> None:
    """A map's contour lines on paper, every fifth one heavier."""
    field = noise.field(chance, sheet.aspect, cells=chance.between(2, 4), octaves=3)
    dark = chance.often(0.45)
    ground, ink = (
        (palette.ink, mix(palette.ramp[3], palette.accents[1], 0.3)) if dark else (palette.paper, palette.ramp[1])
    )
    lines = chance.whole(16, 26)
    height = sheet.lifted(field) * lines
    gradient = np.hypot(*np.gradient(height)) + 1e-6
    near = np.abs(height - np.round(height)) / gradient
    heavy = np.round(height) % 5 == 0
    thick = np.where(heavy, 0.0034, 0.0017) * sheet.unit / 2
    cover = np.clip(thick - near + 0.5, 0, 1) * np.where(heavy, 1.0, 0.75)
    tint = np.clip(height / lines, 0, 1)
    shades = table([mix(ground, palette.ramp[2], 0.2), ground, mix(ground, palette.accents[0], 0.35)], 256)
    base = shades[(tint * 255).astype(np.uint8)]
    sheet.pixels((base + (np.array(ink) - base.astype(np.float32)) * cover[..., None]).astype(np.uint8))


def marble(sheet: Sheet, chance: Chance, palette: Palette) -> None:
    """Marbled paper: ink drawn through ink."""
    columns = 360
    warp = [noise.field(chance, sheet.aspect, cells=2.2, octaves=3, columns=columns) for _ in range(2)]
    rows = warp[0].shape[0]
    down, across = np.mgrid[0:rows, 0:columns] / columns
    turn, strong = chance.between(0, math.pi), chance.between(0.25, 0.55)
    u = across + strong * (warp[0] - 0.5)
    v = down + strong * (warp[1] - 0.5)
    comb = 0.035 * np.sin(u * math.tau * chance.whole(3, 7))
    field = (u * math.cos(turn) + v * math.sin(turn) + comb) * chance.between(3, 5.5) + 1.4 * warp[1]
    colours = chance.shuffled(palette.colours)
    order: list[Colour] = []
    for colour in colours:
        order += [colour, colour, mix(colour, palette.paper, 0.75)] if chance.often(0.6) else [colour, colour]
    shades = table([*order, *order[:1]], 2048, cyclic=False)
    lifted = sheet.lifted(field) / 2.6
    sheet.pixels(shades[((lifted - np.floor(lifted)) * 2047).astype(np.int16)])


def julia(sheet: Sheet, chance: Chance, palette: Palette) -> None:
    """A Julia set, coloured by how soon each point runs away."""
    real, imaginary = chance.pick(_JULIA)
    constant = complex(real + chance.bell() * 0.004, imaginary + chance.bell() * 0.004)
    width, height = sheet.width, sheet.height
    zoom, turn = chance.between(1.9, 2.7), chance.between(0, math.tau)
    across = ((np.arange(width) + 0.5) / width - 0.5) * zoom
    down = ((np.arange(height) + 0.5) / width - sheet.aspect / 2) * zoom
    plane = (
        ((across[None, :] + 1j * down[:, None]) * complex(math.cos(turn), math.sin(turn))).astype(np.complex64).ravel()
    )
    escaped = np.full(plane.shape, float(_JULIA_ROUNDS), dtype=np.float32)
    alive = np.arange(plane.size)
    with np.errstate(over="ignore", invalid="ignore"):
        for count in range(_JULIA_ROUNDS):
            plane = plane * plane + np.complex64(constant)
            size = plane.real * plane.real + plane.imag * plane.imag
            out = size > 64
            if out.any():
                escaped[alive[out]] = count + 1 - np.log2(np.log2(size[out]) / 6)
                alive, plane = alive[~out], plane[~out]
            if not alive.size:
                break
    smooth = np.sqrt(np.clip(escaped, 0, None)) / math.sqrt(_JULIA_ROUNDS)
    stops = [palette.ramp[1], palette.ramp[2], palette.accents[1], palette.ramp[4], palette.accents[0], palette.ramp[0]]
    if chance.often(0.5):
        stops = [
            palette.ramp[4],
            palette.ramp[3],
            palette.accents[1],
            palette.accents[0],
            palette.ramp[1],
            palette.ramp[0],
        ]
    sheet.pixels(table(stops)[np.minimum(smooth * 1023, 1023).astype(np.int16)].reshape(height, width, 3))


def gradients(sheet: Sheet, chance: Chance, palette: Palette) -> None:
    """Colours that melt into each other, with a disc of the same light turned round."""
    columns = 72
    rows = noise.rows(sheet.aspect, columns)
    down, across = np.mgrid[0:rows, 0:columns] / columns
    warp = noise.field(chance, sheet.aspect, cells=1.6, octaves=1, columns=columns) - 0.5
    colours = chance.shuffled([*palette.ramp[1:], *palette.accents])[:6]
    weights = []
    for _ in colours:
        x, y = chance.between(-0.05, 1.05), chance.between(-0.05, 1.05) * sheet.aspect
        weights.append(
            np.exp(-((across + 0.4 * warp - x) ** 2 + (down - 0.4 * warp - y) ** 2) / chance.between(0.05, 0.16))
        )
    share = np.stack(weights, axis=-1) + 1e-4
    share /= share.sum(axis=-1, keepdims=True)
    mesh = share @ np.array(colours, dtype=np.float64)
    sheet.pixels(mesh.astype(np.uint8))
    if chance.often(0.65):
        side = chance.between(0.24, 0.36)
        x, y = 0.5 + chance.bell() * 0.08, sheet.aspect * chance.between(0.4, 0.6)
        turned = Pil.fromarray(mesh[::-1, ::-1].astype(np.uint8)).resize(sheet.image.size, Pil.Resampling.BICUBIC)
        mask = Sheet(sheet.width, sheet.aspect, scale=sheet.scale)
        mask.circle(x, y, side, WHITE)
        sheet.glow(x, y + side * 0.2, side * 1.5, palette.ink, 0.3)
        sheet.image.paste(turned, (0, 0), mask.image.convert("L"))


def currents(sheet: Sheet, chance: Chance, palette: Palette) -> None:
    """Thousands of strokes that follow one current."""
    dark = chance.often(0.6)
    sheet.fill(mix(palette.ink, (0, 0, 0), 0.15) if dark else palette.paper)
    angle = (
        noise.field(chance, sheet.aspect, cells=chance.between(1.4, 2.6), octaves=2, columns=64)
        * math.tau
        * chance.between(0.8, 1.4)
    )
    tone = noise.field(chance, sheet.aspect, cells=2, octaves=2, columns=64)
    count, steps = 620, 44
    side = math.sqrt(count / sheet.aspect)
    spots = np.array(
        [
            ((column + chance.share()) / side, (row + chance.share()) / side)
            for row in range(math.ceil(side * sheet.aspect))
            for column in range(math.ceil(side))
        ]
    )
    path = np.empty((steps, len(spots), 2))
    for step in range(steps):
        path[step] = spots
        down = np.clip((spots[:, 1] * 64).astype(np.int64), 0, angle.shape[0] - 1)
        across = np.clip((spots[:, 0] * 64).astype(np.int64), 0, 63)
        turn = angle[down, across]
        spots = spots + 0.0062 * np.stack([np.cos(turn), np.sin(turn)], axis=1)
    inks = [c for c in palette.colours if abs(light(c) - light(palette.ink if dark else palette.paper)) > 0.22]
    order = chance.shuffled(range(path.shape[1]))
    colours: list[Colour] = []
    for index in order:
        x, y = path[0, index]
        here = tone[min(int(y * 64), tone.shape[0] - 1), min(int(x * 64), 63)]
        colours.append(inks[int(min(max(here + chance.bell() * 0.12, 0), 0.999) * len(inks))])
    widths = chance.grid(len(order), 1) * 0.0055 + 0.003
    # A small sheet shows no difference between a stroke of 44 points and one of 11.
    kept = np.arange(0, steps, 1 if sheet.unit > 400 else 4)
    taper = np.sin(kept * (math.pi / (steps - 1))) ** 0.6
    sheet.ribbons(path[kept][:, order].transpose(1, 0, 2), widths * taper, colours)
