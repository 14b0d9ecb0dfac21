from __future__ import annotations

import asyncio
import secrets
from typing import Any

import httpx
import pytest

from domain.errors import Unavailable
from graph import pin_writes, pins, topics, uploads
from media.upload import stored_at
from tests.services.schema.conftest import Caller, Person, photograph

PIN = "query ($id: ID!) { node(id: $id) { ... on Pin { id title description link domain altText viewerHid } } }"
MISSING = "pin_01J8ZZZZZZZZZZZZZZZZZZZZZZ"


async def upload(someone: Person, data: bytes, content_type: str = "image/png") -> str:
    """The id of an upload whose file was put."""
    answer = await someone.do(
        "prepareUpload",
        "upload { id method url headers { name value } maxBytes }",
        contentType=content_type,
        bytes=len(data),
    )
    assert answer["userErrors"] == []
    place = answer["upload"]
    assert place["method"] == "PUT"
    assert place["headers"] == [{"name": "Content-Type", "value": content_type}]
    assert place["maxBytes"] == len(data)
    if not place["url"].startswith("http://pinwalk.test/upload/"):  # The media store's own address: it tells nobody.
        async with httpx.AsyncClient() as http:
            assert (await http.put(place["url"], content=data, headers={"content-type": content_type})).is_success
        return str(place["id"])
    await someone.server.store.put(stored_at(place["id"]), data, content_type)
    assert await uploads.arrived(
        someone.server.graph, place["id"], bytes=len(data), now=someone.server.context(someone.viewer, None).now()
    )
    return str(place["id"])


async def test_a_pin_is_made_of_an_upload_with_its_first_rendition_there(ana: Person) -> None:
    board, slug = await ana.board(), secrets.token_hex(6)
    topic = await topics.ensure(ana.server.graph, name="Ferns", slug=slug)

    answer = await ana.do(
        "createPin",
        """pin { id title description altText link domain status saveCount creator { id } topics { id slug }
           boards { nodes { id } } viewerSaves { board { id } savedBy { id } note }
           image { width height dominantColor thumbHash signature url small: url(width: 100) huge: url(width: 9000)
                   renditions { name width height contentType bytes url } } }""",
        boardId=board,
        image={"uploadId": await upload(ana, photograph())},
        title=" A fern ",
        description="Green.",
        altText="A fern on a rock",
        link="https://www.example.org/ferns?x=1",
        topicIds=[topic.id],
    )

    assert answer["userErrors"] == []
    pin = answer["pin"]
    assert pin["title"] == "A fern"
    assert pin["domain"] == "example.org"
    assert pin["status"] == "PROCESSING"
    assert pin["saveCount"] == 1
    assert pin["creator"] == {"id": ana.id}
    assert pin["topics"] == [{"id": topic.id, "slug": slug}]
    assert pin["boards"]["nodes"] == [{"id": board}]
    assert pin["viewerSaves"] == [{"board": {"id": board}, "savedBy": {"id": ana.id}, "note": None}]
    image = pin["image"]
    assert (image["width"], image["height"]) == (640, 480)
    assert len(image["signature"]) == 64
    assert [(r["name"], r["width"], r["height"]) for r in image["renditions"]] == [
        ("236", 236, 177),
        ("564", 564, 423),
        ("1200", 640, 480),
        ("full", 640, 480),
    ]
    assert image["renditions"][1]["bytes"] > 0
    assert image["url"].endswith("/564.webp")
    assert image["small"].endswith("/236.webp")
    assert image["huge"].endswith("/1200.webp")


async def test_the_picture_of_a_pin_on_a_secret_board_has_signed_urls(ana: Person) -> None:
    board = await ana.board("Hidden", "SECRET")

    answer = await ana.do(
        "createPin",
        "pin { image { url } }",
        boardId=board,
        title="x",
        image={"uploadId": await upload(ana, photograph())},
    )

    assert f"v={ana.n}" in answer["pin"]["image"]["url"]


