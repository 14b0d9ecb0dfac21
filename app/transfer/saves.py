"""`pinwalk import saves`: boards and saves from a CSV of `board,pin` rows, with generated pictures."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from app.connect import open_pictures, ready_graph
from app.settings import Settings
from app.transfer import people
from app.transfer.progress import Bars
from app.transfer.report import Report
from app.transfer.tables import SavesTable, batches, read_saves
from domain.errors import Unavailable
from domain.ids import BoardN, PinN, UserN
from domain.model import Origin
from graph import imports, upkeep
from graph.client import Graph
from graph.imports import ImportBoard, ImportPin, ImportSave, ImportUser
from graph.pictures import NewPicture
from media import generated
from media.decode import Decoder
from media.facts import Facts
from media.painting import words

BOARDS_A_USER: Final = 20
PINS_A_BATCH: Final = 500
SAVES_A_BATCH: Final = 5_000
WRITERS: Final = 2
_PAUSES_S: Final = (1.0, 2.0, 5.0, 10.0, 20.0, 20.0)


async def run(settings: Settings, path: Path, *, owner: str | None = None, quiet: bool = False) -> Report:
    """Imports FILE.csv or FILE.csv.gz whole; what was there already is left as it is.

    `owner` is the username of the account that gets every board, made without a password when missing; by default
    there is one user per 20 boards. Names in the file belong to its name: the same file grown longer adds to what it
    brought before, another file makes boards of its own.
    Raises Invalid with the line and the reason before anything is written, when a row is broken.
    """
    started = time.monotonic()
    table = await asyncio.to_thread(read_saves, path)
    async with ready_graph(settings) as graph, open_pictures(settings) as (_, decoder):
        with Bars(quiet=quiet) as bars:
            world = f"{_name(path)}:{owner or ''}"
            return await _Import(graph, decoder, table, world, bars).run(owner, started)


class _Import:
    """One file on its way into the graph."""

    def __init__(self, graph: Graph, decoder: Decoder, table: SavesTable, world: str, bars: Bars) -> None:
        self._graph = graph
        self._decoder = decoder
        self._table = table
        self._world = world
        self._bars = bars

    async def run(self, owner: str | None, started: float) -> Report:
        owners = await self._owners(owner)
        boards = await self._boards(owners)
        pins, pins_added = await self._pins(owners)
        key = f"saves:{self._table.sha256}:{self._world}"
        position = await upkeep.position(self._graph, key)
        saves_added = await self._saves(boards, pins, key, position)
        return Report(
            users=len(set(owners)),
            boards=len(boards),
            pins=len(pins),
            saves=len(self._table.members),
            pins_added=pins_added,
            saves_added=saves_added,
            refused=(),
            resumed_at=position,
            seconds=time.monotonic() - started,
        )

    async def _owners(self, owner: str | None) -> list[UserN]:
        """The owner of each board, in order."""
        count = len(self._table.boards)
        if owner is not None:
            return [await people.owner(self._graph, owner)] * count
        short = hashlib.sha256(self._world.encode()).hexdigest()[:6]
        rows = [self._user(i, short) for i in range((count + BOARDS_A_USER - 1) // BOARDS_A_USER)]
        known: dict[str, UserN] = {}
        with self._bars.bar("users", len(rows)) as advance:
            for batch in batches(rows, 2_000):
                known |= await imports.users(self._graph, batch)
                advance(len(batch))
        return [known[rows[i // BOARDS_A_USER].ext] for i in range(count)]

    def _user(self, i: int, short: str) -> ImportUser:
        return people.without_password(f"{self._world}:user:{i}", f"saver_{short}_{i}", f"Saver {i + 1}")

    async def _boards(self, owners: Sequence[UserN]) -> list[BoardN]:
        rows = [
            ImportBoard(ext=f"{self._world}:board:{name}", owner_n=owners[i], title=f"Board {name}"[:100])
            for i, name in enumerate(self._table.boards)
        ]
        known: dict[str, BoardN] = {}
        with self._bars.bar("boards", len(rows)) as advance:
            for batch in batches(rows, 5_000):
                known |= await imports.boards(self._graph, batch)
                advance(len(batch))
        return [known[row.ext] for row in rows]

    async def _pins(self, owners: Sequence[UserN]) -> tuple[list[PinN], int]:
        """The Pin of each name, and how many of them are new. A picture's looks are computed for new ones only."""
        exts = [f"{self._world}:pin:{name}" for name in self._table.pins]
        known = {
            ext: PinN(n)
            for batch in batches(exts, imports.BATCH_MAX)
            for ext, n in (await imports.known(self._graph, "Pin", batch)).items()
        }
        first_board = self._first_boards()
        new = [i for i, ext in enumerate(exts) if ext not in known]
        with self._bars.bar("pins", len(exts), done=len(exts) - len(new)) as advance:
            ahead: asyncio.Task[list[Facts]] | None = None
            parts = list(batches(new, PINS_A_BATCH))
            for b, batch in enumerate(parts):  # The next batch's looks are computed while this one is written.
                facts = await (ahead or self._facts(exts, batch))
                ahead = asyncio.create_task(self._facts(exts, parts[b + 1])) if b + 1 < len(parts) else None
                rows = [
                    generated_pin(exts[i], owners[first_board[i]], looks) for i, looks in zip(batch, facts, strict=True)
                ]
                known |= await imports.pins(self._graph, rows)
                advance(len(rows))
        return [known[ext] for ext in exts], len(new)

    async def _facts(self, exts: Sequence[str], batch: Sequence[int]) -> list[Facts]:
        return await self._decoder.facts_of([generated.recipe_for(exts[i]) for i in batch])

    def _first_boards(self) -> list[int]:
        """The first board of each Pin: its owner counts as the Pin's creator."""
        table = self._table
        first = [-1] * len(table.pins)
        for board in range(len(table.boards)):
            for p in table.of_board(board).tolist():
                if first[p] < 0:
                    first[p] = board
        return first

    async def _saves(self, boards: Sequence[BoardN], pins: Sequence[PinN], key: str, position: int) -> int:
        """Writes the saves from this position on, whole boards a batch where they fit; how many are new."""
        table = self._table
        added = 0
        ranges = [found for found in _board_ranges(table) if int(table.starts[found[1]]) > position]
        with self._bars.bar("saves", len(table.members), done=position) as advance:
            for wave in batches(ranges, WRITERS):  # Ranges of different boards: they can be written side by side.
                rows = [self._save_rows(boards, pins, found) for found in wave]
                added += sum(await asyncio.gather(*(self._write(part) for part in rows)))
                await upkeep.reach(self._graph, key, int(table.starts[wave[-1][1]]))
                advance(sum(len(part) for part in rows))
        return added

    def _save_rows(self, boards: Sequence[BoardN], pins: Sequence[PinN], found: tuple[int, int]) -> list[ImportSave]:
        return [
            ImportSave(board_n=boards[i], pin_n=pins[p])
            for i in range(*found)
            for p in self._table.of_board(i).tolist()
        ]

    async def _write(self, rows: Sequence[ImportSave]) -> int:
        """Writes one batch; a graph that is busy or restarting is asked again, for about a minute."""
        for pause_s in _PAUSES_S:
            try:
                return await imports.saves(self._graph, rows)
            except Unavailable:
                await asyncio.sleep(pause_s)
        return await imports.saves(self._graph, rows)


