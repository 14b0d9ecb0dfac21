"""Checks of GraphQL over server-sent events in distinct-connections mode, for any server that speaks it.

The protocol is the file PROTOCOL.md of npm's `graphql-sse`: whatever is wrong with an operation is told in the stream.
"""

from __future__ import annotations

import json
from typing import Any, Final

from tests.npm.checks import TYPE, Check, Server

STREAM: Final = "text/event-stream"


async def _told(server: Server, body: dict[str, Any]) -> list[tuple[str, Any]]:
    """The events of the response to a POST, read to its end."""
    headers = {"accept": STREAM, "content-type": "application/json", **server.headers}
    response = await server.client.http.post(
        f"{server.client.url}/graphql", content=json.dumps(body), headers=headers, timeout=30
    )
    assert response.status_code == 200, response.status_code
    assert response.headers["content-type"].split(";")[0] == STREAM, response.headers["content-type"]
    return events(response.text)


def events(text: str) -> list[tuple[str, Any]]:
    """The events of a stream that has ended: name and data of each; comments are left out."""
    found = []
    for block in text.replace("\r\n", "\n").split("\n\n"):
        fields = dict(line.partition(":")[::2] for line in block.splitlines() if not line.startswith(":"))
        if fields:
            data = fields.get("data", "").strip()
            found.append((fields.get("event", "").strip(), json.loads(data) if data else None))
    return found


async def _query(server: Server) -> None:
    [(first, result), (last, _)] = await _told(server, {"query": TYPE})
    assert (first, last) == ("next", "complete")
    assert result["data"] == {"__typename": "Query"}


async def _ends(server: Server) -> None:
    *results, (last, _) = await _told(server, {"query": server.ending})
    assert last == "complete"
    assert results
    assert all(name == "next" and result["data"] for name, result in results)


async def _get(server: Server) -> None:
    response = await server.client.http.get(
        f"{server.client.url}/graphql", params={"query": TYPE}, headers={"accept": STREAM, **server.headers}
    )
    assert [name for name, _ in events(response.text)] == ["next", "complete"]


def _refuses(says: str, body: dict[str, Any]) -> Check:
    async def run(server: Server) -> None:
        [(first, result), (last, _)] = await _told(server, body)
        assert (first, last) == ("next", "complete")
        assert result["errors"]
        assert not result.get("data")

    return Check(f"{says} is told in the stream, which then completes", run)


CHECKS: Final = (
    Check("a query gives one next, then complete", _query),
    Check("a subscription that ends says next, then complete", _ends),
    Check("a query may be asked by GET, as browsers' EventSource does", _get),
    _refuses("a document that cannot be parsed", {"query": "{"}),
    _refuses("a field that there is not", {"query": "{ nothing }"}),
    _refuses("a subscription to a field that there is not", {"query": "subscription { nothing }"}),
    _refuses("the name of an operation that there is not", {"query": TYPE, "operationName": "Other"}),
)
