"""`pinwalk doctor [--fix]`: every examination, a table of what was found, and an exit code."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from typing import Final

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from app import stores
from app.connect import ready_graph
from app.doctor import copies, jobs, pictures, vectors, walk
from app.doctor.finding import Bar, Case, Examination, Finding, State
from app.settings import Settings
from app.transfer.progress import Bars
from domain.errors import Unavailable
from media.decode import Decoder
from media.pictures import Pictures
from vectors.remote import RemoteEmbedder

EXAMINATIONS: Final[tuple[tuple[str, Examination], ...]] = (
    ("graph", copies.examine),
    ("vectors", vectors.examine),
    ("pictures", pictures.examine),
    ("walk", walk.examine),
    ("jobs", jobs.examine),
)
_PATIENCE_S: Final = 30.0


async def run(settings: Settings, *, fix: bool, deep: bool, as_json: bool, quiet: bool) -> int:
    """Examines, prints, and with `fix` repairs: 0 when all is sound or has been repaired, else 1."""
    with Bars(quiet=quiet) as bars:
        async with opened(settings, fix=fix, deep=deep, bar=_bar(bars)) as case:
            found = await examine(case)
    if as_json:
        print(report(found))  # noqa: T201  This is what was asked for.
    else:
        _show(found, fix=fix)
    return 0 if all(sound(each) for each in found) else 1


async def examine(case: Case, examinations: Sequence[tuple[str, Examination]] = EXAMINATIONS) -> list[Finding]:
    """Every finding. A part that does not answer is one, and the other examinations go on."""
    found = []
    for subject, examination in examinations:
        try:
            async for each in examination(case):
                found.append(each)  # noqa: PERF401  What was found before a part went away counts.
        except Unavailable as error:
            remedy = "start what is missing, with `pinwalk serve`, and examine again"
            found.append(Finding(subject, "not examined", 0, State.WRONG, 1, (error.message,), remedy, fixable=False))
    return found


def sound(found: Finding) -> bool:
    """Whether nothing is wrong with it, or not any more."""
    return found.state is State.SOUND or found.fixed >= found.count > 0


def report(found: Sequence[Finding]) -> str:
    """The findings as JSON."""
    rows = [{**dataclasses.asdict(each), "state": each.state.value, "sound": sound(each)} for each in found]
    return json.dumps({"sound": all(sound(each) for each in found), "findings": rows}, indent=2)


@asynccontextmanager
async def opened(settings: Settings, *, fix: bool, deep: bool, bar: Bar) -> AsyncIterator[Case]:
    """What the examinations work with. Raises Unavailable or Invalid when the graph or the store does not answer."""
    async with ready_graph(settings) as graph, stores.open_store(settings, within_s=10.0) as store:
        decoder = Decoder(processes=settings.decoders)
        embedder = RemoteEmbedder(settings.embedder_url or "", timeout_s=settings.embedder_timeout_s)
        try:
            yield Case(
                settings=settings,
                graph=graph.patient(_PATIENCE_S),
                store=store,
                pictures=Pictures(store, decoder),
                embedder=embedder,
                now=lambda: datetime.now(UTC),
                bar=bar,
                fix=fix,
                deep=deep,
            )
        finally:
            await embedder.close()
            await decoder.close()


def _bar(bars: Bars) -> Bar:
    @contextmanager
    def bar(name: str, total: int) -> Iterator[Callable[[int], None]]:
        with bars.bar(name, total) as moved:
            yield moved

    return bar


def _show(found: Sequence[Finding], *, fix: bool) -> None:
    console = Console(highlight=False)
    table = Table("subject", "what", "looked at", "state", "count", "such as", "repaired" if fix else "--fix")
    for each in found:
        colour = "green" if sound(each) else "red"
        done = (f"{each.fixed:,}" if each.fixable else each.remedy) if fix else each.remedy
        row = (
            each.subject,
            escape(each.what),
            f"{each.looked_at:,}",
            f"[{colour}]{each.state.value}[/{colour}]",
            f"{each.count:,}" if each.count else "",
            escape(", ".join(text[:60] for text in each.examples)),
            escape(done if each.count else ""),
        )
        table.add_row(*row)
    console.print(table)
    ill = [each for each in found if not sound(each)]
    if not ill:
        console.print("All is sound.")
    elif fix or not any(each.fixable for each in ill):
        console.print(f"{len(ill)} of {len(found)} findings need more than this command: see their remedies.")
    else:
        console.print(f"{len(ill)} of {len(found)} findings are not sound: `pinwalk doctor --fix` repairs what it can.")
