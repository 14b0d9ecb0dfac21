"""Where only documents that were agreed on are run: by id, over each transport, and what a cache may keep."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
import uvicorn

from app.transports.trusted import TrustedDocuments
from tests.api.client import Account, Client

TOPICS = "{ topics(first: 1) { nodes { id } } }"
LOG_OUT = "mutation { logOut { userErrors { code } } }"
DOCUMENTS = {hashlib.sha256(text.encode()).hexdigest(): text for text in (TOPICS, LOG_OUT)}
TOPICS_ID, LOG_OUT_ID = DOCUMENTS


@pytest.fixture
async def ana(client: Client) -> Account:
    """Somebody who has signed up before."""
    return await client.sign_up("ana")


@pytest.fixture
def only(api_config: uvicorn.Config, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing but two documents is run."""
    api: Any = api_config.app.state.api  # type: ignore[union-attr]
    monkeypatch.setattr(api.http.runner, "_trusted", TrustedDocuments(DOCUMENTS, only=True))


@pytest.mark.usefixtures("only")
async def test_a_known_document_runs_by_its_id_or_its_text_and_no_other(client: Client) -> None:
    by_id = await client.post({"documentId": TOPICS_ID})
    by_text = await client.post({"query": TOPICS})
    other = await client.post({"query": "{ viewer { id } }"})
    unknown = await client.post({"documentId": "0" * 64})

    assert "topics" in by_id.json()["data"]
    assert "topics" in by_text.json()["data"]
    assert (other.status_code, other.json()["errors"][0]["extensions"]["code"]) == (403, "FORBIDDEN")
    assert (unknown.status_code, unknown.json()["errors"][0]["extensions"]["code"]) == (400, "NOT_FOUND")


@pytest.mark.usefixtures("only")
async def test_a_socket_runs_the_same(client: Client) -> None:
    async with client.socket() as socket:
        await socket.send({"id": "1", "type": "subscribe", "payload": {"documentId": TOPICS_ID}})
        answer, end = await socket.receive(), await socket.receive()
        await socket.subscribe("2", "{ viewer { id } }")
        refused = await socket.receive()

    assert "topics" in answer["payload"]["data"]
    assert end["type"] == "complete"
    assert refused["payload"][0]["extensions"]["code"] == "FORBIDDEN"


@pytest.mark.usefixtures("ana", "only")
async def test_a_cache_may_keep_what_a_stranger_asks_by_get_and_nothing_else(ana: Account, client: Client) -> None:
    url, signed_in = f"{client.url}/graphql", {"authorization": f"Bearer {ana.access}"}

    stranger = await client.http.get(url, params={"documentId": TOPICS_ID})
    viewer = await client.http.get(url, params={"documentId": TOPICS_ID}, headers=signed_in)
    posted = await client.post({"documentId": TOPICS_ID})
    change = await client.http.get(url, params={"documentId": LOG_OUT_ID}, headers=signed_in)

    assert stranger.headers["cache-control"] == "public, max-age=60"
    assert "authorization" in stranger.headers["vary"]
    assert viewer.headers["cache-control"] == posted.headers["cache-control"] == "no-store"
    assert change.status_code == 405