async def test_the_same_key_gives_the_same_pin(ana: Person, ben: Person) -> None:
    board, others = await ana.board(), await ben.board()
    key = secrets.token_hex(8)
    image = {"uploadId": await upload(ana, photograph())}

    async def make() -> Any:
        return await ana.do("createPin", "pin { id }", boardId=board, title="x", image=image, idempotencyKey=key)

    first = await make()
    again = await asyncio.gather(make(), make())
    other = await ben.do(
        "createPin",
        "pin { id }",
        boardId=others,
        title="x",
        idempotencyKey=key,
        image={"uploadId": await upload(ben, photograph())},
    )

    assert first["userErrors"] == []
    assert [answer["pin"] for answer in again] == [first["pin"]] * 2
    assert other["pin"]["id"] != first["pin"]["id"]
    assert (await ana("query ($id: ID!) { node(id: $id) { ... on Board { pinCount } } }", id=board))["node"] == {
        "pinCount": 1
    }


async def test_an_upload_makes_one_pin(ana: Person) -> None:
    board, image = await ana.board(), {"uploadId": await upload(ana, photograph())}

    await ana.do("createPin", "pin { id }", boardId=board, title="x", image=image)
    again = await ana.do("createPin", "pin { id }", boardId=board, title="x", image=image)

    assert [(e["code"], e["field"]) for e in again["userErrors"]] == [("CONFLICT", ["image", "uploadId"])]


async def test_an_image_that_is_not_there_makes_no_pin(ana: Person, ben: Person) -> None:
    board = await ana.board()
    theirs = await upload(ben, photograph())
    place = await ana.do("prepareUpload", "upload { id }", contentType="image/png", bytes=100)
    sources: list[tuple[dict[str, str], str]] = [
        ({"uploadId": theirs}, "NOT_FOUND"),
        ({"uploadId": "upload_x"}, "NOT_FOUND"),
        ({"uploadId": place["upload"]["id"]}, "INVALID"),
        ({"url": "file:///etc/passwd"}, "INVALID"),
        ({"pinId": MISSING}, "INVALID"),
    ]

    for image, code in sources:
        answer = await ana.do("createPin", "pin { id }", boardId=board, title="x", image=image)

        assert [e["code"] for e in answer["userErrors"]] == [code], image
        assert answer["pin"] is None
    assert (await ana("{ viewer { pins { nodes { id } } } }"))["viewer"]["pins"]["nodes"] == []
    mine = await ben.do("createPin", "pin { id }", boardId=await ben.board(), title="x", image={"uploadId": theirs})
    assert mine["userErrors"] == []


@pytest.mark.parametrize(
    ("data", "content_type", "code"),
    [
        (b"BM, not a picture", "image/png", "UNSUPPORTED_MEDIA"),
        (photograph()[:2_000], "image/png", "INVALID"),
        (photograph(), "image/jpeg", "UNSUPPORTED_MEDIA"),
    ],
)
async def test_a_file_that_is_no_good_picture_makes_no_pin(
    ana: Person, data: bytes, content_type: str, code: str
) -> None:
    board = await ana.board()

    answer = await ana.do(
        "createPin",
        "pin { id }",
        boardId=board,
        title="x",
        image={"uploadId": await upload(ana, data, content_type)},
    )

    assert [(e["code"], e["field"]) for e in answer["userErrors"]] == [(code, ["image", "uploadId"])]
    assert (await ana("{ viewer { pins { nodes { id } } } }"))["viewer"]["pins"]["nodes"] == []


@pytest.mark.parametrize(
    ("content_type", "size", "code", "field"),
    [
        ("image/tiff", 10, "UNSUPPORTED_MEDIA", "contentType"),
        ("image/png", 0, "INVALID", "bytes"),
        ("image/png", 20 * 1024 * 1024 + 1, "TOO_LARGE", "bytes"),
    ],
)
async def test_an_upload_has_bounds(ana: Person, content_type: str, size: int, code: str, field: str) -> None:
    answer = await ana.do("prepareUpload", "upload { id }", contentType=content_type, bytes=size)

    assert [(e["code"], e["field"]) for e in answer["userErrors"]] == [(code, [field])]
    assert answer["upload"] is None


