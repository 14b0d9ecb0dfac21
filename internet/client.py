"""The one client that asks addresses which people gave: guarded, so that nobody reaches our own network through it.

A name is resolved once, every address it has is looked at, and the connection goes to one of those: what the name
means a moment later counts for nothing. Redirects are followed by hand, each looked at like the first. Size and time
are bounded. No cookies, no credentials, no proxy of the environment.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urljoin

import httpcore
import httpx

from domain.calls import INTERNET, Call
from domain.errors import Invalid, TooLarge, Unavailable, UnsupportedMedia
from domain.limits import FETCH_REDIRECTS_MAX, FETCH_TIMEOUT_S
from internet.addresses import checked, is_public

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_WEB: Final = frozenset({"http", "https"})
_SECURE: Final = frozenset({"https"})
_ANSWER_BYTES_MAX: Final = 4_096
_AGENT: Final = "Pinwalk"


@dataclass(frozen=True, slots=True)
class Fetched:
    """What was found: the address it came from in the end, its media type in lower case, and its bytes."""

    url: str
    content_type: str
    data: bytes


class Internet:
    """Asks public servers. `private` lets it speak to any address and port, and post without TLS: for tests and for
    installations whose own network is trusted by all who have accounts."""

    def __init__(self, *, private: bool = False) -> None:
        self._private = private
        self._ssl = httpx.create_ssl_context()

    def check_hook(self, url: str) -> None:
        """Returns when `post` may be tried with this address. Raises Invalid."""
        checked(url, schemes=_WEB if self._private else _SECURE, private=self._private)

    async def get(
        self, url: str, *, bytes_max: int, types: Sequence[str], timeout_s: float = FETCH_TIMEOUT_S
    ) -> Fetched:
        """What is at an http or https address, after at most FETCH_REDIRECTS_MAX redirects, in that time altogether.

        Raises Invalid for an address that is none or not public, or where there is nothing; UnsupportedMedia for
        another media type than those that begin with one of `types`; TooLarge; Unavailable when nobody answers.
        """
        with Call(INTERNET, "get"):
            try:
                async with asyncio.timeout(timeout_s):
                    for _ in range(FETCH_REDIRECTS_MAX + 1):
                        found = await self._get(url, bytes_max=bytes_max, types=types)
                        if isinstance(found, Fetched):
                            return found
                        if url.startswith("https:") and not found.startswith("https:"):
                            raise Invalid("The address leads on to one without encryption.")
                        url = found
            except TimeoutError:
                raise Unavailable("The server at this address took too long.") from None
            raise Invalid(f"The address leads on more than {FETCH_REDIRECTS_MAX} times.")

    async def post(self, url: str, body: bytes, headers: Mapping[str, str], *, timeout_s: float) -> int:
        """The status with which the server at this https address answered; redirects are not followed.

        Raises Invalid for an address that is none or not public, Unavailable when nobody answers in time.
        """
        self.check_hook(url)
        sent = {"user-agent": _AGENT, "accept": "*/*", **headers, "content-length": str(len(body))}
        with Call(INTERNET, "post"):
            try:
                async with (
                    asyncio.timeout(timeout_s),
                    self._pool() as pool,
                    pool.stream("POST", url, headers=_headers(sent, url), content=body) as response,
                ):
                    await _read(response, _ANSWER_BYTES_MAX, strict=False)
                    return response.status
            except TimeoutError:
                raise Unavailable("The server at this address took too long.") from None
            except _FAILURES as error:
                raise _unanswered(error) from error

    async def _get(self, url: str, *, bytes_max: int, types: Sequence[str]) -> Fetched | str:
        """What is there, or the address that it leads on to."""
        checked(url, schemes=_WEB, private=self._private)
        sent = {"user-agent": _AGENT, "accept": ", ".join(f"{t}*" if t.endswith("/") else t for t in types)}
        try:
            async with (
                self._pool() as pool,
                pool.stream("GET", url, headers=_headers({**sent, "accept-encoding": "identity"}, url)) as response,
            ):
                if response.status in _REDIRECTS and (location := _header(response, b"location")):
                    return urljoin(url, location)
                if response.status != 200:
                    raise Invalid(f"There is nothing to fetch at this address: it answers {response.status}.")
                kind = _header(response, b"content-type").partition(";")[0].strip().lower()
                if not kind.startswith(tuple(types)):
                    raise UnsupportedMedia(f"At this address is {kind or 'something without a type'}.")
                if _header(response, b"content-encoding").lower() not in {"", "identity"}:
                    raise UnsupportedMedia("What is at this address comes compressed, which was not asked for.")
                return Fetched(url, kind, await _read(response, bytes_max, strict=True))
        except _FAILURES as error:
            raise _unanswered(error) from error

    def _pool(self) -> httpcore.AsyncConnectionPool:
        return httpcore.AsyncConnectionPool(
            ssl_context=self._ssl, max_connections=1, network_backend=_Guarded(self._private)
        )


class _Guarded(httpcore.AsyncNetworkBackend):
    """Connects to a name's addresses, if each of them is public."""

    def __init__(self, private: bool) -> None:
        self._private = private
        self._plain = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        failed: Exception = httpcore.ConnectError("the name has no address")
        for address in await self._addresses(host, port):
            try:
                return await self._plain.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
        raise failed

    async def sleep(self, seconds: float) -> None:
        await self._plain.sleep(seconds)

    async def _addresses(self, host: str, port: int) -> list[str]:
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError("the name cannot be resolved") from error
        addresses = list(dict.fromkeys(str(place[0]) for *_, place in found))
        if not self._private and not all(map(is_public, addresses)):
            raise Invalid("This address is not one of the public internet.")
        return addresses


_FAILURES: Final = (
    httpcore.NetworkError,
    httpcore.TimeoutException,
    httpcore.ProtocolError,
    httpcore.UnsupportedProtocol,
)


def _unanswered(error: Exception) -> Unavailable:
    return Unavailable(f"The server at this address does not answer ({type(error).__name__}).")


def _headers(headers: Mapping[str, str], url: str) -> list[tuple[bytes, bytes]]:
    host = httpx.URL(url).netloc
    return [(b"host", host), *((name.encode(), value.encode()) for name, value in headers.items())]


def _header(response: httpcore.Response, name: bytes) -> str:
    return next((value.decode("latin-1") for key, value in response.headers if key.lower() == name), "")


async def _read(response: httpcore.Response, bytes_max: int, *, strict: bool) -> bytes:
    """The body. One that is longer raises TooLarge, or is left alone when not `strict`."""
    announced = _header(response, b"content-length")
    if strict and announced.isdigit() and int(announced) > bytes_max:
        raise _too_large(bytes_max)
    chunks, size = [], 0
    async for chunk in response.aiter_stream():
        size += len(chunk)
        if size > bytes_max:
            if strict:
                raise _too_large(bytes_max)
            break
        chunks.append(chunk)
    return b"".join(chunks)


def _too_large(bytes_max: int) -> TooLarge:
    return TooLarge(f"What is at this address has more than {bytes_max:,} bytes.")
