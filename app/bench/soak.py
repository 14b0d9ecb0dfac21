"""`pinwalk bench soak`: whether memory stays where it is under a mixed load, and how much each process holds."""

from __future__ import annotations

import asyncio
import random
import secrets
import statistics
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx
from rich.console import Console
from rich.table import Table
from websockets.exceptions import WebSocketException

from app import hold
from app.bench import operations
from app.bench.api import HOME
from app.bench.client import Client, Failed
from app.bench.ingest import picture
from app.bench.listen import NewPins
from app.bench.operations import Account
from app.bench.report import Timings, show
from app.connect import ready_graph
from app.keeping import OFF, READY
from app.settings import Settings
from app.watch import memory
from domain.errors import Unavailable
from graph import samples

CLIENTS: Final = 4
IDLE_S: Final = 30.0
SETTLE_S_MAX: Final = 300.0
SAMPLE_EVERY_S: Final = 5.0
WARM_SHARE: Final = 1 / 3
"""This part of the time is for caches and heaps to fill, at three times the rate; what is compared is in the rest."""
WARM_RATE: Final = 3.0
WINDOW_SHARE: Final = 1 / 4
GROWTH_MAX: Final = 0.05
NOISE_BYTES: Final = 8 << 20
"""A process that grew by no more than this is flat whatever share of it that is."""
SESSION_S: Final = 600.0
BOARD_PINS_MAX: Final = 200
WORDS: Final = ("garden", "mountains", "kitchen", "blue", "tiles", "forest", "window", "quiet", "bread", "night")


@dataclass(slots=True)
class Load:
    """What is asked, of whom, until when (by the monotonic clock), `rate` operations a second for each client."""

    url: str
    rate: float
    warm: float
    ends: float
    seed: int
    timings: dict[str, Timings] = field(default_factory=dict)

    def of(self, name: str) -> Timings:
        """The durations of one kind of operation, without those of the warm-up."""
        if time.monotonic() < self.warm:
            return Timings(name)
        return self.timings.setdefault(name, Timings(name))

    @property
    def present_rate(self) -> float:
        """Operations a second for each client just now."""
        return self.rate * (WARM_RATE if time.monotonic() < self.warm else 1.0)


async def run(
    settings: Settings,
    *,
    url: str,
    minutes: float = 60.0,
    rate: float = 5.0,
    seed: int = 17,
    json_path: Path | None = None,
) -> bool:
    """Asks a running `pinwalk serve` for `minutes`, about `rate` operations a second in all; whether memory was flat.

    Prints what each process held when idle, after the warm-up and at the end, and durations by kind of operation. Flat:
    the median of the last quarter is no more than 5 % above that of the quarter after the warm-up (a third of the
    time), in each process and in all. Raises Unavailable when no `pinwalk serve` runs on the data folder.
    """
    running = hold.running(settings.data_dir)
    if running is None:
        raise Unavailable("Nothing runs on this data folder: start `pinwalk serve` in another terminal first.")
    await settled(url, running.pid)
    async with ready_graph(settings) as graph:
        sizes = await samples.sizes(graph)
    idle = _medians(await _sampled(running.pid, IDLE_S))
    began = time.monotonic()
    load = Load(url, rate / CLIENTS, began + minutes * 60 * WARM_SHARE, began + minutes * 60, seed)
    clients = [asyncio.create_task(_client(load, number)) for number in range(CLIENTS)]
    held = await _sampled(running.pid, minutes * 60)
    await asyncio.gather(*clients)
    async with ready_graph(settings) as graph:
        after = await samples.sizes(graph)
    names = sorted({name for sample in held for name in sample} - memory.ONCE)
    rows = [_row(name, idle, held) for name in names]
    rows.append(_total(rows))
    flat = all(row.flat for row in rows)
    _print(rows, minutes)
    facts = {
        "graph before": sizes,
        "graph after": after,
        "on disk (MB)": await asyncio.to_thread(_disk, settings.data_dir),
        "verdict": "flat" if flat else "NOT flat: " + ", ".join(row.name for row in rows if not row.flat),
    }
    details = {
        "memory": {row.name: row.figures() for row in rows},
        "samples (MB)": {name: [_mb(sample.get(name, 0)) for sample in held[::6]] for name in names},
    }
    show(f"Mixed load for {minutes:g} minutes ({url})", list(load.timings.values()), facts, json_path, details)
    return flat


