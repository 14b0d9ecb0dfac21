"""What a client is told of the quotas, over each transport, and what its operator sees."""

from __future__ import annotations

from typing import Any

import pytest
import uvicorn

from app import secret_files
from app.settings import Settings
from app.transports.quotas import Quota, Quotas
from shared.buckets import Buckets
from tests.api.client import Client

TWICE = "{ one: viewer { id } again: viewer { id } }"
BOARD = """mutation($input: CreateBoardInput!) { createBoard(input: $input) { board { id } userErrors { code } } }"""


@pytest.fixture
def tight(api_config: uvicorn.Config, client: Client, monkeypatch: pytest.MonkeyPatch) -> Quotas:
    """Quotas of their own for this test: three times `viewer`, one `createBoard` an hour."""
    api: Any = api_config.app.state.api  # type: ignore[union-attr]
    rules = [Quota("viewers", "user", "viewer", 3, 3_600), Quota("boards", "user", "createBoard", 1, 3_600)]
    quotas = Quotas(rules, Buckets())
    monkeypatch.setattr(api.http.runner, "_quotas", quotas)
    monkeypatch.setattr(api, "quotas", quotas)
    return quotas


@pytest.mark.usefixtures("tight")
async def test_what_is_left_is_in_the_headers_and_aliases_count_each(client: Client) -> None:
    ana = await client.sign_up("ana")

    response = await client.post({"query": TWICE}, by=ana)

    assert response.headers["ratelimit-policy"] == '"viewers";q=3;w=3600'
    assert response.headers["ratelimit"] == '"viewers";r=1;t=2400'


@pytest.mark.usefixtures("tight")
async def test_too_much_is_429_with_the_time_to_come_back_and_nothing_ran(client: Client) -> None:
    ana = await client.sign_up("ana")
    await client.board(ana, "The first")

    refused = await client.post({"query": BOARD, "variables": {"input": {"title": "The second"}}}, by=ana)

    error = refused.json()["errors"][0]
    assert refused.status_code == 429
    assert 3_500 < int(refused.headers["retry-after"]) <= 3_600
    assert error["extensions"]["code"] == "RATE_LIMITED"
    assert 3_500_000 < error["extensions"]["retryAfterMs"] <= 3_600_000
    assert "data" not in refused.json()
    boards = await client.data("{ viewer { boards { nodes { title } } } }", by=ana)
    assert [board["title"] for board in boards["viewer"]["boards"]["nodes"]] == ["The first"]


@pytest.mark.usefixtures("tight")
async def test_a_socket_spends_the_same_quotas(client: Client) -> None:
    ana = await client.sign_up("ana")
    await client.post({"query": TWICE}, by=ana)

    async with client.socket(by=ana) as socket:
        await socket.subscribe("1", TWICE)
        message = await socket.receive()

    assert message["type"] == "error"
    assert message["payload"][0]["extensions"]["code"] == "RATE_LIMITED"


@pytest.mark.usefixtures("tight")
async def test_the_operator_sees_what_was_spent_and_refused_and_nobody_else(
    client: Client, api_settings: Settings
) -> None:
    ana = await client.sign_up("ana")
    for _ in range(2):
        await client.post({"query": TWICE}, by=ana)
    headers = {"authorization": f"Bearer {secret_files.metrics_token(api_settings)}"}

    stranger = await client.http.get(f"{client.url}/quotas")
    told = (await client.http.get(f"{client.url}/quotas", headers=headers)).json()["quotas"][0]

    assert stranger.status_code == 401
    assert (told["quota"]["name"], told["callers"], told["spent"], told["refused"]) == ("viewers", 1, 2, 1)
    assert told["busiest"][0][0] == ana.id
