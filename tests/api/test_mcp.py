"""The tools for language models, called with the official client: what each gives, and who may call it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest
from mcp import Client as McpClient
from mcp.client.streamable_http import streamable_http_client

from app.mcp_tools import TOOLS, Policy
from schema.api import schema
from schema.operation import Operations
from tests.api.client import Account, Client

TOKEN = """mutation($input: CreateAccessTokenInput!) { createAccessToken(input: $input) {
  token userErrors { code } } }"""
SAVES = "query($id: ID!) { node(id: $id) { ... on Board { pins { nodes { id } } } } }"


@asynccontextmanager
async def calling(client: Client, mode: str, by: Account | None = None) -> AsyncIterator[McpClient]:
    """A client of the tools."""
    headers = {"authorization": f"Bearer {by.access}"} if by else {}
    async with httpx2.AsyncClient(headers=headers, timeout=15) as http:
        transport = streamable_http_client(f"{client.url}/mcp-{mode}", http_client=http)
        async with McpClient(transport) as caller:
            yield caller


async def call(caller: McpClient, name: str, /, **arguments: Any) -> Any:
    """What a tool gives; fails when it does not."""
    result = await caller.call_tool(name, arguments)
    assert not result.is_error, result.content
    return result.structured_content


async def refused(caller: McpClient, name: str, /, **arguments: Any) -> str:
    """Why a tool gives nothing; fails when it does."""
    result = await caller.call_tool(name, arguments)
    assert result.is_error
    return str(result.content[0].text)  # type: ignore[union-attr]


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_a_tools_document_is_valid_and_within_every_limit(tool: Any) -> None:
    prepared = Operations(schema).prepare(tool.document, None, {"first": 50})

    assert (prepared.kind.value == "mutation") == tool.writes == (tool.policy is Policy.WRITER)
    assert set(tool.required) <= set(tool.arguments)


async def test_what_only_reads_is_offered_without_what_writes(client: Client) -> None:
    async with calling(client, "read") as reader, calling(client, "write") as writer:
        readable = {tool.name: tool for tool in (await reader.list_tools()).tools}
        all_ = {tool.name: tool for tool in (await writer.list_tools()).tools}

    assert set(all_) == {tool.name for tool in TOOLS}
    assert set(all_) - set(readable) == {"save_pin", "unsave_pin", "create_board"}
    assert all(tool.annotations and tool.annotations.read_only_hint for tool in readable.values())
    assert readable["search_pins"].input_schema["required"] == ["query"]


async def test_a_tool_that_is_not_offered_cannot_be_called(client: Client) -> None:
    ana = await client.sign_up("ana")
    async with calling(client, "read", ana) as caller:
        assert "no tool" in await refused(caller, "create_board", title="Mine")

    boards = await client.data("{ viewer { boards { nodes { id } } } }", by=ana)
    assert boards["viewer"]["boards"]["nodes"] == []


async def test_a_board_is_made_filled_and_read(client: Client) -> None:
    ana, ben = await client.sign_up("ana"), await client.sign_up("ben")
    pin = await client.pin(ben, await client.board(ben), "A moss garden")
    async with calling(client, "write", ana) as caller:
        board = (await call(caller, "create_board", title="Gardens"))["board"]
        saved = await call(caller, "save_pin", pin_id=pin, board_id=board["id"], note="for later")
        read = await call(caller, "board", board_id=board["id"])
        mine = await call(caller, "my_boards")
        one = await call(caller, "pin", pin_id=pin)
        related = await call(caller, "related_pins", pin_id=pin, first=5)
        similar = await call(caller, "similar_pins", pin_id=pin)
        stats = await call(caller, "feed_stats")
        home = await call(caller, "home_feed", first=3)
        await call(caller, "unsave_pin", pin_id=pin, board_id=board["id"])
        emptied = await call(caller, "board", board_id=board["id"])

    assert (saved["pin"]["id"], saved["board"]["pins"]) == (pin, 1)
    assert [each["title"] for each in read["pins"]] == ["A moss garden"]
    assert [each["title"] for each in mine["boards"]] == ["Gardens"]
    assert one["pin"]["creator"] == ben.username
    assert "Gardens" in [each["title"] for each in one["boards"]]
    assert isinstance(related["pins"], list)
    assert isinstance(similar["pins"], list)
    assert stats["pins"] >= len(home["pins"])
    assert all(each["because"] for each in home["pins"])
    assert emptied["pins"] == []


async def test_a_stranger_reads_what_is_public_and_nothing_else(client: Client) -> None:
    ana = await client.sign_up("ana")
    secret = await client.board(ana, "Secret plans", privacy="SECRET")
    pin = await client.pin(ana, secret, "A secret pin")
    async with calling(client, "write") as stranger:
        assert (await call(stranger, "board", board_id=secret))["board"] is None
        assert (await call(stranger, "pin", pin_id=pin))["pin"] is None
        assert (await call(stranger, "boards_of_user", username=ana.username))["boards"] == []
        found = (await call(stranger, "search_pins", query="secret pin"))["pins"]
        assert pin not in [each["id"] for each in found]
        for name, arguments in (
            ("my_boards", {}),
            ("feed_stats", {}),
            ("save_pin", {"pin_id": pin, "board_id": secret}),
            ("create_board", {"title": "x"}),
        ):
            assert "signed-in" in await refused(stranger, name, **arguments)
        assert "topics" in await call(stranger, "topics")
        assert "pins" in await call(stranger, "trending_pins", first=2)


async def test_a_personal_token_that_may_only_read_changes_nothing(client: Client) -> None:
    ana = await client.sign_up("ana")
    made = await client.do(TOKEN, {"name": "A script", "scopes": ["READ"]}, by=ana)
    script = Account(ana.id, ana.username, made["token"], "")
    async with calling(client, "write", script) as caller:
        assert "WRITE" in await refused(caller, "create_board", title="Mine")
        assert (await call(caller, "my_boards"))["boards"] == []


async def test_a_bad_call_says_what_is_wrong_and_changes_nothing(client: Client) -> None:
    ana, ben = await client.sign_up("ana"), await client.sign_up("ben")
    board = await client.board(ben)
    pin = await client.pin(ben, board)
    async with calling(client, "write", ana) as caller:
        assert "needs the argument 'query'" in await refused(caller, "search_pins")
        assert "no argument 'words'" in await refused(caller, "search_pins", query="x", words="y")
        assert "at most 50" in await refused(caller, "search_pins", query="x", first=51)
        assert "first" in await refused(caller, "search_pins", query="x", first="many")
        assert "empty" in await refused(caller, "search_pins", query=" ")
        assert "privacy" in await refused(caller, "create_board", title="x", privacy="HIDDEN")
        assert await refused(caller, "save_pin", pin_id="nonsense", board_id=board)
        assert await refused(caller, "unsave_pin", pin_id=pin, board_id=board)

    held = await client.data(SAVES, {"id": board})
    assert [each["id"] for each in held["node"]["pins"]["nodes"]] == [pin]


async def test_a_bad_token_is_refused_and_another_host_or_page_is_not_let_in(client: Client) -> None:
    ana = await client.sign_up("ana")
    bad = Account(ana.id, ana.username, "nonsense", "")
    async with calling(client, "read", bad) as caller:
        assert "not valid" in await refused(caller, "topics")

    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
    headers = {"accept": "application/json, text/event-stream"}
    url = f"{client.url}/mcp-read"
    host = await client.http.post(url, json=body, headers=headers | {"host": "evil.example"})
    page = await client.http.post(url, json=body, headers=headers | {"origin": "https://evil.example"})

    assert host.status_code == 421
    assert page.status_code == 403