async def settled(url: str, pid: int) -> None:
    """Returns when every part is ready and nothing that is done once at the start is still under way."""
    ends = time.monotonic() + SETTLE_S_MAX
    async with httpx.AsyncClient(base_url=url, timeout=5.0) as http:
        while time.monotonic() < ends:
            with suppress(httpx.HTTPError, ValueError):
                parts = (await http.get("/readyz")).json()["parts"]
                busy = memory.ONCE & (await asyncio.to_thread(memory.by_process, pid)).keys()
                if not busy and all(part["state"] in {READY, OFF} for part in parts.values()):
                    return
            await asyncio.sleep(1.0)
    raise Unavailable(f"Not every part is ready: {url}/readyz says which. Try again when it is.")


# Load


async def _client(load: Load, number: int) -> None:
    """One visitor after another, each for the life of a session at most."""
    rng = random.Random(load.seed + number)
    while time.monotonic() < load.ends:
        try:
            await _visit(load, rng, listening=number == 0)
        except (Unavailable, Failed, OSError, WebSocketException, TimeoutError):
            load.of("visits broken off").errors += 1
            await asyncio.sleep(1.0)


async def _visit(load: Load, rng: random.Random, *, listening: bool) -> None:
    """A session of one visitor, who keeps a subscription open through it if `listening`."""
    ends = min(load.ends, time.monotonic() + SESSION_S)
    async with Client(load.url) as client:
        someone = await operations.account(client)
        board = await operations.board(client, someone, f"Soak {secrets.token_hex(4)}")
        visitor = Visitor(client, someone, board, rng, load)
        async with NewPins(load.url, someone.token) if listening else nullcontext():
            while time.monotonic() < ends:
                began = time.perf_counter()
                with suppress(Failed, Unavailable):
                    await visitor.act()
                await asyncio.sleep(max(0.0, rng.expovariate(load.present_rate) - (time.perf_counter() - began)))


@dataclass(slots=True)
class Visitor:
    """Somebody who looks around, saves, takes back, and now and then makes a Pin."""

    client: Client
    by: Account
    board: str
    rng: random.Random
    load: Load
    seen: list[str] = field(default_factory=list)
    saved: list[str] = field(default_factory=list)
    made: int = 0

    async def act(self) -> None:
        """One operation, by chance."""
        acts: Sequence[tuple[int, str, Callable[[], Any]]] = (
            (40, "home", self._home),
            (15, "search", self._search),
            (13, "similar", self._similar),
            (12, "related", self._related),
            (14, "save", self._save),
            (2, "create", self._create),
            (4, "subscribe", self._subscribe),
        )
        _, name, act = self.rng.choices(acts, weights=[weight for weight, _, _ in acts])[0]
        timings, began = self.load.of(name), time.perf_counter()
        try:
            await act()
        except (Failed, Unavailable) as error:
            timings.errors += 1
            timings.note = str(error)[:60]
            raise
        timings.ms.append((time.perf_counter() - began) * 1_000)

    async def _home(self) -> None:
        after = None
        for _ in range(self.rng.choice((1, 1, 2, 4))):
            page = (await self.client.ask(HOME, self.by.token, first=25, after=after))["homeFeed"]
            self.seen = [edge["node"]["id"] for edge in page["edges"]] or self.seen
            after = page["pageInfo"]["endCursor"]
            if not page["pageInfo"]["hasNextPage"]:
                return

    async def _search(self) -> None:
        found = await self.client.ask(operations.SEARCH, self.by.token, query=self.rng.choice(WORDS))
        self.seen = [node["id"] for node in found["searchPins"]["nodes"]] or self.seen

    async def _similar(self) -> None:
        if self.seen:
            await self.client.ask(operations.SIMILAR, self.by.token, id=self.rng.choice(self.seen))

    async def _related(self) -> None:
        if self.seen:
            await self.client.ask(operations.RELATED, self.by.token, id=self.rng.choice(self.seen), after=None)

    async def _save(self) -> None:
        if len(self.saved) >= BOARD_PINS_MAX:
            await operations.unsave(self.client, self.by, self.saved.pop(0), self.board)
        if self.seen:
            pin = self.rng.choice(self.seen)
            await operations.save(self.client, self.by, pin, self.board)
            if pin not in self.saved:
                self.saved.append(pin)

    async def _create(self) -> None:
        self.made += 1
        data = picture(self.rng.randrange(50), shade=self.rng.randrange(1, 1 << 30))
        await operations.make_pin(self.client, self.by, self.board, data, f"Soak {self.rng.choice(WORDS)} {self.made}")

    async def _subscribe(self) -> None:
        async with NewPins(str(self.client.url), self.by.token):
            await asyncio.sleep(0.2)


