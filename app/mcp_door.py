"""The Model Context Protocol at `/mcp`: the tools of `mcp_tools` over streamable HTTP, without sessions.

Each call is one GraphQL operation of its own: the same resolvers, limits, quotas and secrecy as at `/graphql`.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final, Literal, cast
from urllib.parse import urlsplit

import mcp_types as types
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from app.auth import network
from app.mcp_tools import ITEMS_MAX, TOOLS, Policy, Tool
from app.resources import Resources
from app.transports.callers import caller_of
from app.transports.request import BODY_BYTES_MAX, GraphQLRequest
from app.transports.runner import Runner
from app.version import version
from domain.errors import NotSignedIn, Unavailable

PATH: Final = "/mcp"
_INSTRUCTIONS: Final = (
    "Pinwalk is a place to save and discover images. A Pin is an image with words; boards hold Pins. Find Pins with "
    "search_pins, go on from one with similar_pins or related_pins, and say to people why something was found: each "
    "Pin has its reasons. Ids are opaque: use them as they come."
)
_ARGUMENT_CHARS_MAX: Final = 8_192


class McpDoor:
    """The ASGI app behind `/mcp`. Use `running` while it serves. `write` offers what changes something as well."""

    def __init__(self, runner: Runner, resources: Resources, mode: Literal["read", "write"]) -> None:
        self._runner = runner
        self._resources = resources
        self._tools = {tool.name: tool for tool in TOOLS if mode == "write" or not tool.writes}
        server: Server[Any] = Server(
            "pinwalk",
            version=version(),
            title="Pinwalk",
            instructions=_INSTRUCTIONS,
            on_list_tools=self._list,
            on_call_tool=self._call,
        )
        self._sessions = StreamableHTTPSessionManager(
            server,
            json_response=True,
            stateless=True,
            security_settings=_security(resources),
            max_request_body_size=BODY_BYTES_MAX,
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Serves inside the block; once."""
        async with self._sessions.run():
            yield

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        await self._sessions.handle_request(scope, receive, send)

    async def _list(self, context: ServerRequestContext[Any], params: Any) -> types.ListToolsResult:  # noqa: ARG002
        return types.ListToolsResult(tools=[_told(tool) for tool in self._tools.values()])

    async def _call(
        self, context: ServerRequestContext[Any], params: types.CallToolRequestParams
    ) -> types.CallToolResult:
        tool = self._tools.get(params.name)
        if tool is None:
            return _failed(f"There is no tool {params.name[:80]!r} here.")
        request = cast("Request", context.request)
        try:
            given = request.headers.get("authorization")
            who = await caller_of(self._resources, given, address=network(request.client))
        except (NotSignedIn, Unavailable) as error:
            return _failed(error.message)
        if tool.policy is not Policy.ANYONE and not who.viewer.signed_in:
            return _failed("This tool is for signed-in callers: send an access token as `Authorization: Bearer …`.")
        arguments = dict(params.arguments or {})
        wrong = _wrong(tool, arguments)
        if wrong:
            return _failed(wrong)
        wanted = GraphQLRequest(tool.document, None, arguments)
        answer = await self._runner.answer(wanted, who, request.scope["request_id"], over="mcp")
        if answer.errors or answer.data is None:
            return _failed(" ".join(str(error["message"]) for error in answer.errors) or "There is no answer.")
        told = tool.shape(answer.data)
        errors = told.pop("errors", [])
        return _failed(" ".join(str(error["message"]) for error in errors)) if errors else _done(told)


def opening(mode: Literal["read", "write"]) -> Callable[[Runner, Resources], McpDoor]:
    """What opens the door over the parts of a process."""

    def make(runner: Runner, resources: Resources) -> McpDoor:
        return McpDoor(runner, resources, mode)

    return make


def _wrong(tool: Tool, arguments: Mapping[str, Any]) -> str | None:
    """What is wrong with the arguments that the schema of GraphQL does not look at; None: nothing."""
    unknown = sorted(set(arguments) - set(tool.arguments))
    if unknown:
        return f"{tool.name} takes no argument {unknown[0][:80]!r}. It takes: {', '.join(tool.arguments) or 'none'}."
    missing = [name for name in tool.required if name not in arguments]
    if missing:
        return f"{tool.name} needs the argument {missing[0]!r}."
    first = arguments.get("first")
    if isinstance(first, int) and first > ITEMS_MAX:
        return f"`first` is at most {ITEMS_MAX} here."
    if any(isinstance(value, str) and len(value) > _ARGUMENT_CHARS_MAX for value in arguments.values()):
        return f"An argument has at most {_ARGUMENT_CHARS_MAX} characters."
    return None


def _told(tool: Tool) -> types.Tool:
    return types.Tool(
        name=tool.name,
        title=tool.title,
        description=tool.description,
        input_schema=tool.input_schema(),
        annotations=types.ToolAnnotations(
            read_only_hint=not tool.writes,
            destructive_hint=tool.destructive,
            idempotent_hint=tool.repeatable,
            open_world_hint=False,
        ),
    )


def _done(told: dict[str, Any]) -> types.CallToolResult:
    text = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    return types.CallToolResult(content=[types.TextContent(type="text", text=text)], structured_content=told)


def _failed(message: str) -> types.CallToolResult:
    return types.CallToolResult(content=[types.TextContent(type="text", text=message)], is_error=True)


def _security(resources: Resources) -> TransportSecuritySettings:
    """Names of this server and origins of pages that may call: another name would be somebody else's DNS."""
    settings = resources.settings
    origins = [settings.base_url, *settings.origins]
    hosts = {urlsplit(settings.base_url).netloc, *(f"{host}:{settings.port}" for host in ("127.0.0.1", "localhost"))}
    return TransportSecuritySettings(allowed_hosts=sorted(hosts), allowed_origins=origins)
