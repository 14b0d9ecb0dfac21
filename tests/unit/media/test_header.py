from __future__ import annotations

import time

import pytest

from domain.errors import Invalid, TooLarge, UnsupportedMedia
from domain.limits import UPLOAD_BYTES_MAX
from media import header
from tests.unit.media.samples import encoded, photo, png_bomb


@pytest.mark.parametrize(
    ("kind", "options", "content_type"),
    [
        ("JPEG", {}, "image/jpeg"),
        ("JPEG", {"progressive": True}, "image/jpeg"),
        ("PNG", {}, "image/png"),
        ("WEBP", {}, "image/webp"),
        ("WEBP", {"lossless": True}, "image/webp"),
        ("WEBP", {"exif": b"Exif\0\0MM\0*\0\0\0\x08\0\0"}, "image/webp"),
    ],
)
def test_type_and_size_are_read_without_decoding(kind: str, options: dict[str, object], content_type: str) -> None:
    found = header.read(encoded(photo(321, 123), kind, **options))

    assert found == header.Header(content_type, 321, 123)


def test_a_huge_picture_in_a_small_file_is_refused_at_once() -> None:
    bomb = png_bomb(30_000, 30_000)
    assert len(bomb) < 150_000

    started = time.perf_counter()
    with pytest.raises(TooLarge, match="30,000 x 30,000"):
        header.read(bomb)

    assert time.perf_counter() - started < 1.0


def test_more_than_fifty_megapixels_are_refused() -> None:
    with pytest.raises(TooLarge, match="50 megapixels"):
        header.read(png_bomb(10_000, 5_001))


def test_more_than_twenty_mebibytes_are_refused() -> None:
    with pytest.raises(TooLarge):
        header.read(encoded(photo()) + b"\0" * UPLOAD_BYTES_MAX)


def test_an_empty_file_says_so() -> None:
    with pytest.raises(Invalid, match="empty"):
        header.read(b"")


@pytest.mark.parametrize("data", [b"BM" + b"\0" * 99, b"<svg/>", b"%PDF-1.7", b"RIFF\0\0\0\0WAVEfmt ", b"\0"])
def test_what_is_no_picture_of_ours_is_unsupported(data: bytes) -> None:
    with pytest.raises(UnsupportedMedia, match="JPEG, PNG, WebP, GIF"):
        header.read(data)


def test_a_file_that_is_not_what_it_was_announced_as_is_unsupported() -> None:
    with pytest.raises(UnsupportedMedia, match=r"image/png.*image/jpeg"):
        header.read(encoded(photo()), announced="image/png")


@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n",
        b"\x89PNG\r\n\x1a\n\0\0\0\rIDAT" + b"\0" * 30,
        b"\xff\xd8\xff",
        b"\xff\xd8\xff\xe0\0\x10",
        b"\xff\xd8\xff\xd9",
        b"RIFF\0\0\0\0WEBPVP8X",
        b"RIFF\0\0\0\0WEBPJUNK" + b"\0" * 30,
    ],
)
def test_a_broken_header_is_invalid(data: bytes) -> None:
    with pytest.raises(Invalid, match="could not be read"):
        header.read(data)


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xd8" + b"\xff" * 15_000_000,
        b"\xff\xd8\xff" + b"\0" * 15_000_000,
        b"\xff\xd8" + b"\xff\xe0\0\2" * 4_000_000,
        b"\xff\xd8\xff" + b"\xff\0" * 7_000_000,
    ],
    ids=["fill", "stray", "segments", "stuffing"],
)
def test_a_jpeg_made_to_be_slow_is_not(data: bytes) -> None:
    started = time.perf_counter()
    with pytest.raises(Invalid):
        header.read(data)

    assert time.perf_counter() - started < 0.5
