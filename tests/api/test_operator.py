"""What an operator sees of an API process of its own: its log, its metrics, its traces."""

from __future__ import annotations

import asyncio
import json
import secrets
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from prometheus_client.parser import text_string_to_metric_families

from app import children, secret_files, settings
from app.children import Guard, Program
from tests.api.client import PASSWORD, SIGN_UP, Client, until

LOG_IN = """mutation LogIn($input: LogInInput!) { logIn(input: $input) {
  accessToken refreshToken userErrors { code } } }"""
REFRESH = """mutation Refresh($input: RefreshSessionInput!) { refreshSession(input: $input) {
  accessToken refreshToken userErrors { code } } }"""
HOME = "query Home { homeFeed(first: 3) { nodes { title } } }"
PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class Collector(ThreadingHTTPServer):
    """A small OTLP collector: keeps the spans that are sent to it."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Taking)
        self.spans: list[Span] = []
        self.services: set[str] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def of(self, trace_id: str) -> list[Span]:
        return [span for span in self.spans if span.trace_id.hex() == trace_id]


class _Taking(BaseHTTPRequestHandler):
    server: Collector  # type: ignore[assignment]

    def do_POST(self) -> None:
        sent = ExportTraceServiceRequest.FromString(self.rfile.read(int(self.headers["content-length"])))
        for resource in sent.resource_spans:
            about = {item.key: item.value.string_value for item in resource.resource.attributes}
            self.server.services.add(about["service.name"])
            for scope in resource.scope_spans:
                self.server.spans.extend(scope.spans)
        self.send_response(200)
        self.send_header("content-type", "application/x-protobuf")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""


@dataclass
class Operated:
    """An API process, started as the program starts it, and what it leaves behind."""

    client: Client
    log: Path
    collector: Collector
    token: str
    spoken: ClassVar[list[str]] = []
    """Secrets that tests have said to it."""

    def lines(self, event: str = "operation") -> list[dict[str, Any]]:
        """The lines of the log with this event, or all."""
        lines = [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]
        return [line for line in lines if not event or line["event"] == event]

    def about(self, request_id: str) -> list[dict[str, Any]]:
        return [line for line in self.lines() if line["request_id"].startswith(request_id)]

    async def metrics(self) -> dict[tuple[str, tuple[str, ...]], float]:
        response = await self.client.http.get(
            f"{self.client.url}/metrics", headers={"authorization": f"Bearer {self.token}"}
        )
        assert response.status_code == 200
        return {
            (sample.name, tuple(value for _, value in sorted(sample.labels.items()))): sample.value
            for family in text_string_to_metric_families(response.text)
            for sample in family.samples
        }


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    """A collector on the loopback."""
    with Collector() as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        yield server
        server.shutdown()
        serving.join()


@pytest.fixture(scope="module")
async def operated(
    api_settings: settings.Settings, collector: Collector, guard: Guard, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Operated]:
    """An API that logs everything and sends its traces, over the servers of this session."""
    folder = tmp_path_factory.mktemp("operated")
    names = (
        "graph_uri",
        "graph_user",
        "graph_password",
        "vectors_uri",
        "vectors_profile",
        "embedder_url",
        "text_model",
    )
    values = {name: str(getattr(api_settings, name)) for name in names}
    port = children.free_port()
    known = settings.load({}, data_dir=folder / "data", port=port)
    environment = settings.child_environment(
        data_dir=str(known.data_dir), port=str(port), log_level="debug", decoders="1", **values
    ) | {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_BSP_SCHEDULE_DELAY": "100"}
    program = Program(name="api", command=[sys.executable, "-P", "-m", "app.cli", "api"], environment=environment)
    child = children.start(program, guard, folder / "api.log")
    async with httpx.AsyncClient(timeout=15) as http:

        async def ready() -> bool:
            try:
                parts = (await http.get(f"http://127.0.0.1:{port}/readyz")).json()["parts"]
            except httpx.HTTPError:
                return False
            return all(parts[name]["state"] == "ready" for name in ("graph", "walk", "media"))

        await until(ready, within_s=90)
        client = Client(f"http://127.0.0.1:{port}", http)
        yield Operated(client, folder / "api.log", collector, secret_files.metrics_token(known))
    assert child.stop(), "the API did not stop by itself"
    text = (folder / "api.log").read_text()
    assert Operated.spoken
    assert [secret for secret in Operated.spoken if secret in text] == []


@dataclass
class Said:
    """Something that is sent, and how its line says that it ended."""

    body: object
    operation: str
    status: str
    name: str | None = None
    headers: dict[str, str] = field(default_factory=dict)


@pytest.mark.parametrize(
    "said",
    [
        Said({"query": HOME}, "query homeFeed", "ok", "Home"),
        Said(
            {"query": "{ a: __typename ...F } fragment F on Query { ...G } fragment G on Query { viewer { id } }"},
            "query viewer",
            "ok",
        ),
        Said({"query": "{ viewer { id } topics(first: 1) { nodes { name } } }"}, "query several", "ok"),
        Said({"query": "{ __schema { queryType { name } } }"}, "query schema", "ok"),
        Said({"query": "{ nothing }"}, "refused", "GRAPHQL_VALIDATION_FAILED"),
        Said({"query": "{"}, "refused", "GRAPHQL_PARSE_FAILED"),
        Said({"query": "{ __typename }", "operationName": "no name @ all"}, "refused", "BAD_USER_INPUT"),
        Said(
            {"query": 'mutation M { savePin(input: {pinId: "x", boardId: "y"}) { userErrors { code } } }'},
            "mutation savePin",
            "ok",
            "M",
        ),
        Said({"query": "subscription S { newPins { eventId } }"}, "subscription newPins", "BAD_USER_INPUT", "S"),
        Said(b"[]", "refused", "BAD_USER_INPUT"),
        Said({"query": HOME}, "refused", "UNAUTHENTICATED", headers={"authorization": "Bearer nonsense-of-mine"}),
        Said({"query": HOME}, "refused", "BAD_USER_INPUT", headers={"accept": "image/png"}),
    ],
    ids=lambda said: f"{said.operation} {said.status}",
)
async def test_one_request_gives_exactly_one_line(operated: Operated, said: Said) -> None:
    request_id = f"line-{secrets.token_hex(6)}"

    await operated.client.post(said.body, **{**said.headers, "x-request-id": request_id})

    [line] = operated.about(request_id)
    assert (line["operation"], line["status"], line["name"]) == (said.operation, said.status, said.name)
    assert line["ms"] >= 0
    assert line["statements"] >= 0
    assert line["viewer"] is None


async def test_the_line_of_a_feed_says_what_each_source_brought(operated: Operated) -> None:
    someone = await operated.client.sign_up("line")

    await operated.client.post({"query": HOME}, by=someone, **{"x-request-id": "line-of-a-feed"})

    [line] = operated.about("line-of-a-feed")
    assert line["viewer"] == someone.id
    assert line["cost"] > 100
    assert line["statements"] > 3
    asked = line["candidates"].keys() | set(line.get("missed", ()))  # A cold server may be late with its first answer.
    assert {"followed", "fresh", "popular", "walked"} <= asked
    assert line["candidates"]


async def test_a_client_that_leaves_gives_a_line_too(operated: Operated) -> None:
    someone = await operated.client.sign_up("leaving")
    head = (
        f"POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nx-request-id: line-left\r\n"
        f"authorization: Bearer {someone.access}\r\n"
    )
    reader, writer = await asyncio.open_connection("127.0.0.1", int(operated.client.url.rpartition(":")[2]))
    body = json.dumps({"query": HOME})

    writer.write(f"{head}content-length: {len(body)}\r\n\r\n{body}".encode())
    await writer.drain()
    writer.transport.abort()

    [line] = await until(lambda: _lines(operated, "line-left"))
    assert line["status"] in {"left", "ok"}  # It may have been quicker than the wire.
    del reader


async def test_each_operation_of_a_socket_has_a_line_and_a_subscription_one_at_its_end(operated: Operated) -> None:
    someone = await operated.client.sign_up("socket")

    async with operated.client.socket(by=someone, additional_headers={"x-request-id": "line-ws"}) as socket:
        await socket.subscribe("1", HOME)
        while (await socket.receive())["type"] != "complete":
            pass
        await socket.subscribe("2", "{ nothing }")
        assert (await socket.receive())["type"] == "error"
        await socket.subscribe("3", "subscription News { newPins { eventId } }")
        await socket.subscribe("4", "{ __typename }")
        while (await socket.receive())["id"] != "4":
            pass
        assert len(operated.about("line-ws")) == 3
        await socket.send({"id": "3", "type": "complete"})
        lines = await until(lambda: _lines(operated, "line-ws", count=4))

    told = {(line["operation"], line["status"]) for line in lines}
    assert told == {
        ("query homeFeed", "ok"),
        ("refused", "GRAPHQL_VALIDATION_FAILED"),
        ("query schema", "ok"),
        ("subscription newPins", "ok"),
    }
    assert len({line["request_id"] for line in lines}) == 4
    assert [line["events"] for line in lines if "events" in line] == [0]


async def _lines(operated: Operated, request_id: str, count: int = 1) -> list[dict[str, Any]]:
    found = operated.about(request_id)
    return found if len(found) == count else []


async def test_no_secret_that_is_said_to_the_api_is_in_its_log(operated: Operated) -> None:
    """What was said is looked for at the end, when the process has written its last word."""
    client, mark = operated.client, secrets.token_hex(6)
    email, password = f"ana_{mark}@example.org", f"moss-and-{mark}"
    account = {"username": f"ana_{mark}", "email": email, "password": password}

    made = await client.do(SIGN_UP, account)
    logged = await client.do(LOG_IN, {"username": account["username"], "password": password})
    wrong = f"wrong-{mark}"
    await client.do(LOG_IN, {"username": account["username"], "password": wrong})
    fresh = await client.do(REFRESH, {"refreshToken": logged["refreshToken"]})
    await client.do(SIGN_UP, account)  # Taken: the graph's own words about it hold the name and the address.
    for text in (password, email, logged["accessToken"]):
        await client.post({"query": f'{{ search(words: "{text}") }}', "operationName": text})
        await client.post({"query": "{ viewer { id } }", "variables": {"input": text}, "operationName": f"{text} "})
        await client.post(f'{{"query": "{text}'.encode())
        await client.post(
            {"query": SIGN_UP, "variables": {"input": {"username": 4, "email": email, "password": [text]}}}
        )
        await client.post({"query": HOME}, authorization=f"Bearer {text}")
        await client.http.get(f"{client.url}/i/{mark}{mark}/564.webp?v=1&e=1&s={mark}{mark}")
        await client.http.get(f"{client.url}/metrics", headers={"authorization": f"Bearer {text}"})
    someone = await client.sign_up("uploading")
    await client.upload(someone, b"no picture at all", "image/png")

    operated.spoken.extend([email, password, wrong, PASSWORD, f"{mark}{mark}", operated.token])
    for tokens in (made, logged, fresh):
        operated.spoken.extend([tokens["accessToken"], tokens["refreshToken"]])


async def test_metrics_are_the_operators_alone(operated: Operated) -> None:
    url = f"{operated.client.url}/metrics"

    for header in ({}, {"authorization": "Bearer x"}, {"authorization": f"Bearer {operated.token}x"}):
        response = await operated.client.http.get(url, headers=header)
        assert response.status_code == 401
        assert response.headers["www-authenticate"] == "Bearer"
        assert "pinwalk_" not in response.text


async def test_metrics_count_what_was_asked(operated: Operated) -> None:
    before = await operated.metrics()

    await operated.client.post({"query": HOME})
    await operated.client.post({"query": HOME})
    await operated.client.post({"query": "{ nothing }"})

    after = await operated.metrics()
    grown = {name: value - before.get(name, 0.0) for name, value in after.items()}
    assert grown["pinwalk_operations_total", ("query homeFeed", "ok")] == 2
    assert grown["pinwalk_operations_total", ("refused", "GRAPHQL_VALIDATION_FAILED")] == 1
    assert grown["pinwalk_source_seconds_count", ("home_signed_out", "popular")] == 2
    assert grown["pinwalk_call_seconds_count", ("read", "graph")] >= 1
    assert grown["pinwalk_cache_lookups_total", ("documents", "yes")] >= 1
    assert after["pinwalk_part_ready", ("graph",)] == 1
    assert after["pinwalk_walk_behind_seconds", ()] >= 0
    assert after["pinwalk_jobs", ("embed", "dead")] >= 0
    assert after["pinwalk_memory_bytes", ("api",)] > 10_000_000


async def test_no_client_can_make_a_label(operated: Operated) -> None:
    async def labels() -> set[tuple[str, ...]]:
        return {labels for name, labels in await operated.metrics() if name == "pinwalk_operations_total"}

    await operated.client.post({"query": "query First { __typename }"})
    await operated.client.post({"query": "{ made_up_first }"})
    before = await labels()

    for n in range(20):
        await operated.client.post({"query": f"query Q{n} {{ a{n}: __typename }}", "operationName": f"Q{n}"})
        await operated.client.post({"query": f"{{ made_up_{n} }}"})

    assert await labels() == before


async def test_an_operation_is_a_trace_of_its_feed_its_sources_and_its_calls(operated: Operated) -> None:
    someone = await operated.client.sign_up("traced")
    trace_id = PARENT.split("-")[1]

    await operated.client.post({"query": HOME}, by=someone, traceparent=PARENT)

    async def whole() -> list[Span]:
        found = operated.collector.of(trace_id)
        return found if any(span.name == "query homeFeed" for span in found) else []

    spans = await until(whole)
    by_id = {span.span_id: span for span in spans}
    [root] = [span for span in spans if span.name == "query homeFeed"]
    [feed] = [span for span in spans if span.name == "feed home"]
    [source] = [span for span in spans if span.name == "source followed"]
    below = [span for span in spans if span.name == "graph read" and span.parent_span_id == source.span_id]
    assert root.parent_span_id.hex() == PARENT.split("-")[2]
    assert (feed.parent_span_id, source.parent_span_id) == (root.span_id, feed.span_id)
    assert below
    about = {item.key: item.value.string_value for item in below[0].attributes}
    assert about["db.system.name"] == "neo4j"
    assert "MATCH" in about["db.query.text"]
    assert all(span is root or span.parent_span_id in by_id for span in spans)
    assert operated.collector.services == {"pinwalk"}


async def test_no_span_holds_a_secret(operated: Operated) -> None:
    someone = await operated.client.sign_up("spans")
    await operated.client.do(LOG_IN, {"username": someone.username, "password": PASSWORD})

    spans = await until(lambda: _named(operated.collector, "mutation logIn"))
    text = "".join(str(span) for span in operated.collector.spans)
    assert spans
    for secret in (PASSWORD, someone.access, someone.refresh, f"{someone.username}@example.org"):
        assert secret not in text


async def _named(collector: Collector, name: str) -> list[Span]:
    return [span for span in collector.spans if span.name == name]
