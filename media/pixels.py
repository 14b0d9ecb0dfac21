"""Opens the bytes of a picture. Runs in the decoder's own processes: what happens here may take the process with it."""

from __future__ import annotations

import functools
import hashlib
import io
import math
import multiprocessing
import multiprocessing.connection
import os
import resource
import struct
import threading
import warnings
import zlib
from collections.abc import Sequence
from typing import Final

import psutil
from PIL import Image as Pil
from PIL import ImageFile

from domain.limits import DECODER_BYTES_MAX
from media import facts, generated, header, originals, renditions
from media.facts import Facts
from media.srgb import ToSrgb

ADDRESS_BYTES_MAX: Final = 1_200_000_000
TASK_CPU_S: Final = 45

_BAND_PIXELS: Final = 1_000_000
# What Pillow's readers raise on broken bytes; a MemoryError means that the limit above did its work.
_BROKEN: Final = (
    OSError,
    ValueError,
    TypeError,
    LookupError,
    EOFError,
    SyntaxError,
    ArithmeticError,
    AttributeError,
    RuntimeError,
    MemoryError,
    struct.error,
    zlib.error,
    Pil.DecompressionBombError,
)

_TURNS: Final = {
    2: Pil.Transpose.FLIP_LEFT_RIGHT,
    3: Pil.Transpose.ROTATE_180,
    4: Pil.Transpose.FLIP_TOP_BOTTOM,
    5: Pil.Transpose.TRANSPOSE,
    6: Pil.Transpose.ROTATE_270,
    7: Pil.Transpose.TRANSVERSE,
    8: Pil.Transpose.ROTATE_90,
}

Made = dict[str, tuple[int, int, bytes]]

_prepared: Final = threading.Event()


def enter() -> None:
    """Prepares a process for hostile bytes: bounds its memory, reads cut files as errors, ends with who started it."""
    threading.Thread(target=_end_with_parent, name="end with parent", daemon=True).start()
    used = psutil.Process().memory_info()
    # What libraries have reserved without touching it counts as data, not as memory in use: the room left is the same.
    _limit(resource.RLIMIT_DATA, getattr(used, "data", used.vms) + max(0, DECODER_BYTES_MAX - used.rss))
    _limit(resource.RLIMIT_AS, ADDRESS_BYTES_MAX)
    _limit(resource.RLIMIT_CORE, 0)
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    Pil.init()
    _prepared.set()


def measure(data: bytes, announced: str | None) -> tuple[str, str, Facts, bytes]:
    """SHA-256, content type, facts and 564 rendition of a file. Raises as `header.read`, and Invalid when broken."""
    _bound_cpu()
    found = header.read(data, announced=announced)
    image, width, height = upright(data, found, (renditions.FIRST,))
    first = renditions.scaled(image, *renditions.size(renditions.FIRST, width, height))
    looks = facts.of_image(first, width=width, height=height, crops=True)
    return hashlib.sha256(data).hexdigest(), found.content_type, looks, renditions.encode(first)


def cut(data: bytes, box: tuple[float, float, float, float]) -> bytes:
    """The part of a rendition between left, top, right and bottom (shares of it), as WebP; at least one pixel."""
    _bound_cpu()
    try:
        with Pil.open(io.BytesIO(data), formats=("WEBP",)) as opened:
            image = opened.convert("RGB")
    except _BROKEN:
        raise header.broken() from None
    left, top = int(box[0] * image.width), int(box[1] * image.height)
    right, bottom = max(left + 1, round(box[2] * image.width)), max(top + 1, round(box[3] * image.height))
    return renditions.encode(image.crop((left, top, right, bottom)))


def make(data: bytes, names: Sequence[str]) -> Made:
    """The named renditions of a file. Raises as `measure` does."""
    _bound_cpu()
    found = header.read(data)
    image, width, height = upright(data, found, names)
    return renditions.make(image, names, width=width, height=height)


def paint(recipe: str, names: Sequence[str]) -> Made:
    """The named renditions of a generated picture."""
    _bound_cpu()
    width, height = generated.size(recipe)
    widest = max(renditions.size(name, width, height)[0] for name in names)
    image = Pil.fromarray(generated.paint(recipe, widest))
    return renditions.make(image, names, width=width, height=height)


def facts_of(recipes: Sequence[str]) -> list[Facts]:
    """The facts of generated pictures, in order."""
    _bound_cpu()
    return [generated.facts(recipe) for recipe in recipes]


def upright(data: bytes, found: header.Header, names: Sequence[str]) -> tuple[Pil.Image, int, int]:
    """The picture as 8-bit sRGB, turned as it says, on white where it is transparent; and its full size.

    As large as these renditions need it, or larger. Raises Invalid when the file is broken.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with originals.opened(data, found, functools.partial(renditions.pixels, names)) as original:
                return _upright(original, found, names)
    except _BROKEN:
        raise header.broken() from None


def _upright(original: originals.Original, found: header.Header, names: Sequence[str]) -> tuple[Pil.Image, int, int]:
    width, height = (found.width, found.height) if original.scale > 1 else (original.width, original.height)
    if original.on_its_side:
        width, height = height, width
    spare = original.width * original.height / renditions.pixels(names, width, height)
    image = _reduced(original, max(1, math.isqrt(int(spare))))
    turn = _TURNS.get(original.orientation)
    return (image if turn is None else image.transpose(turn)), width, height


def _reduced(original: originals.Original, factor: int) -> Pil.Image:
    """The original in sRGB, each `factor` x `factor` pixels as one; band by band."""
    srgb = ToSrgb(original.profile)
    size = (-(-original.width // factor), -(-original.height // factor))
    reduced = Pil.new("RGB", size)
    rows = max(1, _BAND_PIXELS // (original.width * factor)) * factor
    for top in range(0, original.height, rows):
        band = srgb(original.band(top, min(top + rows, original.height)))
        reduced.paste(band if factor == 1 else band.reduce(factor), (0, top // factor))
    return reduced


def _end_with_parent() -> None:
    """Ends this process as soon as the one that wants its answers is gone, whatever it is busy with."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)


def _limit(what: int, most: int) -> None:
    _, allowed = resource.getrlimit(what)
    most = most if allowed == resource.RLIM_INFINITY else min(most, allowed)
    resource.setrlimit(what, (most, most))


def _bound_cpu() -> None:
    """Gives the task at hand its share of processor seconds; past it the process is ended by the system.

    Only in a process that was prepared for that: in any other it would end what has nothing to do with pictures.
    """
    if not _prepared.is_set():
        return
    usage = resource.getrusage(resource.RUSAGE_SELF)
    _, allowed = resource.getrlimit(resource.RLIMIT_CPU)
    seconds = int(usage.ru_utime + usage.ru_stime) + TASK_CPU_S
    resource.setrlimit(
        resource.RLIMIT_CPU, (seconds if allowed == resource.RLIM_INFINITY else min(seconds, allowed), allowed)
    )
