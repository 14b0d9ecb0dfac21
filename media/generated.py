"""Generated pictures: a recipe names one, and the same recipe paints the same picture on any machine, at any size."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Final

from PIL import Image as Pil

from media import facts as looks
from media.facts import Facts, RgbArray
from media.painting.chance import Chance
from media.painting.colour import PALETTES, Palette
from media.painting.families import FAMILIES, Family

WIDTH: Final = 1200
"""The width of a generated picture in pixels; its height follows from the recipe's aspect."""

_FACTS_WIDTH: Final = 64
_RECIPE: Final = re.compile(r"([a-z]+)/([a-z]+)/([0-9a-f]{1,16})")
_ASPECT_SALT: Final = 0x5EED_A59E_C700


@dataclass(frozen=True, slots=True)
class Recipe:
    """A recipe, read: what paints, with which colours, from which seed, how tall for its width."""

    family: Family
    palette: Palette
    seed: int
    aspect: float


def recipe_for(external_id: str) -> str:
    """The recipe `family/palette/seed` of the thing with this id: always the same one."""
    digest = hashlib.sha256(b"generated picture\n" + external_id.encode()).digest()
    family = list(FAMILIES)[int.from_bytes(digest[:8], "big") % len(FAMILIES)]
    palette = list(PALETTES)[int.from_bytes(digest[8:16], "big") % len(PALETTES)]
    return f"{family}/{palette}/{digest[16:24].hex()}"


def read(recipe: str) -> Recipe:
    """The recipe in this text. Raises ValueError for a text that is none."""
    match = _RECIPE.fullmatch(recipe)
    if match is None or match[1] not in FAMILIES or match[2] not in PALETTES:
        raise ValueError(f"not a recipe: {recipe!r}")
    family, seed = FAMILIES[match[1]], int(match[3], 16)
    return Recipe(family, PALETTES[match[2]], seed, Chance(seed ^ _ASPECT_SALT).pick(family.aspects))


def sha256(recipe: str) -> str:
    """The name under which a generated picture is kept, as an uploaded one is under its bytes' SHA-256."""
    return hashlib.sha256(b"recipe\n" + recipe.encode()).hexdigest()


def size(recipe: str) -> tuple[int, int]:
    """Width and height in pixels. Raises ValueError for a text that is no recipe."""
    return WIDTH, round(WIDTH * read(recipe).aspect)


def facts(recipe: str) -> Facts:
    """Size, colours, ThumbHash and signature, from a small painting: some milliseconds of CPU."""
    width, height = size(recipe)
    return looks.of_image(Pil.fromarray(paint(recipe, _FACTS_WIDTH)), width=width, height=height)


def paint(recipe: str, width: int) -> RgbArray:
    """The picture, (height, width, 3), antialiased. Raises ValueError for a text that is no recipe."""
    wanted = read(recipe)
    return wanted.family.painted(width, wanted.aspect, wanted.seed, wanted.palette)
