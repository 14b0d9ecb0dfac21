"""`pinwalk bench quality`: how well each way of finding Pins finds the one that was taken off a board."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table

from app.bench.report import machine
from app.transfer.tables import read_saves
from discovery.training import ease, ials
from discovery.training.blending import SHORTLIST, Blend
from discovery.training.ials import Recipe
from discovery.training.learning import learn
from discovery.walk import deposit, pixie, warming
from discovery.walk.flat import Flat
from discovery.walk.hits import Ranking
from domain.errors import Invalid
from domain.ids import PinN
from domain.limits import WALK_BOARDS_MAX

T = TypeVar("T")
Scores = NDArray[np.float64]
Method = Callable[[int], Scores]
Opinion = Callable[[NDArray[np.int64], Scores, NDArray[np.int64]], Scores | None]
ALL: Final = 1 << 40
METHODS: Final = ("popular", "pixie", "deposit", "deposit-full", "ials", "ials-128", "ease", "blend")
_FIRST: Final = 10
_FULL: Final = 100
_UNREACHED: Final = -1e300


@dataclass(frozen=True, slots=True)
class Split:
    """Boards with one Pin taken off each. `pins[starts[b]:starts[b + 1]]` are those still on board b; `top` is one more
    than the largest Pin."""

    starts: NDArray[np.int64]
    pins: NDArray[np.int64]
    boards: NDArray[np.int64]
    held_out: NDArray[np.int64]
    negatives: NDArray[np.int64]
    top: int

    def on(self, board: int) -> NDArray[np.int64]:
        """The Pins of a board."""
        return self.pins[self.starts[board] : self.starts[board + 1]]


def run(
    saves: Path,
    held_out: Path,
    *,
    json_path: Path | None = None,
    boards: int | None = None,
    only: Sequence[str] = (),
) -> list[dict[str, Any]]:
    """Prints, and gives back, a row for each method: HR@10 and NDCG@10 of the held-out Pin among 99 others, HR@10 and
    HR@100 among all Pins that are not on the board, and one core's milliseconds a request.

    `saves` has rows board,pin; `held_out` is an .npz with `held_out` (boards,) and `negatives` (boards, 99). Of more
    than `boards` boards a random sample is asked, the same each time; models see all of `saves`. A tie counts against
    the held-out Pin.
    Of the methods `only` those named are measured, if any are.
    Raises Invalid for files that do not fit, and for methods that there are not.
    """
    if unknown := [name for name in only if name not in METHODS]:
        raise Invalid(f"There is no method {', '.join(unknown)}: there are {', '.join(METHODS)}.")
    split = read(saves, held_out)
    warming.warm()
    asked = np.arange(split.held_out.size)
    if boards is not None and boards < asked.size:
        asked = np.sort(np.random.default_rng(0).choice(asked, boards, replace=False))
    console = Console(width=120)
    rows = []
    for name, method in methods(split, only or METHODS, console):
        rows.append(measure(name, method, split, asked, console))
        said = f"{name}: HR@10 {rows[-1]['hr10']:.4f}, NDCG@10 {rows[-1]['ndcg10']:.4f}"  # The table takes minutes.
        console.print(said, highlight=False)
    _show(console, rows, asked.size)
    if json_path is not None:
        json_path.write_text(json.dumps(rows, indent=2) + "\n", "utf-8")
    return rows


def read(saves: Path, held_out: Path) -> Split:
    """The two files. Raises Invalid with what is wrong with them."""
    table = read_saves(saves)
    try:
        board_ids, pin_ids = np.array(table.boards, np.int64), np.array(table.pins, np.int64)
    except ValueError as error:
        raise Invalid(f"{saves}: boards and Pins must be whole numbers, as the held-out file names them so") from error
    boards, pins = np.repeat(board_ids, np.diff(table.starts)), pin_ids[table.members]
    try:
        with np.load(held_out) as file:
            wanted, others = file["held_out"].astype(np.int64), file["negatives"].astype(np.int64)
    except (OSError, ValueError, KeyError) as error:
        raise Invalid(f"{held_out} is no .npz with held_out and negatives: {error}") from error
    if others.ndim != 2 or wanted.shape != others.shape[:1] or int(boards.max(initial=-1)) >= wanted.size:
        raise Invalid(f"{held_out} must have one held-out Pin, and negatives, for each board of {saves}")
    order = np.argsort(boards, kind="stable")
    starts = np.concatenate([[0], np.cumsum(np.bincount(boards, minlength=wanted.size))]).astype(np.int64)
    top = 1 + int(max(pins.max(initial=0), wanted.max(initial=0), others.max(initial=0)))
    return Split(starts, pins[order], boards[order], wanted, others, top)


def methods(split: Split, wanted: Sequence[str], console: Console) -> Iterator[tuple[str, Method]]:
    """What is compared, of those that are wanted, each made when its turn comes: it gives a score for every Pin, asked
    with all Pins of a board. `ials` has 64 factors, as others report it; `ials-128` is the model that the blend has."""
    flat = Flat.build(split.boards, split.pins)
    popular = np.bincount(split.pins, minlength=split.top).astype(np.float64)

    def walked(boards_max: int) -> Method:
        # All that one hop reaches: longer walks go on only where a request finds too little.
        return lambda board: _spread(
            deposit.ranked(flat, _ask(split, board), limit=ALL, boards_max=boards_max, hops_max=1, seed=board),
            split.top,
        )

    def stepped() -> Method:
        return lambda board: _spread(pixie.ranked(flat, _ask(split, board), limit=ALL, seed=board), split.top)

    def factored(recipe: Recipe) -> Method:
        model = _timed("iALS", console, lambda: ials.train(split.boards, split.pins, recipe=recipe))
        return _asking(split, model.scores)

    made: dict[str, Callable[[], Method]] = {
        "popular": lambda: lambda _: popular,
        "pixie": stepped,
        "deposit": lambda: walked(WALK_BOARDS_MAX),
        "deposit-full": lambda: walked(ALL),
        "ials": lambda: factored(ials.PLAIN),
        "ials-128": lambda: factored(ials.BLENDED),
        "ease": lambda: _asking(split, _timed("EASE", console, lambda: ease.train(split.boards, split.pins)).scores),
        "blend": lambda: _blend(split, flat, console),
    }
    return ((name, made[name]()) for name in METHODS if name in wanted)


def _blend(split: Split, flat: Flat, console: Console) -> Method:
    learnt = _timed("blend", console, lambda: learn(split.boards, split.pins))
    weights = ", ".join(f"{weight:.3f}" for weight in learnt.weights)
    console.print(f"iALS and EASE weigh {weights} to the walk's 1", highlight=False)
    asked = [_asking(split, model.scores) for model in learnt.models]

    def scores(board: int) -> Scores:
        walk, ranking = np.zeros(split.top), deposit.ranked(flat, _ask(split, board), limit=SHORTLIST, seed=board)
        walk[ranking.pins] = ranking.scores
        found = np.stack([ask(board) for ask in asked])
        return Blend.over(ranking.scores, found[:, ranking.pins], learnt.weights).scores(walk, found)

    return scores


def _asking(split: Split, opinion: Opinion) -> Method:
    """What a model thinks of every Pin for somebody who saved a board's; of those that it does not know, the least."""
    every = np.arange(split.top)

    def scores(board: int) -> Scores:
        on = split.on(board)
        found = opinion(on, np.ones(on.size), every)
        if found is None:
            return np.full(split.top, _UNREACHED)
        return np.where(np.isnan(found), np.nanmin(found), found)

    return scores


