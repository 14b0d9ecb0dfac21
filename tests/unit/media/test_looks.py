"""ThumbHash, palette and signature."""

from __future__ import annotations

import base64

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image as Pil

from media import facts
from media.palette import palette
from media.signature import CROPS, cropped, distance, signature
from media.thumb_hash import thumb_hash
from tests.unit.media.samples import encoded, opened, photo


def steps(width: int, height: int) -> NDArray[np.uint8]:
    down, across = np.mgrid[0:height, 0:width]
    red, green, blue = across * across * 7 + down * 5, down * across * 3 + 40, down * down * 11 + across * 13
    return np.stack([red % 251, green % 239, blue % 256], axis=-1).astype(np.uint8)


@pytest.mark.parametrize(
    ("width", "height", "expected"),
    [
        (40, 30, "3gcGFYRkJGVwhmFmZ1d1dXaAVwvJ"),
        (30, 40, "3hcGDQRWZlMHRnd3dmVXZ4Ngogp1"),
        (32, 32, "3gcGFwREMUdQB4RmV0hlSYZ1ZQaGqmAO"),
    ],
)
def test_thumb_hashes_are_those_of_the_published_encoder(width: int, height: int, expected: str) -> None:
    assert thumb_hash(steps(width, height)) == expected


def test_a_plain_picture_has_a_thumb_hash() -> None:
    assert len(base64.b64decode(thumb_hash(np.full((20, 20, 3), 128, dtype=np.uint8)))) > 5


def test_a_palette_names_the_largest_colour_first() -> None:
    pixels = np.zeros((100, 100, 3), dtype=np.uint8)
    pixels[:60] = (200, 30, 40)
    pixels[60:90] = (20, 60, 160)
    pixels[90:] = (240, 240, 230)

    assert palette(pixels) == ("#c81e28", "#143ca0", "#f0f0e6")


def test_a_palette_leaves_specks_out_and_has_at_most_six_colours() -> None:
    noisy = np.random.default_rng(1).integers(0, 256, (80, 80, 3), dtype=np.uint8)
    plain = np.full((80, 80, 3), 90, dtype=np.uint8)
    plain[0, 0] = (255, 0, 0)

    assert 1 <= len(palette(noisy)) <= 6
    assert palette(plain) == ("#5a5a5a",)


def test_copies_of_a_picture_have_nearly_the_same_signature() -> None:
    image = photo(900, 700)
    original = signature(image)

    resized = signature(image.resize((300, 233)))
    squeezed = signature(opened(encoded(image, quality=25)).convert("RGB"))

    assert len(original) == 64
    assert distance(original, resized) <= 16
    assert distance(original, squeezed) <= 16


def test_unrelated_pictures_have_far_signatures() -> None:
    assert distance(signature(photo(seed=1)), signature(photo(seed=2))) > 70


def test_plain_pictures_do_not_get_the_signature_of_their_noise() -> None:
    assert signature(Pil.new("RGB", (50, 50), "white")) == signature(Pil.new("RGB", (90, 20), "grey")) == "0" * 64


def test_facts_keep_the_size_of_the_whole_picture() -> None:
    found = facts.of_image(photo(40, 30), width=4000, height=3000)

    assert (found.width, found.height) == (4000, 3000)
    assert found.dominant_color == found.palette[0]


def test_a_lightly_cropped_copy_has_nearly_the_signature_of_one_of_the_crops() -> None:
    image = photo(900, 700)

    for left, top, right, bottom in CROPS:
        box = round(left * 900), round(top * 700), round((1 - right) * 900), round((1 - bottom) * 700)
        copy = signature(opened(encoded(image.crop(box), quality=60)))
        assert min(distance(copy, each) for each in cropped(image)) <= 20
