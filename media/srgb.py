"""Pixels of any kind into 8-bit sRGB, flattened on white."""

from __future__ import annotations

import io
from typing import Final

import numpy as np
from PIL import Image as Pil
from PIL import ImageCms

_SRGB: Final = ImageCms.createProfile("sRGB")


class ToSrgb:
    """Converts the bands of one picture. Its ICC profile counts if it fits the pixels and is not broken."""

    def __init__(self, profile: bytes | None) -> None:
        self._profile = _opened(profile) if profile else None
        self._transforms: dict[str, ImageCms.ImageCmsTransform | None] = {}

    def __call__(self, image: Pil.Image) -> Pil.Image:
        """The picture or band in RGB."""
        if image.mode.startswith("I") or image.mode == "F":
            image = _eight_bits(image)
        if image.has_transparency_data:
            layered = image.convert("RGBA")
            image = Pil.new("RGB", layered.size, "white")
            image.paste(layered, mask=layered.getchannel("A"))
        elif image.mode not in ("RGB", "CMYK", "L"):
            image = image.convert("RGB")
        transform = self._transform(image.mode)
        converted = None if transform is None else ImageCms.applyTransform(image, transform)
        image = image if converted is None else converted
        return image if image.mode == "RGB" else image.convert("RGB")

    def _transform(self, mode: str) -> ImageCms.ImageCmsTransform | None:
        if self._profile is None:
            return None
        if mode not in self._transforms:
            try:
                named_srgb = mode == "RGB" and "srgb" in (ImageCms.getProfileDescription(self._profile) or "").lower()
                made = None if named_srgb else ImageCms.buildTransform(self._profile, _SRGB, mode, "RGB")
            except (ImageCms.PyCMSError, OSError, ValueError):
                made = None
            self._transforms[mode] = made
        return self._transforms[mode]


def _opened(profile: bytes) -> ImageCms.ImageCmsProfile | None:
    try:
        return ImageCms.ImageCmsProfile(io.BytesIO(profile))
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None


def _eight_bits(image: Pil.Image) -> Pil.Image:
    """A 16-bit grey picture scaled, where Pillow's own conversion would cut everything above 255 to white."""
    values = np.asarray(image)
    if values.dtype.itemsize == 2:
        return Pil.fromarray(((values.astype(np.uint32) * 255 + 32_767) // 65_535).astype(np.uint8))
    return Pil.fromarray(np.clip(values.astype(np.float32) * (255 / 65_535), 0, 255).astype(np.uint8))
