"""Copies of a picture, and what is asked when somebody looks for a part of one or by a picture of their own."""

from __future__ import annotations

import io
import secrets
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
import pytest
from PIL import Image

from domain.ids import PinN
from graph import boards, pin_writes, pins
from graph.pin_writes import NewPin
from internet.client import Internet
from resolvers.uploads import picture
from tests.services.schema.conftest import Caller, FeedsOfTests, Person

DUPLICATES = "query ($id: ID!, $first: Int! = 25, $after: String) { node(id: $id) { ... on Pin { duplicates(\
first: $first, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } } } } }"
PART = "query ($id: ID!, $crop: CropInput) { node(id: $id) { ... on Pin { similar(crop: $crop) { nodes { id } } } } }"
BY_IMAGE = "query ($image: ImageInput!) { searchByImage(image: $image) { nodes { id } } }"
OF_THIS_RUN = secrets.randbits(32)
WHOLE = {"x": 0.0, "y": 0.0, "width": 1.0, "height": 1.0}


def scene(seed: int) -> Image.Image:
    """A picture with structure at several scales, of its own for each seed and run: the graph may be an old one."""
    rng = np.random.default_rng((OF_THIS_RUN, seed))
    layers = [
        np.asarray(Image.fromarray(rng.integers(0, 256, (n, n, 3), dtype=np.uint8)).resize((720, 540), 3), np.float64)
        for n in (4, 9, 24)
    ]
    return Image.fromarray((0.5 * layers[0] + 0.3 * layers[1] + 0.2 * layers[2]).astype(np.uint8))


def jpeg(image: Image.Image, quality: int = 90) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


@dataclass
class Shelf:
    """Somebody's board, and Pins made of files."""

    person: Person
    board: str

    async def pin(self, data: bytes) -> str:
        graph, me = self.person.server.graph, self.person.n
        board = (await boards.by_ids(graph, me, [self.board]))[0]  # type: ignore[list-item]
        taken = picture(await self.person.server.pictures.take(data))
        n: PinN = await pin_writes.create(graph, NewPin(board.n, "A scene", taken), by=me)
        return str((await pins.by_ns(graph, me, [n]))[0].id)


@dataclass
class Elsewhere:
    """A server of somebody else's: what lies at its paths, and how often it was asked."""

    address: str = ""
    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    made = Elsewhere()

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.asked.append(self.path)
            kind, data = made.files.get(self.path, ("", b""))
            self.send_response(200 if data else 404)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: Any) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    made.address = f"http://127.0.0.1:{server.server_port}"
    yield made
    server.shutdown()
    server.server_close()


async def copies(caller: Caller, pin: str) -> list[str]:
    await caller.server.graph.read("CALL db.index.fulltext.awaitEventuallyConsistentIndexRefresh()", timeout_s=10)
    return [node["id"] for node in (await caller(DUPLICATES, id=pin))["node"]["duplicates"]["nodes"]]


async def test_copies_are_found_both_ways_and_other_pictures_are_not(ana: Person, stranger: Caller) -> None:
    shelf, image = Shelf(ana, await ana.board()), scene(1)
    whole = await shelf.pin(jpeg(image))
    again = await shelf.pin(jpeg(image))
    poor = await shelf.pin(jpeg(image.resize((360, 270)), 40))
    inner = await shelf.pin(jpeg(image.crop((22, 16, 698, 524))))
    await shelf.pin(jpeg(scene(2)))

    assert await copies(stranger, whole) == [inner, poor, again]
    assert whole in await copies(stranger, inner)
    assert set(await copies(stranger, poor)) >= {whole, again}


async def test_a_copy_on_a_secret_board_is_its_owners_alone(ana: Person, ben: Person, stranger: Caller) -> None:
    image = scene(3)
    public = await Shelf(ana, await ana.board()).pin(jpeg(image))
    secret = await Shelf(ben, await ben.board(privacy="SECRET")).pin(jpeg(image, 70))

    assert await copies(ben, public) == [secret]
    assert await copies(ana, public) == await copies(stranger, public) == []
    assert (await stranger(DUPLICATES, id=secret))["node"] is None


async def test_copies_come_page_by_page_in_few_statements(ana: Person) -> None:
    shelf, data = Shelf(ana, await ana.board()), jpeg(scene(4))
    made = [await shelf.pin(data) for _ in range(4)]

    head = await ana(DUPLICATES, id=made[0], first=2)
    page = head["node"]["duplicates"]
    rest = (await ana(DUPLICATES, id=made[0], first=2, after=page["pageInfo"]["endCursor"]))["node"]["duplicates"]

    assert [node["id"] for node in page["nodes"] + rest["nodes"]] == made[:0:-1]
    assert (page["pageInfo"]["hasNextPage"], rest["pageInfo"]["hasNextPage"]) == (True, False)
    assert head.statements == 5
    for wrong in ({"first": 0}, {"first": 101}, {"after": "nonsense"}):
        assert (await ana(DUPLICATES, id=made[0], **wrong)).codes == ["BAD_USER_INPUT"]


