"""A client may carry what it wrote to whichever process answers it next; where one server holds all, it need not."""

from __future__ import annotations

import pytest

from app import settings
from tests.api.client import CREATE_BOARD, Client

BOARD = "query Board($id: ID!) { node(id: $id) { id } }"


@pytest.fixture
def routed(api_settings: settings.Settings) -> bool:
    """Whether the graph is reached by routing."""
    return (api_settings.graph_uri or "").startswith("neo4j")


async def test_an_answer_to_a_write_has_a_bookmark_where_the_graph_is_several_servers(
    client: Client, routed: bool
) -> None:
    ana = await client.sign_up("ana")

    written = await client.run(CREATE_BOARD, {"input": {"title": "A board", "privacy": "SECRET"}}, by=ana)
    read = await client.run("{ viewer { id } }", by=ana)

    assert ("bookmark" in written["extensions"]) is routed
    assert "bookmark" not in read["extensions"]


@pytest.mark.parametrize("change", [lambda text: text, lambda text: text[:-4], lambda _: "nonsense", lambda _: 7])
async def test_a_request_may_carry_it_and_one_that_is_not_ours_carries_nothing(client: Client, change) -> None:  # type: ignore[no-untyped-def]
    ana = await client.sign_up("ana")
    written = await client.run(CREATE_BOARD, {"input": {"title": "A board", "privacy": "SECRET"}}, by=ana)
    board = written["data"]["createBoard"]["board"]["id"]
    bookmark = change(written["extensions"].get("bookmark", "none"))

    answer = await client.post(
        {"query": BOARD, "variables": {"id": board}, "extensions": {"bookmark": bookmark}}, by=ana
    )

    assert answer.json()["data"] == {"node": {"id": board}}
