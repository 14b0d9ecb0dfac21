"""What a folder or zip of pictures would become: read and checked whole, before anything is written."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final, Protocol

from app.transfer.tables import ROWS_MAX, broken, rows_of, text_rows
from domain import links
from domain.errors import Invalid, NotFound, TooLarge
from domain.limits import (
    ALT_TEXT_CHARS_MAX,
    BOARD_PINS_MAX,
    BOARD_TITLE_CHARS_MAX,
    DESCRIPTION_CHARS_MAX,
    LINK_CHARS_MAX,
    TITLE_CHARS_MAX,
    UPLOAD_BYTES_MAX,
)
from media import formats

CSV_BYTES_MAX: Final = 200 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column of the CSV holds what. `file` and `board` must be there, the others may be missing.

    None takes the first that the CSV has: `board` or `kind`, `title` or `product`, and else the field's own name.
    """

    file: str | None = None
    board: str | None = None
    title: str | None = None
    description: str | None = None
    link: str | None = None
    alt_text: str | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A picture on a board, with its words; texts are cut to their bounds."""

    file: str
    board: str
    title: str
    description: str | None = None
    link: str | None = None
    alt_text: str | None = None


class Archive(Protocol):
    """Files by their names relative to the top, with `/`."""

    @property
    def name(self) -> str:
        """What it is called, without an ending."""

    def files(self) -> list[str]:
        """The names of all files, sorted."""

    def read(self, file: str) -> bytes:
        """The bytes of a file. Raises TooLarge past 20 MiB for a picture, Invalid for one that cannot be read."""


class Folder:
    """An Archive that is a folder. Files that lie outside it, by a link, are not in it."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()

    @property
    def name(self) -> str:
        return self._root.name

    def files(self) -> list[str]:
        found = (path for path in self._root.rglob("*") if path.is_file() and path.resolve().is_relative_to(self._root))
        return sorted(path.relative_to(self._root).as_posix() for path in found)

    def read(self, file: str) -> bytes:
        path = self._root / file
        try:
            _check_size(file, path.stat().st_size)
            return path.read_bytes()
        except OSError as error:
            raise Invalid(f"{file} cannot be read ({error.strerror}).", ("file",)) from error


class Zip:
    """An Archive that is a zip file. Nothing is unpacked to disk."""

    def __init__(self, path: Path) -> None:
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError) as error:
            raise Invalid(f"{path} is no zip file that can be read ({error}).", ("file",)) from error
        self._path = path

    @property
    def name(self) -> str:
        return self._path.stem

    def files(self) -> list[str]:
        return sorted(entry.filename for entry in self._zip.infolist() if not entry.is_dir())

    def read(self, file: str) -> bytes:
        try:
            _check_size(file, self._zip.getinfo(file).file_size)
            with self._zip.open(file) as opened:  # The size that the archive states may be a lie.
                data = opened.read(_bytes_max(file) + 1)
        except (zipfile.BadZipFile, OSError, EOFError, RuntimeError, NotImplementedError, KeyError) as error:
            raise Invalid(f"{file} cannot be read from the zip file ({error}).", ("file",)) from error
        _check_size(file, len(data))
        return data


def open_archive(path: Path) -> Archive:
    """The folder or zip file at this path. Raises NotFound, or Invalid when it is neither."""
    if path.is_dir():
        return Folder(path)
    if path.is_file():
        return Zip(path)
    raise NotFound(f"There is no folder or zip file {path}.", ("path",))


def by_folders(archive: Archive) -> list[Row]:
    """A row for each picture: its board is its subfolder, its title its file's name. Raises Invalid without any."""
    rows, pictures = [], formats.suffixes()
    for file in archive.files():
        path = PurePosixPath(file)
        if path.suffix.lower() in pictures and not any(part.startswith((".", "__MACOSX")) for part in path.parts):
            board = _said(path.parent.name) or _said(archive.name) or "Pictures"
            rows.append(Row(file, _cut(board, BOARD_TITLE_CHARS_MAX), _cut(_said(path.stem), TITLE_CHARS_MAX)))
    if not rows:
        raise Invalid(f"There is no picture in it. What is taken: {formats.names()}.", ("path",))
    return _bounded(rows)