async def test_a_part_of_a_pin_is_looked_for(ana: Person, feeds: FeedsOfTests) -> None:
    pin = await Shelf(ana, await ana.board()).pin(jpeg(scene(5)))

    assert (await ana(PART, id=pin, crop={"x": 0.25, "y": 0.5, "width": 0.5, "height": 0.5})).codes == []
    assert (await ana(PART, id=pin, crop=None)).codes == []

    [(name, args, named), (other, _, _)] = feeds.asked
    assert (name, args[1], other) == ("seen", "0.2500,0.5000,0.7500,1.0000", "similar")
    with Image.open(io.BytesIO(await args[2]())) as part:
        assert part.size == (360, 270)
    assert named["pin"] is not None


@pytest.mark.parametrize(
    ("changed", "refused"),
    [
        ({}, False),
        ({"x": -0.01}, True),
        ({"x": 0.01}, True),
        ({"y": 0.5}, True),
        ({"width": 0.05}, False),
        ({"width": 0.049}, True),
        ({"height": 1.01}, True),
        ({"height": -1.0}, True),
        ({"x": 0.95, "width": 0.05}, False),
        ({"x": 1e300}, True),
    ],
)
async def test_a_part_lies_inside_and_is_not_too_small(
    ana: Person, feeds: FeedsOfTests, changed: dict[str, float], refused: bool
) -> None:
    pin = await ana.pin(await ana.board())

    reply = await ana(PART, id=pin, crop={**WHOLE, **changed})

    assert reply.codes == (["BAD_USER_INPUT"] if refused else [])
    assert bool(feeds.asked) is not refused


async def test_a_search_by_a_pin_is_what_looks_like_it(ana: Person, ben: Person, feeds: FeedsOfTests) -> None:
    pin, secret = await ana.pin(await ana.board()), await ana.pin(await ana.board(privacy="SECRET"))

    assert (await ben(BY_IMAGE, image={"pinId": pin})).codes == []
    assert [name for name, _, _ in feeds.asked] == ["similar"]
    for hidden in (secret, "pin_x", "pin_01J8ZZZZZZZZZZZZZZZZZZZZZZ"):
        assert (await ben(BY_IMAGE, image={"pinId": hidden})).codes == ["NOT_FOUND"]
    for wrong in ({}, {"pinId": pin, "uploadId": "upload_x"}):
        assert (await ben(BY_IMAGE, image=wrong)).codes == ["BAD_USER_INPUT"]


async def test_a_pin_is_made_of_the_picture_at_an_address(ana: Person, elsewhere: Elsewhere) -> None:
    elsewhere.files["/moss.jpg"] = ("image/jpeg", jpeg(scene(6)))
    given = {"boardId": await ana.board(), "image": {"url": f"{elsewhere.address}/moss.jpg"}, "title": "From elsewhere"}

    answer = await ana.do("createPin", "pin { id status image { width height } }", **given, idempotencyKey="once")
    again = await ana.do("createPin", "pin { id }", **given, idempotencyKey="once")

    assert answer["userErrors"] == []
    assert answer["pin"]["image"] == {"width": 720, "height": 540}
    assert again["pin"]["id"] == answer["pin"]["id"]
    assert elsewhere.asked == ["/moss.jpg"]


async def test_addresses_where_there_is_no_picture_for_us_make_nothing(
    ana: Person, ben: Person, stranger: Caller, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    board, theirs = await ana.board(), await ben.board()
    elsewhere.files |= {
        "/moss.jpg": ("image/jpeg", jpeg(scene(7))),
        "/page": ("text/html", b"<html>"),
        "/torn.jpg": ("image/jpeg", jpeg(scene(7))[:900]),
        "/lies.jpg": ("image/jpeg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
    }
    refused = [
        (stranger, board, "/moss.jpg", "UNAUTHENTICATED"),
        (ana, theirs, "/moss.jpg", "FORBIDDEN"),
        (ana, board, "/nothing.jpg", "INVALID"),
        (ana, board, "/page", "UNSUPPORTED_MEDIA"),
        (ana, board, "/torn.jpg", "INVALID"),
        (ana, board, "/lies.jpg", "UNSUPPORTED_MEDIA"),
    ]

    for caller, on, path, code in refused:
        image = {"url": elsewhere.address + path}
        answer = await caller.do("createPin", "pin { id }", boardId=on, image=image, title="No")
        assert (answer["pin"], [e["code"] for e in answer["userErrors"]]) == (None, [code]), path
    monkeypatch.setattr(ana.server, "internet", Internet())
    image = {"url": f"{elsewhere.address}/moss.jpg"}
    answer = await ana.do("createPin", "pin { id }", boardId=board, image=image, title="No")

    assert [(e["code"], e["field"]) for e in answer["userErrors"]] == [("INVALID", ["image", "url"])]
    shown = await ana("query ($id: ID!) { node(id: $id) { ... on Board { pinCount } } }", id=board)
    assert shown["node"]["pinCount"] == 0
    assert "/moss.jpg" not in elsewhere.asked


async def test_a_search_by_address_looks_and_keeps_nothing(
    ana: Person, stranger: Caller, elsewhere: Elsewhere, feeds: FeedsOfTests
) -> None:
    elsewhere.files["/moss.jpg"] = ("image/jpeg", jpeg(scene(8)))

    assert (await ana(BY_IMAGE, image={"url": f"{elsewhere.address}/moss.jpg"})).codes == []

    [(name, args, _)] = feeds.asked
    with Image.open(io.BytesIO(await args[2]())) as looked_at:
        assert (name, looked_at.size) == ("seen", (564, 423))
    assert elsewhere.asked == ["/moss.jpg"]
