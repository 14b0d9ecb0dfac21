"""The URLs of an Image, for the viewer who asks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from domain.errors import Invalid
from domain.limits import PICTURE_SIDE_MAX
from domain.model import Image, Rendition
from media import renditions
from resolvers.context import Context


@dataclass(frozen=True, slots=True)
class Served:
    """A rendition and where this viewer gets it."""

    rendition: Rendition
    url: str


def url(ctx: Context, image: Image, width: int) -> str:
    """The smallest rendition at least `width` pixels wide, else the largest. Raises Invalid out of 1..16,383."""
    if not 1 <= width <= PICTURE_SIDE_MAX:
        raise Invalid(f"`width` must be from 1 to {PICTURE_SIDE_MAX}.", ("width",))
    return ctx.urls.url(image, fitting(offered(image), width).name, ctx.viewer.n, ctx.now())


def all_served(ctx: Context, image: Image) -> list[Served]:
    """Every rendition with its URL, smallest first."""
    now = ctx.now()
    return [Served(each, ctx.urls.url(image, each.name, ctx.viewer.n, now)) for each in offered(image)]


def offered(image: Image) -> list[Rendition]:
    """The renditions that can be fetched, in rising width: what is not made yet is made when it is fetched."""
    made = {rendition.name: rendition for rendition in image.renditions}
    return [made.get(planned.name, planned) for planned in renditions.plan(image.width, image.height)]


def fitting(offers: Sequence[Rendition], width: int) -> Rendition:
    """The first rendition at least so wide; when none is, the first of the widest."""
    wide_enough = (rendition for rendition in offers if rendition.width >= width)
    return next(wide_enough, None) or max(offers, key=lambda rendition: rendition.width)
