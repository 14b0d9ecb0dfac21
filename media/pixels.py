"""Opens the bytes of a picture. Runs in the decoder's own processes: what happens here may take the process with it."""

from __future__ import annotations

import hashlib
import io
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

import numpy as np
from PIL import Image as Pil
from PIL import ImageCms, ImageFile

from media import facts, generated, header, renditions
from media.facts import Facts

MEMORY_BYTES_MAX: Final = 1_200_000_000
TASK_CPU_S: Final = 45

_FORMATS: Final = ("JPEG", "PNG", "WEBP")
_SRGB: Final = ImageCms.createProfile("sRGB")
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
    MemoryError,
    struct.error,
    zlib.error,
    Pil.DecompressionBombError,
)

_ORIENTATION: Final = 0x0112
_TURNS: Final = {
    2: Pil.Transpose.FLIP_LEFT_RIGHT,
    3: Pil.Transpose.ROTATE_180,
    4: Pil.Transpose.FLIP_TOP_BOTTOM,
    5: Pil.Transpose.TRANSPOSE,
    6: Pil.Transpose.ROTATE_270,
    7: Pil.Transpose.TRANSVERSE,
    8: Pil.Transpose.ROTATE_90,
}
_ON_THEIR_SIDE: Final = (5, 6, 7, 8)

Made = dict[str, tuple[int, int, bytes]]


def enter() -> None:
    """Prepares a process for hostile bytes: bounds its memory, reads cut files as errors, ends with who started it."""
    threading.Thread(target=_end_with_parent, name="end with parent", daemon=True).start()
    _, allowed = resource.getrlimit(resource.RLIMIT_AS)
    memory = MEMORY_BYTES_MAX if allowed == resource.RLIM_INFINITY else min(MEMORY_BYTES_MAX, allowed)
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    Pil.init()


def measure(data: bytes, announced: str | None) -> tuple[str, str, Facts, bytes]:
    """SHA-256, content type, facts and 564 rendition of a file. Raises as `header.read`, and Invalid when broken."""
    _bound_cpu()
    found = header.read(data, announced=announced)
    image, width, height = upright(data, found, at_least=int(renditions.FIRST))
    first = renditions.scaled(image, *renditions.size(renditions.FIRST, width, height))
    looks = facts.of_image(first, width=width, height=height)
    return hashlib.sha256(data).hexdigest(), found.content_type, looks, renditions.encode(first)


def make(data: bytes, names: Sequence[str]) -> Made:
    """The named renditions of a file. Raises as `measure` does."""
    _bound_cpu()
    found = header.read(data)
    at_least = None if "full" in names else max(int(name) for name in names)
    image, width, height = upright(data, found, at_least=at_least)
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


def upright(data: bytes, found: header.Header, *, at_least: int | None) -> tuple[Pil.Image, int, int]:
    """The picture as 8-bit sRGB, turned as its EXIF says, on white where it is transparent; and its full size.

    With `at_least`, a width in pixels, a large JPEG may be decoded smaller, but no narrower than that. Raises Invalid
    when the file is broken.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Pil.open(io.BytesIO(data), formats=_FORMATS) as image:
                return _upright(image, found, at_least)
    except _BROKEN:
        raise header.broken() from None


def _upright(image: Pil.Image, found: header.Header, at_least: int | None) -> tuple[Pil.Image, int, int]:
    if image.size != (found.width, found.height):
        raise ValueError("the decoder reads another size than the header says")
    orientation = image.getexif().get(_ORIENTATION, 1)
    turned = orientation in _ON_THEIR_SIDE
    width, height = (found.height, found.width) if turned else (found.width, found.height)
    if at_least is not None and found.content_type == "image/jpeg":
        # Twice the width: the scaling inside the JPEG decoder is coarse, the last halving is ours.
        wide = min(width, 2 * at_least)
        tall = max(1, round(height * wide / width))
        image.draft(None, (tall, wide) if turned else (wide, tall))
    image.load()
    rgb = _srgb(image)
    turn = _TURNS.get(orientation)
    return (rgb if turn is None else rgb.transpose(turn)), width, height


def _srgb(image: Pil.Image) -> Pil.Image:
    """The picture as 8-bit sRGB, flattened on white."""
    profile = image.info.get("icc_profile")
    if image.mode.startswith("I") or image.mode == "F":
        image = _eight_bits(image)
    if image.has_transparency_data:
        layered = image.convert("RGBA")
        image = Pil.new("RGB", layered.size, "white")
        image.paste(layered, mask=layered.getchannel("A"))
    if profile and image.mode in ("RGB", "CMYK", "L"):
        image = _through_profile(image, profile)
    return image if image.mode == "RGB" else image.convert("RGB")


def _eight_bits(image: Pil.Image) -> Pil.Image:
    """A 16-bit grey picture scaled, where Pillow's own conversion would cut everything above 255 to white."""
    values = np.asarray(image, dtype=np.float32)
    top = 65_535 if image.mode.startswith("I") else max(1.0, float(values.max(initial=1)))
    return Pil.fromarray(np.clip(values * (255 / top), 0, 255).astype(np.uint8))


def _through_profile(image: Pil.Image, profile: bytes) -> Pil.Image:
    """The picture in sRGB; as it is when it already was, or its profile is broken or for another kind of pixels."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if "srgb" in (ImageCms.getProfileDescription(source) or "").lower() and image.mode == "RGB":
            return image
        converted = ImageCms.profileToProfile(image, source, _SRGB, outputMode="RGB")
    except (ImageCms.PyCMSError, *_BROKEN):
        return image
    return image if converted is None else converted


def _end_with_parent() -> None:
    """Ends this process as soon as the one that wants its answers is gone, whatever it is busy with."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)


def _bound_cpu() -> None:
    """Gives the task at hand its share of processor seconds; past it the process is ended by the system."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    _, allowed = resource.getrlimit(resource.RLIMIT_CPU)
    seconds = int(usage.ru_utime + usage.ru_stime) + TASK_CPU_S
    resource.setrlimit(
        resource.RLIMIT_CPU, (seconds if allowed == resource.RLIM_INFINITY else min(seconds, allowed), allowed)
    )