@pytest.mark.parametrize(
    ("changed", "code", "field"),
    [
        ({"title": " "}, "INVALID", "title"),
        ({"title": "x" * 101}, "INVALID", "title"),
        ({"description": "x" * 801}, "INVALID", "description"),
        ({"altText": "x" * 501}, "INVALID", "altText"),
        ({"link": "javascript:alert(1)"}, "INVALID", "link"),
        ({"link": "https://"}, "INVALID", "link"),
        ({"link": "https://example.org/" + "x" * 2_048}, "INVALID", "link"),
        ({"topicIds": ["topic_01J8ZZZZZZZZZZZZZZZZZZZZZZ"]}, "NOT_FOUND", "topicIds"),
        ({"topicIds": [f"topic_{i}" for i in range(11)]}, "TOO_LARGE", "topicIds"),
    ],
)
async def test_a_pin_has_bounds(ana: Person, changed: dict[str, Any], code: str, field: str) -> None:
    board = await ana.board()
    pin = await ana.pin(board)

    updated = await ana.do("updatePin", "pin { id }", pinId=pin, **changed)
    given = {"boardId": board, "title": "x", "image": {"uploadId": "upload_x"}, **changed}
    created = await ana.do("createPin", "pin { id }", **given)

    assert [(e["code"], e["field"]) for e in updated["userErrors"]] == [(code, [field])]
    assert [(e["code"], e["field"]) for e in created["userErrors"]] == [(code, [field])]
    assert (await ana(PIN, id=pin))["node"]["title"] == "A fern"


async def test_somebody_elses_board_takes_no_pin(ana: Person, ben: Person) -> None:
    public, secret = await ana.board(), await ana.board("Hidden", "SECRET")
    image = {"uploadId": await upload(ben, photograph())}

    shown = await ben.do("createPin", "pin { id }", boardId=public, title="x", image=image)
    hidden = await ben.do("createPin", "pin { id }", boardId=secret, title="x", image=image)
    own = await ben.do("createPin", "pin { id }", boardId=await ben.board(), title="x", image=image)

    assert [(e["code"], e["field"]) for e in shown["userErrors"]] == [("FORBIDDEN", ["boardId"])]
    assert [(e["code"], e["field"]) for e in hidden["userErrors"]] == [("NOT_FOUND", ["boardId"])]
    assert own["userErrors"] == []


async def test_a_pin_is_changed_by_its_creator_alone(ana: Person, ben: Person) -> None:
    pin = await ana.pin(await ana.board(), description="Green.", link="https://example.org/")

    theirs = await ben.do("updatePin", "pin { id }", pinId=pin, title="Mine now")
    mine = await ana.do("updatePin", "pin { title description link domain }", pinId=pin, title="Two ferns", link=None)

    assert [e["code"] for e in theirs["userErrors"]] == ["FORBIDDEN"]
    assert mine["pin"] == {"title": "Two ferns", "description": "Green.", "link": None, "domain": None}


async def test_a_pin_is_deleted_by_its_creator_off_every_board(ana: Person, ben: Person) -> None:
    pin = await ana.pin(await ana.board())
    board = await ben.board()
    await ben.save(pin, board)

    theirs = await ben.do("deletePin", "deletedId", pinId=pin)
    mine = await ana.do("deletePin", "deletedId", pinId=pin)
    again = await ana.do("deletePin", "deletedId", pinId=pin)

    assert [e["code"] for e in theirs["userErrors"]] == ["FORBIDDEN"]
    assert mine == {"deletedId": pin, "userErrors": []}
    assert [e["code"] for e in again["userErrors"]] == ["NOT_FOUND"]
    assert (await ana(PIN, id=pin))["node"] is None
    held = "query ($id: ID!) { node(id: $id) { ... on Board { pinCount pins { nodes { id } } } } }"
    assert (await ben(held, id=board))["node"] == {"pinCount": 0, "pins": {"nodes": []}}


async def test_hiding_twice_is_once_and_is_taken_back(ana: Person, ben: Person) -> None:
    pins = [await ana.pin(await ana.board(), title) for title in ("One", "Two")]

    for pin in (*pins, pins[0]):
        assert (await ben.do("hidePin", "pin { viewerHid }", pinId=pin))["pin"] == {"viewerHid": True}
    first = (await ben("{ hiddenPins(first: 1) { nodes { id } pageInfo { endCursor hasNextPage } } }"))["hiddenPins"]
    rest = (
        await ben(
            "query ($a: String) { hiddenPins(after: $a) { nodes { id viewerHid } pageInfo { hasNextPage } } }",
            a=first["pageInfo"]["endCursor"],
        )
    )["hiddenPins"]
    back = await ben.do("unhidePin", "pin { viewerHid }", pinId=pins[0])
    await ben.do("unhidePin", "pin { viewerHid }", pinId=pins[0])

    assert first["pageInfo"]["hasNextPage"]
    assert not rest["pageInfo"]["hasNextPage"]
    assert {node["id"] for node in first["nodes"] + rest["nodes"]} == set(pins)
    assert back["pin"] == {"viewerHid": False}
    assert (await ben("{ hiddenPins { nodes { id } } }"))["hiddenPins"]["nodes"] == [{"id": pins[1]}]
    assert (await ana(PIN, id=pins[1]))["node"]["viewerHid"] is False


