"""`pinwalk import folder`: pictures from a folder or a zip file, as boards by subfolder or by the columns of a CSV."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from app.connect import open_pictures, ready_graph
from app.settings import Settings
from app.transfer import people
from app.transfer.folder_plan import Archive, Columns, Row, by_csv, by_folders, open_archive
from app.transfer.progress import Bars
from app.transfer.report import Report
from app.transfer.tables import batches
from domain.errors import Invalid, Unavailable
from domain.ids import BoardN, PinN, UserN
from domain.model import Rendition
from graph import imports, jobs
from graph.client import Graph
from graph.imports import ImportBoard, ImportPin, ImportSave
from graph.pictures import NewPicture
from media.decode import Decoded
from media.pictures import Pictures

OWNER: Final = "import"
FILES_A_BATCH: Final = 48
_AT_ONCE: Final = 4
_TRIES: Final = 5


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

    `csv` is a path, or the name of a file inside the folder or zip. Without it each subfolder is a board, and a
    picture's title is its file's name. `owner` is the username of the account that gets the boards, made without a
    password when missing; by default `import`.
    Raises Invalid with the line and the reason before anything is written, when a row of the CSV is broken. A file
    that is not a picture we take is left out and named in the report.
    """
    started = time.monotonic()
    archive = await asyncio.to_thread(open_archive, path)
    if csv is None:
        rows = await asyncio.to_thread(by_folders, archive)
    else:
        rows = await asyncio.to_thread(by_csv, archive, csv, columns or Columns())
    async with ready_graph(settings) as graph, open_pictures(settings) as (pictures, _):
        with Bars(quiet=quiet) as bars:
            world = f"{archive.name}:{owner or OWNER}"
            owner_n = await people.owner(graph, owner or OWNER)
            work = _Import(
                graph=graph, pictures=pictures, archive=archive, rows=rows, world=world, owner_n=owner_n, bars=bars
            )
            return await work.run(started)


class _Import:
    """One folder on its way into the graph."""

    def __init__(
        self,
        *,
        graph: Graph,
        pictures: Pictures,
        archive: Archive,
        rows: Sequence[Row],
        world: str,
        owner_n: UserN,
        bars: Bars,
    ) -> None:
        self._graph = graph
        self._pictures = pictures
        self._archive = archive
        self._rows = rows
        self._world = world
        self._owner_n = owner_n
        self._bars = bars
        self._at_once = asyncio.Semaphore(_AT_ONCE)
        self._pins: dict[str, PinN] = {}
        self._refused: dict[str, str] = {}

    async def run(self, started: float) -> Report:
        boards = await self._boards()
        pins_added = saves_added = 0
        with self._bars.bar("pictures", len(self._rows)) as advance:
            for batch in batches(self._rows, FILES_A_BATCH):
                pins_added += await self._keep_pins(batch)
                held = [row for row in batch if row.file in self._pins]
                saves = [ImportSave(board_n=boards[row.board], pin_n=self._pins[row.file]) for row in held]
                saves_added += await imports.saves(self._graph, saves) if saves else 0
                advance(len(batch))
        return Report(
            users=1,
            boards=len(boards),
            pins=len(self._pins),
            saves=sum(row.file in self._pins for row in self._rows),
            pins_added=pins_added,
            saves_added=saves_added,
            refused=tuple(self._refused.values()),
            resumed_at=0,
            seconds=time.monotonic() - started,
        )

    async def _boards(self) -> dict[str, BoardN]:
        titles = list(dict.fromkeys(row.board for row in self._rows))
        rows = [ImportBoard(ext=f"{self._world}:board:{t}", owner_n=self._owner_n, title=t) for t in titles]
        known: dict[str, BoardN] = {}
        for batch in batches(rows, imports.BATCH_MAX):
            known |= await imports.boards(self._graph, batch)
        return {title: known[row.ext] for title, row in zip(titles, rows, strict=True)}

    async def _keep_pins(self, batch: Sequence[Row]) -> int:
        """Makes the Pins of a batch that are not there yet; how many."""
        rows = {row.file: row for row in batch if row.file not in self._pins and row.file not in self._refused}
        exts = {self._ext(file): file for file in rows}
        for ext, n in (await imports.known(self._graph, "Pin", list(exts))).items():
            self._pins[exts[ext]] = PinN(n)
        taken = await asyncio.gather(*(self._take(row) for file, row in rows.items() if file not in self._pins))
        pins = [pin for pin in taken if pin is not None]
        if not pins:
            return 0
        made = await imports.pins(self._graph, pins)
        await jobs.enqueue(self._graph, "render", list(made.values()))
        self._pins |= {exts[ext]: n for ext, n in made.items()}
        return len(pins)

    async def _take(self, row: Row) -> ImportPin | None:
        async with self._at_once:
            try:
                data = await asyncio.to_thread(self._archive.read, row.file)
                decoded = await self._measured(data)
            except Invalid as error:
                self._refused[row.file] = f"{row.file}: {error.message}"
                return None
        return ImportPin(
            ext=self._ext(row.file),
            creator_n=self._owner_n,
            title=row.title,
            description=row.description,
            alt_text=row.alt_text,
            link=row.link,
            picture=uploaded(decoded),
        )

    async def _measured(self, data: bytes) -> Decoded:
        for attempt in range(_TRIES - 1):
            try:
                return await self._pictures.take(data)
            except Unavailable:  # The decoders are busy, or one of them was just replaced.
                await asyncio.sleep(0.2 * 2**attempt)
        return await self._pictures.take(data)

    def _ext(self, file: str) -> str:
        return f"{self._world}:pin:{file}"


def uploaded(decoded: Decoded) -> NewPicture:
    """A measured picture as the graph takes it."""
    return NewPicture(
        sha256=decoded.sha256,
        width=decoded.width,
        height=decoded.height,
        content_type=decoded.content_type,
        dominant_color=decoded.dominant_color,
        palette=decoded.palette,
        thumb_hash=decoded.thumb_hash,
        signature=decoded.signature,
        crops=decoded.crops,
        renditions=(_of_564(decoded),),
    )


def _of_564(decoded: Decoded) -> Rendition:
    width = min(564, decoded.width)
    height = max(1, round(decoded.height * width / decoded.width))
    return Rendition("564", width, height, len(decoded.rendition_564))
