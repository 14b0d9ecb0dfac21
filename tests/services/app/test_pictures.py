"""The picture and upload routes over a real graph."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from app import pictures as routes
from domain.errors import Conflict
from domain.ids import SIGNED_OUT, UploadId, UserN, new_id
from domain.model import BoardPrivacy, Image, Origin
from graph import boards, pin_writes, pins, uploads, users
from graph.client import Graph
from graph.pictures import NewPicture
from graph.uploads import UploadState
from media import generated
from media.decode import Decoder
from media.disk import DiskStore
from media.pictures import Pictures
from media.upload import UploadUrls, stored_at
from media.urls import PictureUrls

BASE = "http://pins.test"
PAST = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass
class Parts:
    graph: Graph
    pictures: Pictures
    store: DiskStore
    urls: PictureUrls
    upload_urls: UploadUrls


@pytest.fixture(scope="module")
async def decoder() -> AsyncIterator[Decoder]:
    decoder = Decoder(processes=1)
    yield decoder
    await decoder.close()


@pytest.fixture
async def parts(graph: Graph, decoder: Decoder, tmp_path: Path) -> Parts:
    store = await DiskStore.open(tmp_path / "pictures")
    secret = b"only for tests"
    return Parts(graph, Pictures(store, decoder), store, PictureUrls(BASE, secret), UploadUrls(BASE, secret))


@pytest.fixture
async def client(parts: Parts) -> AsyncIterator[httpx.AsyncClient]:
    application = Starlette(routes=list(routes.routes(lambda: parts)))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(application), base_url=BASE) as client:
        yield client


async def person(graph: Graph) -> UserN:
    name = f"u{secrets.token_hex(6)}"
    made = await users.create(
        graph, username=name, email=f"{name}@example.org", display_name=name, password_hash="x", now=datetime.now(UTC)
    )
    return made.n


async def pinned(graph: Graph, by: UserN, privacy: BoardPrivacy) -> Image:
    """The image of a new Pin of a generated picture on a new board."""
    board = await boards.create(graph, owner=by, title="Board", privacy=privacy)
    recipe = f"gradients/ember/{secrets.token_hex(6)}"
    looks = generated.facts(recipe)
    picture = NewPicture(
        sha256=generated.sha256(recipe),
        width=looks.width,
        height=looks.height,
        content_type="image/webp",
        dominant_color=looks.dominant_color,
        palette=looks.palette,
        thumb_hash=looks.thumb_hash,
        signature=looks.signature,
        origin=Origin.GENERATED,
        recipe=recipe,
    )
    new = pin_writes.NewPin(board.n, "Pin", picture, None, topic_ids=())
    pin = await pin_writes.create(graph, new, by=by, idempotency_key=None)
    return (await pins.by_ns(graph, by, [pin]))[0].image


async def test_a_public_picture_is_served_to_anybody_and_may_be_kept_for_a_day(
    parts: Parts, client: httpx.AsyncClient
) -> None:
    image = await pinned(parts.graph, await person(parts.graph), BoardPrivacy.PUBLIC)

    answer = await client.get(parts.urls.url(image, "236", SIGNED_OUT, datetime.now(UTC)))

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/webp"
    assert answer.headers["cache-control"] == "public, max-age=86400, immutable"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == "default-src 'none'"
    assert answer.content[:4] == b"RIFF"


async def test_head_says_what_get_would_and_a_known_tag_saves_the_body(parts: Parts, client: httpx.AsyncClient) -> None:
    image = await pinned(parts.graph, await person(parts.graph), BoardPrivacy.PUBLIC)
    url = f"/i/{image.key}/236.webp"
    full = await client.get(url)

    head = await client.head(url)
    known = await client.get(url, headers={"if-none-match": f'"other", W/{full.headers["etag"]}'})

    assert head.content == b""
    assert head.headers["content-length"] == str(len(full.content))
    assert head.headers["etag"] == full.headers["etag"]
    assert known.status_code == 304
    assert known.content == b""


async def test_a_secret_picture_is_served_to_its_viewer_alone_and_for_minutes(
    parts: Parts, client: httpx.AsyncClient
) -> None:
    owner, stranger = await person(parts.graph), await person(parts.graph)
    image = await pinned(parts.graph, owner, BoardPrivacy.SECRET)
    now = datetime.now(UTC)

    mine = await client.get(parts.urls.url(image, "236", owner, now))
    plain = await client.get(f"/i/{image.key}/236.webp")
    theirs = await client.get(parts.urls.url(image, "236", stranger, now))
    nobodys = await client.get(parts.urls.url(image, "236", SIGNED_OUT, now))
    late = await client.get(parts.urls.url(image, "236", owner, PAST))

    assert mine.status_code == 200
    kind, _, seconds = mine.headers["cache-control"].partition(", max-age=")
    assert kind == "private"
    assert 0 < int(seconds) <= 600
    assert [plain.status_code, theirs.status_code, nobodys.status_code, late.status_code] == [404] * 4
    assert plain.content == theirs.content == nobodys.content == late.content
    assert plain.headers["cache-control"] == "no-store"


async def test_a_signature_for_another_size_or_viewer_opens_nothing(parts: Parts, client: httpx.AsyncClient) -> None:
    owner, stranger = await person(parts.graph), await person(parts.graph)
    image = await pinned(parts.graph, owner, BoardPrivacy.SECRET)
    url = parts.urls.url(image, "236", stranger, datetime.now(UTC))

    assert (await client.get(url.replace("236.webp", "full.webp"))).status_code == 404
    assert (await client.get(url.replace(f"v={stranger}", f"v={owner}"))).status_code == 404


async def test_a_picture_that_goes_secret_is_gone_for_the_world_at_once(
    parts: Parts, client: httpx.AsyncClient
) -> None:
    owner = await person(parts.graph)
    image = await pinned(parts.graph, owner, BoardPrivacy.PUBLIC)
    url = f"/i/{image.key}/236.webp"
    assert (await client.get(url)).status_code == 200
    row = await parts.graph.one(
        "MATCH (:Picture {key: $key})<-[:SHOWS]-()<-[:HOLDS]-(b:Board) RETURN b.n AS n", key=image.key
    )
    assert row is not None

    await boards.update(parts.graph, by=owner, board_n=row["n"], privacy=BoardPrivacy.SECRET)

    assert (await client.get(url)).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/i/unknownkey/236.webp",
        "/i/short/236.webp",
        "/i/..%2f..%2fetc/236.webp",
        "/i/unknownkey/999.webp",
        "/i/é/236.webp",
    ],
)
async def test_nonsense_is_not_found(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code == 404


async def announced(
    parts: Parts, by: UserN, size: int, *, life: timedelta = timedelta(hours=1)
) -> tuple[UploadId, str]:
    """A new upload of a JPEG file of this size, and the URL to put it to."""
    upload, expires = UploadId(new_id("upload")), datetime.now(UTC) + life
    await uploads.create(parts.graph, id=upload, by=by, content_type="image/jpeg", bytes=size, expires_at=expires)
    return upload, parts.upload_urls.url(upload, by=by, content_type="image/jpeg", size=size, expires_at=expires)


JPEG = {"content-type": "image/jpeg"}


async def test_what_is_put_has_arrived(parts: Parts, client: httpx.AsyncClient) -> None:
    upload, url = await announced(parts, await person(parts.graph), 5)

    answer = await client.put(url, content=b"bytes", headers=JPEG)

    assert (answer.status_code, answer.content) == (200, b"")
    assert await parts.store.get(stored_at(upload)) == b"bytes"
    kept = await uploads.get(parts.graph, upload)
    assert kept is not None
    assert kept.state is UploadState.ARRIVED


async def test_a_second_put_replaces_the_first_until_the_upload_is_used(
    parts: Parts, client: httpx.AsyncClient
) -> None:
    by = await person(parts.graph)
    upload, url = await announced(parts, by, 5)
    await client.put(url, content=b"first", headers=JPEG)

    again = await client.put(url, content=b"secnd", headers=JPEG)

    assert again.status_code == 200
    assert await parts.store.get(stored_at(upload)) == b"secnd"
    await uploads.used(parts.graph, upload, by)
    late = await client.put(url, content=b"third", headers=JPEG)
    assert late.status_code == 409
    assert late.json()["error"]["code"] == Conflict.code
    assert await parts.store.get(stored_at(upload)) == b"secnd"


async def parted(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


@pytest.mark.parametrize(("content", "status"), [(b"123456", 413), (b"1234", 400), (b"", 400)])
async def test_another_number_of_bytes_than_announced_is_refused_and_nothing_kept(
    parts: Parts, client: httpx.AsyncClient, content: bytes, status: int
) -> None:
    upload, url = await announced(parts, await person(parts.graph), 5)

    at_once = await client.put(url, content=content, headers=JPEG)
    in_chunks = await client.put(url, content=parted(content[:3], content[3:]), headers=JPEG)

    assert (at_once.status_code, in_chunks.status_code) == (status, status)
    assert await parts.store.get(stored_at(upload)) is None
    kept = await uploads.get(parts.graph, upload)
    assert kept is not None
    assert kept.state is UploadState.WAITING


async def test_another_type_than_announced_is_refused(parts: Parts, client: httpx.AsyncClient) -> None:
    _, url = await announced(parts, await person(parts.graph), 5)

    assert (await client.put(url, content=b"bytes", headers={"content-type": "text/html"})).status_code == 415


async def test_a_forged_or_expired_upload_url_is_forbidden(parts: Parts, client: httpx.AsyncClient) -> None:
    by = await person(parts.graph)
    upload, url = await announced(parts, by, 5)
    _, late = await announced(parts, by, 5, life=timedelta(seconds=-1))

    forged = await client.put(url.replace("bytes=5", "bytes=6"), content=b"123456", headers=JPEG)
    expired = await client.put(late, content=b"bytes", headers=JPEG)
    bare = await client.put(f"/upload/{upload}", content=b"bytes", headers=JPEG)

    assert [forged.status_code, expired.status_code, bare.status_code] == [403] * 3
    assert await parts.store.get(stored_at(upload)) is None


async def test_an_upload_that_the_graph_does_not_know_is_not_found(parts: Parts, client: httpx.AsyncClient) -> None:
    expires = datetime.now(UTC) + timedelta(hours=1)
    url = parts.upload_urls.url(
        UploadId(new_id("upload")), by=UserN(1), content_type="image/jpeg", size=5, expires_at=expires
    )

    assert (await client.put(url, content=b"bytes", headers=JPEG)).status_code == 404
