from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from domain.errors import Invalid, NotFound, TooLarge, UnsupportedMedia
from domain.ids import UploadId
from domain.model import Origin, Picture
from media import generated
from media.decode import Decoded, Decoder
from media.disk import DiskStore
from media.pictures import Pictures, original_at
from media.pixels import Made
from media.renditions import NAMES
from media.upload import stored_at
from tests.unit.media.samples import encoded, opened, photo

UPLOAD = UploadId("upload_01ABC")
RECIPE = "gradients/ember/7"


@pytest.fixture
def pictures(store: DiskStore, decoder: Decoder) -> Pictures:
    return Pictures(store, decoder)


def uploaded(decoded: Decoded) -> Picture:
    return Picture(decoded.sha256, "key", Origin.UPLOAD, None, decoded.width, decoded.height, decoded.content_type, ())


def painted() -> Picture:
    width, height = generated.size(RECIPE)
    return Picture(generated.sha256(RECIPE), "key", Origin.GENERATED, RECIPE, width, height, "image/webp", ())


async def test_an_upload_becomes_a_picture_whose_original_is_kept(pictures: Pictures, store: DiskStore) -> None:
    data = encoded(photo())
    await store.put(stored_at(UPLOAD), data, "image/jpeg")

    decoded = await pictures.take_upload(UPLOAD, content_type="image/jpeg", size=len(data))

    assert await pictures.original(decoded.sha256) == data
    assert await pictures.rendition(uploaded(decoded), "564") == decoded.rendition_564


async def test_an_upload_that_was_never_put_says_what_to_do(pictures: Pictures) -> None:
    with pytest.raises(NotFound, match="PUT the file"):
        await pictures.take_upload(UPLOAD, content_type="image/jpeg", size=10)


async def test_an_upload_of_another_size_is_invalid(pictures: Pictures, store: DiskStore) -> None:
    await store.put(stored_at(UPLOAD), b"short", "image/jpeg")

    with pytest.raises(Invalid, match="10 were announced"):
        await pictures.take_upload(UPLOAD, content_type="image/jpeg", size=10)


async def test_an_upload_of_more_bytes_than_announced_is_not_even_read(pictures: Pictures, store: DiskStore) -> None:
    await store.put(stored_at(UPLOAD), bytes(11), "image/jpeg")

    with pytest.raises(TooLarge, match="10 bytes announced"):
        await pictures.take_upload(UPLOAD, content_type="image/jpeg", size=10)


async def test_a_refused_file_leaves_no_original(pictures: Pictures, store: DiskStore) -> None:
    data = encoded(photo())

    with pytest.raises(UnsupportedMedia):
        await pictures.take(data, content_type="image/webp")

    decoded = await pictures.take(data)
    await pictures.delete(decoded.sha256)
    assert await pictures.original(decoded.sha256) is None
    with pytest.raises(NotFound):
        await pictures.rendition(uploaded(decoded), "236")


async def test_a_missing_rendition_is_made_from_the_original(pictures: Pictures) -> None:
    decoded = await pictures.take(encoded(photo(1500, 600)))

    body = await pictures.rendition(uploaded(decoded), "1200")

    assert opened(body).size == (1200, 480)


async def test_all_renditions_are_made_and_again_is_harmless(pictures: Pictures) -> None:
    decoded = await pictures.take(encoded(photo(700, 700)))

    once = await pictures.make_all(uploaded(decoded))
    again = await pictures.make_all(uploaded(decoded))

    assert once == again
    assert [(r.name, r.width) for r in once] == [("236", 236), ("564", 564), ("1200", 700), ("full", 700)]
    assert all(rendition.bytes > 0 for rendition in once)


async def test_a_name_that_is_no_rendition_is_not_found(pictures: Pictures) -> None:
    with pytest.raises(NotFound, match="236, 564, 1200, full"):
        await pictures.rendition(painted(), "9000")


async def test_a_generated_picture_is_painted_once_for_many_first_requests(store: DiskStore, decoder: Decoder) -> None:
    painting = Counting(decoder)
    pictures = Pictures(store, painting)

    bodies = await asyncio.gather(*(pictures.rendition(painted(), "236") for _ in range(20)))

    assert painting.count == 1
    assert len(set(bodies)) == 1
    assert opened(bodies[0]).width == 236


async def test_a_caller_that_goes_away_takes_the_picture_from_nobody(store: DiskStore, decoder: Decoder) -> None:
    pictures = Pictures(store, decoder)
    leaving = asyncio.create_task(pictures.rendition(painted(), "564"))
    staying = asyncio.create_task(pictures.rendition(painted(), "564"))
    await asyncio.sleep(0)

    leaving.cancel()

    assert opened(await staying).width == 564


async def test_an_upload_is_forgotten(pictures: Pictures, store: DiskStore) -> None:
    await store.put(stored_at(UPLOAD), b"bytes", "image/jpeg")

    await pictures.forget_upload(UPLOAD)

    assert await store.get(stored_at(UPLOAD)) is None
    assert await store.get(original_at("unknown")) is None


class Counting(Decoder):
    """Counts what is painted; everything else is the decoder's."""

    def __init__(self, decoder: Decoder) -> None:
        self._decoder = decoder
        self.count = 0

    async def paint(self, recipe: str, names: Sequence[str] = NAMES) -> Made:
        self.count += 1
        return await self._decoder.paint(recipe, names)
