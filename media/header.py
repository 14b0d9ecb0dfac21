"""What a file says of itself in its first bytes: type and size, told without decoding anything."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from typing import Final

from domain.errors import Invalid, TooLarge, UnsupportedMedia
from domain.limits import PICTURE_PIXELS_MAX, PICTURE_SIDE_MAX, UPLOAD_BYTES_MAX
from media import boxes, formats, riff

_PNG: Final = b"\x89PNG\r\n\x1a\n"
_GIF: Final = (b"GIF87a", b"GIF89a")
_GIF_BLOCKS_MAX: Final = 10_000
_BROKEN: Final = "The picture could not be read: the file is broken or cut short. Export it again and upload that."
_JPEG_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_FILL: Final = re.compile(rb"\xff+")
_JPEG_SEGMENTS_MAX: Final = 5_000
_JPEG_ALONE: Final = frozenset((0x00, 0x01, *range(0xD0, 0xD9)))


_CODED_BYTES_MAX: Final = 430_000_000
"""What the pixels of an AVIF or HEIC may take while they are decoded: in the file's form and in ours, all at once."""
_HEIC_BYTES: Final = 5.5


@dataclass(frozen=True, slots=True)
class Header:
    """The type of a file and the size in pixels that it claims, before any EXIF orientation.

    `pixels_max` is smaller than usual where the decoder needs more memory for each pixel.
    """

    content_type: str
    width: int
    height: int
    pixels_max: int = PICTURE_PIXELS_MAX


def read(data: bytes, *, announced: str | None = None) -> Header:
    """The header of a file that is of a kind we take (`media/formats.py`) and within our bounds.

    Raises Invalid for an empty or broken one, UnsupportedMedia for any other file or one that is not of the announced
    type, TooLarge past 20 MiB, 50 megapixels (fewer for an AVIF or HEIC of rich colours) or 16,383 pixels a side.
    """
    if not data:
        raise Invalid("The file is empty. Upload the picture again.")
    if len(data) > UPLOAD_BYTES_MAX:
        raise TooLarge(f"The file has more than {UPLOAD_BYTES_MAX:,} bytes (20 MiB). Make it smaller.")
    try:
        header = _read(data)
    except (struct.error, IndexError, ValueError):
        raise broken() from None
    if header is None or header.content_type not in formats.content_types():
        kind = "HEIC, which this server cannot open" if header else f"not a {formats.names()} picture"
        raise UnsupportedMedia(f"The file is {kind}. Convert it to one of {formats.names()}.")
    if announced is not None and announced not in _types(header):
        raise UnsupportedMedia(
            f"The file was announced as {announced} but is {header.content_type}. Announce its real type."
        )
    _check_bounds(header)
    return header


def broken() -> Invalid:
    """The error for a file that claims to be a picture and cannot be opened."""
    return Invalid(_BROKEN)


def _check_bounds(header: Header) -> None:
    width, height = header.width, header.height
    if width < 1 or height < 1:
        raise broken()
    if max(width, height) > PICTURE_SIDE_MAX:
        raise TooLarge(f"The picture is {width:,} x {height:,}; a side may have at most {PICTURE_SIDE_MAX:,} pixels.")
    if width * height > header.pixels_max:
        most = f"{header.pixels_max / 1_000_000:.3g} megapixels are taken"
        rich = "" if header.pixels_max == PICTURE_PIXELS_MAX else " of this kind, with so many colours or transparency"
        raise TooLarge(f"The picture is {width:,} x {height:,}; at most {most}{rich}.")


def _types(header: Header) -> tuple[str, ...]:
    return next(each.types for each in formats.ALL if header.content_type in each.types)


def _read(data: bytes) -> Header | None:
    if data.startswith(_PNG):
        if data[12:16] != b"IHDR":
            raise broken()
        return Header("image/png", *struct.unpack(">II", data[16:24]))
    if data.startswith(b"\xff\xd8\xff"):
        return _jpeg(data)
    if riff.is_webp(data):
        return Header("image/webp", *riff.size(data))
    if data[:6] in _GIF:
        return _gif(data)
    if boxes.is_container(data):
        return _coded(data)
    return None


def _jpeg(data: bytes) -> Header:
    """Walks the segments to the first frame header (ITU T.81, B.1 and B.2.2)."""
    at = 2
    for _ in range(_JPEG_SEGMENTS_MAX):
        at = data.index(b"\xff", at)  # Stray bytes before a marker are skipped, as decoders do,
        at += len(_JPEG_FILL.match(data, at)[0])  # type: ignore[index] # and fill bytes; one is there.
        marker = data[at]
        at += 1
        if marker in _JPEG_ALONE:
            continue
        if marker in (0xD9, 0xDA):
            raise broken()
        if marker in _JPEG_FRAMES:
            height, width = struct.unpack(">HH", data[at + 3 : at + 7])
            return Header("image/jpeg", width, height)
        at += max(2, struct.unpack(">H", data[at : at + 2])[0])
    raise broken()


def _gif(data: bytes) -> Header:
    """The first picture's extent, or the screen's if that is larger (GIF89a specification, sections 18 and 20)."""
    width, height, flags = struct.unpack("<HHB", data[6:11])
    at = 13 + (3 << (flags & 7) + 1 if flags & 0x80 else 0)
    for _ in range(_GIF_BLOCKS_MAX):
        if data[at] == 0x2C:
            left, top, wide, tall = struct.unpack("<HHHH", data[at + 1 : at + 9])
            return Header("image/gif", max(width, left + wide), max(height, top + tall))
        if data[at] != 0x21:
            raise broken()
        at += 2
        while data[at]:
            at += data[at] + 1
        at += 1
    raise broken()


def _coded(data: bytes) -> Header:
    found = boxes.read(data)
    ours = _HEIC_BYTES if not found.av1 else 8 if found.alpha else 7
    most = min(PICTURE_PIXELS_MAX, int(_CODED_BYTES_MAX / (found.plane_bytes + ours)))
    width, height = found.width, found.height
    if found.av1:
        return Header("image/avif", width, height, most)
    # HEIC's decoder turns the picture itself, as the file says outside of EXIF.
    return Header("image/heic", *((height, width) if found.turned else (width, height)), most)
