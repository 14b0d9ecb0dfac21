from __future__ import annotations

import contextlib
import hashlib
import os
import signal

import numpy as np
import pytest
from PIL import Image as Pil
from PIL import ImageCms

from domain.errors import Invalid, ProductError, TooLarge, UnsupportedMedia
from media.decode import Decoder
from media.renditions import NAMES
from tests.unit.media.samples import encoded, near, opened, photo, png, png_bomb


def die(_: object = None) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def hang() -> None:
    while True:
        pass


def eat_memory() -> int:
    return len(bytearray(8_000_000_000))


@pytest.mark.parametrize(
    ("kind", "content_type"), [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/webp")]
)
async def test_a_picture_is_measured_and_its_first_rendition_made(
    decoder: Decoder, kind: str, content_type: str
) -> None:
    data = encoded(photo(1000, 750), kind)

    found = await decoder.measure(data, content_type=content_type)

    assert (found.width, found.height, found.content_type) == (1000, 750, content_type)
    assert found.sha256 == hashlib.sha256(data).hexdigest()
    first = opened(found.rendition_564)
    assert (first.format, first.size) == ("WEBP", (564, 423))


async def test_renditions_follow_the_width_and_are_never_wider_than_the_original(decoder: Decoder) -> None:
    made = await decoder.renditions(encoded(photo(500, 1000)))

    assert {name: (width, height) for name, (width, height, _) in made.items()} == {
        "236": (236, 472),
        "564": (500, 1000),
        "1200": (500, 1000),
        "full": (500, 1000),
    }
    assert all(opened(data).size == (width, height) for width, height, data in made.values())


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
async def test_the_exif_orientation_is_applied(decoder: Decoder, kind: str, orientation: int) -> None:
    upright = photo(120, 80)
    undo = {1: None, 2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}[orientation]
    stored = upright if undo is None else upright.transpose(Pil.Transpose(undo))
    exif = Pil.Exif()
    exif[0x0112] = orientation
    options = {"quality": 95} if kind != "PNG" else {}

    found = await decoder.measure(encoded(stored, kind, exif=exif.tobytes(), **options))

    assert (found.width, found.height) == (120, 80)
    first = opened(found.rendition_564).convert("RGB")
    assert first.size == (120, 80)
    assert near(first.getpixel((2, 2)), (250, 10, 10), 60)
    assert near(first.getpixel((117, 77)), (10, 10, 250), 60)


async def test_no_metadata_is_left_in_any_rendition(decoder: Decoder) -> None:
    exif = Pil.Exif()
    exif[0x010E] = "home, 12 Secret Street"
    exif[0x0112] = 6
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = encoded(
        photo(), exif=exif.tobytes(), icc_profile=profile, xmp=b"<x:xmpmeta>Secret</x:xmpmeta>", comment=b"Secret"
    )
    assert b"Secret" in data

    made = await decoder.renditions(data)

    assert set(made) == set(NAMES)
    for _, _, rendition in made.values():
        assert b"Secret" not in rendition
        assert not {"exif", "xmp", "icc_profile"} & set(opened(rendition).info)


@pytest.mark.parametrize("mode", ["CMYK", "L", "P", "1", "RGBA", "LA", "I;16", "PA"])
async def test_other_kinds_of_pixels_become_rgb(decoder: Decoder, mode: str) -> None:
    if mode == "I;16":
        image = Pil.fromarray(np.full((60, 90), 32_768, dtype=np.uint16))
    elif mode == "PA":
        image = photo(90, 60).convert("P")
    else:
        image = photo(90, 60).convert(mode)
    kind = "JPEG" if mode == "CMYK" else "PNG"
    data = encoded(image, kind, transparency=0) if mode == "PA" else encoded(image, kind)

    found = await decoder.measure(data)

    assert opened(found.rendition_564).mode == "RGB"
    if mode == "I;16":
        assert near(opened(found.rendition_564).getpixel((10, 10)), (128, 128, 128), 4)


async def test_what_is_transparent_turns_white(decoder: Decoder) -> None:
    image = Pil.new("RGBA", (60, 60), (200, 0, 0, 0))

    found = await decoder.measure(encoded(image, "PNG"))

    assert found.dominant_color == "#ffffff"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.9])
async def test_a_file_cut_short_is_an_error_and_not_half_a_picture(decoder: Decoder, kind: str, share: float) -> None:
    noisy = Pil.fromarray(np.random.default_rng(3).integers(0, 256, (300, 300, 3), dtype=np.uint8))
    data = encoded(noisy, kind)

    with pytest.raises(Invalid, match="could not be read"):
        await decoder.measure(data[: int(len(data) * share)])


async def test_bytes_turned_over_never_do_worse_than_a_typed_error(decoder: Decoder) -> None:
    rng = np.random.default_rng(11)
    for kind in ("JPEG", "PNG", "WEBP"):
        data = np.frombuffer(encoded(photo(), kind), dtype=np.uint8)
        for _ in range(12):
            broken = data.copy()
            at = rng.integers(2, len(broken), 8)
            broken[at] = rng.integers(0, 256, 8)
            with contextlib.suppress(ProductError):  # A bug would be anything else.
                await decoder.measure(broken.tobytes())


async def test_a_decoder_that_reads_another_size_than_the_header_is_not_believed(decoder: Decoder) -> None:
    hidden = encoded(photo(400, 300))
    fake = hidden[:2] + b"\xff\xe0\0\x02" + b"\xff\xc0\0\x0b\x08\0\x0a\0\x0a\x01\x01\x11\0" + hidden[2:]

    with pytest.raises(Invalid):
        await decoder.measure(fake)


async def test_an_enormous_picture_is_refused_without_a_process(decoder: Decoder) -> None:
    with pytest.raises(TooLarge):
        await decoder.measure(png_bomb(20_000, 100))
    with pytest.raises(UnsupportedMedia):
        await decoder.measure(b"no picture")


async def test_a_picture_of_the_largest_size_is_taken(decoder: Decoder) -> None:
    found = await decoder.measure(png(8_000, 6_250))

    assert (found.width, found.height) == (8_000, 6_250)


async def test_a_process_that_dies_is_an_error_for_its_picture_alone(decoder: Decoder) -> None:
    with pytest.raises(Invalid, match="could not be read"):
        await decoder._run(10, die)

    assert (await decoder.measure(encoded(photo()))).width == 400


async def test_a_process_that_hangs_is_ended(decoder: Decoder) -> None:
    with pytest.raises(Invalid, match="too long"):
        await decoder._run(0.3, hang)

    assert (await decoder.measure(encoded(photo()))).width == 400


async def test_a_process_cannot_eat_the_machine_s_memory(decoder: Decoder) -> None:
    with pytest.raises(Invalid):
        await decoder._run(10, eat_memory)


async def test_a_profile_that_does_not_fit_is_left_out_of_account(decoder: Decoder) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("XYZ")).tobytes()

    assert (await decoder.measure(encoded(photo(), icc_profile=profile))).width == 400
    assert (await decoder.measure(encoded(photo(), icc_profile=b"nonsense"))).width == 400
