"""Every kind of file that is taken: its head, its first picture, its colours, and what 50 megapixels of it cost."""

from __future__ import annotations

import io
import resource
import struct
import zlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import numpy as np
import pillow_heif
import pytest
from PIL import Image as Pil

from domain.errors import Invalid, ProductError, TooLarge, UnsupportedMedia
from domain.limits import DECODER_BYTES_MAX, FULL_PIXELS_MAX
from media import formats, header, libwebp, originals, pixels
from media.decode import Decoder
from media.upload import check_announced
from tests.unit.media.profiles import cmyk_profile
from tests.unit.media.samples import encoded, near, opened, photo

pillow_heif.register_heif_opener()  # For making files; the product does without.

FILES = Path(__file__).parent / "files"
RED, BLUE = (250, 10, 10), (10, 10, 250)
EVERY = [
    ("GIF", {}, "image/gif"),
    ("AVIF", {}, "image/avif"),
    ("AVIF", {"subsampling": "4:4:4"}, "image/avif"),
    ("HEIF", {}, "image/heic"),
]


def plain(colour: tuple[int, ...], size: tuple[int, int] = (120, 80)) -> Pil.Image:
    return Pil.new("RGBA" if len(colour) == 4 else "RGB", size, colour)


def animated(kind: str, **options: Any) -> bytes:
    """Red, then blue."""
    second = plain(BLUE)
    second.putpixel((0, 0), RED)  # Some encoders leave out a picture that is like the one before.
    return encoded(plain(RED), kind, save_all=True, append_images=[second], duration=100, **options)


@pytest.fixture
async def fresh() -> AsyncIterator[Decoder]:
    """A decoder whose one process has opened nothing yet."""
    decoder = Decoder(processes=1)
    yield decoder
    await decoder.close()


@pytest.mark.parametrize(("kind", "options", "content_type"), EVERY)
def test_type_and_size_are_read_without_decoding(kind: str, options: dict[str, Any], content_type: str) -> None:
    found = header.read(encoded(photo(322, 124), kind, **options))

    assert (found.content_type, found.width, found.height) == (content_type, 322, 124)


@pytest.mark.parametrize(("kind", "options", "content_type"), EVERY)
async def test_a_picture_is_measured_and_its_first_rendition_made(
    decoder: Decoder, kind: str, options: dict[str, Any], content_type: str
) -> None:
    found = await decoder.measure(encoded(photo(1000, 750), kind, **options), content_type=content_type)

    first = opened(found.rendition_564)
    assert (found.width, found.height, found.content_type) == (1000, 750, content_type)
    assert (first.format, first.size) == ("WEBP", (564, 423))
    assert near(first.getpixel((2, 2)), RED, 60)
    assert near(first.getpixel((561, 420)), BLUE, 60)


async def test_a_heic_may_be_announced_by_either_of_its_types(decoder: Decoder) -> None:
    data = encoded(photo(), "HEIF")

    for announced in ("image/heic", "image/heif"):
        assert (await decoder.measure(data, content_type=announced)).content_type == "image/heic"


def test_without_its_decoder_a_heic_is_refused_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "opens_heic", lambda: False)

    with pytest.raises(UnsupportedMedia, match=r"HEIC.*Convert it to one of JPEG, PNG, WebP, GIF or AVIF"):
        header.read(encoded(photo(), "HEIF"))
    with pytest.raises(UnsupportedMedia, match="image/avif"):
        check_announced("image/heic", 1)
    assert ".heic" not in formats.suffixes()


@pytest.mark.parametrize("data", [animated("GIF"), animated("PNG"), animated("WEBP"), animated("WEBP", lossless=True)])
async def test_of_an_animation_the_first_picture_is_shown(decoder: Decoder, data: bytes) -> None:
    found = await decoder.measure(data)

    assert (found.width, found.height) == (120, 80)
    assert near(opened(found.rendition_564).getpixel((60, 40)), RED, 12)


