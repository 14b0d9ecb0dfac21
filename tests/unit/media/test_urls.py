from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest

from domain.errors import Forbidden, Invalid, TooLarge, UnsupportedMedia
from domain.ids import SIGNED_OUT, UploadId, UserN
from domain.limits import UPLOAD_BYTES_MAX
from domain.model import Image
from media.upload import UploadUrls, check_announced
from media.urls import PictureUrls, well_formed

NOW = datetime(2026, 5, 1, 12, 0, 30, tzinfo=UTC)
URLS = PictureUrls("https://pins.example/", b"secret")
UPLOADS = UploadUrls("https://pins.example", b"secret")


def image(*, is_open: bool) -> Image:
    return Image("abcdef0123456789", 10, 10, "#000000", ("#000000",), "", "0" * 64, (), is_open)


def query(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query))


def test_an_open_picture_has_a_plain_absolute_url() -> None:
    assert URLS.url(image(is_open=True), "564", SIGNED_OUT, NOW) == "https://pins.example/i/abcdef0123456789/564.webp"


def test_any_other_picture_is_signed_for_its_viewer_for_at_most_ten_minutes() -> None:
    given = query(URLS.url(image(is_open=False), "564", UserN(7), NOW))

    grant = URLS.check("abcdef0123456789", "564", given, NOW)

    assert grant is not None
    assert grant.viewer == 7
    assert 540 <= grant.expires_s - NOW.timestamp() <= 600


def test_urls_of_one_minute_are_the_same() -> None:
    urls = {URLS.url(image(is_open=False), "564", UserN(7), NOW + timedelta(seconds=s)) for s in (-30, 0, 29)}

    assert len(urls) == 1


@pytest.mark.parametrize("part", ["v", "e", "s"])
def test_a_changed_or_missing_part_is_refused(part: str) -> None:
    given = query(URLS.url(image(is_open=False), "564", UserN(7), NOW))

    for value in ("", "8", "9" * 18, "x", given[part] + "0", "-" + given[part]):
        assert URLS.check("abcdef0123456789", "564", {**given, part: value}, NOW) is None
    del given[part]
    assert URLS.check("abcdef0123456789", "564", given, NOW) is None


def test_a_signature_holds_for_its_own_picture_size_secret_and_time_alone() -> None:
    given = query(URLS.url(image(is_open=False), "564", UserN(7), NOW))

    assert URLS.check("abcdef0123456780", "564", given, NOW) is None
    assert URLS.check("abcdef0123456789", "full", given, NOW) is None
    assert PictureUrls("https://pins.example", b"other").check("abcdef0123456789", "564", given, NOW) is None
    assert URLS.check("abcdef0123456789", "564", given, NOW + timedelta(minutes=10)) is None
    assert URLS.check("abcdef0123456789", "564", given, NOW - timedelta(days=1)) is None


@pytest.mark.parametrize(
    ("key", "name"), [("..", "564"), ("abcdefgh", "565"), ("abcdefgh", ""), ("a" * 65, "full"), ("é" * 9, "564")]
)
def test_keys_and_names_of_another_shape_are_not_ours(key: str, name: str) -> None:
    assert not well_formed(key, name)


def upload_url() -> str:
    expires = NOW + timedelta(hours=1)
    return UPLOADS.url(UploadId("upload_1"), by=UserN(3), content_type="image/png", size=1000, expires_at=expires)


def test_an_upload_url_grants_what_was_announced() -> None:
    grant = UPLOADS.check("upload_1", query(upload_url()), NOW)

    assert (grant.id, grant.by, grant.content_type, grant.bytes) == ("upload_1", 3, "image/png", 1000)


@pytest.mark.parametrize(
    "change",
    [
        {"by": "4"},
        {"type": "image/jpeg"},
        {"bytes": "1001"},
        {"expires": "9999999999"},
        {"signature": "0" * 64},
        {"signature": ""},
        {"bytes": "x"},
        {"signature": "é"},
    ],
)
def test_a_changed_upload_url_is_forbidden(change: dict[str, str]) -> None:
    with pytest.raises(Forbidden):
        UPLOADS.check("upload_1", {**query(upload_url()), **change}, NOW)


def test_another_upload_or_a_later_time_is_forbidden() -> None:
    with pytest.raises(Forbidden):
        UPLOADS.check("upload_2", query(upload_url()), NOW)
    with pytest.raises(Forbidden, match="expired"):
        UPLOADS.check("upload_1", query(upload_url()), NOW + timedelta(hours=1))


def test_what_is_announced_is_checked_at_once() -> None:
    check_announced("image/webp", UPLOAD_BYTES_MAX)
    with pytest.raises(UnsupportedMedia):
        check_announced("image/svg+xml", 10)
    with pytest.raises(TooLarge):
        check_announced("image/png", UPLOAD_BYTES_MAX + 1)
    with pytest.raises(Invalid):
        check_announced("image/png", 0)
