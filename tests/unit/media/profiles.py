"""An ICC profile for CMYK, made on the spot."""

from __future__ import annotations

import itertools
import struct

# Lab of the sixteen full inks (no ink first, K last to change): what no naive conversion of CMYK to RGB would give.
PAPER = (95, 0, 0)
CYAN = (70, 40, -60)
OTHER = (20, 0, 0)


def cmyk_profile() -> bytes:
    """A printing profile (ICC.1:2001-04, 6.5.6) under which full cyan alone looks violet."""
    inks = itertools.product((0, 1), repeat=4)  # The last ink changes fastest.
    colours = [PAPER if ink == (0, 0, 0, 0) else CYAN if ink == (1, 0, 0, 0) else OTHER for ink in inks]
    grid = b"".join(bytes([round(light * 255 / 100), a + 128, b + 128]) for light, a, b in colours)
    straight = bytes(range(256))
    one = 0x10000
    table = b"mft1" + bytes(4) + bytes([4, 3, 2, 0]) + struct.pack(">9i", one, 0, 0, 0, one, 0, 0, 0, one)
    table += straight * 4 + grid + straight * 3
    table += bytes(-len(table) % 4)
    white = b"XYZ " + bytes(4) + struct.pack(">3i", 0xF6D6, 0x10000, 0xD32D)
    name = b"desc" + bytes(4) + struct.pack(">I", 5) + b"inks\0" + bytes(8 + 3 + 67)
    name += bytes(-len(name) % 4)
    tags = [(b"desc", name), (b"wtpt", white), (b"A2B0", table)]
    at = 128 + 4 + 12 * len(tags)
    index, body = struct.pack(">I", len(tags)), b""
    for tag, held in tags:
        index += tag + struct.pack(">II", at + len(body), len(held))
        body += held
    head = struct.pack(">I4sI4s4s4s", at + len(body), b"none", 0x02400000, b"prtr", b"CMYK", b"Lab ")
    head += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + bytes(28) + struct.pack(">3i", 0xF6D6, 0x10000, 0xD32D)
    return head + bytes(128 - len(head)) + index + body
