"""What a file says of itself in its first bytes: type and size, told without decoding anything."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from typing import Final

from domain.errors import Invalid, TooLarge, UnsupportedMedia
from domain.limits import PICTURE_PIXELS_MAX, PICTURE_SIDE_MAX, UPLOAD_BYTES_MAX

_PNG: Final = b"\x89PNG\r\n\x1a\n"
_BROKEN: Final = "The picture could not be read: the file is broken or cut short. Export it again and upload that."
_JPEG_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_FILL: Final = re.compile(rb"\xff+")
_JPEG_SEGMENTS_MAX: Final = 5_000
_JPEG_ALONE: Final = frozenset((0x00, 0x01, *range(0xD0, 0xD9)))


@dataclass(frozen=True, slots=True)
class Header:
    """The type of a file and the size in pixels that it claims, before any EXIF orientation."""

    content_type: str
    width: int
    height: int


def read(data: bytes, *, announced: str | None = None) -> Header:
    """The header of a JPEG, PNG or WebP file that is within our bounds.

    Raises Invalid for an empty or broken one, UnsupportedMedia for any other file or one that is not of the announced
    type, TooLarge past 20 MiB, 50 megapixels or 16,383 pixels a side.
    """
    if not data:
        raise Invalid("The file is empty. Upload the picture again.")
    if len(data) > UPLOAD_BYTES_MAX:
        raise TooLarge(f"The file has more than {UPLOAD_BYTES_MAX:,} bytes (20 MiB). Make it smaller.")
    try:
        header = _read(data)
    except (struct.error, IndexError, ValueError):
        raise broken() from None
    if header is None:
        raise UnsupportedMedia("The file is not a JPEG, PNG or WebP picture. Convert it to one of these.")
    if announced is not None and announced != header.content_type:
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
    if width * height > PICTURE_PIXELS_MAX:
        raise TooLarge(
            f"The picture is {width:,} x {height:,}; at most {PICTURE_PIXELS_MAX // 1_000_000} megapixels are taken."
        )


def _read(data: bytes) -> Header | None:
    if data.startswith(_PNG):
        if data[12:16] != b"IHDR":
            raise broken()
        return Header("image/png", *struct.unpack(">II", data[16:24]))
    if data.startswith(b"\xff\xd8\xff"):
        return _jpeg(data)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return _webp(data)
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


def _webp(data: bytes) -> Header:
    """The canvas size (RFC 9649, sections 2.5 to 2.7)."""
    kind, body = data[12:16], data[20:30]
    if len(body) < (5 if kind == b"VP8L" else 10):
        raise broken()
    if kind == b"VP8X":
        return Header("image/webp", 1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little"))
    if kind == b"VP8L":
        bits = struct.unpack("<I", body[1:5])[0]
        return Header("image/webp", 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF))
    if kind == b"VP8 ":
        width, height = struct.unpack("<HH", body[6:10])
        return Header("image/webp", width & 0x3FFF, height & 0x3FFF)
    raise broken()
