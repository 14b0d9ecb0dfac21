"""Reading the CSV of saves: all of it is checked before any of it is used."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from app.transfer.tables import read_saves
from domain.errors import Invalid, NotFound


def written(tmp_path: Path, text: str, name: str = "saves.csv") -> Path:
    path = tmp_path / name
    path.write_text(text, "utf-8")
    return path


def test_rows_are_regrouped_by_board_in_order_of_first_appearance(tmp_path: Path) -> None:
    table = read_saves(written(tmp_path, "board,pin\nb,7\na,8\nb,9\na,7\n"))

    assert table.boards == ("b", "a")
    assert table.pins == ("7", "8", "9")
    assert [table.pins[p] for p in table.of_board(0)] == ["7", "9"]
    assert [table.pins[p] for p in table.of_board(1)] == ["8", "7"]


def test_a_row_given_twice_counts_once(tmp_path: Path) -> None:
    table = read_saves(written(tmp_path, "board,pin\na,1\na,1\na,2\n"))

    assert [table.pins[p] for p in table.of_board(0)] == ["1", "2"]


def test_a_compressed_file_reads_as_the_plain_one(tmp_path: Path) -> None:
    path = tmp_path / "saves.csv.gz"
    path.write_bytes(gzip.compress(b"board,pin\na,1\nb,1\n"))

    assert read_saves(path).boards == ("a", "b")


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("board,pin\n1,2\n3\n4,5\n", 3, "found 1"),
        ("board,pin\n1,2\n3,4,5\n", 3, "found 3"),
        ("board,pin\n1,2\n\n3,4\n", 3, "found 0"),
        ("board,pin\n,2\n", 2, "board is empty"),
        ("board,pin\n1, 2\n", 2, "spaces around"),
        ("board,pin\n1,a\x00b\n", 2, "cannot be shown"),
        ('board,pin\n1,2\n3,"4\n', 3, "not a CSV row"),
        ("pin,board\n1,2\n", 1, "header board,pin"),
        ("board,pin\n1," + "x" * 101 + "\n", 2, "longer than 100"),
    ],
)
def test_a_broken_row_is_named_by_line_and_reason(tmp_path: Path, text: str, line: int, reason: str) -> None:
    with pytest.raises(Invalid, match=rf"Line {line}: .*{reason}") as raised:
        read_saves(written(tmp_path, text))

    assert raised.value.field == ("file",)
    assert "Nothing was imported" in raised.value.message


def test_a_file_without_rows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="no rows"):
        read_saves(written(tmp_path, "board,pin\n"))


def test_a_compressed_file_that_is_cut_short_is_refused(tmp_path: Path) -> None:
    whole = gzip.compress(b"board,pin\n" + b"".join(b"%d,%d\n" % (i, i * 7919 % 10_007) for i in range(5_000)))
    path = tmp_path / "saves.csv.gz"
    path.write_bytes(whole[: len(whole) // 2])

    with pytest.raises(Invalid, match="damaged or cut short"):
        read_saves(path)


def test_bytes_that_are_not_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "saves.csv"
    path.write_bytes(b"board,pin\n1,\xff\xfe\n")

    with pytest.raises(Invalid, match="not UTF-8"):
        read_saves(path)


def test_a_board_over_its_bound_is_refused_with_the_line(tmp_path: Path) -> None:
    rows = "".join(f"1,{i}\n" for i in range(10_001))

    with pytest.raises(Invalid, match=r"Line 10002: board 1 would hold more than 10,000"):
        read_saves(written(tmp_path, "board,pin\n" + rows))


def test_a_missing_file_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no file"):
        read_saves(tmp_path / "nowhere.csv")
