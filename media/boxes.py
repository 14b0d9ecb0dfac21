"""What AVIF and HEIC files say of themselves: boxes in boxes (ISO/IEC 14496-12 and 23008-12), read without decoding."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_BOXES_MAX: Final = 2_000
_AV1: Final = b"av1C"
_HEVC: Final = b"hvcC"
_ALPHA: Final = (b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha", b"urn:mpeg:hevc:2015:auxid:1")


@dataclass(frozen=True, slots=True)
class Box:
    """A box: its four letters, and its content without the head."""

    kind: bytes
    body: memoryview


@dataclass(frozen=True, slots=True)
class Coded:
    """The main picture of a file. `width` and `height` are as coded, `turned` says that they are to be swapped.

    `plane_bytes` is what one pixel takes as the codec holds it, over all planes; `alpha` counts in it.
    """

    av1: bool
    width: int
    height: int
    turned: bool
    alpha: bool
    plane_bytes: float


def is_container(data: bytes) -> bool:
    """Whether the file is of this family at all."""
    return data[4:8] == b"ftyp" and bool({data[8:12], *_brands(data)} & _BRANDS)


_BRANDS: Final = frozenset(
    (b"avif", b"avis", b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1")
)


def read(data: bytes) -> Coded:
    """The main picture. Raises ValueError, IndexError or struct.error for a file that does not say what it is."""
    top = {box.kind: box.body for box in boxes(memoryview(data))}
    meta = {box.kind: box.body for box in boxes(top[b"meta"][4:])} if b"meta" in top else {}
    if b"iprp" not in meta or b"pitm" not in meta:
        raise ValueError("no main picture is named")
    properties = {box.kind: box.body for box in boxes(meta[b"iprp"])}
    every = list(boxes(properties[b"ipco"])) if b"ipco" in properties else []
    main = [every[at - 1] for at in _of_item(properties.get(b"ipma", memoryview(b"")), _main(meta[b"pitm"])) if at]
    size = next(box.body for box in main if box.kind == b"ispe")
    width, height = struct.unpack(">II", size[4:12])
    angle = next((box.body[0] & 3 for box in main if box.kind == b"irot"), 0)
    # A grid has no codec of its own: its tiles' properties are in the same list.
    codecs = [box for box in every if box.kind in (_AV1, _HEVC)]
    if not codecs:
        raise ValueError("no codec is named")
    alpha = any(box.kind == b"auxC" and bytes(box.body[4:]).startswith(_ALPHA) for box in every)
    colours = max(_plane_bytes(box) for box in codecs)
    deep = max(_depth_bytes(box) for box in codecs)
    return Coded(codecs[0].kind == _AV1, width, height, angle in (1, 3), alpha, colours + (deep if alpha else 0))


def boxes(data: memoryview) -> Iterator[Box]:
    """The boxes that lie in these bytes, one after the other. Raises ValueError for one that reaches past the end."""
    at = 0
    for _ in range(_BOXES_MAX):
        if at + 8 > len(data):
            return
        size, kind = struct.unpack_from(">I4s", data, at)
        head = 8
        if size == 1:
            size, head = struct.unpack_from(">Q", data, at + 8)[0], 16
        elif size == 0:
            size = len(data) - at
        if size < head or (kind != b"mdat" and at + size > len(data)):
            raise ValueError("a box reaches past the end")
        yield Box(bytes(kind), data[at + head : at + size])
        at += size
    raise ValueError("too many boxes")


def _brands(data: bytes) -> list[bytes]:
    end = min(int.from_bytes(data[:4], "big"), 256, len(data))
    return [data[at : at + 4] for at in range(16, end, 4)]


def _main(pitm: memoryview) -> int:
    return int.from_bytes(pitm[4:8] if pitm[0] else pitm[4:6], "big")


def _of_item(ipma: memoryview, item: int) -> list[int]:
    """The positions, from 1, of the properties that belong to an item."""
    wide_id, wide_index = ipma[0] > 0, ipma[3] & 1
    count, at = int.from_bytes(ipma[4:8], "big"), 8
    for _ in range(count):
        id_bytes = 4 if wide_id else 2
        its, held = int.from_bytes(ipma[at : at + id_bytes], "big"), ipma[at + id_bytes]
        at += id_bytes + 1
        step = 2 if wide_index else 1
        if its == item:
            mask = 0x7FFF if wide_index else 0x7F
            return [int.from_bytes(ipma[at + i * step : at + (i + 1) * step], "big") & mask for i in range(held)]
        at += held * step
    raise ValueError("the main picture has no properties")


def _depth_bytes(codec: Box) -> int:
    """Bytes of one sample: two for 10 and 12 bits."""
    deep = codec.body[2] & 0x40 if codec.kind == _AV1 else codec.body[17] & 0x07
    return 2 if deep else 1


def _plane_bytes(codec: Box) -> float:
    """Bytes of one pixel over the colour planes, from the codec's configuration record."""
    if codec.kind == _AV1:
        flags = codec.body[2]
        chroma = 0.0 if flags & 0x10 else 2.0 / (2 if flags & 0x08 else 1) / (2 if flags & 0x04 else 1)
    else:
        chroma = (0.0, 0.5, 1.0, 2.0)[codec.body[16] & 0x03]
    return _depth_bytes(codec) * (1 + chroma)
