"""`pinwalk import saves` against the real graph: whole, resumable, safe to repeat."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from pathlib import Path

import pytest

from app import settings
from app.settings import Settings
from app.transfer import saves
from domain.errors import Invalid, Unavailable
from domain.ids import SIGNED_OUT, PinN
from domain.model import PinStatus
from domain.page import PageArgs
from graph import imports, pins, user_pages, users
from graph.client import Graph
from graph.imports import ImportSave


@pytest.fixture
def known(graph_address: tuple[str, str, str], tmp_path: Path) -> Settings:
    uri, user, password = graph_address
    return settings.load({}, data_dir=tmp_path, graph_uri=uri, graph_user=user, graph_password=password)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """45 boards of four Pins each out of 30, in a file of a name of its own."""
    rows = [f"{board},{(board * 7 + i * 3) % 30}" for board in range(45) for i in range(4)]
    path = tmp_path / f"w{secrets.token_hex(6)}.csv"
    path.write_text("board,pin\n" + "\n".join(rows) + "\n")
    return path


async def pin_of(graph: Graph, file: Path, name: int, owner: str = "") -> PinN:
    ext = f"{file.stem}:{owner}:pin:{name}"
    return PinN((await imports.known(graph, "Pin", [ext]))[ext])


async def test_a_user_owns_twenty_boards_and_the_first_one_makes_its_pins(
    graph: Graph, known: Settings, file: Path
) -> None:
    report = await saves.run(known, file, quiet=True)

    assert (report.users, report.boards, report.pins, report.saves) == (3, 45, 30, 180)
    assert (report.pins_added, report.saves_added) == (30, 180)
    (pin,) = await pins.by_ns(graph, SIGNED_OUT, [await pin_of(graph, file, 0)])
    assert pin.creator_n is not None
    page = await user_pages.boards_page(graph, SIGNED_OUT, pin.creator_n, PageArgs(first=100))
    assert len(page.items) == 20
    assert pin.status is PinStatus.PROCESSING
    assert pin.title
    assert pin.image.open
    assert pin.image.thumb_hash
    assert len(pin.image.signature) == 64
    assert await pins.topics(graph, [pin.n]) in ({}, {pin.n: []})


async def test_importing_again_changes_nothing(graph: Graph, known: Settings, file: Path) -> None:
    first = await saves.run(known, file, quiet=True)
    before = await pins.by_ns(graph, SIGNED_OUT, [await pin_of(graph, file, 3)])

    second = await saves.run(known, file, quiet=True)

    assert (second.pins_added, second.saves_added) == (0, 0)
    assert (second.boards, second.pins, second.saves) == (first.boards, first.pins, first.saves)
    assert await pins.by_ns(graph, SIGNED_OUT, [await pin_of(graph, file, 3)]) == before


async def test_an_import_that_was_cut_short_goes_on(
    graph: Graph, known: Settings, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saves, "SAVES_A_BATCH", 20)
    monkeypatch.setattr(saves, "_PAUSES_S", ())
    write, calls = imports.saves, 0

    async def failing(graph: Graph, rows: Sequence[ImportSave]) -> int:
        nonlocal calls
        calls += 1
        if calls == 6:
            raise Unavailable("the server is gone")
        return await write(graph, rows)

    monkeypatch.setattr(imports, "saves", failing)
    with pytest.raises(Unavailable):
        await saves.run(known, file, quiet=True)

    monkeypatch.setattr(imports, "saves", write)
    report = await saves.run(known, file, quiet=True)

    assert 0 < report.resumed_at < 180
    assert report.pins_added == 0
    counts = await pins.save_counts(graph, SIGNED_OUT, [await pin_of(graph, file, i) for i in range(30)])
    assert sum(counts.values()) == 180


async def test_a_file_that_has_grown_adds_what_is_new(graph: Graph, known: Settings, file: Path) -> None:
    await saves.run(known, file, quiet=True)
    with file.open("a") as opened:
        opened.write("0,1\n0,999\n")

    report = await saves.run(known, file, quiet=True)

    assert (report.pins_added, report.saves_added) == (1, 2)


async def test_a_broken_row_is_refused_before_anything_is_written(graph: Graph, known: Settings, file: Path) -> None:
    with file.open("a") as opened:
        opened.write("7\n8,1\n")

    with pytest.raises(Invalid, match=r"Line 182: expected 2 fields"):
        await saves.run(known, file, quiet=True)

    assert await imports.known(graph, "Board", [f"{file.stem}::board:{i}" for i in range(45)]) == {}
    assert await imports.known(graph, "Pin", [f"{file.stem}::pin:{i}" for i in range(30)]) == {}


async def test_an_owner_gets_every_board(graph: Graph, known: Settings, file: Path) -> None:
    name = f"own{secrets.token_hex(5)}"

    report = await saves.run(known, file, owner=name, quiet=True)

    assert report.users == 1
    owner = await users.by_username(graph, SIGNED_OUT, name)
    assert owner is not None
    page = await user_pages.boards_page(graph, SIGNED_OUT, owner.n, PageArgs(first=100))
    assert len(page.items) == 45


async def test_an_owner_who_cannot_be_is_refused(known: Settings, file: Path) -> None:
    with pytest.raises(Invalid, match="username"):
        await saves.run(known, file, owner="no such name!", quiet=True)
