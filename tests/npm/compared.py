"""`make audits`: the same audits of this server and of stock Strawberry, in one run, as tables in Markdown.

Ours is a whole `pinwalk serve` of its own in a new folder. The other is Strawberry's ASGI app as it comes, of the
version that is installed here with its server-sent events switched on, over a small schema, served by the same
uvicorn.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
import strawberry
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Route, WebSocketRoute
from strawberry.asgi import GraphQL
from strawberry.subscriptions import GRAPHQL_SSE_PROTOCOL, GRAPHQL_TRANSPORT_WS_PROTOCOL, GRAPHQL_WS_PROTOCOL

from app import parts, settings
from app.children import free_port
from app.supervisor import around
from app.terminal import Terminal
from app.transports.over_sockets import INIT_S_MAX
from tests.api.client import Client, until
from tests.api.conftest import serving
from tests.npm import event_stream, programs, transport_ws
from tests.npm.checks import TYPE, Check, Outcome, Server, outcomes

LEVELS: Final = ("MUST", "SHOULD", "MAY")
INIT_S: Final = 1
SETTLED_S_MAX: Final = 300.0
ENDING: Final = 'subscription {{ pinProcessed(pinId: "{}") {{ status }} }}'.format

Groups = dict[str, list[Outcome]]


@strawberry.type
class Query:
    """What stock Strawberry is asked."""

    @strawberry.field
    def named(self, id: strawberry.ID) -> str:
        """Some name; that there are ids."""
        return str(id)

    @strawberry.field
    def twice(self, n: int) -> int:
        """Two times `n`."""
        return 2 * n


@strawberry.type
class Mutation:
    """What audits need to be there."""

    @strawberry.mutation
    def nothing(self) -> bool:
        """Does nothing."""
        return True


@strawberry.type
class Subscription:
    """What stock Strawberry is listened to."""

    @strawberry.subscription
    async def waiting(self) -> AsyncGenerator[int, None]:
        """Says nothing and stays open."""
        await asyncio.Event().wait()
        yield 0

    @strawberry.subscription
    async def ending(self) -> AsyncGenerator[int, None]:
        """Says two things."""
        yield 1
        yield 2


@asynccontextmanager
async def stock(http: httpx.AsyncClient) -> AsyncIterator[Server]:
    """Stock Strawberry, served while the block lasts."""
    schema = strawberry.Schema(query=Query, mutation=Mutation, subscription=Subscription)
    answers: GraphQL[Any, Any] = GraphQL(
        schema,
        subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL, GRAPHQL_WS_PROTOCOL, GRAPHQL_SSE_PROTOCOL),
        connection_init_wait_timeout=timedelta(seconds=INIT_S),
    )
    app = Starlette(routes=[Route("/graphql", answers), WebSocketRoute("/graphql", answers)])
    config = uvicorn.Config(
        app, host="127.0.0.1", port=free_port(), log_config=None, ws="websockets-sansio", timeout_graceful_shutdown=1
    )
    async with serving(config) as url:
        number = "query ($n: Int!) { twice(n: $n) }"
        ending = "subscription { ending }"
        yield Server(Client(url, http), "subscription { waiting }", ending, number, init_within_s=INIT_S)


@asynccontextmanager
async def ours(http: httpx.AsyncClient, folder: Path) -> AsyncIterator[Server]:
    """This server, with all that it needs, while the block lasts; somebody has an account and a Pin there."""
    known = settings.load(data_dir=folder, port=free_port(), text_model="off", log_level="warning")
    async with around(known, parts.ALL, Terminal()) as running:
        client = Client(running.base_url, http)

        async def settled() -> bool:
            told = (await http.get(f"{client.url}/readyz")).json()
            return bool(told["settled"] and all(part["state"] in {"ready", "off"} for part in told["parts"].values()))

        await until(settled, within_s=SETTLED_S_MAX)
        ana = await client.sign_up("ana")
        pin = await client.pin(ana, await client.board(ana))
        number = "query ($n: Int!) { homeFeed(first: $n) { degraded } }"
        waiting = "subscription { newPins { eventId } }"
        yield Server(client, waiting, ENDING(pin), number, ana.access, init_within_s=INIT_S_MAX)


async def measured(server: Server) -> Groups:
    """Every audit of one server, by group."""
    url = f"{server.client.url}/graphql"
    [audits] = await programs.run("audits.mjs", url)
    groups: Groups = {}
    for level in LEVELS:
        told = [audit for audit in audits if audit["name"].startswith(f"{level} ")]
        groups[f"npm `graphql-http`, {level}"] = [
            Outcome(f"{audit['id']}: {audit['name']}", "" if audit["status"] == "ok" else audit["reason"] or "no")
            for audit in told
        ]
    groups["npm `graphql-ws`, its client"] = await outcomes(_by_client("sockets.mjs"), server)
    groups["graphql-transport-ws, frame by frame"] = await outcomes(transport_ws.CHECKS, server)
    groups["npm `graphql-sse`, its client"] = await outcomes(_by_client("events.mjs"), server)
    groups["server-sent events, byte by byte"] = await outcomes(event_stream.CHECKS, server)
    return groups


def _by_client(script: str) -> tuple[Check, ...]:
    """What npm's client of a protocol hears."""

    async def heard(server: Server, query: str) -> list[Any]:
        scheme = "ws" if script == "sockets.mjs" else "http"
        return await programs.run(
            script, f"{server.client.url.replace('http', scheme, 1)}/graphql", server.token, query
        )

    async def query(server: Server) -> None:
        answer, end = await heard(server, TYPE)
        assert answer["data"] == {"__typename": "Query"}
        assert end == {"end": "complete"}

    async def ending(server: Server) -> None:
        *answers, end = await heard(server, server.ending)
        assert answers
        assert all(answer["data"] for answer in answers)
        assert end == {"end": "complete"}

    async def invalid(server: Server) -> None:
        assert "Cannot query field" in json.dumps(await heard(server, "{ nothing }"))

    async def unparsed(server: Server) -> None:
        assert "Syntax Error" in json.dumps(await heard(server, "{"))

    return (
        Check("a query gives one answer and completes", query),
        Check("a subscription gives its events and completes", ending),
        Check("what is wrong with an invalid document is told", invalid),
        Check("what is wrong with a document that cannot be parsed is told", unparsed),
    )


