"""GraphQL over HTTP: what is taken, how it is refused, and what every response carries."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
from typing import Any

import httpx
import pytest

from app.transports import heads
from app.transports.over_http import acceptable
from tests.api.client import JSON, Client, until

TYPE = "{ __typename }"
OLD_JSON = "application/json"


async def test_an_answer_says_its_media_type_its_cost_and_its_request_id(client: Client) -> None:
    response = await client.post({"query": TYPE}, **{"x-request-id": "mine-1"})

    assert response.status_code == 200
    assert response.headers["content-type"] == f"{JSON}; charset=utf-8"
    assert response.headers["x-request-id"] == "mine-1"
    assert response.json() == {
        "data": {"__typename": "Query"},
        "extensions": {"cost": {"requested": 0, "maximum": 5000}},
    }


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"null", "BAD_USER_INPUT"),
        (b"3", "BAD_USER_INPUT"),
        (b'"x"', "BAD_USER_INPUT"),
        (b"[]", "BAD_USER_INPUT"),
        (b'[{"query":"{ __typename }"}]', "BAD_USER_INPUT"),
        (b"", "BAD_USER_INPUT"),
        (b"{", "BAD_USER_INPUT"),
        (b"{}", "BAD_USER_INPUT"),
        (b'{"query":null}', "BAD_USER_INPUT"),
        (b'{"query":{}}', "BAD_USER_INPUT"),
        (b'{"query":"{ __typename }","variables":[]}', "BAD_USER_INPUT"),
        (b'{"query":"{ __typename }","variables":"x"}', "BAD_USER_INPUT"),
        (b'{"query":"{ __typename }","operationName":3}', "BAD_USER_INPUT"),
        (b'{"query":"{ __typename }","operationName":"Other"}', "BAD_USER_INPUT"),
        (b'{"query":"{ __typename }","extensions":7}', "BAD_USER_INPUT"),
        (b'{"query":"\xff\xfe"}', "BAD_USER_INPUT"),
        (b'{"query":"{ __typename }","variables":{"n":' + b"9" * 5_000 + b"}}", "BAD_USER_INPUT"),
        (b'{"query":"{ __typename }","variables":{"n":NaN}}', "BAD_USER_INPUT"),
        (b'{"query":"{ __typename }","variables":{"t":"\\ud800"}}', "BAD_USER_INPUT"),
        (b'{"query":"{ \\ud800 }"}', "BAD_USER_INPUT"),
        (b'{"query":"{ __typename }","variables":{"n":' + b"[" * 100_000 + b"]" * 100_000 + b"}}", "QUERY_TOO_COMPLEX"),
        (b'{"query":"{ __typename }","variables":{"n":' + b"[" * 70 + b"]" * 70 + b"}}", "QUERY_TOO_COMPLEX"),
        (b'{"query":"{"}', "GRAPHQL_PARSE_FAILED"),
        (b'{"query":"{ }"}', "GRAPHQL_PARSE_FAILED"),
        (b'{"query":"{ nothing }"}', "GRAPHQL_VALIDATION_FAILED"),
        (b'{"query":"{ homeFeed(first: \\"x\\") { degraded } }"}', "GRAPHQL_VALIDATION_FAILED"),
        (b'{"query":"{ homeFeed(first: ' + b"9" * 5_000 + b') { degraded } }"}', "GRAPHQL_VALIDATION_FAILED"),
        (b'{"query":"query($n: Int!) { homeFeed(first: $n) { degraded } }"}', "BAD_USER_INPUT"),
        (b'{"query":"query($n: Int!) { homeFeed(first: $n) { degraded } }","variables":{"n":"x"}}', "BAD_USER_INPUT"),
        (b'{"query":"fragment F on Query { __typename }"}', "BAD_USER_INPUT"),
        (b'{"query":"subscription { newPins { eventId } }"}', "BAD_USER_INPUT"),
    ],
)
async def test_a_request_that_cannot_be_run_is_400_with_a_code_and_no_data(
    client: Client, body: bytes, code: str
) -> None:
    response = await client.post(body)

    assert response.status_code == 400
    answer = response.json()
    assert "data" not in answer
    assert answer["errors"][0]["extensions"]["code"] == code
    assert answer["extensions"]["cost"]["maximum"] == 5000


async def test_a_validation_error_is_200_for_clients_of_before_the_specification(client: Client) -> None:
    response = await client.post({"query": "{ nothing }"}, accept=OLD_JSON)

    assert response.status_code == 200
    assert response.headers["content-type"] == f"{OLD_JSON}; charset=utf-8"
    assert "data" not in response.json()


async def test_at_most_five_errors_are_listed(client: Client) -> None:
    response = await client.post({"query": "{ " + " ".join(f"nothing{n}" for n in range(9)) + " }"})

    assert len(response.json()["errors"]) == 5


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json; charset=utf-8", 200),
        ('application/json; charset="UTF-8"', 200),
        ("APPLICATION/JSON", 200),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        ("multipart/form-data; boundary=x", 415),
        ("application/json; charset=utf-16", 415),
        ("application/graphql", 415),
        ("", 415),
    ],
)
async def test_only_json_is_taken(client: Client, content_type: str, status: int) -> None:
    response = await client.post({"query": TYPE}, **{"content-type": content_type})

    assert response.status_code == status
    assert ("errors" in response.json()) == (status != 200)


async def test_a_compressed_body_is_refused(client: Client) -> None:
    assert (await client.post({"query": TYPE}, **{"content-encoding": "gzip"})).status_code == 415


async def test_a_body_of_more_than_256_kib_is_413_announced_or_not(client: Client) -> None:
    large = json.dumps({"query": TYPE, "variables": {"t": "x" * 300_000}}).encode()

    async def parts() -> Any:
        for start in range(0, len(large), 50_000):
            yield large[start : start + 50_000]

    announced = await client.post(large)
    streamed = await client.http.post(
        f"{client.url}/graphql", content=parts(), headers={"content-type": "application/json"}
    )

    assert (announced.status_code, streamed.status_code) == (413, 413)
    assert announced.json()["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


async def test_what_cannot_be_sent_is_406(client: Client) -> None:
    response = await client.post({"query": TYPE}, accept="image/png")

    assert response.status_code == 406
    assert response.json()["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


@pytest.mark.parametrize(
    ("accept", "html", "media"),
    [
        (None, False, OLD_JSON),
        ("", False, OLD_JSON),
        ("*/*", True, OLD_JSON),
        ("application/*", False, OLD_JSON),
        (JSON, False, JSON),
        (f"{JSON}; charset=utf-8, {OLD_JSON}; charset=utf-8", False, JSON),
        (f"{OLD_JSON}, {JSON}", False, OLD_JSON),
        (f"{OLD_JSON};q=0.5, {JSON};q=0.9", False, JSON),
        (f"{JSON};q=0", False, None),
        (f"{JSON};charset=utf-16", False, None),
        (f"{JSON};q=nonsense", False, None),
        ("text/html,application/xhtml+xml,*/*;q=0.8", True, "text/html"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", False, OLD_JSON),
        ("text/html", False, None),
        (",;,;q=", False, None),
    ],
)
def test_the_media_type_is_the_one_that_the_client_likes_best(
    accept: str | None, html: bool, media: str | None
) -> None:
    assert acceptable(accept, html=html) == media


async def test_a_get_runs_queries_and_nothing_else(client: Client) -> None:
    async def get(query: str) -> httpx.Response:
        return await client.http.get(f"{client.url}/graphql", params={"query": query}, headers={"accept": JSON})

    answers = [
        await get(text)
        for text in (TYPE, "mutation { logOut { userErrors { code } } }", "subscription { newPins { eventId } }")
    ]

    assert [answer.status_code for answer in answers] == [200, 405, 405]
    assert "POST" in answers[1].headers["allow"]


async def test_a_get_takes_variables_and_a_name(client: Client) -> None:
    query = "query A($n: String!) { user(username: $n) { id } } query B { __typename }"
    params = {"query": query, "variables": '{"n":"nobody-of-this-name"}', "operationName": "A"}

    answer = await client.http.get(f"{client.url}/graphql", params=params)
    broken = await client.http.get(f"{client.url}/graphql", params=params | {"variables": "{"})

    assert answer.json()["data"] == {"user": None}
    assert broken.status_code == 400
    assert "`variables`" in broken.json()["errors"][0]["message"]


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
async def test_other_methods_are_405_and_say_which_are_allowed(client: Client, method: str) -> None:
    response = await client.http.request(method, f"{client.url}/graphql")

    assert response.status_code == 405
    assert response.headers["allow"] == "GET, HEAD, POST"


async def test_every_response_carries_security_headers(client: Client) -> None:
    for path in ("/graphql?query={__typename}", "/healthz", "/nothing", "/", "/i/0000000000/236.webp"):
        response = await client.http.get(client.url + path)

        assert "default-src 'none'" in response.headers["content-security-policy"], path
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["referrer-policy"] == "no-referrer"


async def test_a_page_of_a_listed_origin_may_call_and_another_may_not_read(client: Client) -> None:
    async def allowed(origin: str) -> str | None:
        response = await client.post({"query": TYPE}, origin=origin)
        value: str | None = response.headers.get("access-control-allow-origin")
        return value

    assert await allowed("https://friend.example") == "https://friend.example"
    assert await allowed("https://stranger.example") is None


async def test_a_browser_is_shown_graphiql_with_no_inline_script_and_nothing_from_elsewhere(client: Client) -> None:
    page = await client.http.get(f"{client.url}/graphql", headers={"accept": "text/html,*/*;q=0.8"})

    assert page.headers["content-type"].startswith("text/html")
    assert "script-src 'self';" in page.headers["content-security-policy"]
    assert "://" not in page.text
    assert "<script>" not in page.text
    for path in ("/graphiql/main.js", "/graphiql/main.css", "/graphiql/graphql.worker.js", "/graphiql/LICENSES.txt"):
        assert (await client.http.get(client.url + path)).status_code == 200


async def test_health_and_readiness_name_every_part(client: Client) -> None:
    health = await client.http.get(f"{client.url}/healthz")
    ready = await client.http.get(f"{client.url}/readyz")

    assert health.json() == {"status": "ok"}
    assert ready.status_code == 200
    parts = ready.json()["parts"]
    assert set(parts) == {"graph", "walk", "look", "text", "worker", "embedder", "media", "recall", "redis"}
    assert parts["graph"]["state"] == "ready"
    assert parts["text"]["state"] == "off"


# The driver leaves a connection that it was just opening, when it is cancelled, to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_many_clients_that_hang_up_leave_the_server_answering(client: Client) -> None:
    query = json.dumps({"query": "{ trendingPins(first: 50) { nodes { id title } } }"}).encode()
    host, port = client.url.removeprefix("http://").split(":")
    headers = f"host: {host}\r\ncontent-type: application/json\r\ncontent-length: {len(query)}"
    head = f"POST /graphql HTTP/1.1\r\n{headers}\r\n\r\n"

    async def hang_up() -> None:
        _, writer = await asyncio.open_connection(host, int(port))
        writer.write(head.encode() + query)
        await writer.drain()
        writer.transport.abort()

    async def settled() -> bool:
        return len(asyncio.all_tasks()) <= before

    before = len(asyncio.all_tasks())
    await asyncio.gather(*(hang_up() for _ in range(50)))

    assert await client.data(TYPE) == {"__typename": "Query"}
    await until(settled)
    gc.collect()


@pytest.mark.parametrize("sent", [b"", b"GET /healthz HTTP/1.1\r\nhost: here\r\n", b"G"])
async def test_who_never_ends_a_head_is_let_go(client: Client, monkeypatch: pytest.MonkeyPatch, sent: bytes) -> None:
    monkeypatch.setattr(heads, "HEAD_S_MAX", 0.2)
    host, port = client.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(sent)
    await writer.drain()

    async with asyncio.timeout(10):
        assert await reader.read() == b""
    writer.close()


async def test_a_connection_is_kept_for_the_next_request_whose_head_is_due_as_well(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heads, "HEAD_S_MAX", 1.0)
    host, port = client.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    for _ in range(2):
        writer.write(b"GET /healthz HTTP/1.1\r\nhost: here\r\n\r\n")
        async with asyncio.timeout(10):
            assert await reader.readline() == b"HTTP/1.1 200 OK\r\n"
            await reader.readuntil(b'"ok"}')
    writer.write(b"GET /healthz HTTP/1.1\r\n")

    async with asyncio.timeout(10):
        assert await reader.read() == b""
    writer.close()


async def test_a_head_without_end_is_let_go_before_it_is_late(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heads, "HEAD_S_MAX", 600.0)
    host, port = client.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"GET /healthz HTTP/1.1\r\nx-long: " + b"a" * 200_000)

    with contextlib.suppress(ConnectionError):
        async with asyncio.timeout(10):
            assert await reader.read() == b""
    writer.close()
