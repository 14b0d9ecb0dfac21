from __future__ import annotations

import pytest

from domain.model import Image, Rendition
from resolvers.images import fitting, offered


def image(width: int, height: int, *made: Rendition) -> Image:
    return Image("key", width, height, "#000000", ("#000000",), "", "0" * 64, made, open=True)


@pytest.mark.parametrize(
    ("wanted", "name"),
    [(1, "236"), (236, "236"), (237, "564"), (564, "564"), (1_000, "1200"), (1_201, "full"), (9_999, "full")],
)
def test_the_smallest_rendition_that_is_wide_enough_fits(wanted: int, name: str) -> None:
    assert fitting(offered(image(4_000, 3_000)), wanted).name == name


def test_a_small_picture_is_never_enlarged_and_its_first_rendition_is_the_one_that_is_there() -> None:
    offers = offered(image(300, 200))

    assert [(o.name, o.width, o.height) for o in offers] == [
        ("236", 236, 157),
        ("564", 300, 200),
        ("1200", 300, 200),
        ("full", 300, 200),
    ]
    assert fitting(offers, 564).name == "564"


def test_what_was_made_is_offered_with_its_size() -> None:
    offers = offered(image(800, 600, Rendition("564", 564, 423, 31_337)))

    assert [o.bytes for o in offers] == [0, 31_337, 0, 0]
