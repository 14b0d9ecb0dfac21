"""Every family of generated pictures, by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from media.painting import fields, landscapes, mosaics, night, plants, still_life, symmetry, textiles, tiles
from media.painting.chance import Chance
from media.painting.colour import Palette
from media.painting.sheet import Sheet

_TALL: Final = (1.5, 1.5, 4 / 3, 16 / 9, 1.0)
_ANY: Final = (1.5, 4 / 3, 1.0, 0.75)
_WIDE: Final = (1.0, 0.75, 4 / 3, 1.5)


@dataclass(frozen=True, slots=True)
class Family:
    """How one family paints, the aspects (height by width) it comes in, and how much larger it draws than asked.

    `scale` None: by the size of the sheet.
    """

    name: str
    paint: Callable[[Sheet, Chance, Palette], None]
    aspects: tuple[float, ...]
    scale: int | None = None

    def painted(self, width: int, aspect: float, seed: int, palette: Palette) -> NDArray[np.uint8]:
        """The picture of this seed in this palette, (height, width, 3)."""
        sheet = Sheet(width, aspect, scale=self.scale)
        self.paint(sheet, Chance(seed), palette)
        return sheet.finish()


FAMILIES: Final = {
    family.name: family
    for family in (
        Family("mountains", landscapes.mountains, _ANY, 2),
        Family("dunes", landscapes.dunes, _ANY, 2),
        Family("seascape", landscapes.seascape, _ANY, 2),
        Family("skyline", night.skyline, _TALL),
        Family("constellations", night.constellations, _TALL, 2),
        Family("papercut", fields.papercut, _ANY, 2),
        Family("topographic", fields.topographic, _ANY, 1),
        Family("marble", fields.marble, _ANY, 1),
        Family("julia", fields.julia, _WIDE, 1),
        Family("gradients", fields.gradients, _TALL, 2),
        Family("currents", fields.currents, _ANY),
        Family("glass", mosaics.glass, _ANY),
        Family("terrazzo", mosaics.terrazzo, _ANY),
        Family("bokeh", mosaics.bokeh, _ANY, 2),
        Family("bauhaus", tiles.bauhaus, _ANY),
        Family("seigaiha", tiles.seigaiha, _ANY),
        Family("cubes", tiles.cubes, _ANY),
        Family("arches", tiles.arches, _ANY),
        Family("kilim", textiles.kilim, _TALL, 2),
        Family("plaid", textiles.plaid, _ANY, 2),
        Family("tree", plants.tree, _TALL),
        Family("leaves", plants.leaves, _TALL),
        Family("meadow", plants.meadow, _ANY),
        Family("vases", still_life.vases, _ANY),
        Family("citrus", still_life.citrus, _ANY),
        Family("cacti", still_life.cacti, _ANY),
        Family("mandala", symmetry.mandala, _WIDE),
        Family("kaleidoscope", symmetry.kaleidoscope, _WIDE, 2),
    )
}
