"""The sheet that painters draw on: antialiased, in coordinates that do not depend on its size in pixels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pil
from PIL import ImageDraw

from media.painting.colour import Colour

Points = NDArray[np.float64] | Sequence[tuple[float, float]]
Stops = Sequence[tuple[float, Colour]]
"""Places from 0 (top or left) to 1, rising, and the colour at each."""

_GLOW_SIDE: Final = 96
_SHADED_SIDE_MIN: Final = 40  # Pixels of the enlarged sheet; in anything smaller nobody sees a gradient.


class Sheet:
    """x runs from 0 to 1 across, y from 0 to `aspect` down; lengths are shares of the width.

    Drawn larger by `scale` and reduced at the end, which makes edges smooth.
    """

    def __init__(self, width: int, aspect: float, *, scale: int | None = None) -> None:
        self.aspect = aspect
        self.width, self.height = width, max(1, round(width * aspect))
        self.scale = scale or (4 if width <= 128 else 3 if width <= 640 else 2)
        self.unit = width * self.scale
        self.image = Pil.new("RGB", (self.unit, self.height * self.scale))
        self._solid = ImageDraw.Draw(self.image)
        self._glass = ImageDraw.Draw(self.image, "RGBA")

    def finish(self) -> NDArray[np.uint8]:
        """The pixels, (height, width, 3)."""
        return np.asarray(self.image.reduce(self.scale) if self.scale > 1 else self.image)

    def fill(self, colour: Colour) -> None:
        """Covers everything."""
        self._solid.rectangle((0, 0, *self.image.size), fill=colour)

    def gradient(self, stops: Stops, *, across: bool = False) -> None:
        """Covers everything from top to bottom, or from left to right."""
        self.image.paste(_ramp(stops, self.image.size, across=across))

    def polygon(self, points: Points, colour: Colour, alpha: float = 1.0) -> None:
        """Fills the area within the points."""
        flat = (np.asarray(points, dtype=np.float64) * self.unit).ravel().tolist()
        if alpha >= 1:
            self._solid.polygon(flat, fill=colour)
        else:
            self._glass.polygon(flat, fill=(*colour, round(alpha * 255)))

    def shaded(self, points: Points, stops: Stops, *, across: bool = False) -> None:
        """Fills the area within the points with a gradient over its own height, or width."""
        spots = np.asarray(points, dtype=np.float64) * self.unit
        left, top = (max(0, math.floor(value)) for value in spots.min(axis=0))
        right, bottom = (
            min(limit, math.ceil(value) + 1) for value, limit in zip(spots.max(axis=0), self.image.size, strict=True)
        )
        if right <= left or bottom <= top:
            return
        if max(right - left, bottom - top) < _SHADED_SIDE_MIN:
            self.polygon(points, stops[len(stops) // 2][1])
            return
        mask = Pil.new("L", (right - left, bottom - top))
        ImageDraw.Draw(mask).polygon((spots - (left, top)).ravel().tolist(), fill=255)
        self.image.paste(_ramp(stops, mask.size, across=across), (left, top), mask)

    def circle(self, x: float, y: float, radius: float, colour: Colour, alpha: float = 1.0) -> None:
        """Fills a disc."""
        self.ellipse(x, y, radius, radius, colour, alpha)

    def ellipse(self, x: float, y: float, wide: float, tall: float, colour: Colour, alpha: float = 1.0) -> None:
        """Fills an ellipse of these half axes."""
        box = tuple(value * self.unit for value in (x - wide, y - tall, x + wide, y + tall))
        if alpha >= 1:
            self._solid.ellipse(box, fill=colour)
        else:
            self._glass.ellipse(box, fill=(*colour, round(alpha * 255)))

    def ring(self, x: float, y: float, radius: float, thick: float, colour: Colour, alpha: float = 1.0) -> None:
        """Draws a circle's line, inside its radius."""
        box = tuple(value * self.unit for value in (x - radius, y - radius, x + radius, y + radius))
        self._glass.ellipse(box, outline=(*colour, round(alpha * 255)), width=max(1, round(thick * self.unit)))

    def pie(self, x: float, y: float, radius: float, start: float, end: float, colour: Colour) -> None:
        """Fills a slice, in degrees clockwise from three o'clock."""
        box = tuple(value * self.unit for value in (x - radius, y - radius, x + radius, y + radius))
        self._solid.pieslice(box, start, end, fill=colour)

    def box(self, left: float, top: float, right: float, bottom: float, colour: Colour, alpha: float = 1.0) -> None:
        """Fills an upright rectangle."""
        edges = tuple(value * self.unit for value in (left, top, right, bottom))
        edges = (edges[0], edges[1], edges[2] - 1, edges[3] - 1)  # Pillow counts the last pixel in.
        if edges[2] < edges[0] or edges[3] < edges[1]:
            return
        if alpha >= 1:
            self._solid.rectangle(edges, fill=colour)
        else:
            self._glass.rectangle(edges, fill=(*colour, round(alpha * 255)))

    def line(self, points: Points, colour: Colour, thick: float, alpha: float = 1.0) -> None:
        """Draws a line of one thickness."""
        flat = (np.asarray(points, dtype=np.float64) * self.unit).ravel().tolist()
        self._glass.line(flat, fill=(*colour, round(alpha * 255)), width=max(1, round(thick * self.unit)))

    def ribbon(self, points: Points, thick: NDArray[np.float64] | float, colour: Colour, alpha: float = 1.0) -> None:
        """Draws a line whose thickness changes along it: one value a point."""
        path = np.asarray(points, dtype=np.float64)
        along = np.gradient(path, axis=0)
        length = np.maximum(np.hypot(along[:, 0], along[:, 1]), 1e-9)
        aside = np.stack([-along[:, 1], along[:, 0]], axis=1) / length[:, None]
        half = np.broadcast_to(np.asarray(thick, dtype=np.float64) / 2, (len(path),))[:, None]
        self.polygon(np.concatenate([path + aside * half, (path - aside * half)[::-1]]), colour, alpha)

    def ribbons(self, paths: NDArray[np.float64], thick: NDArray[np.float64], colours: Sequence[Colour]) -> None:
        """Draws many lines of one length at once: paths (lines, points, 2), thick (lines, points)."""
        along = np.gradient(paths, axis=1)
        length = np.maximum(np.hypot(along[..., 0], along[..., 1]), 1e-9)
        aside = np.stack([-along[..., 1], along[..., 0]], axis=-1) * (thick / length / 2)[..., None]
        outlines = np.concatenate([paths + aside, (paths - aside)[:, ::-1]], axis=1) * self.unit
        for outline, colour in zip(outlines.reshape(len(paths), -1).tolist(), colours, strict=True):
            self._solid.polygon(outline, fill=colour)

    def glow(self, x: float, y: float, radius: float, colour: Colour, alpha: float) -> None:
        """Light that fades out from the middle."""
        side = max(2, round(2 * radius * self.unit))
        spot = np.linspace(-1, 1, _GLOW_SIDE)
        away = np.sqrt(spot[:, None] ** 2 + spot[None, :] ** 2)
        fade = np.clip(1 - away, 0, 1) ** 2 * alpha * 255
        mask = Pil.fromarray(fade.astype(np.uint8)).resize((side, side), Pil.Resampling.BILINEAR)
        corner = (round((x - radius) * self.unit), round((y - radius) * self.unit))
        self.image.paste(colour, (*corner, corner[0] + side, corner[1] + side), mask)

    def veil(self, colour: Colour, cover: NDArray[np.float64]) -> None:
        """Lays a colour over everything, as thick (0 to 1) as a small array of any shape says."""
        mask = Pil.fromarray((np.clip(cover, 0, 1) * 255).astype(np.uint8))
        self.image.paste(colour, (0, 0, *self.image.size), mask.resize(self.image.size, Pil.Resampling.BICUBIC))

    def lifted(self, field: NDArray[np.float64]) -> NDArray[np.float32]:
        """A small array of numbers, drawn up smoothly to every pixel of the sheet."""
        small = Pil.fromarray(field.astype(np.float32))
        return np.asarray(small.resize(self.image.size, Pil.Resampling.BICUBIC))

    def pixels(self, rgb: NDArray[np.uint8], *, smooth: bool = True) -> None:
        """Covers everything with pixels; a smaller array is drawn up, smoothly or as squares."""
        drawn = Pil.fromarray(rgb)
        if drawn.size != self.image.size:
            drawn = drawn.resize(self.image.size, Pil.Resampling.BICUBIC if smooth else Pil.Resampling.NEAREST)
        self.image.paste(drawn)


def _ramp(stops: Stops, size: tuple[int, int], *, across: bool) -> Pil.Image:
    width, height = size
    count = width if across else height
    at = (np.arange(count) + 0.5) / count
    places = [place for place, _ in stops]
    row = np.stack([np.interp(at, places, [c[axis] for _, c in stops]) for axis in range(3)], axis=1)
    pixels = np.round(row).astype(np.uint8)
    thin = pixels[None, :, :] if across else pixels[:, None, :]
    return Pil.fromarray(np.ascontiguousarray(thin)).resize(size, Pil.Resampling.NEAREST)
