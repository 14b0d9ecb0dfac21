"""`pinwalk import folder` against the real graph: pictures become Pins on boards, what is no picture is named."""

from __future__ import annotations

import secrets
import zipfile
from pathlib import Path

import pytest

from app import settings
from app.settings import Settings
from app.transfer import folder
from domain.errors import Invalid
from domain.ids import SIGNED_OUT, PinN
from domain.page import PageArgs
from graph import imports, jobs, pin_pages, pins
from graph import pictures as graph_pictures
from graph.client import Graph
from tests.services.app.conftest import jpeg


@pytest.fixture
def known(graph_address: tuple[str, str, str], tmp_path: Path) -> Settings:
    uri, user, password = graph_address
    return settings.load({}, data_dir=tmp_path / "data", graph_uri=uri, graph_user=user, graph_password=password)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Five pictures in two folders, and one file that only claims to be a picture."""
    root = tmp_path / f"f{secrets.token_hex(6)}"
    for i, name in enumerate(("Fruit/apple.jpg", "Fruit/pear.jpg", "Sea/a-wave.jpg", "Sea/foam.jpg", "Sea/sand.jpg")):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(jpeg(secrets.randbits(50) + i))
    (root / "Sea" / "liar.jpg").write_bytes(b"GIF89a, not a JPEG")
    return root


def zipped(root: Path, packed: Path) -> Path:
    with zipfile.ZipFile(packed, "w") as archive:
        for path in root.rglob("*.*"):
            archive.write(path, path.relative_to(root).as_posix())
    return packed


async def ns_of(graph: Graph, root: Path, *files: str) -> list[PinN]:
    exts = [f"{root.stem}:import:pin:{file}" for file in files]
    found = await imports.known(graph, "Pin", exts)
    return [PinN(found[ext]) for ext in exts]


async def test_pictures_become_pins_on_boards_of_their_folders(graph: Graph, known: Settings, root: Path) -> None:
    report = await folder.run(known, root, quiet=True)

    assert (report.boards, report.pins, report.saves, report.pins_added) == (2, 5, 5, 5)
    (wave,) = await pins.by_ns(graph, SIGNED_OUT, await ns_of(graph, root, "Sea/a-wave.jpg"))
    assert wave.title == "a wave"
    boards = await pin_pages.boards_page(graph, SIGNED_OUT, wave.n, PageArgs())
    assert [item.value.title for item in boards.items] == ["Sea"]
    picture = (await graph_pictures.of_pins(graph, [wave.n]))[wave.n]
    assert (picture.width, picture.height) == (300, 360)


async def test_what_is_no_picture_is_named_and_left_out(graph: Graph, known: Settings, root: Path) -> None:
    report = await folder.run(known, root, quiet=True)

    assert len(report.refused) == 1
    assert report.refused[0].startswith("Sea/liar.jpg: ")
    assert await imports.known(graph, "Pin", [f"{root.stem}:import:pin:Sea/liar.jpg"]) == {}


async def test_importing_again_changes_nothing(graph: Graph, known: Settings, root: Path) -> None:
    await folder.run(known, root, quiet=True)

    again = await folder.run(known, root, quiet=True)

    assert (again.pins, again.pins_added, again.saves_added) == (5, 0, 0)


async def test_renditions_are_asked_for(graph: Graph, known: Settings, root: Path) -> None:
    before = (await jobs.counts(graph)).get("render.ready", 0)

    await folder.run(known, root, quiet=True)

    assert (await jobs.counts(graph)).get("render.ready", 0) >= before + 5 or before > 0


async def test_a_zip_with_a_table_makes_boards_by_its_columns(
    graph: Graph, known: Settings, root: Path, tmp_path: Path
) -> None:
    (root / "Sea" / "liar.jpg").unlink()
    (root / "pins.csv").write_text(
        "file,product,product_id,kind,kind_id,section,description\n"
        'Fruit/apple.jpg,Golden Delicious,0,Apple,0,Fruit,"White, juicy pulp."\n'
        "Fruit/pear.jpg,Conference,1,Pear,1,Fruit,Green.\n"
    )
    packed = zipped(root, tmp_path / f"{root.name}z.zip")

    report = await folder.run(known, packed, csv="pins.csv", quiet=True)

    assert (report.boards, report.pins) == (2, 2)
    (apple,) = await pins.by_ns(graph, SIGNED_OUT, await ns_of(graph, packed, "Fruit/apple.jpg"))
    assert (apple.title, apple.description) == ("Golden Delicious", "White, juicy pulp.")


async def test_a_broken_row_is_refused_before_anything_is_written(graph: Graph, known: Settings, root: Path) -> None:
    (root / "pins.csv").write_text("file,board\nFruit/apple.jpg,Apples\nFruit/none.jpg,Apples\n")

    with pytest.raises(Invalid, match=r"Line 3: the file 'Fruit/none\.jpg' is not there"):
        await folder.run(known, root, csv="pins.csv", quiet=True)

    assert await imports.known(graph, "Pin", [f"{root.stem}:import:pin:Fruit/apple.jpg"]) == {}
    assert await imports.known(graph, "Board", [f"{root.stem}:import:board:Apples"]) == {}