async def test_a_first_frame_smaller_than_its_canvas_lies_where_it_belongs_on_white(decoder: Decoder) -> None:
    frame = encoded(plain(RED, (20, 10)), "WEBP", lossless=True)[12:]
    placed = b"".join(n.to_bytes(3, "little") for n in (30 // 2, 40 // 2, 19, 9, 100)) + b"\0" + frame
    canvas = bytes([0x12, 0, 0, 0]) + (119).to_bytes(3, "little") + (79).to_bytes(3, "little")
    body = b"WEBP" + b"".join(
        name + struct.pack("<I", len(held)) + held + b"\0" * (len(held) & 1)
        for name, held in ((b"VP8X", canvas), (b"ANIM", bytes(6)), (b"ANMF", placed))
    )

    found = await decoder.measure(b"RIFF" + struct.pack("<I", len(body)) + body)

    first = opened(found.rendition_564)
    assert (found.width, found.height) == (120, 80)
    assert near(first.getpixel((40, 45)), RED, 12)
    assert near(first.getpixel((10, 10)), (255, 255, 255), 12)


async def test_without_libwebp_s_symbols_pillow_reads_webp_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = encoded(photo(640, 480), "WEBP")
    ours = pixels.make(data, ("236",))["236"]
    monkeypatch.setattr(libwebp, "library", lambda: None)

    assert pixels.make(data, ("236",))["236"][:2] == ours[:2] == (236, 177)


@pytest.mark.parametrize("kind", ["WEBP", "AVIF", "PNG"])
async def test_what_is_transparent_turns_white(decoder: Decoder, kind: str) -> None:
    found = await decoder.measure(encoded(plain((200, 0, 0, 0)), kind))

    assert found.dominant_color == "#ffffff"


async def test_a_heic_is_turned_as_it_says_outside_of_exif(decoder: Decoder) -> None:
    exif = Pil.Exif()
    exif[0x0112] = 6
    data = encoded(photo(120, 80).transpose(Pil.Transpose.ROTATE_90), "HEIF", exif=exif.tobytes(), quality=90)

    found = await decoder.measure(data)

    first = opened(found.rendition_564)
    assert (found.width, found.height) == (120, 80)
    assert near(first.getpixel((2, 2)), RED, 70)


async def test_cmyk_follows_its_profile(decoder: Decoder) -> None:
    cyan = Pil.new("CMYK", (90, 60), (255, 0, 0, 0))

    bare = opened((await decoder.measure(encoded(cyan, quality=95))).rendition_564).getpixel((40, 30))
    profiled = encoded(cyan, quality=95, icc_profile=cmyk_profile())
    printed = opened((await decoder.measure(profiled)).rendition_564).getpixel((40, 30))

    assert near(bare, (0, 255, 255), 12)
    assert printed[0] > printed[1] + 30  # Lab (70, 40, -60) is violet: more red than green.
    assert printed[2] > 200


async def test_sixteen_bits_become_eight(decoder: Decoder) -> None:
    grey = encoded(Pil.fromarray(np.full((60, 90), 0x8000, dtype=np.uint16)), "PNG")
    colours = sixteen_bit_png(90, 60, (0xFFFF, 0x8000, 0x0000))

    assert near(opened((await decoder.measure(grey)).rendition_564).getpixel((40, 30)), (128, 128, 128), 3)
    assert near(opened((await decoder.measure(colours)).rendition_564).getpixel((40, 30)), (255, 128, 0), 8)


async def test_ten_bits_a_channel_become_eight(decoder: Decoder) -> None:
    values = np.full((80, 120, 3), (0xFFFF, 0x8000, 0x0000), dtype=np.uint16)
    out = io.BytesIO()
    pillow_heif.encode("RGB;16", (120, 80), values.tobytes(), out, quality=90)

    found = await decoder.measure(out.getvalue())

    assert near(opened(found.rendition_564).getpixel((60, 40)), (255, 128, 0), 16)


@pytest.mark.parametrize("kind", ["GIF", "AVIF", "HEIF"])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.9])
async def test_a_file_cut_short_is_an_error_and_not_half_a_picture(decoder: Decoder, kind: str, share: float) -> None:
    noisy = Pil.fromarray(np.random.default_rng(3).integers(0, 256, (300, 300, 3), dtype=np.uint8))
    data = encoded(noisy, kind)

    with pytest.raises((Invalid, UnsupportedMedia)):
        await decoder.measure(data[: int(len(data) * share)])


async def test_bytes_turned_over_never_do_worse_than_a_typed_error(decoder: Decoder) -> None:
    rng = np.random.default_rng(12)
    samples = [encoded(photo(), kind) for kind in ("GIF", "AVIF", "HEIF")] + [animated("WEBP"), animated("GIF")]
    for sample in samples:
        data = np.frombuffer(sample, dtype=np.uint8)
        for reach in (400, len(data)):  # The boxes and chunks lie at the beginning.
            for _ in range(12):
                broken = data.copy()
                at = rng.integers(4, min(reach, len(data)), 6)
                broken[at] = rng.integers(0, 256, 6)
                try:
                    await decoder.measure(broken.tobytes())
                except ProductError:  # A bug would be anything else.
                    continue


