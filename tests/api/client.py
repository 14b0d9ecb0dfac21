"""A client of the API, as a program elsewhere would write it, with the few moves that most tests begin with."""

from __future__ import annotations

import asyncio
import io
import json
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import websockets
from PIL import Image as Pictures

JSON = "application/graphql-response+json"
_ATTEMPTS = 3
PASSWORD = "a long enough password"

SIGN_UP = """mutation SignUp($input: SignUpInput!) { signUp(input: $input) {
  viewer { id username } accessToken refreshToken expiresAt userErrors { code message field } } }"""
CREATE_BOARD = """mutation CreateBoard($input: CreateBoardInput!) { createBoard(input: $input) {
  board { id title privacy } userErrors { code message field } } }"""
PREPARE = """mutation Prepare($input: PrepareUploadInput!) { prepareUpload(input: $input) {
  upload { id method url headers { name value } maxBytes } userErrors { code message field } } }"""
CREATE_PIN = """mutation CreatePin($input: CreatePinInput!) { createPin(input: $input) {
  pin { id title status } userErrors { code message field } } }"""


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who has signed up."""

    id: str
    username: str
    access: str
    refresh: str


@dataclass(slots=True)
class Client:
    """Speaks GraphQL to one server over HTTP and sockets."""

    url: str
    http: httpx.AsyncClient = field(repr=False)

    async def post(self, body: object, *, by: Account | None = None, **headers: str) -> httpx.Response:
        """The response to this JSON body, or to these bytes."""
        sent = {"content-type": "application/json", "accept": JSON, **headers}
        if by is not None:
            sent["authorization"] = f"Bearer {by.access}"
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return await self.http.post(f"{self.url}/graphql", content=content, headers=sent)

    async def run(self, query: str, variables: dict[str, Any] | None = None, *, by: Account | None = None) -> Any:
        """The whole answer of an operation."""
        return (await self.post({"query": query, "variables": variables or {}}, by=by)).json()

    async def data(self, query: str, variables: dict[str, Any] | None = None, *, by: Account | None = None) -> Any:
        """The data of an operation that must not fail. What is UNAVAILABLE is asked again, as its code invites."""
        for _ in range(_ATTEMPTS):
            answer = await self.run(query, variables, by=by)
            if "UNAVAILABLE" not in _codes(answer):
                break
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    async def do(self, mutation: str, input_: dict[str, Any] | None = None, *, by: Account | None = None) -> Any:
        """The payload of a mutation with one field; its userErrors are the caller's to look at."""
        variables = {} if input_ is None else {"input": input_}
        [payload] = (await self.data(mutation, variables, by=by)).values()
        return payload

    async def sign_up(self, name: str = "user") -> Account:
        """A new account with a name of its own."""
        username = f"{name}_{secrets.token_hex(5)}"
        given = {"username": username, "email": f"{username}@example.org", "password": PASSWORD}
        payload = await self.do(SIGN_UP, given)
        assert payload["userErrors"] == [], payload
        return Account(payload["viewer"]["id"], username, payload["accessToken"], payload["refreshToken"])

    async def board(self, by: Account, title: str = "A board", *, privacy: str = "PUBLIC") -> str:
        """The id of a new board."""
        payload = await self.do(CREATE_BOARD, {"title": title, "privacy": privacy}, by=by)
        assert payload["userErrors"] == [], payload
        return str(payload["board"]["id"])

    async def upload(self, by: Account, data: bytes, content_type: str = "image/png") -> str:
        """The id of an upload whose bytes have been put."""
        payload = await self.do(PREPARE, {"contentType": content_type, "bytes": len(data)}, by=by)
        assert payload["userErrors"] == [], payload
        upload = payload["upload"]
        headers = {header["name"]: header["value"] for header in upload["headers"]}
        response = await self.http.request(upload["method"], upload["url"], content=data, headers=headers)
        assert response.is_success, response.text
        return str(upload["id"])

    async def pin(self, by: Account, board: str, title: str = "A pin", *, data: bytes | None = None) -> str:
        """The id of a new Pin on the board, of a picture of its own."""
        upload = await self.upload(by, data or picture())
        given = {"boardId": board, "image": {"uploadId": upload}, "title": title}
        payload = await self.do(CREATE_PIN, given, by=by)
        assert payload["userErrors"] == [], payload
        return str(payload["pin"]["id"])

    @asynccontextmanager
    async def socket(self, *, by: Account | None = None, **options: Any) -> AsyncIterator[Socket]:
        """An open, acknowledged socket."""
        async with self.raw_socket(**options) as connection:
            socket = Socket(connection)
            payload = {"authorization": f"Bearer {by.access}"} if by else {}
            await socket.send({"type": "connection_init", "payload": payload})
            assert await socket.receive() == {"type": "connection_ack"}
            yield socket

    @asynccontextmanager
    async def raw_socket(self, **options: Any) -> AsyncIterator[websockets.ClientConnection]:
        """An open socket on which nothing has been said."""
        options.setdefault("subprotocols", ["graphql-transport-ws"])
        address = f"{self.url.replace('http', 'ws', 1)}/graphql"
        async with websockets.connect(address, open_timeout=5, close_timeout=1, **options) as connection:
            yield connection


@dataclass(slots=True)
class Socket:
    """A graphql-transport-ws connection."""

    connection: websockets.ClientConnection

    async def send(self, message: object) -> None:
        """Sends a frame: an object as JSON, a text as it is."""
        await self.connection.send(message if isinstance(message, str | bytes) else json.dumps(message))

    async def receive(self, *, within_s: float = 5.0) -> Any:
        """The next message."""
        async with asyncio.timeout(within_s):
            return json.loads(await self.connection.recv())

    async def subscribe(self, key: str, query: str, variables: dict[str, Any] | None = None) -> None:
        """Starts an operation under this id."""
        await self.send({"id": key, "type": "subscribe", "payload": {"query": query, "variables": variables or {}}})

    async def closed(self, *, within_s: float = 5.0) -> tuple[int, str]:
        """The code and reason with which the server closes the socket."""
        async with asyncio.timeout(within_s):
            await self.connection.wait_closed()
        return self.connection.close_code or 0, self.connection.close_reason or ""


def _codes(answer: dict[str, Any]) -> set[str]:
    payloads = [payload for payload in (answer.get("data") or {}).values() if isinstance(payload, dict)]
    expected = {error["code"] for payload in payloads for error in payload.get("userErrors", ())}
    return expected | {error["extensions"]["code"] for error in answer.get("errors", ())}


def picture(width: int = 48, height: int = 32) -> bytes:
    """A PNG of random pixels: no two alike."""
    image = Pictures.frombytes("RGB", (width, height), secrets.token_bytes(width * height * 3))
    written = io.BytesIO()
    image.save(written, "PNG")
    return written.getvalue()


async def until(look: Callable[[], Awaitable[Any]], *, within_s: float = 10.0) -> Any:
    """The first true answer of `look`, asked over and over; fails when there is none in time."""
    end = time.monotonic() + within_s
    while not (found := await look()):
        assert time.monotonic() < end, f"not within {within_s} s; last: {found!r}"
        await asyncio.sleep(0.05)
    return found
