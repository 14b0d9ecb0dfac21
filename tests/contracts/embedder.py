"""What every embedder must keep to. A subclass supplies the fixture `embedder`."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from domain.errors import Invalid
from vectors.embedder import ImageEmbedder, TextEmbedder


def picture(seed: int, form: str = "WEBP", size: tuple[int, int] = (90, 120)) -> bytes:
    """A picture file of blotches that differ by seed."""
    rng = np.random.default_rng(seed)
    small = Image.fromarray(rng.integers(0, 256, (6, 5, 3), dtype=np.uint8))
    file = io.BytesIO()
    small.resize(size, Image.Resampling.BICUBIC).save(file, form)
    return file.getvalue()


class ImageEmbedderContract:
    async def test_rows_have_the_declared_shape_and_length_one(self, embedder: ImageEmbedder) -> None:
        rows = await embedder.images([picture(1), picture(2, "JPEG"), picture(3, "PNG")])

        assert rows.shape == (3, embedder.dim)
        assert rows.dtype == np.float32
        np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-5)

    async def test_nothing_in_nothing_out(self, embedder: ImageEmbedder) -> None:
        rows = await embedder.images([])

        assert rows.shape == (0, embedder.dim)
        assert rows.dtype == np.float32

    async def test_the_same_picture_has_the_same_vector_wherever_it_stands(self, embedder: ImageEmbedder) -> None:
        first = await embedder.images([picture(1), picture(2)])
        again = await embedder.images([picture(2), picture(3), picture(1)])

        np.testing.assert_allclose(again[2], first[0], atol=1e-5)
        np.testing.assert_allclose(again[0], first[1], atol=1e-5)

    async def test_another_picture_has_another_vector(self, embedder: ImageEmbedder) -> None:
        rows = await embedder.images([picture(1), picture(2)])

        assert not np.allclose(rows[0], rows[1], atol=1e-4)

    async def test_a_file_that_is_no_picture_is_named_by_its_position(self, embedder: ImageEmbedder) -> None:
        with pytest.raises(Invalid) as refused:
            await embedder.images([picture(1), b"not a picture", picture(2)])

        assert refused.value.field == ("pictures", "1")

    async def test_a_truncated_picture_is_refused(self, embedder: ImageEmbedder) -> None:
        with pytest.raises(Invalid):
            await embedder.images([picture(1, "PNG")[:-40]])


class TextEmbedderContract:
    async def test_rows_have_the_declared_shape_and_length_one(self, embedder: TextEmbedder) -> None:
        rows = await embedder.texts(["a red kite over the sea", "lasagne", ""])

        assert rows.shape == (3, embedder.dim)
        assert rows.dtype == np.float32
        np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-5)

    async def test_nothing_in_nothing_out(self, embedder: TextEmbedder) -> None:
        assert (await embedder.texts([])).shape == (0, embedder.dim)

    async def test_the_same_text_has_the_same_vector_wherever_it_stands(self, embedder: TextEmbedder) -> None:
        first = await embedder.texts(["oak table"])
        again = await embedder.texts(["a much longer text that changes the padding of the batch", "oak table"])

        np.testing.assert_allclose(again[1], first[0], atol=1e-4)

    async def test_a_very_long_text_is_no_error(self, embedder: TextEmbedder) -> None:
        assert (await embedder.texts(["word " * 20_000])).shape == (1, embedder.dim)
