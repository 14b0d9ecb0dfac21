"""Searching by a picture of one's own, of which nothing is kept, and by a part of a Pin."""

from __future__ import annotations

import io

import pytest
from PIL import Image as Pictures
from PIL import ImageDraw

from tests.api.client import Client, until

STATUS = "query ($id: ID!) { node(id: $id) { ... on Pin { status } } }"
BY_IMAGE = """query ($image: ImageInput!, $after: String) { searchByImage(image: $image, first: 5, after: $after) {
  edges { node { id } score reasons { source text } } pageInfo { endCursor } } }"""
PART = """query ($id: ID!, $crop: CropInput) { node(id: $id) { ... on Pin {
  similar(first: 5, crop: $crop) { nodes { id } } } } }"""


def halves(left: str, right: str) -> bytes:
    """A picture of two coloured halves with a stripe of its own."""
    image = Pictures.new("RGB", (400, 300), left)
    draw = ImageDraw.Draw(image)
    draw.rectangle((200, 0, 400, 300), fill=right)
    for at in range(0, 400, 40):
        draw.line((at, 0, at + 30, 300), fill="#222222", width=3)
    written = io.BytesIO()
    image.save(written, "PNG")
    return written.getvalue()


def codes(answer: dict[str, list[dict[str, dict[str, str]]]]) -> list[str]:
    return [error["extensions"]["code"] for error in answer.get("errors", ())]


@pytest.mark.usefixtures("working")
async def test_an_upload_finds_what_looks_like_it_and_is_gone_then(client: Client) -> None:
    ana, ben = await client.sign_up("ana"), await client.sign_up("ben")
    board = await client.board(ana)
    teal = await client.pin(ana, board, "Teal", data=halves("#0b7a75", "#0b7a75"))
    both = await client.pin(ana, board, "Both", data=halves("#0b7a75", "#d7263d"))

    async def ready() -> bool:
        found = [await client.data(STATUS, {"id": pin}) for pin in (teal, both)]
        return all(one["node"]["status"] == "READY" for one in found)

    await until(ready, within_s=60)
    upload = await client.upload(ben, halves("#0c7c77", "#0c7c77"))

    assert codes(await client.run(BY_IMAGE, {"image": {"uploadId": upload}})) == ["UNAUTHENTICATED"]
    assert codes(await client.run(BY_IMAGE, {"image": {"uploadId": upload}}, by=ana)) == ["NOT_FOUND"]
    found = await client.data(BY_IMAGE, {"image": {"uploadId": upload}}, by=ben)
    again = await client.run(BY_IMAGE, {"image": {"uploadId": upload}}, by=ben)
    part = await client.data(PART, {"id": both, "crop": {"x": 0.0, "y": 0.0, "width": 0.45, "height": 1.0}}, by=ben)

    edges = found["searchByImage"]["edges"]
    assert edges[0]["node"]["id"] == teal
    assert edges[0]["score"] > 0.8
    assert edges[0]["reasons"] == [{"source": "VISUAL", "text": "Looks like your picture"}]
    assert codes(again) == ["CONFLICT"] or codes(again) == ["BAD_USER_INPUT"]
    cursor = found["searchByImage"]["pageInfo"]["endCursor"]
    assert "errors" not in await client.run(BY_IMAGE, {"image": {"uploadId": upload}, "after": cursor}, by=ben)
    assert part["node"]["similar"]["nodes"][0]["id"] == teal
