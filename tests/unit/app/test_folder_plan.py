"""What a folder or zip of pictures would become: checked whole, nothing unpacked."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from app.transfer.folder_plan import Columns, Folder, Zip, by_csv, by_folders, open_archive
from domain.errors import Invalid, NotFound, TooLarge

PIXELS = b"not looked at here"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("Fruit/Golden-Apple_01.jpg", "Fruit/pear.PNG", "Sea/wave.webp", "Sea/notes.txt", "top.jpeg"):
        path = tmp_path / "shop" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(PIXELS)
    return tmp_path / "shop"


def test_a_subfolder_is_a_board_and_a_file_name_a_title(root: Path) -> None:
    rows = by_folders(Folder(root))

    assert [(row.board, row.title) for row in rows] == [
        ("Fruit", "Golden Apple 01"),
        ("Fruit", "pear"),
        ("Sea", "wave"),
        ("shop", "top"),
    ]


def test_a_zip_reads_as_the_folder_it_holds(root: Path, tmp_path: Path) -> None:
    packed = tmp_path / "shop.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for path in root.rglob("*.*"):
            archive.write(path, path.relative_to(root).as_posix())

    assert by_folders(open_archive(packed)) == by_folders(Folder(root))
    assert open_archive(packed).read("Sea/wave.webp") == PIXELS


def test_a_csv_gives_boards_words_and_links(root: Path) -> None:
    (root / "pins.csv").write_text(
        "file,title,description,board,link,alt_text\n"
        'Sea/wave.webp,A wave,"Blue, and tall",Waters,https://example.org/w,A blue wave\n'
    )

    (row,) = by_csv(Folder(root), "pins.csv", Columns())

    assert (row.board, row.title, row.description) == ("Waters", "A wave", "Blue, and tall")
    assert (row.link, row.alt_text) == ("https://example.org/w", "A blue wave")


def test_kind_and_product_stand_in_for_board_and_title(root: Path) -> None:
    (root / "pins.csv").write_text("file,product,kind\nFruit/pear.PNG,Conference,Pear\n")

    (row,) = by_csv(Folder(root), str(root / "pins.csv"), Columns())

    assert (row.board, row.title) == ("Pear", "Conference")


def test_columns_can_be_named(root: Path) -> None:
    (root / "pins.csv").write_text("file,what,where\nFruit/pear.PNG,Conference,Pear\n")

    (row,) = by_csv(Folder(root), "pins.csv", Columns(board="where", title="what"))

    assert (row.board, row.title) == ("Pear", "Conference")


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("Sea/none.jpg,Waters,", "is not there"),
        ("../secret.jpg,Waters,", "is not there"),
        ("Sea/wave.webp,,", "board is empty"),
        ("Sea/wave.webp,Waters,javascript:alert(1)", "link must begin"),
        ("Sea/wave.webp,Waters", "expected 3 fields"),
    ],
)
def test_a_broken_row_is_named_by_line_and_reason(root: Path, row: str, reason: str) -> None:
    (root / "pins.csv").write_text(f"file,board,link\nSea/wave.webp,Waters,\n{row}\n")

    with pytest.raises(Invalid, match=f"Line 3: .*{reason}"):
        by_csv(Folder(root), "pins.csv", Columns())


def test_a_missing_column_names_the_ones_there_are(root: Path) -> None:
    (root / "pins.csv").write_text("file,place\nSea/wave.webp,Waters\n")

    with pytest.raises(Invalid, match=r"Line 1: there is no column 'board or kind' for the board, only 'file, place'"):
        by_csv(Folder(root), "pins.csv", Columns())


def test_long_texts_are_cut_to_their_bounds(root: Path) -> None:
    (root / "pins.csv").write_text(f"file,board,title,description\nSea/wave.webp,W,{'t' * 200},{'d' * 2000}\n")

    (row,) = by_csv(Folder(root), "pins.csv", Columns())

    assert (len(row.title), len(row.description or "")) == (100, 800)


def test_a_picture_over_20_mib_is_told_from_the_archive(tmp_path: Path) -> None:
    packed = tmp_path / "big.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/zeros.png", bytes(21 * 1024 * 1024))

    with pytest.raises(TooLarge, match=r"zeros\.png has"):
        Zip(packed).read("a/zeros.png")


def test_a_folder_without_pictures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="no picture"):
        by_folders(Folder(tmp_path))


def test_what_is_neither_folder_nor_zip_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("hello")

    with pytest.raises(Invalid, match="no zip file"):
        open_archive(tmp_path / "a.txt")
    with pytest.raises(NotFound):
        open_archive(tmp_path / "b.zip")