def tables(own: Groups, other: Groups) -> str:
    """Passed of total by group, then what failed on either side."""
    stock_name = f"stock Strawberry {version('strawberry-graphql')}"
    lines = [f"| audits | Pinwalk | {stock_name} |", "|---|---|---|"]
    lines += [f"| {group} | {_passed(own[group])} | {_passed(other[group])} |" for group in own]
    every = [[outcome for group in groups.values() for outcome in group] for groups in (own, other)]
    lines.append(f"| **all** | **{_passed(every[0])}** | **{_passed(every[1])}** |")
    for name, groups in (("Pinwalk", own), (stock_name, other)):
        failed = [(group, outcome) for group, all_ in groups.items() for outcome in all_ if outcome.why]
        lines += ["", f"What {name} does not pass{'' if failed else ': nothing'}", ""]
        lines += [f"- {group}: {outcome.says} ({outcome.why[:160]})" for group, outcome in failed]
    return "\n".join(lines).rstrip() + "\n"


def _passed(told: list[Outcome]) -> str:
    return f"{sum(not outcome.why for outcome in told)} of {len(told)}"


async def main() -> int:
    """Prints the tables; 1 when something of ours failed."""
    programs.installed()
    for chatty in ("strawberry.execution", "strawberry.ws", "uvicorn.error"):
        logging.getLogger(chatty).disabled = True  # They print every refusal.
    with tempfile.TemporaryDirectory(prefix="pinwalk-audits-") as folder:
        async with httpx.AsyncClient(timeout=30) as http:
            async with stock(http) as server:
                other = await measured(server)
            async with ours(http, Path(folder)) as server:
                own = await measured(server)
    sys.stdout.write("\n" + tables(own, other))
    return 1 if any(outcome.why for group in own.values() for outcome in group) else 0


if __name__ == "__main__":
    try:
        code = asyncio.run(main())
    except pytest.skip.Exception as skipped:  # There is no Node.
        sys.exit(str(skipped))
    sys.exit(code)
