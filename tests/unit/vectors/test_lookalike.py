from __future__ import annotations

import io
import time

import numpy as np
import pytest
from PIL import Image

from domain.errors import Invalid
from tests.contracts.embedder import ImageEmbedderContract, picture
from vectors import lookalike_features
from vectors.embedder import ImageEmbedder
from vectors.lookalike import DIM, PROJECTION, Lookalike, LookalikeEmbedder


@pytest.fixture(scope="module")
def model() -> Lookalike:
    return Lookalike()


class TestLookalike(ImageEmbedderContract):
    @pytest.fixture
    def embedder(self) -> ImageEmbedder:
        return LookalikeEmbedder()


def _file(image: Image.Image, form: str = "PNG", **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def test_two_runs_give_the_same_bits(model: Lookalike) -> None:
    data = picture(7)

    assert model.vector(data).tobytes() == Lookalike().vector(data).tobytes()


def test_a_smaller_copy_is_nearly_the_same(model: Lookalike) -> None:
    large = model.vector(picture(5, "PNG", (600, 800)))
    small = model.vector(picture(5, "WEBP", (300, 400)))
    other = model.vector(picture(6, "PNG", (600, 800)))

    assert float(large @ small) > 0.95
    assert float(large @ small) > float(large @ other) + 0.1


def test_a_picture_without_any_detail_has_a_vector(model: Lookalike) -> None:
    vector = model.vector(_file(Image.new("RGB", (40, 40), (255, 255, 255))))

    assert vector.shape == (DIM,)
    assert np.isfinite(vector).all()
    assert float(np.linalg.norm(vector)) == pytest.approx(1.0, abs=1e-5)


def test_colours_that_shops_do_not_hold_are_told_apart(model: Lookalike) -> None:
    blue, violet, pink = (
        model.vector(_file(Image.new("RGB", (40, 40), colour))) for colour in ("#2040d0", "#8030c0", "#f070b0")
    )

    assert max(float(blue @ violet), float(violet @ pink), float(blue @ pink)) < 0.95


def test_a_picture_on_its_side_is_turned_upright(model: Lookalike) -> None:
    upright = Image.open(io.BytesIO(picture(9, "PNG")))
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = _file(upright.rotate(90, expand=True), exif=exif)

    assert float(model.vector(turned) @ model.vector(picture(9, "PNG"))) > 0.98


def test_transparency_is_white(model: Lookalike) -> None:
    clear = model.vector(_file(Image.new("RGBA", (30, 30), (200, 0, 0, 0))))

    np.testing.assert_allclose(clear, model.vector(_file(Image.new("RGB", (30, 30), "white"))), atol=1e-5)


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_decoded(model: Lookalike) -> None:
    huge = _file(Image.new("1", (9_000, 9_000)))

    started = time.monotonic()
    with pytest.raises(Invalid):
        model.vector(huge)

    assert time.monotonic() - started < 1.0


def test_the_projection_is_small_and_holds_no_picture() -> None:
    with np.load(PROJECTION) as arrays:
        shapes = {name: arrays[name].shape for name in arrays.files}

    assert PROJECTION.stat().st_size < 3_000_000
    assert all(name.split(".")[1] in {"mean", "basis", "centres", "axes"} for name in shapes)


def test_cielab_of_known_colours() -> None:
    rgb = np.array([[[255, 255, 255], [255, 0, 0], [0, 0, 0]]], dtype=np.uint8)

    lab = lookalike_features.lab(rgb)[0]

    np.testing.assert_allclose(lab, [[100, 0, 0], [53.24, 80.09, 67.20], [0, 0, 0]], atol=0.1)
