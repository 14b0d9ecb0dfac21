"""Decodes a WebP picture into one buffer, with the libwebp that Pillow is linked to.

Pillow's own reader goes through libwebp's animation decoder, which holds the picture four times over: 800 MB for one of
50 megapixels. The plain calls used here take two pointers and some numbers; no structure is shared.
"""

from __future__ import annotations

import ctypes
import importlib.util
from functools import cache
from typing import Any


@cache
def library() -> Any | None:
    """The library; None where Pillow was built so that its symbols cannot be reached."""
    spec = importlib.util.find_spec("PIL._webp")
    if spec is None or spec.origin is None:
        return None
    try:
        found = ctypes.CDLL(spec.origin)  # A look-up in it goes on to what it is linked to.
        for name in ("WebPDecodeRGBInto", "WebPDecodeRGBAInto"):
            decode = getattr(found, name)
            decode.argtypes = (ctypes.c_char_p, ctypes.c_size_t, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
            decode.restype = ctypes.c_void_p
        number = ctypes.POINTER(ctypes.c_int)
        found.WebPGetInfo.argtypes = (ctypes.c_char_p, ctypes.c_size_t, number, number)
        found.WebPGetInfo.restype = ctypes.c_int
    except (OSError, AttributeError):
        return None
    return found


def decode(library: Any, file: bytes, *, alpha: bool, bytes_max: int) -> tuple[bytearray, int, int]:
    """The pixels of a file without animation, row after row (RGB, or RGBA with `alpha`), and their width and height.

    Raises ValueError when the file is broken or its pixels would take more than `bytes_max`.
    """
    width, height = ctypes.c_int(), ctypes.c_int()
    if not library.WebPGetInfo(file, len(file), ctypes.byref(width), ctypes.byref(height)):
        raise ValueError("not a picture that libwebp knows")
    stride = width.value * (4 if alpha else 3)
    if not 0 < stride * height.value <= bytes_max:
        raise ValueError("the picture is larger than it said")
    pixels = bytearray(stride * height.value)
    place = (ctypes.c_char * len(pixels)).from_buffer(pixels)
    work = library.WebPDecodeRGBAInto if alpha else library.WebPDecodeRGBInto
    if not work(file, len(file), place, len(pixels), stride):
        raise ValueError("the picture is broken or cut short")
    return pixels, width.value, height.value
