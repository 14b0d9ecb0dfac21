"""The kinds of picture files that are taken, by their names, types and endings."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file. `types` are the content types it may be announced as, the proper one first."""

    name: str
    types: tuple[str, ...]
    suffixes: tuple[str, ...]


JPEG: Final = Format("JPEG", ("image/jpeg",), (".jpg", ".jpeg"))
PNG: Final = Format("PNG", ("image/png",), (".png",))
WEBP: Final = Format("WebP", ("image/webp",), (".webp",))
GIF: Final = Format("GIF", ("image/gif",), (".gif",))
AVIF: Final = Format("AVIF", ("image/avif",), (".avif",))
HEIC: Final = Format("HEIC", ("image/heic", "image/heif"), (".heic", ".heif"))

ALL: Final = (JPEG, PNG, WEBP, GIF, AVIF, HEIC)
HEIC_MODULE: Final = "pillow_heif"


def opens_heic() -> bool:
    """Whether the decoder of HEIC is installed (the extra `heic`)."""
    return importlib.util.find_spec(HEIC_MODULE) is not None


def taken() -> tuple[Format, ...]:
    """The kinds that this installation opens."""
    return tuple(each for each in ALL if each is not HEIC or opens_heic())


def content_types() -> tuple[str, ...]:
    """Every content type that an upload may be announced as."""
    return tuple(kind for each in taken() for kind in each.types)


def suffixes() -> frozenset[str]:
    """The endings of files that an import takes for pictures, in small letters with their dot."""
    return frozenset(suffix for each in taken() for suffix in each.suffixes)


def names() -> str:
    """The kinds for people: “JPEG, PNG, WebP, GIF or AVIF”."""
    *others, last = (each.name for each in taken())
    return f"{', '.join(others)} or {last}"


def suffix(content_type: str) -> str:
    """The usual ending of a file of this content type; none for another."""
    return next((each.suffixes[0] for each in ALL if content_type in each.types), "")
