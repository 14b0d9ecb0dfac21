"""The guarded client against a real server of the loopback, and against names that lead to where it must not go."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from domain.errors import Invalid, TooLarge, Unavailable, UnsupportedMedia
from internet.client import Internet


class Elsewhere(ThreadingHTTPServer):
    """A server of somebody else's; keeps what it is sent."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answering)
        self.got: list[tuple[str, dict[str, str], bytes]] = []
        self.held = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Answering(BaseHTTPRequestHandler):
    server: Elsewhere  # type: ignore[assignment]

    def do_GET(self) -> None:
        self.server.got.append((self.path, {k.lower(): v for k, v in self.headers.items()}, b""))
        match self.path:
            case "/picture":
                self._answer(200, b"x" * 100, {"content-type": "Image/PNG; charset=x"})
            case "/text":
                self._answer(200, b"<html>", {"content-type": "text/html"})
            case "/packed":
                self._answer(200, b"xx", {"content-type": "image/png", "content-encoding": "gzip"})
            case "/endless":
                self.send_response(200)
                self.send_header("content-type", "image/png")
                self.end_headers()
                while True:
                    try:
                        self.wfile.write(b"x" * 4096)
                    except OSError:
                        return
            case "/slow":
                self.server.held.wait(30)
            case "/round":
                self._answer(302, b"", {"location": "/round"})
            case "/on":
                self._answer(302, b"", {"location": "picture"})
            case "/inside":
                self._answer(302, b"", {"location": "http://169.254.169.254/latest/meta-data"})
            case _:
                self._answer(404, b"")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.got.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
        if self.path == "/on":
            self._answer(307, b"", {"location": "/hook"})
        else:
            self._answer(204 if self.path == "/hook" else 410, b"")

    def _answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    server = Elsewhere()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.held.set()
    server.shutdown()
    server.server_close()


async def test_a_picture_is_fetched(elsewhere: Elsewhere) -> None:
    found = await Internet(private=True).get(f"{elsewhere.url}/on", bytes_max=100, types=["image/"])

    assert (found.url, found.content_type, found.data) == (f"{elsewhere.url}/picture", "image/png", b"x" * 100)
    assert all(not {"cookie", "authorization"} & headers.keys() for _, headers, _ in elsewhere.got)


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("/picture", TooLarge),
        ("/endless", TooLarge),
        ("/text", UnsupportedMedia),
        ("/packed", UnsupportedMedia),
        ("/nothing", Invalid),
        ("/round", Invalid),
    ],
)
async def test_what_is_not_wanted_is_refused(elsewhere: Elsewhere, path: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        await Internet(private=True).get(f"{elsewhere.url}{path}", bytes_max=99, types=["image/"])
    assert len(elsewhere.got) <= 4


async def test_a_server_that_says_nothing_is_waited_for_in_bounds(elsewhere: Elsewhere) -> None:
    with pytest.raises(Unavailable):
        await Internet(private=True).get(f"{elsewhere.url}/slow", bytes_max=9, types=["image/"], timeout_s=0.2)


async def test_nothing_is_sent_to_a_private_address(elsewhere: Elsewhere) -> None:
    guarded = Internet()

    for url in (elsewhere.url, elsewhere.url.replace("127.0.0.1", "localhost"), "http://2130706433/", "http://0x7f.1/"):
        with pytest.raises(Invalid):
            await guarded.get(url, bytes_max=9, types=["image/"])
        with pytest.raises(Invalid):
            await guarded.post(url, b"{}", {}, timeout_s=1)
    assert elsewhere.got == []


async def test_what_a_name_means_counts_when_the_connection_is_made(
    elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def resolved(host: str, port: int, **_: Any) -> list[Any]:
        return [(2, 1, 6, "", (address, port)) for address in ("93.184.216.34", "127.0.0.1")]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolved)

    with pytest.raises(Invalid, match="public internet"):
        await Internet().get("https://rebound.example/", bytes_max=9, types=["image/"])


async def test_a_redirect_into_a_private_network_is_not_followed(
    elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("internet.client.is_public", lambda address: address == "127.0.0.1")
    monkeypatch.setattr("internet.addresses.PORTS", frozenset({elsewhere.server_port, 80}))
    monkeypatch.setattr(
        "internet.addresses.is_public", lambda address: address == "127.0.0.1"
    )  # As though the server of this test stood outside.

    with pytest.raises(Invalid, match="public internet"):
        await Internet().get(f"{elsewhere.url}/inside", bytes_max=9, types=["image/"])
    assert [path for path, _, _ in elsewhere.got] == ["/inside"]


async def test_a_hook_is_posted_once_and_its_redirects_are_not_followed(elsewhere: Elsewhere) -> None:
    internet = Internet(private=True)

    told = await internet.post(f"{elsewhere.url}/hook", b'{"a":1}', {"webhook-id": "msg_1"}, timeout_s=5)
    led_on = await internet.post(f"{elsewhere.url}/on", b"{}", {}, timeout_s=5)
    gone = await internet.post(f"{elsewhere.url}/gone", b"{}", {}, timeout_s=5)

    assert (told, led_on, gone) == (204, 307, 410)
    assert [path for path, _, _ in elsewhere.got] == ["/hook", "/on", "/gone"]
    _, headers, body = elsewhere.got[0]
    assert (body, headers["webhook-id"], headers["host"]) == (
        b'{"a":1}',
        "msg_1",
        elsewhere.url.removeprefix("http://"),
    )


async def test_a_hook_without_encryption_is_refused() -> None:
    with pytest.raises(Invalid, match="https://"):
        Internet().check_hook("http://example.org/hook")


async def test_nobody_at_an_address_is_unavailable() -> None:
    with pytest.raises(Unavailable):
        await Internet(private=True).post("http://127.0.0.1:9/", b"{}", {}, timeout_s=5)
