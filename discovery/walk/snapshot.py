"""The walk's snapshot: the flat layout as one immutable file, opened copy-on-write.

The first 4,096 bytes are a magic, a checksum of what follows it there, and a JSON header; then come the words, with
their free tail, and the places of boards and Pins, each from a multiple of 4,096 on. A file is written beside its
name, flushed and renamed, and never written to again.
"""

from __future__ import annotations

import json
import mmap
import os
import sys
import zlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from discovery.replacing import replaced
from discovery.walk import kernels
from discovery.walk.flat import Flat
from discovery.walk.kernels import MOST, SAVES, USED

MAGIC: Final = b"PINWALK1"
VERSION: Final = 1
_PAGE: Final = 4_096


class BadSnapshot(Exception):
    """A file that is no snapshot of this version, or damaged. The message names the file and what is wrong."""


@dataclass(frozen=True, slots=True)
class Origin:
    """What a snapshot is of: the graph up to and with the event at `seq`, which has this id there."""

    seq: int
    event_id: str


@dataclass(frozen=True, slots=True)
class _Header:
    version: int
    byte_order: str
    itemsize: int
    words: int
    used: int
    boards: int
    pins: int
    saves: int
    most: int
    sum: int
    origin: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An opened file. Walks may begin once `verify` has passed: offsets are trusted."""

    path: Path
    flat: Flat
    origin: Origin
    _sum: int

    def verify(self) -> None:
        """Reads everything once. Raises BadSnapshot unless it is what was written. Some 0.2 s a gigabyte."""
        flat = self.flat
        if _sum_of(flat, flat.built) != self._sum:
            raise BadSnapshot(f"{self.path}: the checksum of its content does not fit: it is damaged")
        sides = (flat.board_at, flat.pin_at)
        if not all(kernels.sound(flat.words, at, flat.built) for at in sides):
            raise BadSnapshot(f"{self.path}: a list leads outside of the file")


def write(flat: Flat, path: Path, origin: Origin) -> int:
    """Writes the layout whole, or not at all; how many bytes it takes on disk. No edit may run meanwhile.

    Raises Unavailable when the disk is full or does not answer; what was there under this name stays.
    """
    used = int(flat.counts[USED])
    header = _Header(
        version=VERSION,
        byte_order=sys.byteorder,
        itemsize=flat.words.dtype.itemsize,
        words=flat.words.size,
        used=used,
        boards=flat.board_at.size,
        pins=flat.pin_at.size,
        saves=flat.saves,
        most=flat.pin_degree_max,
        sum=_sum_of(flat, used),
        origin=asdict(origin),
    )
    with replaced(path, "The walk's snapshot") as file:
        file.write(_first_page(header))
        for start, values in zip(_starts(header), (flat.words[:used], flat.board_at, flat.pin_at), strict=False):
            file.seek(start)
            file.write(values.data)
        file.truncate(_starts(header)[-1])
    return path.stat().st_blocks * 512


def open_(path: Path) -> Snapshot:
    """The file, opened copy-on-write: some milliseconds, whatever its size. Raises BadSnapshot, or OSError."""
    with path.open("rb") as file:
        first, size = file.read(_PAGE), os.fstat(file.fileno()).st_size
        header = _header_of(path, first)
        starts = _starts(header)
        if size != starts[-1]:
            raise BadSnapshot(f"{path}: it has {size} bytes and should have {starts[-1]}: it is damaged")
        mapped = mmap.mmap(file.fileno(), size, access=mmap.ACCESS_COPY)
    kind = np.dtype(f"u{header.itemsize}")
    sizes = (header.words, header.boards, header.pins)
    words, board_at, pin_at = (
        np.frombuffer(mapped, kind, count=count, offset=start) for start, count in zip(starts, sizes, strict=False)
    )
    counts = np.zeros(3, np.int64)
    counts[USED], counts[SAVES], counts[MOST] = header.used, header.saves, header.most
    return Snapshot(path, Flat(words, board_at, pin_at, counts, header.used), Origin(**header.origin), header.sum)


def _first_page(header: _Header) -> bytes:
    body = json.dumps(asdict(header)).encode().ljust(_PAGE - len(MAGIC) - 4)
    return MAGIC + zlib.crc32(body).to_bytes(4, "little") + body


def _header_of(path: Path, first: bytes) -> _Header:
    if not first.startswith(MAGIC):
        raise BadSnapshot(f"{path}: it is no snapshot of this version of the walk")
    body = first[len(MAGIC) + 4 :]
    if len(first) < _PAGE or zlib.crc32(body) != int.from_bytes(first[len(MAGIC) : len(MAGIC) + 4], "little"):
        raise BadSnapshot(f"{path}: its header is damaged")
    fields = json.loads(body)  # As it was written: of another version it may have other fields.
    kind = fields.get("version"), fields.get("byte_order")
    if kind != (VERSION, sys.byteorder) or fields.get("itemsize") not in {4, 8}:
        raise BadSnapshot(f"{path}: it was written by another version or kind of machine")
    return _Header(**fields)


def _starts(header: _Header) -> tuple[int, int, int, int]:
    """Where words, places of boards and places of Pins begin, and where the file ends."""
    words = _PAGE
    boards = words + _paged(header.words * header.itemsize)
    pins = boards + _paged(header.boards * header.itemsize)
    return words, boards, pins, pins + _paged(header.pins * header.itemsize)


def _paged(size: int) -> int:
    return -(-size // _PAGE) * _PAGE


def _sum_of(flat: Flat, used: int) -> int:
    parts = [kernels.sum_of(values) for values in (flat.words[:used], flat.board_at, flat.pin_at)]
    return int(kernels.sum_of(np.array(parts, np.uint64)))
