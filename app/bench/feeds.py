"""`pinwalk bench feeds`: what each stage of the home feed does to diversity, coverage, freshness and exposure."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table

from app.feeds_explain import ready
from app.resources import Resources, open_resources
from app.settings import Settings
from discovery.candidate import Candidate
from discovery.declared import HOME
from discovery.pipeline import Feed, Run, Step, StepKind
from domain.errors import Invalid, Unavailable
from domain.ids import SIGNED_OUT, PinN, UserN
from domain.limits import NODES_MAX, PAGE_ITEMS_DEFAULT
from graph import pins, samples

_AT_ONCE: Final = 4
_TRIES: Final = 3
_FRESH_DAYS: Final = 7.0
_DAY_S: Final = 86_400.0
_SPACED: Final = "space"


@dataclass(frozen=True, slots=True)
class Page:
    """What one page shows: its Pins, how unlike their looks are (1 − mean cosine of two), and how many creators,
    first boards and main topics they have."""

    pins: tuple[PinN, ...]
    unlike: float | None
    creators: int
    boards: int
    topics: int


@dataclass(frozen=True, slots=True)
class Figures:
    """Means over first pages; `coverage` is the share of public Pins on any page, `gini` that of their exposure (0: all
    shown as often, 1: one alone), `saves_each` how many public boards a shown Pin is on."""

    feed: str
    pages: int
    pins_each: float
    unlike: float
    creators: float
    boards: float
    topics: float
    coverage: float
    gini: float
    fresh: float
    age_days: float
    saves_each: float


def ways(feed: Feed = HOME) -> dict[str, Feed]:
    """The feed, and it without each stage and each source: by what the table calls them."""
    found = {
        "home": feed,
        "without spacing": without(feed, _SPACED),
        "without one_picture": without(feed, "one_picture"),
    }
    found["without promises"] = _changed(feed, _SPACED, "space")
    found["without blend"] = _changed(feed, "blend", "leading")
    found["without model"] = _changed(feed, "walked", "walked_plain")
    sources = [step.name for step in feed.steps if step.kind is StepKind.SOURCE]
    return found | {f"without {name}": without(feed, name) for name in sources}


def without(feed: Feed, name: str) -> Feed:
    """The feed without a step: what came after it comes after what it came after."""
    gone = next(step for step in feed.steps if step.name == name)
    steps = []
    for step in feed.steps:
        if step.name != name:
            after = [before for each in step.after for before in (gone.after if each == name else (each,))]
            steps.append(replace(step, after=tuple(dict.fromkeys(after))))
    room = sum(step.quota for step in steps if step.kind is StepKind.SOURCE)
    return replace(feed, steps=tuple(_bounded(step, room) for step in steps))


def _bounded(step: Step, room: int) -> Step:
    return replace(step, quota=min(step.quota, room)) if step.kind is StepKind.CUT else step


def _changed(feed: Feed, name: str, uses: str) -> Feed:
    return replace(feed, steps=tuple(replace(s, uses=uses) if s.name == name else s for s in feed.steps))


async def run(settings: Settings, *, users: int, json_path: Path | None = None) -> None:
    """Prints a row for the home feed and for it without each stage: first pages of so many accounts that save, made
    now. Raises Invalid when nobody has saved anything yet, Unavailable when a part does not come up."""
    console, rows = Console(width=140), []
    async with open_resources(settings) as resources:
        await ready(resources)
        savers = await samples.savers(resources.graph, users)
        if not savers:
            raise Invalid("Nobody has saved anything yet: import some boards first.")
        viewers, tried = [saver.n for saver in savers], ways()
        made: dict[str, list[Page]] = {name: [] for name in tried}
        turns = [viewers[i : i + _AT_ONCE] for i in range(0, len(viewers), _AT_ONCE)]
        for turn in track(turns, "pages", console=console, transient=True):
            for pages in await asyncio.gather(*(_pages(resources, viewer, list(tried.values())) for viewer in turn)):
                for name, page in zip(tried, pages, strict=False):
                    made[name].append(page)
        rows += [await _figures(resources, name, pages) for name, pages in made.items()]
    _show(console, rows)
    if json_path is not None:
        await asyncio.to_thread(json_path.write_text, json.dumps([asdict(row) for row in rows], indent=2) + "\n")


async def _pages(resources: Resources, viewer: UserN, feeds: Sequence[Feed]) -> list[Page]:
    """The viewer's page by each feed; none when the graph did not answer in time, some times in a row: the machine has
    other things to do."""
    for _ in range(_TRIES):
        with suppress(Unavailable):
            made = await resources.feeds.tried(viewer, feeds)
            return [page_of(run, found[:PAGE_ITEMS_DEFAULT]) for run, found in made]
    return []


def page_of(made: Run, shown: Sequence[Candidate]) -> Page:
    """What a page shows, by what its run has learnt."""
    ns = tuple(candidate.pin_n for candidate in shown)
    rows = [made.facts.vectors[n] for n in ns if n in made.facts.vectors]
    unlike = None
    if len(rows) > 1:
        table = np.stack(rows)
        unlike = float(1.0 - ((table @ table.T).sum() - len(rows)) / (len(rows) * (len(rows) - 1)))
    known = [made.facts.known[n] for n in ns if n in made.facts.known]
    return Page(
        ns,
        unlike,
        len({one.creator_n for one in known}),
        len({one.board_n for one in known}),
        len({one.topics[0] if one.topics else None for one in known}),
    )


async def _figures(resources: Resources, name: str, pages: Sequence[Page]) -> Figures:
    shown = Counter(n for page in pages for n in page.pins)
    public = resources.walk.public_pins
    distinct, ages = list(shown), dict[PinN, float]()
    for low in range(0, len(distinct), NODES_MAX):
        for pin in await pins.by_ns(resources.graph, SIGNED_OUT, distinct[low : low + NODES_MAX]):
            ages[pin.n] = (time.time() - pin.created_at.timestamp()) / _DAY_S
    saved = {n: len(resources.walk.boards_of(n)) for n in distinct}
    return figures(name, pages, public, ages, saved)


def figures(
    name: str, pages: Sequence[Page], public: int, ages: Mapping[PinN, float], saved: Mapping[PinN, int]
) -> Figures:
    """The means over the pages; `public` is how many Pins could be shown, `ages` are in days."""
    shown = Counter(n for page in pages for n in page.pins)
    old = np.array([ages[n] for n in shown.elements() if n in ages] or [0.0])
    exposed = np.zeros(max(public, len(shown), 1))
    exposed[: len(shown)] = list(shown.values())
    return Figures(
        feed=name,
        pages=len(pages),
        pins_each=_mean(len(page.pins) for page in pages),
        unlike=_mean(page.unlike for page in pages if page.unlike is not None),
        creators=_mean(page.creators for page in pages),
        boards=_mean(page.boards for page in pages),
        topics=_mean(page.topics for page in pages),
        coverage=len(shown) / exposed.size,
        gini=gini(exposed),
        fresh=float((old <= _FRESH_DAYS).mean()),
        age_days=float(np.median(old)),
        saves_each=_mean(saved.get(n, 0) for n in shown.elements()),
    )


def gini(values: NDArray[np.float64]) -> float:
    """Gini's coefficient of values that are not negative: 0 when all are alike, towards 1 when one has everything."""
    ordered, whole = np.sort(values), float(values.sum())
    if not whole:
        return 0.0
    places = np.arange(1, ordered.size + 1)
    return float((2 * (places * ordered).sum() / (ordered.size * whole)) - (ordered.size + 1) / ordered.size)


def _mean(values: Iterable[float]) -> float:
    held = list(values)
    return float(np.mean(held)) if held else 0.0


def _show(console: Console, rows: Sequence[Figures]) -> None:
    table = Table("feed", title=f"First pages of {rows[0].pages:,} accounts")
    titles = ("Pins", "unlike", "creators", "boards", "topics", "coverage", "Gini", "fresh", "age, days", "saves")
    for title in titles:
        table.add_column(title, justify="right")
    for row in rows:
        table.add_row(
            *(row.feed, f"{row.pins_each:.1f}", f"{row.unlike:.3f}", f"{row.creators:.1f}", f"{row.boards:.1f}"),
            *(f"{row.topics:.1f}", f"{row.coverage:.1%}", f"{row.gini:.3f}", f"{row.fresh:.1%}"),
            *(f"{row.age_days:.1f}", f"{row.saves_each:.1f}"),
        )
    console.print(table)