def by_csv(archive: Archive, csv: str, columns: Columns) -> list[Row]:
    """A row for each row of the CSV, a path or a file inside the archive.

    Raises Invalid with the line and the reason for the first row that is broken or names a file that is not there.
    """
    files = set(archive.files())
    if csv in files and not Path(csv).is_file():
        return _bounded(list(_read(text_rows(archive.read(csv)), files, columns)))
    with rows_of(Path(csv)) as lines:
        return _bounded(list(_read(lines, files, columns)))


def _read(lines: Iterator[tuple[int, list[str]]], files: set[str], columns: Columns) -> Iterator[Row]:
    header = [name.strip() for name in next(lines, (1, []))[1]]
    places = _places(header, columns)
    for count, (line, fields) in enumerate(lines):
        if count >= ROWS_MAX:
            raise TooLarge(f"Line {line}: more than {ROWS_MAX:,} rows. Split the file.", ("file",))
        if len(fields) != len(header):
            raise broken(line, f"expected {len(header)} fields ({','.join(header)[:120]}), found {len(fields)}")
        yield _row(line, {name: fields[at].strip() for name, at in places.items()}, files)


def _places(header: Sequence[str], columns: Columns) -> dict[str, int]:
    places = {}
    for name, asked, defaults in (
        ("file", columns.file, ("file",)),
        ("board", columns.board, ("board", "kind")),
        ("title", columns.title, ("title", "product")),
        ("description", columns.description, ("description",)),
        ("link", columns.link, ("link",)),
        ("alt_text", columns.alt_text, ("alt_text",)),
    ):
        found = next((column for column in ((asked,) if asked else defaults) if column in header), None)
        if found is not None:
            places[name] = header.index(found)
        elif asked or name in {"file", "board"}:
            wanted = asked or " or ".join(defaults)
            raise broken(1, f"there is no column {wanted!r} for the {name}, only {', '.join(header)[:200]!r}")
    return places


def _row(line: int, fields: Mapping[str, str], files: set[str]) -> Row:
    file, board, link = fields["file"], fields["board"], fields.get("link") or None
    if file not in files:
        raise broken(line, f"the file {file[:200]!r} is not there")
    if not board:
        raise broken(line, "the board is empty")
    address = None if link is None else links.normalised(link)
    if link is not None and (address is None or len(address) > LINK_CHARS_MAX):
        raise broken(line, f"the link must begin with https:// or http:// and have at most {LINK_CHARS_MAX} characters")
    return Row(
        file=file,
        board=_cut(board, BOARD_TITLE_CHARS_MAX),
        title=_cut(fields.get("title") or _said(PurePosixPath(file).stem), TITLE_CHARS_MAX),
        description=_cut(fields.get("description", ""), DESCRIPTION_CHARS_MAX) or None,
        link=address,
        alt_text=_cut(fields.get("alt_text", ""), ALT_TEXT_CHARS_MAX) or None,
    )


def _bounded(rows: list[Row]) -> list[Row]:
    sizes: dict[str, int] = {}
    for row in rows:
        sizes[row.board] = sizes.get(row.board, 0) + 1
    board, size = max(sizes.items(), key=lambda item: item[1], default=("", 0))
    if not size:
        raise Invalid("The CSV holds no rows below its header.", ("file",))
    if size > BOARD_PINS_MAX:
        raise TooLarge(f"The board {board!r} would hold {size:,} Pins; at most {BOARD_PINS_MAX:,} fit.", ("file",))
    return rows


def _said(name: str) -> str:
    """A file's name as words: `Golden-Delicious_016` → `Golden Delicious 016`."""
    return " ".join(name.replace("_", " ").replace("-", " ").split())


def _cut(text: str, chars_max: int) -> str:
    return text if len(text) <= chars_max else text[: chars_max - 1].rstrip() + "…"


def _bytes_max(file: str) -> int:
    return UPLOAD_BYTES_MAX if PurePosixPath(file).suffix.lower() in formats.suffixes() else CSV_BYTES_MAX


def _check_size(file: str, size: int) -> None:
    if size > _bytes_max(file):
        raise TooLarge(f"{file} has {size:,} bytes; at most {_bytes_max(file):,} are taken.", ("file",))