def generated_pin(ext: str, creator_n: UserN, looks: Facts) -> ImportPin:
    """A Pin with the generated picture that belongs to `ext`, said in the picture's own words."""
    recipe = generated.recipe_for(ext)
    said = words.describe(recipe)
    return ImportPin(
        ext=ext,
        creator_n=creator_n,
        title=said.title,
        description=said.description,
        alt_text=said.alt_text,
        picture=picture(recipe, looks),
    )


def picture(recipe: str, looks: Facts) -> NewPicture:
    """A generated picture as the graph takes it."""
    return NewPicture(
        sha256=generated.sha256(recipe),
        width=looks.width,
        height=looks.height,
        content_type="image/webp",
        dominant_color=looks.dominant_color,
        palette=looks.palette,
        thumb_hash=looks.thumb_hash,
        signature=looks.signature,
        origin=Origin.GENERATED,
        recipe=recipe,
    )


def _name(path: Path) -> str:
    """What names in a file belong to: the file's own name, without `.csv` and `.gz`."""
    return path.name.removesuffix(".gz").removesuffix(".csv")


def _board_ranges(table: SavesTable) -> Iterator[tuple[int, int]]:
    """Consecutive boards [first, last) that hold at most 5,000 saves together, or one board with more."""
    first = 0
    for board in range(1, len(table.boards) + 1):
        if board == len(table.boards) or int(table.starts[board + 1] - table.starts[first]) > SAVES_A_BATCH:
            yield first, board
            first = board
