"""Checks of the protocol graphql-transport-ws, frame by frame, for any server that speaks it.

The protocol is the file PROTOCOL.md of npm's `graphql-ws`. What it leaves to a server (limits, who may listen, what its
errors are called) is not here: `tests/api/test_subscriptions.py` has that for ours.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import websockets

from tests.api.client import Socket
from tests.npm.checks import TYPE, Check, Server


class _Speaking:
    """An open socket to a server, acknowledged unless `greeted` is false. An async context manager."""

    def __init__(self, server: Server, *, greeted: bool = True, **options: Any) -> None:
        self._server, self._greeted = server, greeted
        self._opening = server.client.raw_socket(**options)

    async def __aenter__(self) -> Socket:
        socket = Socket(await self._opening.__aenter__())
        if self._greeted:
            await socket.send({"type": "connection_init", "payload": self._server.hello})
            assert await socket.receive() == {"type": "connection_ack"}
        return socket

    async def __aexit__(self, *error: Any) -> None:
        await self._opening.__aexit__(*error)


def _closes(says: str, frame: str | bytes, code: int) -> Check:
    async def run(server: Server) -> None:
        async with _Speaking(server) as socket:
            await socket.send(frame)
            told, _ = await socket.closed()
            assert told == code, f"closed with {told}"

    return Check(f"{says}: closed with {code}", run)


def _refuses(says: str, payload: Callable[[Server], dict[str, Any]], *, running: bool = False) -> Check:
    """What cannot be run is an `error`. What fails as it begins to run (`running`) may also be a result with errors."""

    async def run(server: Server) -> None:
        async with _Speaking(server) as socket:
            await socket.send({"id": "bad", "type": "subscribe", "payload": payload(server)})
            told = await socket.receive()
            if running and told["type"] == "next":
                assert told["payload"]["errors"]
                assert not told["payload"].get("data")
                assert await socket.receive() == {"id": "bad", "type": "complete"}
            else:
                assert (told["id"], told["type"]) == ("bad", "error"), told
                assert told["payload"]
                assert all(isinstance(error["message"], str) for error in told["payload"])
            await _runs(socket, "bad")

    return Check(f"{says}: an error for its id, and the socket goes on", run)


async def _runs(socket: Socket, key: str) -> None:
    """A query gives its answer, then the end."""
    await socket.subscribe(key, TYPE)
    answer = await socket.receive()
    assert (answer["id"], answer["type"]) == (key, "next"), answer
    assert answer["payload"]["data"] == {"__typename": "Query"}
    assert await socket.receive() == {"id": key, "type": "complete"}


FRAMES: Final = (
    _closes("an empty frame", "", 4400),
    _closes("a frame that is no JSON", "nonsense", 4400),
    _closes("null", "null", 4400),
    _closes("a number", "3", 4400),
    _closes("a text", '"x"', 4400),
    _closes("a list", "[]", 4400),
    _closes("10,000 nested lists", "[" * 10_000, 4400),
    _closes("an object without a type", "{}", 4400),
    _closes("a type that is a number", '{"type":3}', 4400),
    _closes("a type that there is not", '{"type":"unknown"}', 4400),
    _closes("a type of the protocol before this one", '{"type":"start","id":"1"}', 4400),
    _closes("a second connection_init", '{"type":"connection_init"}', 4429),
    _closes("a ping whose payload is a text", '{"type":"ping","payload":"x"}', 4400),
    _closes("a subscribe without id and payload", '{"type":"subscribe"}', 4400),
    _closes("an id that is an object", '{"type":"subscribe","id":{},"payload":{"query":"{ __typename }"}}', 4400),
    _closes("an id that is empty", '{"type":"subscribe","id":"","payload":{"query":"{ __typename }"}}', 4400),
    _closes("a subscribe without payload", '{"type":"subscribe","id":"1"}', 4400),
    _closes("a subscribe whose payload is a text", '{"type":"subscribe","id":"1","payload":"x"}', 4400),
    _closes("a subscribe without a query", '{"type":"subscribe","id":"1","payload":{}}', 4400),
    _closes("a query that is a number", '{"type":"subscribe","id":"1","payload":{"query":3}}', 4400),
    _closes("a complete without id", '{"type":"complete"}', 4400),
    _closes("a complete whose id is a number", '{"type":"complete","id":7}', 4400),
    _closes("bytes", b"\x00\x01", 4400),
)
REFUSALS: Final = (
    _refuses("a document that cannot be parsed", lambda _: {"query": "{"}),
    _refuses("a field that there is not", lambda _: {"query": "{ nothing }"}),
    _refuses("an empty document", lambda _: {"query": ""}),
    _refuses(
        "the name of an operation that there is not",
        lambda _: {"query": TYPE, "operationName": "Other"},
        running=True,
    ),
    _refuses("a variable that is missing", lambda server: {"query": server.number}, running=True),
    _refuses(
        "a variable of another type", lambda server: {"query": server.number, "variables": {"n": "x"}}, running=True
    ),
    _refuses("a subscription to a field that there is not", lambda _: {"query": "subscription { nothing }"}),
)


async def _query(server: Server) -> None:
    async with _Speaking(server) as socket:
        await _runs(socket, "1")


async def _ends(server: Server) -> None:
    async with _Speaking(server) as socket:
        await socket.subscribe("1", server.ending)
        message = await socket.receive(within_s=30)
        assert message["type"] == "next", message
        while message["type"] == "next":
            assert message["id"] == "1"
            message = await socket.receive(within_s=30)
        assert message == {"id": "1", "type": "complete"}


async def _pings(server: Server) -> None:
    async with _Speaking(server) as socket:
        await socket.send({"type": "ping"})
        assert await socket.receive() == {"type": "pong"}


async def _pings_with_payload(server: Server) -> None:
    async with _Speaking(server) as socket:
        await socket.send({"type": "ping", "payload": {"a": 1}})
        assert (await socket.receive())["type"] == "pong"


async def _takes_pongs(server: Server) -> None:
    async with _Speaking(server) as socket:
        await socket.send({"type": "pong", "payload": {"a": 1}})
        await _runs(socket, "1")


async def _pings_before(server: Server) -> None:
    async with _Speaking(server, greeted=False) as socket:
        await socket.send({"type": "ping"})
        assert await socket.receive() == {"type": "pong"}


async def _nothing_before(server: Server) -> None:
    async with _Speaking(server, greeted=False) as socket:
        await socket.subscribe("1", TYPE)
        assert (await socket.closed())[0] == 4401


async def _silent(server: Server) -> None:
    async with _Speaking(server, greeted=False) as socket:
        assert (await socket.closed(within_s=server.init_within_s + 5))[0] == 4408


async def _init_payload(server: Server) -> None:
    async with _Speaking(server, greeted=False) as socket:
        await socket.send({"type": "connection_init", "payload": 3})
        assert (await socket.closed())[0] == 4400


async def _init_without_payload(server: Server) -> None:
    async with _Speaking(server, greeted=False) as socket:
        await socket.send({"type": "connection_init"})
        assert await socket.receive() == {"type": "connection_ack"}


async def _id_taken(server: Server) -> None:
    async with _Speaking(server) as socket:
        await socket.subscribe("1", server.waiting)
        await socket.subscribe("1", server.waiting)
        assert (await socket.closed())[0] == 4409


async def _id_free_after_complete(server: Server) -> None:
    async with _Speaking(server) as socket:
        await socket.subscribe("1", server.waiting)
        await socket.send({"id": "1", "type": "complete"})
        await _runs(socket, "1")


async def _id_free_after_end(server: Server) -> None:
    async with _Speaking(server) as socket:
        await _runs(socket, "1")
        await _runs(socket, "1")


async def _unknown_complete(server: Server) -> None:
    async with _Speaking(server) as socket:
        await socket.send({"id": "never begun", "type": "complete"})
        await _runs(socket, "1")


async def _side_by_side(server: Server) -> None:
    async with _Speaking(server) as socket:
        await socket.subscribe("a", server.waiting)
        await socket.subscribe("b", server.waiting)
        await _runs(socket, "c")


async def _fragmented(server: Server) -> None:
    async with _Speaking(server) as socket:
        await socket.connection.send(['{"type":', '"ping"}'])
        assert await socket.receive() == {"type": "pong"}


async def _stranger(server: Server) -> None:
    try:
        async with _Speaking(server, origin="https://stranger.example") as socket:
            await _runs(socket, "1")
    except websockets.InvalidStatus as refused:
        assert refused.response.status_code == 403  # noqa: PT017 - to be refused is what is looked for.
    else:
        raise AssertionError("let in")


def _other_protocol(protocols: list[str] | None) -> Check:
    async def run(server: Server) -> None:
        async with _Speaking(server, greeted=False, subprotocols=protocols) as socket:
            assert (await socket.closed())[0] == 4406

    return Check(f"the sub-protocols {protocols or 'none'} are not acceptable: 4406", run)


SILENT: Final = Check("a socket that says nothing is closed with 4408", _silent)
ENDING: Final = Check("a subscription that ends says next, then complete", _ends)
TALK: Final = (
    Check("a query gives one next, then complete", _query),
    ENDING,
    Check("a ping is answered by a pong", _pings),
    Check("a ping with a payload is answered by a pong", _pings_with_payload),
    Check("a pong is taken", _takes_pongs),
    Check("a ping is answered before connection_init", _pings_before),
    Check("a subscribe before connection_init closes the socket with 4401", _nothing_before),
    SILENT,
    Check("connection_init needs no payload", _init_without_payload),
    Check("a connection_init whose payload is a number closes the socket with 4400", _init_payload),
    Check("an id that is in use closes the socket with 4409", _id_taken),
    Check("an id is free once its operation was completed", _id_free_after_complete),
    Check("an id is free once its operation has ended", _id_free_after_end),
    Check("a complete for an id that is not in use is ignored", _unknown_complete),
    Check("operations run side by side", _side_by_side),
    Check("a message may come in several frames", _fragmented),
    Check("a page of another origin is not let in", _stranger),
    *(_other_protocol(protocols) for protocols in (None, ["other"])),
)
CHECKS: Final = (*FRAMES, *REFUSALS, *TALK)
