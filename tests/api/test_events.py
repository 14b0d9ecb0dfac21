"""Live events as `text/event-stream`, byte by byte: one operation a request, and how a stream ends."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest
import uvicorn

from app.auth import PasswordAccounts
from app.resources import now
from app.secret_files import session_key
from app.settings import Settings
from app.transports import over_events, standing
from app.transports.over_events import GraphQLOverEvents
from domain.model import User
from events.bus import Bus
from tests.api.client import Account, Client, until

LOG_OUT = "mutation { logOut { userErrors { code } } }"
PROCESSED = "subscription Done($pin: ID!) { pinProcessed(pinId: $pin) { id status } }"
NEW_PINS = "subscription { newPins { pin { id } } }"


class Stream:
    """The events of one response, as they come."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self._lines = response.aiter_lines()

    async def event(self) -> tuple[str, Any]:
        """The next event: its name and its data. A comment is the event "" without data."""
        name, data = "", None
        async for line in self._lines:
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            elif line.startswith("data: "):
                data = json.loads(line.removeprefix("data: "))
            elif not line and name:
                return name, data
            elif line == ":":
                return "", None
        return "end", None

    async def told(self) -> tuple[str, Any]:
        """The next event that is no comment."""
        while (event := await self.event())[0] == "":
            pass
        return event


@asynccontextmanager
async def stream(client: Client, query: str, *, by: Account | None = None, **variables: Any) -> AsyncIterator[Stream]:
    """The response to an operation that wants events."""
    headers = {"accept": "text/event-stream", "content-type": "application/json"}
    if by is not None:
        headers["authorization"] = f"Bearer {by.access}"
    body = json.dumps({"query": query, "variables": variables})
    async with client.http.stream("POST", f"{client.url}/graphql", content=body, headers=headers) as response:
        yield Stream(response)


async def listening(bus: Bus, count: int) -> None:
    """Returns when so many subscriptions are open."""

    async def are() -> bool:
        return bus.open_subscriptions == count

    await until(are)


async def test_a_query_is_one_next_and_complete(client: Client) -> None:
    ana = await client.sign_up("ana")

    async with stream(client, "{ viewer { username } }", by=ana) as events:
        answer, end, nothing = await events.told(), await events.told(), await events.told()

    assert events.response.status_code == 200
    assert events.response.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert answer[0] == "next"
    assert answer[1]["data"] == {"viewer": {"username": ana.username}}
    assert (end[0], nothing[0]) == ("complete", "end")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { newPins { pin { nothing } } }", "GRAPHQL_VALIDATION_FAILED"),
        (NEW_PINS, "UNAUTHENTICATED"),
    ],
)
async def test_a_refusal_is_a_next_with_errors_and_complete(client: Client, query: str, code: str) -> None:
    async with stream(client, query) as events:
        answer, end = await events.told(), await events.told()

    assert events.response.status_code == 200
    assert answer[1]["errors"][0]["extensions"]["code"] == code
    assert end[0] == "complete"


async def test_a_get_may_subscribe_by_events_and_change_nothing(client: Client) -> None:
    headers = {"accept": "text/event-stream"}

    told = await client.http.get(f"{client.url}/graphql", params={"query": NEW_PINS}, headers=headers)
    refused = await client.http.get(f"{client.url}/graphql", params={"query": LOG_OUT}, headers=headers)

    assert "UNAUTHENTICATED" in told.text
    assert refused.status_code == 405


async def test_a_bad_token_is_401(client: Client) -> None:
    headers = {"accept": "text/event-stream", "content-type": "application/json", "authorization": "Bearer nonsense"}

    response = await client.http.post(f"{client.url}/graphql", content='{"query":"{ __typename }"}', headers=headers)

    assert response.status_code == 401
    assert response.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


@pytest.mark.usefixtures("working")
async def test_a_pin_says_when_it_is_processed_and_the_stream_completes(client: Client) -> None:
    ana = await client.sign_up("ana")
    pin = await client.pin(ana, await client.board(ana))

    heard = []
    async with stream(client, PROCESSED, by=ana, pin=pin) as events:
        while (event := await events.told())[0] == "next":
            heard.append(event[1]["data"]["pinProcessed"]["status"])

    assert event[0] == "complete"
    assert heard[-1] == "READY"


async def test_leaving_ends_the_subscription(client: Client, bus: Bus) -> None:
    ana = await client.sign_up("ana")

    async with stream(client, NEW_PINS, by=ana):
        await listening(bus, 1)

    await listening(bus, 0)


async def test_a_stream_without_events_is_kept_alive_by_comments(
    client: Client, bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(over_events, "PING_EVERY_S", 0.05)
    ana = await client.sign_up("ana")

    async with stream(client, NEW_PINS, by=ana) as events:
        comments = [await events.event() for _ in range(3)]

    assert comments == [("", None)] * 3
    await listening(bus, 0)


async def test_logging_out_ends_the_streams_of_that_session(
    client: Client, bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standing, "CHECK_EVERY_S", 0.2)
    ana = await client.sign_up("ana")

    async with stream(client, NEW_PINS, by=ana) as events:
        await listening(bus, 1)
        await client.do(LOG_OUT, by=ana)
        answer, end = await events.told(), await events.told()

    assert answer[1]["errors"] == [{"message": "Session ended", "extensions": {"code": "UNAUTHENTICATED"}}]
    assert end[0] == "complete"
    await listening(bus, 0)


async def test_a_token_that_expires_ends_the_stream(client: Client, api_settings: Settings, bus: Bus) -> None:
    ana = await client.sign_up("ana")
    accounts = PasswordAccounts(session_key(api_settings))
    claims = accounts.verify(ana.access, now=now())
    assert claims is not None
    user = User(claims.user_id, claims.user_n, ana.username, "Ana", None, now())
    soon = accounts.issue_access(user, claims.session, now=now() - timedelta(minutes=14, seconds=57)).token
    brief = Account(ana.id, ana.username, soon, "")

    async with stream(client, NEW_PINS, by=brief) as events:
        answer, end = await events.told(), await events.told()

    assert answer[1]["errors"][0]["message"] == "Access token expired"
    assert end[0] == "complete"
    await listening(bus, 0)


async def test_an_account_has_at_most_so_many_streams(
    client: Client, api_config: uvicorn.Config, bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana = await client.sign_up("ana")
    serving: GraphQLOverEvents = api_config.app.state.api.http.events  # type: ignore[union-attr]
    monkeypatch.setattr(serving.places, "_most", 1)

    async with stream(client, NEW_PINS, by=ana):
        await listening(bus, 1)
        async with stream(client, NEW_PINS, by=ana) as second:
            answer, end = await second.told(), await second.told()

    assert answer[1]["errors"][0]["extensions"]["code"] == "RATE_LIMITED"
    assert end[0] == "complete"
    await listening(bus, 0)
