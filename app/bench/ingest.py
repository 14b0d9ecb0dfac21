"""`pinwalk bench ingest`: how fast pictures become Pins that can be found."""

from __future__ import annotations

import asyncio
import io
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from PIL import Image

from app.bench import operations
from app.bench.client import Client, Failed
from app.bench.listen import NewPins
from app.bench.report import Timings, show
from app.connect import ready_graph
from app.settings import Settings
from app.transfer import folder, folder_plan
from domain.errors import Unavailable
from graph import jobs, samples

_READY_WITHIN_S: Final = 30.0
_IMPORTED_WITHIN_S: Final = 3_600.0
_POLL_S: Final = 0.02
_SIDE: Final = (600, 800)


async def run(
    settings: Settings, *, url: str, path: Path | None = None, pins: int = 50, json_path: Path | None = None
) -> None:
    """Prints how long Pins made through the API take to be READY, found and walked to, and what an import does.

    `path` is a folder or zip of pictures to import first (pictures a second until all have vectors and renditions,
    from nothing); without it only the API is measured. Makes two accounts of its own and leaves their Pins there.
    """
    facts: dict[str, Any] = {}
    if path is not None:
        facts["import"] = await _import(settings, path)
    timings = await _through_the_api(url, pins)
    show(f"New Pins through the API ({url})", timings, facts, json_path)


async def _import(settings: Settings, path: Path) -> dict[str, Any]:
    """Imports the pictures and waits until each has its renditions and vectors."""
    started = time.perf_counter()
    csv = "pins.csv" if "pins.csv" in folder_plan.open_archive(path).files() else None
    report = await folder.run(settings, path, csv=csv, owner=f"bench_{secrets.token_hex(4)}")
    written = time.perf_counter() - started
    async with ready_graph(settings) as graph:
        while time.perf_counter() - started < _IMPORTED_WITHIN_S:
            waiting = (await samples.statuses(graph)).get("PROCESSING", 0)
            if not waiting and not (await jobs.counts(graph)).get("render.ready", 0):
                break
            await asyncio.sleep(0.25)
        seconds = time.perf_counter() - started
        statuses = await samples.statuses(graph)
    return {
        "pictures": report.pins_added,
        "refused": len(report.refused),
        "seconds until written": round(written, 1),
        "seconds until all have renditions and vectors": round(seconds, 1),
        "pictures a second": round(report.pins_added / seconds, 1),
        "pins in the graph": statuses,
    }


@dataclass(slots=True)
class _Measured:
    made: Timings = field(default_factory=lambda: Timings("createPin answered"))
    ready: Timings = field(default_factory=lambda: Timings("READY after createPin"))
    alike: Timings = field(default_factory=lambda: Timings("found by similar after READY"))
    words: Timings = field(default_factory=lambda: Timings("found by its words after READY"))
    told: Timings = field(default_factory=lambda: Timings("on newPins after READY"))
    walked: Timings = field(default_factory=lambda: Timings("walked to after a save"))

    def all(self) -> list[Timings]:
        return [self.made, self.ready, self.alike, self.words, self.told, self.walked]


async def _through_the_api(url: str, pins: int) -> list[Timings]:
    async with Client(url) as client:
        maker, saver = await operations.account(client), await operations.account(client)
        board = await operations.board(client, maker, "Bench: made here")
        theirs = await operations.board(client, saver, "Bench: saved here")
        await operations.follow(client, saver, maker)
        base = await operations.make_pin(client, maker, board, picture(0), "Bench base")
        anchor = await operations.make_pin(client, saver, theirs, picture(1), "Bench anchor")
        await _until(_READY_WITHIN_S, lambda: operations.ready(client, maker, base))
        await _until(_READY_WITHIN_S, lambda: operations.ready(client, saver, anchor))
        measured = _Measured()
        async with NewPins(url, saver.token) as news:

            async def one(i: int) -> None:
                word = f"bench{secrets.token_hex(5)}"
                started = time.perf_counter()
                pin = await operations.make_pin(client, maker, board, picture(0, shade=i + 1), word)
                measured.made.ms.append((time.perf_counter() - started) * 1_000)
                await _measure(measured.ready, lambda: operations.ready(client, maker, pin))
                await asyncio.gather(
                    _measure(measured.alike, lambda: operations.similar(client, saver, base, pin)),
                    _measure(measured.words, lambda: operations.said(client, saver, word, pin)),
                    _measure(measured.told, lambda: news.heard(pin)),
                )
                await operations.save(client, saver, pin, theirs)
                await _measure(measured.walked, lambda: operations.walked(client, maker, anchor, pin))

            for i in range(pins):
                await one(i)
            measured.told.note = f"{news.repeated} announced twice"
    return measured.all()


async def _measure(timings: Timings, question: Callable[[], Awaitable[bool]]) -> None:
    """Adds how long it took until the question was answered with yes; an error when it never was."""
    started = time.perf_counter()
    if await _until(_READY_WITHIN_S, question):
        timings.ms.append((time.perf_counter() - started) * 1_000)
    else:
        timings.errors += 1


async def _until(within_s: float, question: Callable[[], Awaitable[bool]]) -> bool:
    end = time.perf_counter() + within_s
    while time.perf_counter() < end:
        try:
            if await question():
                return True
        except (Failed, Unavailable):
            await asyncio.sleep(0.2)
        await asyncio.sleep(_POLL_S)
    return False


def picture(family: int, *, shade: int = 0) -> bytes:
    """A JPEG of soft colour fields: one family looks alike, its shades differ a little."""
    rng = np.random.default_rng(family)
    small = rng.integers(0, 255, (5, 4, 3))
    drift = np.random.default_rng((family, shade)).normal(0, 6, small.shape) if shade else 0
    pixels = np.clip(small + drift, 0, 255).astype(np.uint8)
    made = Image.fromarray(pixels).resize(_SIDE, Image.Resampling.BICUBIC)
    out = io.BytesIO()
    made.save(out, "JPEG", quality=88)
    return out.getvalue()