# Memory


@dataclass(frozen=True, slots=True)
class Row:
    """One process, in bytes: idle before the load, then medians after the warm-up and at the end, and the most seen."""

    name: str
    idle: float
    warm: float
    last: float
    most: float

    @property
    def growth(self) -> float:
        """Share by which it grew from after the warm-up to the end."""
        return self.last / self.warm - 1 if self.warm else 0.0

    @property
    def flat(self) -> bool:
        """Whether that is within the bound."""
        return self.growth <= GROWTH_MAX or self.last - self.warm <= NOISE_BYTES

    def figures(self) -> dict[str, float | bool]:
        """As JSON has it, in MB."""
        sizes = {name: _mb(getattr(self, name)) for name in ("idle", "warm", "last", "most")}
        return {**sizes, "growth_percent": round(100 * self.growth, 1), "flat": self.flat}


async def _sampled(pid: int, seconds: float) -> list[dict[str, int]]:
    found = []
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        found.append(await asyncio.to_thread(memory.by_process, pid))
        await asyncio.sleep(min(SAMPLE_EVERY_S, max(0.0, ends - time.monotonic())))
    return found


def _medians(samples: Sequence[dict[str, int]]) -> dict[str, float]:
    names = {name for sample in samples for name in sample}
    return {name: statistics.median(sample.get(name, 0) for sample in samples) for name in names}


def _row(name: str, idle: dict[str, float], held: Sequence[dict[str, int]]) -> Row:
    sizes = [sample.get(name, 0) for sample in held]
    rest = sizes[int(len(sizes) * WARM_SHARE) :]
    window = max(1, int(len(rest) * WINDOW_SHARE))
    warm, last = statistics.median(rest[:window]), statistics.median(rest[-window:])
    return Row(name, idle.get(name, 0), warm, last, max(sizes))


def _total(rows: Sequence[Row]) -> Row:
    return Row("all", *(sum(getattr(row, name) for row in rows) for name in ("idle", "warm", "last", "most")))


def _disk(folder: Path) -> dict[str, float]:
    sizes: dict[str, float] = {}
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):
            if path.is_file() and not path.is_symlink():
                top = path.relative_to(folder).parts[0]
                sizes[top] = sizes.get(top, 0) + path.stat().st_blocks * 512
    return {name: _mb(size) for name, size in sorted(sizes.items()) if size >= 1 << 20}


def _print(rows: Sequence[Row], minutes: float) -> None:
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(width=140, highlight=False)
    table = Table(
        "process", "idle MB", "warm MB", "last MB", "most MB", "growth", "", title=f"Memory, {minutes:g} minutes"
    )
    for row in rows:
        sizes = [str(_mb(size)) for size in (row.idle, row.warm, row.last, row.most)]
        table.add_row(row.name, *sizes, f"{100 * row.growth:+.1f} %", "flat" if row.flat else "[red]grows[/red]")
    console.print(table)


def _mb(size: float) -> float:
    return round(size / (1 << 20), 1)
