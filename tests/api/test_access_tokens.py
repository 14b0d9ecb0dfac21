"""Personal access tokens over HTTP and sockets: what each scope may do, and for how long."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import websockets

from tests.api.client import CREATE_BOARD, Account, Client

CREATE = """mutation Create($input: CreateAccessTokenInput!) { createAccessToken(input: $input) {
  token accessToken { id } userErrors { code } } }"""
REVOKE = """mutation Revoke($input: RevokeAccessTokenInput!) { revokeAccessToken(input: $input) {
  deletedId userErrors { code } } }"""
CHANGE = """mutation Change($input: ChangePasswordInput!) { changePassword(input: $input) { userErrors { code } } }"""
VIEWER = "{ viewer { username } }"


async def token(client: Client, by: Account, *scopes: str, **more: Any) -> tuple[Account, str]:
    """The account as its token has it, and the token's id."""
    made = await client.do(CREATE, {"name": "A script", "scopes": list(scopes), **more}, by=by)
    assert made["userErrors"] == []
    return replace(by, access=made["token"]), made["accessToken"]["id"]


@pytest.mark.parametrize(
    ("scopes", "reads", "writes"), [(("READ",), 1, 0), (("WRITE",), 0, 1), (("READ", "WRITE"), 1, 1)]
)
async def test_a_token_does_what_its_scopes_say(
    client: Client, scopes: tuple[str, ...], reads: bool, writes: bool
) -> None:
    ana = await client.sign_up("ana")
    script, _ = await token(client, ana, *scopes)

    asked = await client.run(VIEWER, by=script)
    done = await client.run(CREATE_BOARD, {"input": {"title": "By a script"}}, by=script)
    boards = await client.data("{ viewer { boards { nodes { title } } } }", by=ana)

    assert ("data" in asked) is bool(reads)
    assert ("data" in done) is bool(writes)
    for answer, allowed in ((asked, reads), (done, writes)):
        assert allowed or [e["extensions"]["code"] for e in answer["errors"]] == ["FORBIDDEN"]
    assert [b["title"] for b in boards["viewer"]["boards"]["nodes"]] == ["By a script"] * int(writes)


async def test_a_token_makes_no_token_and_changes_no_password(client: Client) -> None:
    ana = await client.sign_up("ana")
    script, id_ = await token(client, ana, "READ", "WRITE")

    answers = [
        await client.do(CREATE, {"name": "Another", "scopes": ["READ"]}, by=script),
        await client.do(REVOKE, {"tokenId": id_}, by=script),
        await client.do(CHANGE, {"currentPassword": "a long enough password", "newPassword": "x" * 8}, by=script),
    ]

    assert [a["userErrors"] for a in answers] == [[{"code": "FORBIDDEN"}]] * 3


async def test_a_token_that_is_revoked_or_has_expired_is_no_token(client: Client) -> None:
    ana = await client.sign_up("ana")
    script, id_ = await token(client, ana, "READ")
    late, _ = await token(client, ana, "READ", expiresAt=(datetime.now(UTC) + timedelta(milliseconds=400)).isoformat())
    assert (await client.data(VIEWER, by=script))["viewer"] == {"username": ana.username}

    await client.do(REVOKE, {"tokenId": id_}, by=ana)
    refused = [
        await client.post({"query": VIEWER}, by=who)
        for who in (script, replace(ana, access="pinwalk_moss"), replace(ana, access="pinwalk_" + "x" * 43))
    ]

    assert [r.status_code for r in refused] == [401] * 3
    assert {r.json()["errors"][0]["extensions"]["code"] for r in refused} == {"UNAUTHENTICATED"}
    while (await client.post({"query": VIEWER}, by=late)).status_code != 401:
        pass


async def test_a_socket_opens_with_a_token(client: Client) -> None:
    ana = await client.sign_up("ana")
    script, _ = await token(client, ana, "READ")

    async with client.socket(by=script) as socket:
        await socket.send({"id": "1", "type": "subscribe", "payload": {"query": VIEWER}})
        answer = await socket.receive()
        assert answer["payload"]["data"] == {"viewer": {"username": ana.username}}
    with pytest.raises(websockets.ConnectionClosed):
        async with client.socket(by=replace(ana, access="pinwalk_moss")):
            pass
