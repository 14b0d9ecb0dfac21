"""Generated pictures: a recipe names one, and the same recipe paints the same picture on any machine, at any size."""

from __future__ import annotations

import hashlib

from media.facts import Facts, RgbArray

WIDTH = 1200
"""The width of a generated picture in pixels; its height follows from the recipe's aspect."""


def recipe_for(external_id: str) -> str:
    """The recipe `family/palette/seed` of the thing with this id: always the same one."""
    raise NotImplementedError


def sha256(recipe: str) -> str:
    """The name under which a generated picture is kept, as an uploaded one is under its bytes' SHA-256."""
    return hashlib.sha256(b"recipe\n" + recipe.encode()).hexdigest()


def size(recipe: str) -> tuple[int, int]:
    """Width and height in pixels. Raises ValueError for a text that is no recipe."""
    raise NotImplementedError


def facts(recipe: str) -> Facts:
    """Size, colours, ThumbHash and signature, from a small painting: some milliseconds of CPU."""
    raise NotImplementedError


def paint(recipe: str, width: int) -> RgbArray:
    """The picture, (height, width, 3), antialiased. Raises ValueError for a text that is no recipe."""
    raise NotImplementedError
