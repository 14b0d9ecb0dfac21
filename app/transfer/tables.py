"""Reads the tables of imports whole and checks every row, before anything is written."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from domain.errors import Invalid, NotFound, TooLarge
from domain.limits import BOARD_PINS_MAX

T = TypeVar("T")

ROWS_MAX: Final = 5_000_000
NAME_CHARS_MAX: Final = 100
FIELD_CHARS_MAX: Final = 20_000
_HEADER: Final = ("board", "pin")


@dataclass(frozen=True, slots=True)
class SavesTable:
    """A checked file of saves, regrouped by board.

    `boards` and `pins` are the file's own names in order of first appearance. The Pins of board i, each once, are
    `members[starts[i]:starts[i + 1]]`, as positions in `pins`. `sha256` is of the file's bytes.
    """

    sha256: str
    boards: tuple[str, ...]
    pins: tuple[str, ...]
    starts: NDArray[np.int64]
    members: NDArray[np.int32]

    def of_board(self, i: int) -> NDArray[np.int32]:
        """The Pins of board i as positions in `pins`, in the file's order."""
        return self.members[self.starts[i] : self.starts[i + 1]]


def read_saves(path: Path) -> SavesTable:
    """The saves of a CSV or CSV.gz with the header `board,pin`. Some seconds per million rows.

    Raises NotFound when there is no such file; Invalid that names the line and what to do, for anything else that is
    wrong: nothing of a file is taken unless all of it is right. A row given twice counts once.
    """
    digest = _digest(path)
    boards: dict[str, int] = {}
    pins: dict[str, int] = {}
    held: list[dict[int, None]] = []
    with rows_of(path) as rows:
        _check_header(next(rows, (1, []))[1])
        for count, (line, row) in enumerate(rows):
            if count >= ROWS_MAX:
                raise TooLarge(f"Line {line}: more than {ROWS_MAX:,} rows. Split the file.", ("file",))
            if len(row) != 2:
                raise broken(line, f"expected 2 fields (board,pin), found {len(row)}")
            board, pin = row
            i = boards.get(board)
            if i is None:
                i = boards[_name(line, "board", board)] = len(boards)
                held.append({})
            p = pins.get(pin)
            if p is None:
                p = pins[_name(line, "pin", pin)] = len(pins)
            held[i][p] = None
            if len(held[i]) > BOARD_PINS_MAX:
                raise broken(line, f"board {board} would hold more than {BOARD_PINS_MAX:,} Pins")
    if not boards:
        raise Invalid("The file holds no rows below its header.", ("file",))
    sizes = np.array([len(pins_of) for pins_of in held], dtype=np.int64)
    starts = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(sizes)])
    members = np.fromiter((p for pins_of in held for p in pins_of), dtype=np.int32, count=int(starts[-1]))
    return SavesTable(digest, tuple(boards), tuple(pins), starts, members)


@contextmanager
def rows_of(path: Path) -> Iterator[Iterator[tuple[int, list[str]]]]:
    """The (line number, fields) of a CSV file, unpacked when its name ends in `.gz`.

    Raises NotFound, or Invalid for what is not UTF-8, not CSV, or cut short.
    """
    if not path.is_file():
        raise NotFound(f"There is no file {path}.", ("file",))
    if path.suffix == ".gz":
        with gzip.open(path, "rt", encoding="utf-8-sig", newline="") as file:
            yield checked_rows(file)
    else:
        with path.open("r", encoding="utf-8-sig", newline="") as file:
            yield checked_rows(file)


def checked_rows(file: IO[str]) -> Iterator[tuple[int, list[str]]]:
    """The (line number, fields) of each row of an open CSV file; raises Invalid with the line for a broken one."""
    reader = csv.reader(file, strict=True)
    try:
        for row in reader:
            yield reader.line_num, row
    except csv.Error as error:
        raise broken(reader.line_num, f"not a CSV row ({error})") from error
    except UnicodeDecodeError as error:
        raise broken(reader.line_num + 1, "not UTF-8 text") from error
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise broken(reader.line_num + 1, f"the compressed file is damaged or cut short ({error})") from error


def text_rows(data: bytes) -> Iterator[tuple[int, list[str]]]:
    """The rows of a CSV that is in memory, as `checked_rows`."""
    return checked_rows(io.TextIOWrapper(io.BytesIO(data), encoding="utf-8-sig", newline=""))


def batches(rows: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """The rows in parts of at most `size`, in order."""
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


def broken(line: int, reason: str) -> Invalid:
    """The error for a broken row: names line and reason, and that nothing was kept."""
    return Invalid(f"Line {line}: {reason}. Nothing was imported; repair the line and run it again.", ("file",))


def _check_header(row: list[str]) -> None:
    if tuple(name.strip().lower() for name in row) != _HEADER:
        raise broken(1, f"expected the header {','.join(_HEADER)}, found {','.join(row)[:80]!r}")


def _name(line: int, what: str, text: str) -> str:
    if not text or text != text.strip():
        raise broken(line, f"{what} is empty or has spaces around it")
    if len(text) > NAME_CHARS_MAX:
        raise broken(line, f"{what} is longer than {NAME_CHARS_MAX} characters")
    if not text.isprintable():
        raise broken(line, f"{what} holds characters that cannot be shown")
    return text


def _digest(path: Path) -> str:
    if not path.is_file():
        raise NotFound(f"There is no file {path}.", ("file",))
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
