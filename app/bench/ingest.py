"""`pinwalk bench ingest`: how fast pictures become Pins that can be found."""

from __future__ import annotations

from pathlib import Path

from app.settings import Settings


async def run(
    settings: Settings, *, url: str, path: Path | None = None, pins: int = 50, json_path: Path | None = None
) -> None:
    """Prints how long Pins made through the API take to be READY, found and walked to, and what an import does.

    `path` is a folder or zip of pictures to import (pictures a second until all have vectors); without it only the
    API is measured.
    """
    raise NotImplementedError
