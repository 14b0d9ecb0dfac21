"""`pinwalk import folder`: pictures from a folder or a zip file, as boards by subfolder or by the columns of a CSV."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from app.settings import Settings
from app.transfer.report import Report


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column of the CSV holds what. A column that the CSV lacks is left out, but `file` must be there."""

    file: str = "file"
    board: str = "board"
    title: str = "title"
    description: str = "description"
    link: str = "link"
    alt_text: str = "alt_text"


async def run(
    settings: Settings,
    path: Path,
    *,
    csv: str | None = None,
    columns: Columns | None = None,
    owner: str | None = None,
    quiet: bool = False,
) -> Report:
    """Imports the pictures of a folder or zip file; what was there already is left as it is.

    `csv` is a file beside the pictures (a path, or a name inside the folder or zip; `pins.csv` or `*.csv` at the top
    is not taken by itself). Without it each subfolder is a board, and a picture's title is its file's name.
    `owner` is the username of the account that gets the boards; by default `import`, which is made when missing.
    Raises Invalid with the line and the reason before anything is written, when a row of the CSV is broken.
    """
    raise NotImplementedError
