"""What a WebP file is made of: chunks in a RIFF container (RFC 9649), read without decoding."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_CHUNKS_MAX: Final = 5_000
_ANIMATED: Final = 0x02
_ALPHA: Final = 0x10
_PIXELS: Final = (b"ALPH", b"VP8 ", b"VP8L")


@dataclass(frozen=True, slots=True)
class Frame:
    """The first picture of a file, as a file of its own without animation, and its place on the canvas."""

    file: bytes
    left: int
    top: int


def is_webp(data: bytes) -> bool:
    """Whether the file says that it is WebP."""
    return data[:4] == b"RIFF" and data[8:12] == b"WEBP"


def size(data: bytes) -> tuple[int, int]:
    """Width and height of the canvas (sections 2.5 to 2.7). Raises ValueError, or struct.error when cut short."""
    kind, body = data[12:16], data[20:30]
    if len(body) < (5 if kind == b"VP8L" else 10):
        raise ValueError("cut short")
    if kind == b"VP8X":
        return 1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little")
    if kind == b"VP8L":
        bits = struct.unpack("<I", body[1:5])[0]
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind == b"VP8 ":
        width, height = struct.unpack("<HH", body[6:10])
        return width & 0x3FFF, height & 0x3FFF
    raise ValueError("no picture")


def chunk(data: bytes, kind: bytes) -> bytes | None:
    """The first chunk with this name (`EXIF`, `ICCP`), or None."""
    return next((bytes(body) for name, body in _chunks(memoryview(data)[12:]) if name == kind), None)


def may_be_transparent(data: bytes) -> bool:
    """Whether the file's head says that its pixels have an alpha."""
    kind = data[12:16]
    return bool((kind == b"VP8X" and data[20] & _ALPHA) or (kind == b"VP8L" and data[24] & 0x10))


def first_frame(data: bytes) -> Frame:
    """The picture to show of a file that may be animated. Raises ValueError when there is none."""
    if data[12:16] != b"VP8X" or not data[20] & _ANIMATED:
        return Frame(data, 0, 0)
    held = next((body for name, body in _chunks(memoryview(data)[12:]) if name == b"ANMF"), None)
    if held is None or len(held) < 16:
        raise ValueError("an animation without pictures")
    left, top, wide, tall = (int.from_bytes(held[at : at + 3], "little") for at in (0, 3, 6, 9))
    parts = [(name, body) for name, body in _chunks(held[16:]) if name in _PIXELS]
    alpha = _ALPHA if any(name != b"VP8 " for name, _ in parts) else 0
    head = bytes([alpha, 0, 0, 0]) + wide.to_bytes(3, "little") + tall.to_bytes(3, "little")
    body = b"WEBP" + b"".join(_packed(name, part) for name, part in [(b"VP8X", memoryview(head)), *parts])
    return Frame(_packed(b"RIFF", memoryview(body)), 2 * left, 2 * top)


def _chunks(data: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    at = 0
    for _ in range(_CHUNKS_MAX):
        if at + 8 > len(data):
            return
        name, length = struct.unpack_from("<4sI", data, at)
        yield bytes(name), data[at + 8 : at + 8 + length]
        at += 8 + length + (length & 1)


def _packed(name: bytes, body: memoryview) -> bytes:
    return name + struct.pack("<I", len(body)) + bytes(body) + b"\0" * (len(body) & 1)
