"""`pinwalk bench api`: what a home page costs over HTTP, for one client and for eight."""

from __future__ import annotations

from pathlib import Path

from app.settings import Settings


async def run(
    settings: Settings, *, url: str, users: int = 100, pages: int = 500, json_path: Path | None = None
) -> None:
    """Prints p50, p99 and counts of home pages of 25 with creators and boards, against a running server.

    Asks as `users` accounts that follow and save, with access tokens made from this data folder's key.
    """
    raise NotImplementedError