def test_a_gif_that_says_less_than_its_first_picture_needs_is_measured_by_the_picture() -> None:
    data = bytearray(encoded(photo(300, 200), "GIF"))
    data[6:10] = struct.pack("<HH", 5, 5)

    found = header.read(bytes(data))

    assert (found.width, found.height) == (300, 200)


@pytest.mark.parametrize("name", ["50_megapixels.avif", "50_megapixels.heic"])
def test_sizes_past_the_bounds_are_refused_from_the_head(name: str) -> None:
    data = (FILES / name).read_bytes()
    old, new = (n.to_bytes(4, "big") for n in (8_000, 8_100))
    ispe = data.index(b"ispe") + 8

    assert data[ispe : ispe + 4] == old
    with pytest.raises(TooLarge, match="8,100 x 6,250"):
        header.read(data[:ispe] + new + data[ispe + 4 :])


def test_an_avif_of_rich_colours_may_have_fewer_pixels() -> None:
    rich = header.read(encoded(plain((1, 2, 3, 4)), "AVIF", subsampling="4:4:4"))
    ordinary = header.read(encoded(plain((1, 2, 3)), "AVIF"))

    assert ordinary.pixels_max == 50_000_000
    assert 25_000_000 < rich.pixels_max < 45_000_000


async def test_past_25_megapixels_the_full_rendition_is_half_as_wide(decoder: Decoder) -> None:
    made = await decoder.renditions(encoded(Pil.new("L", (7_001, 3_601)), "PNG", compress_level=1), ("full", "236"))

    assert FULL_PIXELS_MAX < 7_001 * 3_601
    assert opened(made["full"][2]).size == made["full"][:2] == (3_500, 1_800)


def large(kind: str) -> bytes:
    """A file of 50 megapixels that is as hard to open as its kind can be."""
    if kind in ("avif", "heic"):
        return (FILES / f"50_megapixels.{kind}").read_bytes()
    grey = Pil.linear_gradient("L").resize((8_000, 6_250), Pil.Resampling.NEAREST)
    half = Pil.new("L", grey.size, 128)
    quick: dict[str, Any] = {"quality": 20, "method": 1}
    made: dict[str, Callable[[], bytes]] = {
        "JPEG": lambda: encoded(Pil.merge("RGB", [grey] * 3), quality=50),
        "CMYK JPEG": lambda: encoded(Pil.merge("CMYK", [grey] * 4), quality=50, progressive=True, subsampling=0),
        "PNG": lambda: encoded(Pil.merge("RGBA", [grey] * 4), "PNG", compress_level=1),
        "16-bit PNG": lambda: encoded(Pil.fromarray(np.asarray(grey).astype(np.uint16) * 257), "PNG", compress_level=1),
        "WebP": lambda: encoded(Pil.merge("RGBA", (grey, grey, grey, half)), "WEBP", **quick),
        "lossless WebP": lambda: encoded(Pil.merge("RGB", [grey] * 3), "WEBP", lossless=True, **quick),
        "GIF": lambda: encoded(grey, "GIF"),
    }
    return made[kind]()


@pytest.mark.parametrize(
    "kind", ["JPEG", "CMYK JPEG", "PNG", "16-bit PNG", "WebP", "lossless WebP", "GIF", "avif", "heic"]
)
async def test_fifty_megapixels_are_decoded_within_512_mebibytes(fresh: Decoder, kind: str) -> None:
    data = large(kind)

    found = await fresh.measure(data)
    made = await fresh.renditions(data)

    peak_bytes = await fresh._run(10, peak)
    assert (found.width, found.height) == (8_000, 6_250)
    assert made["full"][:2] == (4_000, 3_125)
    assert 0 < peak_bytes <= DECODER_BYTES_MAX


def peak() -> int:
    """The most memory that this process ever used."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


async def test_a_process_gets_no_more_memory_than_that(fresh: Decoder) -> None:
    with pytest.raises(Invalid):
        await fresh._run(20, touch, DECODER_BYTES_MAX)


def touch(size: int) -> int:
    return len(bytearray(b"x") * size)


def sixteen_bit_png(width: int, height: int, colour: tuple[int, int, int]) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    row = b"\0" + struct.pack(">3H", *colour) * width
    head = struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0)
    body = zlib.compress(row * height)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def test_bands_join_without_a_seam() -> None:
    data = encoded(photo(3_000, 1_001), "PNG")
    found = header.read(data)
    with originals.opened(data, found, lambda *_: 1) as original:
        joined = pixels._reduced(original, 3)

    whole = photo(3_000, 1_001).reduce(3)
    assert joined.size == whole.size == (1_000, 334)
    assert np.abs(np.asarray(joined).astype(int) - np.asarray(whole).astype(int)).max() <= 1