async def test_what_is_not_there_is_not_hidden(ana: Person, ben: Person, stranger: Caller) -> None:
    secret = await ana.pin(await ana.board("Hidden", "SECRET"))

    for pin in (secret, MISSING, "pin_x"):
        assert [e["code"] for e in (await ben.do("hidePin", "pin { id }", pinId=pin))["userErrors"]] == ["NOT_FOUND"]
    assert (await stranger("{ hiddenPins { nodes { id } } }")).codes == ["UNAUTHENTICATED"]


async def test_an_upload_becomes_an_avatar_once_and_is_taken_off_by_null(ana: Person, ben: Person) -> None:
    board, image = await ana.board(), {"uploadId": await upload(ana, photograph())}
    answers = "user { avatar { width url } }"

    theirs = await ben.do("updateProfile", answers, avatar=image)
    mine = await ana.do("updateProfile", answers, avatar=image)
    again = await ana.do("createPin", "pin { id }", boardId=board, title="x", image=image)
    cleared = await ana.do("updateProfile", answers, avatar=None)

    assert [(e["code"], e["field"]) for e in theirs["userErrors"]] == [("NOT_FOUND", ["avatar", "uploadId"])]
    assert mine["user"]["avatar"]["width"] == 640
    assert mine["user"]["avatar"]["url"].endswith("/564.webp")
    assert [(e["code"], e["field"]) for e in again["userErrors"]] == [("CONFLICT", ["image", "uploadId"])]
    assert cleared["user"] == {"avatar": None}


async def test_a_pin_that_was_made_is_answered_though_the_graph_is_late_then(
    ana: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    board, image = await ana.board(), {"uploadId": await upload(ana, photograph())}
    create, by_ns, late = pin_writes.create, pins.by_ns, [True, True]

    async def made(*args: Any, **named: Any) -> Any:
        n = await create(*args, **named)

        async def slow(*args: Any, **named: Any) -> Any:
            if late and late.pop():
                raise Unavailable("The graph did not answer in time. Try again.")
            return await by_ns(*args, **named)

        monkeypatch.setattr(pins, "by_ns", slow)
        return n

    monkeypatch.setattr(pin_writes, "create", made)
    answer = await ana.do("createPin", "pin { title }", boardId=board, title="Made", image=image)

    assert answer == {"pin": {"title": "Made"}, "userErrors": []}
    assert late == []


async def test_a_file_that_is_there_makes_a_pin_though_nobody_was_told_of_its_arrival(ana: Person) -> None:
    """Put straight to the media store, or by an API process that died before it could say so."""
    data = photograph()
    given = {"contentType": "image/png", "bytes": len(data)}
    place = (await ana.do("prepareUpload", "upload { id }", **given))["upload"]
    await ana.server.store.put(stored_at(place["id"]), data, "image/png")
    image = {"uploadId": place["id"]}

    answer = await ana.do("createPin", "pin { id }", boardId=await ana.board(), title="x", image=image)
    again = await ana.do("createPin", "pin { id }", boardId=await ana.board(), title="y", image=image)

    assert answer["userErrors"] == []
    assert [error["code"] for error in again["userErrors"]] == ["CONFLICT"]


async def test_a_file_larger_than_announced_makes_no_pin(ana: Person) -> None:
    """As a media store might take it that does not hold to what was signed."""
    data = photograph()
    given = {"contentType": "image/png", "bytes": len(data) - 1}
    place = (await ana.do("prepareUpload", "upload { id }", **given))["upload"]
    await ana.server.store.put(stored_at(place["id"]), data, "image/png")

    answer = await ana.do(
        "createPin", "pin { id }", boardId=await ana.board(), title="x", image={"uploadId": place["id"]}
    )

    assert [error["code"] for error in answer["userErrors"]] == ["TOO_LARGE"]
