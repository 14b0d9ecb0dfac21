"""The picture and upload routes over a real graph."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from app import pictures as routes
from app import settings, stores, sweep
from domain.errors import Conflict, Unavailable
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
from media.store import MediaStore
from media.upload import UploadUrls, stored_at
from media.urls import PictureUrls

BASE = "http://pins.test"
PAST = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass
class Parts:
    graph: Graph
    pictures: Pictures
    store: MediaStore
    urls: PictureUrls
    upload_urls: UploadUrls


@pytest.fixture(scope="module")
async def decoder() -> AsyncIterator[Decoder]:
    decoder = Decoder(processes=1)
    yield decoder
    await decoder.close()


@pytest.fixture
async def parts(graph: Graph, decoder: Decoder, tmp_path: Path, store_settings: dict[str, Any]) -> AsyncIterator[Parts]:
    secret = b"only for tests"
    async with stores.open_store(settings.load({}, data_dir=tmp_path, **store_settings)) as store:
        yield Parts(graph, Pictures(store, decoder), store, PictureUrls(BASE, secret), UploadUrls(BASE, secret))


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


async def test_a_part_of_a_picture_is_sent_to_who_asks_for_it(parts: Parts, client: httpx.AsyncClient) -> None:
    image = await pinned(parts.graph, await person(parts.graph), BoardPrivacy.PUBLIC)
    url = f"/i/{image.key}/236.webp"
    first = await client.get(url, headers={"range": "bytes=0-3"})
    whole = await client.get(url)
    body, size = whole.content, len(whole.content)

    async def asked(range_: str, **headers: str) -> tuple[int, bytes, str | None]:
        answer = await client.get(url, headers={"range": range_, **headers})
        return answer.status_code, answer.content, answer.headers.get("content-range")

    assert (first.status_code, first.content) == (206, b"RIFF")
    assert first.headers["content-range"] == f"bytes 0-3/{size}"
    assert first.headers["etag"] == whole.headers["etag"]
    assert first.headers["content-type"] == "image/webp"
    assert whole.headers["accept-ranges"] == "bytes"
    assert await asked(f"bytes={size - 3}-") == (206, body[-3:], f"bytes {size - 3}-{size - 1}/{size}")
    assert await asked("bytes=-3") == (206, body[-3:], f"bytes {size - 3}-{size - 1}/{size}")
    assert await asked(f"bytes=1-{size + 99}") == (206, body[1:], f"bytes 1-{size - 1}/{size}")
    assert await asked(f"bytes={size}-") == (416, b"", f"bytes */{size}")
    for ignored in ("bytes=0-1,4-5", "bytes=5-2", "lines=0-1", "bytes=-", "nonsense"):
        assert await asked(ignored) == (200, body, None)
    assert await asked("bytes=0-3", **{"if-range": whole.headers["etag"]}) == (206, b"RIFF", f"bytes 0-3/{size}")
    assert await asked("bytes=0-3", **{"if-range": '"an older one"'}) == (200, body, None)


async def test_a_part_of_a_secret_picture_is_as_secret(parts: Parts, client: httpx.AsyncClient) -> None:
    owner = await person(parts.graph)
    image = await pinned(parts.graph, owner, BoardPrivacy.SECRET)

    mine = await client.get(parts.urls.url(image, "236", owner, datetime.now(UTC)), headers={"range": "bytes=0-3"})
    nobodys = await client.get(f"/i/{image.key}/236.webp", headers={"range": "bytes=0-3"})

    assert (mine.status_code, nobodys.status_code) == (206, 404)


async def test_clients_are_sent_to_the_media_store_for_public_pictures_alone(parts: Parts) -> None:
    owner = await person(parts.graph)
    public = await pinned(parts.graph, owner, BoardPrivacy.PUBLIC)
    secret = await pinned(parts.graph, owner, BoardPrivacy.SECRET)
    application = Starlette(routes=list(routes.routes(lambda: parts, redirect=True)))
    has_address = await parts.store.get_url("renditions/x", life_s=60) is not None

    async with (
        httpx.AsyncClient(transport=httpx.ASGITransport(application), base_url=BASE) as client,
        httpx.AsyncClient() as elsewhere,
    ):
        sent = await client.get(f"/i/{public.key}/236.webp")
        mine = await client.get(parts.urls.url(secret, "236", owner, datetime.now(UTC)))
        nobodys = await client.get(f"/i/{secret.key}/236.webp")

        if has_address:
            assert sent.status_code == 307
            assert sent.headers["cache-control"] == "public, max-age=300"
            there = await elsewhere.get(sent.headers["location"])
            assert (there.status_code, there.headers["content-type"]) == (200, "image/webp")
            assert there.content[:4] == b"RIFF"
        else:
            assert (sent.status_code, sent.content[:4]) == (200, b"RIFF")
    assert (mine.status_code, mine.content[:4]) == (200, b"RIFF")
    assert nobodys.status_code == 404


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


async def test_expired_uploads_are_swept_with_their_files_used_or_not(parts: Parts) -> None:
    by, now = await person(parts.graph), datetime.now(UTC)
    long_ago, lately = timedelta(days=-2), timedelta(minutes=-1)
    waiting, _ = await announced(parts, by, 5, life=long_ago)
    arrived, _ = await announced(parts, by, 5, life=long_ago)
    used, _ = await announced(parts, by, 5, life=long_ago)
    late, _ = await announced(parts, by, 5, life=lately)
    live, _ = await announced(parts, by, 5)
    for upload in (arrived, used, late, live):
        await parts.store.put(stored_at(upload), b"bytes", "image/jpeg")
        assert await uploads.arrived(parts.graph, upload, bytes=5, now=now - timedelta(days=3))
    assert await uploads.used(parts.graph, used, by)

    while await sweep.sweep_uploads(parts.graph, parts.pictures, now):
        pass

    kept = [await uploads.get(parts.graph, upload) is not None for upload in (waiting, arrived, used, late, live)]
    files = [await parts.store.size(stored_at(upload)) for upload in (waiting, arrived, used, late, live)]
    assert kept == [False, False, False, True, True]
    assert files == [None, None, None, 5, 5]


async def test_an_upload_whose_file_cannot_be_removed_is_kept_in_mind(parts: Parts, tmp_path: Path) -> None:
    by, now = await person(parts.graph), datetime.now(UTC)
    upload, _ = await announced(parts, by, 5, life=timedelta(days=-2))
    gone = await DiskStore.open(tmp_path / "gone")
    (tmp_path / "gone" / "uploads").mkdir()
    (tmp_path / "gone" / "uploads" / upload[-2:] / upload).mkdir(parents=True)  # Nothing that could be unlinked.

    with pytest.raises(Unavailable):
        await sweep.sweep_uploads(parts.graph, Pictures(gone, parts.pictures._decoder), now)

    assert await uploads.get(parts.graph, upload) is not None
