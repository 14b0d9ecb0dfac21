"""The GraphQL client of the benchmarks: what any program would do over HTTP."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

import httpx

from app import secret_files
from app.auth import PasswordAccounts
from app.settings import Settings
from domain.errors import Unavailable
from domain.ids import UserId, UserN
from domain.model import User

_TIMEOUT_S = 15.0


class Failed(Exception):
    """The server answered with an error; the message is its first one."""


class Client:
    """Asks one server as one account (`token`), over one connection. An async context manager."""

    def __init__(self, url: str, token: str | None = None) -> None:
        headers = {"authorization": f"Bearer {token}"} if token else {}
        self.url = url
        self._http = httpx.AsyncClient(base_url=url, headers=headers, timeout=_TIMEOUT_S)

    async def __aenter__(self) -> Client:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def ask(self, query: str, token: str | None = None, /, **variables: Any) -> dict[str, Any]:
        """The data of an operation. Raises Failed for an error, Unavailable when nobody answers."""
        headers = {"authorization": f"Bearer {token}"} if token else {}
        try:
            answer = await self._http.post("/graphql", json={"query": query, "variables": variables}, headers=headers)
            body = answer.json()
        except httpx.HTTPError as error:
            raise Unavailable(f"{self._http.base_url} does not answer ({error!r}).") from error
        except ValueError as error:
            raise Failed(f"HTTP {answer.status_code}: not JSON") from error
        if body.get("errors"):
            raise Failed(str(body["errors"][0].get("message")))
        data: dict[str, Any] = body["data"]
        for field in data.values():
            if isinstance(field, dict) and field.get("userErrors"):
                raise Failed(str(field["userErrors"][0]))
        return data

    async def timed(self, query: str, token: str | None = None, /, **variables: Any) -> tuple[float, dict[str, Any]]:
        """The milliseconds an operation took, and its data."""
        started = time.perf_counter()
        data = await self.ask(query, token, **variables)
        return (time.perf_counter() - started) * 1_000, data

    async def put(self, url: str, data: bytes, headers: dict[str, str]) -> None:
        """Puts an upload's bytes. Raises Failed when they are refused."""
        answer = await self._http.put(url, content=data, headers=headers)
        if answer.is_error:
            raise Failed(f"PUT answered {answer.status_code}")


def token_for(settings: Settings, n: UserN, user_id: UserId, session: str = "bench") -> str:
    """An access token for any account, signed with this data folder's key; it lives 15 minutes.

    A socket or stream stays open only with the id of a session that the graph knows.
    """
    accounts = PasswordAccounts(secret_files.session_key(settings))
    try:
        now = datetime.now(UTC)
        nobody = User(id=user_id, n=n, username="bench", display_name="bench", bio=None, created_at=now)
        return accounts.issue_access(nobody, session, now=now).token
    finally:
        accounts.close()
