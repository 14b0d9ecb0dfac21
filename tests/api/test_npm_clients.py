"""What other people wrote against the same protocols, run against this server: npm's audits and clients."""

from __future__ import annotations

import json

import pytest

from events.bus import Bus
from tests.api.client import Account, Client, until
from tests.npm import programs

FOLLOW = "mutation($input: FollowUserInput!) { followUser(input: $input) { userErrors { code } } }"
NEW_PINS = "subscription { newPins { pin { title } } }"
TRANSPORTS = ("sockets.mjs", "events.mjs")


def address(script: str, client: Client) -> str:
    """Where the client of this script connects."""
    url = f"{client.url}/graphql"
    return url.replace("http", "ws", 1) if script == "sockets.mjs" else url


async def test_every_audit_of_graphql_http_passes(client: Client) -> None:
    [results] = await programs.run("audits.mjs", f"{client.url}/graphql")

    assert len(results) >= 61
    assert [result for result in results if result["status"] != "ok"] == []


@pytest.mark.parametrize("script", TRANSPORTS)
async def test_a_query_gives_one_answer_to_its_owner_and_completes(client: Client, script: str) -> None:
    ana = await client.sign_up("ana")

    answer, end = await programs.run(script, address(script, client), ana.access, "{ viewer { username } }")

    assert answer["data"] == {"viewer": {"username": ana.username}}
    assert end == {"end": "complete"}


@pytest.mark.parametrize("script", TRANSPORTS)
async def test_an_invalid_document_is_told_as_errors(client: Client, script: str) -> None:
    told = await programs.run(script, address(script, client), "", "{ nothing }")

    assert "GRAPHQL_VALIDATION_FAILED" in json.dumps(told)


@pytest.mark.parametrize("script", TRANSPORTS)
async def test_a_bad_token_is_refused(client: Client, script: str) -> None:
    [end] = await programs.run(script, address(script, client), "nonsense", "{ __typename }")

    assert end["end"] != "complete"


@pytest.mark.usefixtures("working")
@pytest.mark.parametrize("script", TRANSPORTS)
async def test_a_follower_hears_of_a_pin_and_leaves(client: Client, bus: Bus, script: str) -> None:
    ana, ben = await client.sign_up("ana"), await client.sign_up("ben")
    await client.do(FOLLOW, {"userId": ana.id}, by=ben)
    program = await programs.started(script, address(script, client), ben.access, NEW_PINS, "1")

    async def listens() -> bool:
        return bus.open_subscriptions == 1

    await until(listens, within_s=30)
    await _pins(client, ana, "The first", "The second")
    out, err = await program.communicate()
    heard, end = [json.loads(line) for line in out.splitlines()]

    assert err == b""
    assert heard["data"]["newPins"]["pin"]["title"] in {"The first", "The second"}
    assert end == {"end": "left"}

    async def let_go() -> bool:
        return bus.open_subscriptions == 0

    await until(let_go)


async def _pins(client: Client, by: Account, *titles: str) -> None:
    board = await client.board(by)
    for title in titles:
        await client.pin(by, board, title)
