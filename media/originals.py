"""Opens the bytes of an original for reading in bands, so that no second copy of a large picture is ever held."""

from __future__ import annotations

import importlib
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from PIL import AvifImagePlugin
from PIL import Image as Pil

from media import formats, libwebp, riff
from media.header import Header

_PLUGINS: Final = {
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "image/webp": "WEBP",
    "image/gif": "GIF",
    "image/avif": "AVIF",
}
_ORIENTATION: Final = 0x0112


_ON_THEIR_SIDE: Final = (5, 6, 7, 8)
Needs = Callable[[int, int], int]
"""How many pixels are needed of a picture that is so wide and so high when upright."""


@dataclass(frozen=True, slots=True)
class Original:
    """An opened picture: its pixels as stored, its ICC profile, and its EXIF orientation (1: upright).

    `band(top, bottom)` gives those rows, in whatever mode the file is kept in, with its palette and transparency.
    """

    width: int
    height: int
    band: Callable[[int, int], Pil.Image]
    profile: bytes | None = None
    orientation: int = 1
    scale: int = 1

    @property
    def on_its_side(self) -> bool:
        return self.orientation in _ON_THEIR_SIDE


@contextmanager
def opened(data: bytes, found: Header, needs: Needs) -> Iterator[Original]:
    """The first or only picture of a file. A JPEG may be decoded smaller (`scale` says by how much), if that will do.

    Raises what the decoders raise for broken bytes, and ValueError when the file holds another size than it said.
    """
    library = libwebp.library() if found.content_type == "image/webp" else None
    if library is not None:
        yield _webp(data, found, library)
        return
    if found.content_type == formats.HEIC.types[0]:
        yield _heic(data, found)
        return
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1  # Each thread of its decoder would bring buffers of its own.
    with Pil.open(io.BytesIO(data), formats=(_PLUGINS[found.content_type],)) as image:
        yield _loaded(image, found, needs)


def _loaded(image: Pil.Image, found: Header, needs: Needs) -> Original:
    _same(image.size, found)
    orientation = image.getexif().get(_ORIENTATION, 1)
    scale = 1
    if found.content_type == formats.JPEG.types[0]:
        sides = (found.height, found.width) if orientation in _ON_THEIR_SIDE else (found.width, found.height)
        spare = found.width * found.height / needs(*sides)
        scale = next((each for each in (8, 4, 2) if spare >= each * each and min(sides) >= each), 1)
    if scale > 1:
        image.draft(None, (found.width // scale, found.height // scale))
    image.load()
    if scale == 1:
        _same(image.size, found)

    def band(top: int, bottom: int) -> Pil.Image:
        return image.crop((0, top, image.width, bottom))

    return Original(image.width, image.height, band, image.info.get("icc_profile"), orientation, scale)


def _webp(data: bytes, found: Header, library: Any) -> Original:
    frame, alpha = riff.first_frame(data), riff.may_be_transparent(data)
    pixels, width, height = libwebp.decode(
        library, frame.file, alpha=alpha, bytes_max=found.width * found.height * (4 if alpha else 3)
    )
    if frame.left + width > found.width or frame.top + height > found.height:
        raise ValueError("a frame reaches past its canvas")
    whole = _rows("RGBA" if alpha else "RGB", width, height, pixels)
    exif = Pil.Exif()
    exif.load(riff.chunk(data, b"EXIF") or b"")

    def band(top: int, bottom: int) -> Pil.Image:
        if (width, height) == (found.width, found.height):
            return whole(top, bottom)
        canvas = Pil.new("RGBA", (found.width, bottom - top))
        low, high = max(top, frame.top), min(bottom, frame.top + height)
        if low < high:
            canvas.paste(whole(low - frame.top, high - frame.top), (frame.left, low - top))
        return canvas

    return Original(found.width, found.height, band, riff.chunk(data, b"ICCP"), exif.get(_ORIENTATION, 1))


def _heic(data: bytes, found: Header) -> Original:
    heif = importlib.import_module(formats.HEIC_MODULE)  # An extra: it is not there everywhere.
    heif.options.DECODE_THREADS = 1
    heif.options.THUMBNAILS = heif.options.DEPTH_IMAGES = heif.options.AUX_IMAGES = False
    file = heif.open_heif(io.BytesIO(data), convert_hdr_to_8bit=True)
    width, height = file.size
    if width * height > found.width * found.height:
        raise ValueError("the picture is larger than it said")
    pixels = file.data
    width, height = file.size  # It may change with the decoding.
    profile = file.info.get("icc_profile")
    # Its EXIF may give an orientation as well: the decoder has turned it as the file says outside of EXIF.
    return Original(width, height, _rows(file.mode, width, height, pixels, file.stride), profile)


def _rows(
    mode: str, width: int, height: int, pixels: bytes | bytearray, stride: int = 0
) -> Callable[[int, int], Pil.Image]:
    """Bands of pixels that lie row after row."""
    step = stride or width * len(Pil.new(mode, (1, 1)).getbands()) * (2 if mode.startswith("I;16") else 1)
    if len(pixels) < step * (height - 1):
        raise ValueError("the decoder gave too little")
    view = memoryview(pixels)

    def band(top: int, bottom: int) -> Pil.Image:
        part = view[top * step : bottom * step]
        return Pil.frombytes(mode, (width, bottom - top), part, "raw", mode, step)

    return band


def _same(size: tuple[int, int], found: Header) -> None:
    if size != (found.width, found.height):
        raise ValueError("the decoder reads another size than the header says")