def _timed(name: str, console: Console, work: Callable[[], T]) -> T:
    began = time.perf_counter()
    made = work()
    console.print(f"{name} learnt in {time.perf_counter() - began:.1f} s", highlight=False)
    return made


def measure(name: str, method: Method, split: Split, asked: NDArray[np.int64], console: Console) -> dict[str, Any]:
    """The row of one method."""
    among, everywhere, ms = np.empty(asked.size, np.int64), np.empty(asked.size, np.int64), np.empty(asked.size)
    for i, board in enumerate(track(asked.tolist(), name, console=console, transient=True)):
        began = time.perf_counter()
        scores = method(board)
        ms[i] = (time.perf_counter() - began) * 1e3
        wanted = scores[split.held_out[board]]
        among[i] = 1 + (scores[split.negatives[board]] >= wanted).sum()
        on = np.unique(split.on(board))
        everywhere[i] = (scores >= wanted).sum() - (scores[on] >= wanted).sum()
    return {
        "method": name,
        "hr10": round(float((among <= _FIRST).mean()), 4),
        "ndcg10": round(float(np.where(among <= _FIRST, 1 / np.log2(among + 1), 0).mean()), 4),
        "full_hr10": round(float((everywhere <= _FIRST).mean()), 4),
        "full_hr100": round(float((everywhere <= _FULL).mean()), 4),
        "ms_per_request": round(float(ms.mean()), 3),
    }


def _ask(split: Split, board: int) -> list[tuple[PinN, float]]:
    return [(PinN(n), 1.0) for n in split.on(board).tolist()]


def _spread(ranking: Ranking, top: int) -> Scores:
    scores = np.full(top, _UNREACHED)
    scores[ranking.pins] = ranking.scores
    return scores


def _show(console: Console, rows: list[dict[str, Any]], boards: int) -> None:
    table = Table("method", title=f"Quality: the Pin taken off each of {boards:,} boards")
    for title in ("HR@10", "NDCG@10", "full HR@10", "full HR@100", "ms a request"):
        table.add_column(title, justify="right")
    for row in rows:
        figures = [f"{row[key]:.4f}" for key in ("hr10", "ndcg10", "full_hr10", "full_hr100")]
        table.add_row(row["method"], *figures, f"{row['ms_per_request']:.2f}")
    console.print(table)
    console.print(f"  {machine()}", highlight=False)
