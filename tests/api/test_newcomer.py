"""What a newcomer does in their first minutes, over HTTP and a socket, with a worker beside the API."""

from __future__ import annotations

import secrets
from typing import Any

import pytest

from tests.api.client import Client, picture, until

FEED = "edges { score weak reasons { source text } node { id title status } } degraded pageInfo { hasNextPage }"


@pytest.mark.usefixtures("working")
async def test_a_pin_is_made_processed_found_saved_and_deleted(client: Client) -> None:
    ana, ben = await client.sign_up("ana"), await client.sign_up("ben")
    board, kept = await client.board(ana, "Moss"), await client.board(ben, "Kept")
    word = f"moss{secrets.token_hex(5)}"
    first = await client.pin(ana, board, f"{word} on granite", data=picture(320, 240))
    second = await client.pin(ana, board, f"{word} in rain", data=picture(240, 320))

    async with client.socket(by=ben) as socket:
        statuses: list[str] = []
        await socket.subscribe("1", "subscription ($id: ID!) { pinProcessed(pinId: $id) { status } }", {"id": first})
        while (message := await socket.receive(within_s=60))["type"] == "next":
            statuses.append(message["payload"]["data"]["pinProcessed"]["status"])
    assert statuses[-1] == "READY"
    assert statuses in (["READY"], ["PROCESSING", "READY"])

    async def found() -> Any:
        query = "query ($q: String!) { searchPins(query: $q) { nodes { id } } }"
        nodes = (await client.data(query, {"q": word}, by=ben))["searchPins"]["nodes"]
        return {node["id"] for node in nodes[:2]} == {first, second}  # What is weaker comes after them.

    await until(found, within_s=30)

    look = f"query ($id: ID!) {{ node(id: $id) {{ ... on Pin {{ similar {{ {FEED} }} related {{ {FEED} }} }} }} }}"

    async def alike() -> Any:
        feed = (await client.data(look, {"id": first}, by=ben))["node"]["similar"]
        return second in {edge["node"]["id"] for edge in feed["edges"]}

    await until(alike, within_s=30)

    save = """mutation ($input: SavePinInput!) { savePin(input: $input) {
        save { board { id } } pin { saveCount } userErrors { code } } }"""
    saved = await client.do(save, {"pinId": first, "boardId": kept}, by=ben)
    assert saved == {"save": {"board": {"id": kept}}, "pin": {"saveCount": 2}, "userErrors": []}

    home = (await client.data(f"{{ homeFeed {{ {FEED} }} }}", by=ben))["homeFeed"]
    assert all(edge["reasons"] for edge in home["edges"])
    ids = [edge["node"]["id"] for edge in home["edges"]]
    assert len(ids) == len(set(ids))

    image = """query ($id: ID!) { node(id: $id) { ... on Pin { image {
        renditions { name width url contentType bytes } } } } }"""

    async def sized() -> Any:
        """The renditions once each is made: READY says that the Pin is found, sizes are noted beside that."""
        renditions = (await client.data(image, {"id": first}, by=ben))["node"]["image"]["renditions"]
        return renditions if all(rendition["bytes"] for rendition in renditions) else None

    made = await until(sized, within_s=30)
    assert [rendition["name"] for rendition in made] == ["236", "564", "1200", "full"]
    for rendition in made:
        response = await client.http.get(rendition["url"])
        assert response.status_code == 200
        assert response.headers["content-type"] == rendition["contentType"]
        assert len(response.content) == rendition["bytes"]

    delete = "mutation ($input: DeletePinInput!) { deletePin(input: $input) { deletedId userErrors { code } } }"
    assert await client.do(delete, {"pinId": first}, by=ana) == {"deletedId": first, "userErrors": []}
    gone = await client.data("query ($id: ID!) { node(id: $id) { id } }", {"id": first}, by=ben)
    assert gone["node"] is None


async def test_every_feed_answers_a_newcomer_and_a_stranger(client: Client) -> None:
    someone = await client.sign_up("new")
    query = f"""{{ homeFeed(first: 5) {{ {FEED} }} followingFeed {{ {FEED} }} trendingPins(first: 5) {{ {FEED} }}
        searchPins(query: "moss", first: 5) {{ {FEED} }} }}"""

    for by in (someone, None):
        answer = await client.data(query, by=by)

        assert answer["followingFeed"]["edges"] == []
        assert set(answer) == {"homeFeed", "followingFeed", "trendingPins", "searchPins"}


async def test_a_feeds_cursor_is_of_that_feed_alone(client: Client) -> None:
    for cursor in ("", "nonsense", "AAAA"):
        answer = await client.run("query ($a: String) { homeFeed(after: $a) { nodes { id } } }", {"a": cursor})

        assert [error["extensions"]["code"] for error in answer["errors"]] == ["BAD_USER_INPUT"], cursor
    for first in (0, 101):
        answer = await client.run("query ($f: Int!) { trendingPins(first: $f) { nodes { id } } }", {"f": first})

        assert [error["extensions"]["code"] for error in answer["errors"]] == ["BAD_USER_INPUT"]
