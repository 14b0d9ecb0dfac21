"""Pictures: one per distinct file, shown by Pins."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from domain.ids import PinN, UserN
from domain.model import Origin, Picture, Rendition
from graph.client import Graph


@dataclass(frozen=True, slots=True)
class NewPicture:
    """What is measured of a picture before a Pin shows it.

    `key` is used only when no Picture of this sha256 exists yet; None draws a random one. `renditions` are those whose
    size is known (bytes 0: not made yet). `recipe` is for Origin.GENERATED alone.
    """

    sha256: str
    width: int
    height: int
    content_type: str
    dominant_color: str
    palette: tuple[str, ...]
    thumb_hash: str
    signature: str
    origin: Origin = Origin.UPLOAD
    recipe: str | None = None
    renditions: tuple[Rendition, ...] = ()
    key: str | None = None


@dataclass(frozen=True, slots=True)
class PictureAccess:
    """A Picture, and whether everybody may see it."""

    picture: Picture
    open: bool


def new_key() -> str:
    """A random key of 128 bits, safe in a URL."""
    raise NotImplementedError


async def of_pins(graph: Graph, ns: Collection[PinN]) -> dict[PinN, Picture]:
    """The Picture of each Pin, for the worker: asks nothing about visibility."""
    raise NotImplementedError


async def by_key(graph: Graph, key: str) -> PictureAccess | None:
    """The Picture of this key and whether it is open, in one statement."""
    raise NotImplementedError


async def by_sha256(graph: Graph, sha256: str) -> Picture | None:
    """The Picture of these bytes, if there is one already."""
    raise NotImplementedError


async def may_see(graph: Graph, viewer: UserN, key: str) -> bool:
    """Whether the viewer may see some Pin of this Picture, or it is somebody's avatar."""
    raise NotImplementedError


async def open(graph: Graph, key: str) -> bool:  # noqa: A001 - the property is called open
    """Whether some Pin of this Picture is on a public Board, or it is somebody's avatar."""
    raise NotImplementedError


async def set_renditions(graph: Graph, key: str, renditions: Sequence[Rendition]) -> None:
    """Records what has been made. The last writer wins."""
    raise NotImplementedError
