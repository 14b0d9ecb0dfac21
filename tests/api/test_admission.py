"""How much the API takes on at a time, and what the next one is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
import uvicorn
import websockets

from app.transports import over_sockets
from app.transports.admission import Rooms
from tests.api.client import Client, Socket, until

TYPE = "{ __typename }"
STREAM = {"accept": "text/event-stream", "content-type": "application/json"}


@pytest.fixture
async def rooms(client: Client, api_config: uvicorn.Config) -> AsyncIterator[Rooms]:
    """The rooms of the API, empty before and after, and as large as the settings say."""
    found: Rooms = api_config.app.state.api.rooms  # type: ignore[union-attr]
    sizes = found.requests.most, found.streams.most

    async def empty() -> bool:
        return found.requests.taken == found.streams.taken == 0

    await until(empty)
    yield found
    found.requests.most, found.streams.most = sizes
    await until(empty)


@asynccontextmanager
async def waiting(client: Client, rooms: Rooms) -> AsyncIterator[None]:
    """A request that is under way: half of its body has been sent."""
    host, port = client.url.removeprefix("http://").split(":")
    _, writer = await asyncio.open_connection(host, int(port))
    head = f"host: {host}\r\ncontent-type: application/json\r\ncontent-length: 26"
    writer.write(f'POST /graphql HTTP/1.1\r\n{head}\r\n\r\n{{"query":'.encode())
    before = rooms.requests.taken

    async def there() -> bool:
        return rooms.requests.taken == before + 1

    await until(there)
    try:
        yield
    finally:
        writer.transport.abort()


def told(response: httpx.Response) -> tuple[int, str, str]:
    """Status, code and Retry-After of a refusal."""
    return response.status_code, response.json()["errors"][0]["extensions"]["code"], response.headers["retry-after"]


async def test_a_request_beyond_the_bound_is_503_and_one_within_it_is_answered(client: Client, rooms: Rooms) -> None:
    rooms.requests.most = 2
    async with waiting(client, rooms):
        assert (await client.post({"query": TYPE})).status_code == 200
        async with waiting(client, rooms):
            refused = await client.post({"query": TYPE}, origin="https://friend.example")
        assert told(refused) == (503, "UNAVAILABLE", "1")
        assert refused.headers["x-request-id"]
        assert refused.headers["access-control-allow-origin"] == "https://friend.example"

    async def answered() -> bool:
        return (await client.post({"query": TYPE})).status_code == 200

    await until(answered)


async def test_pages_and_pictures_are_counted_and_what_watches_the_process_is_not(client: Client, rooms: Rooms) -> None:
    rooms.requests.most = 1
    async with waiting(client, rooms):
        pages = [(await client.http.get(client.url + path)).status_code for path in ("/", "/media/none", "/graphql")]
        watched = [(await client.http.get(client.url + path)).status_code for path in ("/healthz", "/readyz")]
        metrics = await client.http.get(f"{client.url}/metrics")

    assert pages == [503, 503, 503]
    assert watched == [200, 200]
    assert metrics.status_code == 401


async def test_what_is_held_open_has_a_bound_of_its_own(client: Client, rooms: Rooms) -> None:
    rooms.streams.most = 1
    async with client.socket() as socket:
        with pytest.raises(websockets.InvalidStatus) as refused:
            async with client.raw_socket():
                pass
        events = await client.http.post(f"{client.url}/graphql", content='{"query":"{ __typename }"}', headers=STREAM)
        await socket.subscribe("1", TYPE)
        answer = await socket.receive()
        asked = await client.post({"query": TYPE})

    assert refused.value.response.status_code == 503
    assert refused.value.response.headers["retry-after"] == "5"
    assert told(events) == (503, "UNAVAILABLE", "5")
    assert answer["payload"]["data"] == {"__typename": "Query"}
    assert asked.status_code == 200

    async def left() -> bool:
        return rooms.streams.taken == 0

    await until(left)
    async with client.socket():
        pass


async def test_one_network_has_so_many_sockets_without_signing_in(
    client: Client, api_config: uvicorn.Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    sockets = api_config.app.state.api.sockets  # type: ignore[union-attr]
    monkeypatch.setattr(sockets._strangers, "_most", 2)
    ana = await client.sign_up("ana")
    async with client.socket(), client.socket(), client.raw_socket() as connection:
        third = Socket(connection)
        await third.send({"type": "connection_init"})
        assert (await third.closed())[0] == 4429
        async with client.socket(by=ana):
            pass

    async def welcome() -> bool:
        try:
            async with client.socket():
                return True
        except (AssertionError, websockets.ConnectionClosed):
            return False

    await until(welcome)
    assert over_sockets.STRANGER_SOCKETS_MAX == 100
