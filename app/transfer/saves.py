"""`pinwalk import saves`: boards and saves from a CSV of `board,pin` rows, with generated pictures."""

from __future__ import annotations

from pathlib import Path

from app.settings import Settings
from app.transfer.report import Report


async def run(settings: Settings, path: Path, *, owner: str | None = None, quiet: bool = False) -> Report:
    """Imports FILE.csv or FILE.csv.gz whole; what was there already is left as it is.

    `owner` is the username of the account that gets every board; without it there is one user per 20 boards.
    Raises Invalid with the line and the reason before anything is written, when a row is broken.
    """
    raise NotImplementedError
