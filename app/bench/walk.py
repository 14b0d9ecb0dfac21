"""`pinwalk bench walk`: what a step and a request of the walk cost, against what memory allows."""

from __future__ import annotations

import json
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from app import garbage
from app.bench import peers, synthetic
from app.bench.report import machine
from discovery.walk import deposit, pixie, plain, snapshot, stepping, warming
from discovery.walk.flat import Flat
from discovery.walk.kernels import MOVED
from domain.errors import Invalid
from domain.ids import PinN

Query = list[tuple[PinN, float]]
LIMIT: Final = 100
_STARTS: Final = 100
_STEPS: Final = 100_000
_TURNS: Final = 4
_REQUESTS: Final = 400
_PLAIN_ROUNDS: Final = 8
_PLAIN_STARTS: Final = 60
_APPENDS_SHARE: Final = 0.05
_APPENDS_A_TURN: Final = 10_000
_EDGES_M_MIN: Final = 0.1
_EDGES_M_MAX: Final = 2_000.0


def edges_of(text: str) -> float:
    """Millions of saves from a text such as 17.7M. Raises Invalid for another."""
    try:
        edges = float(text.removesuffix("M").removesuffix("m"))
    except ValueError:
        edges = 0.0
    if not _EDGES_M_MIN <= edges <= _EDGES_M_MAX:
        raise Invalid(f"--edges is {text!r}: give millions from {_EDGES_M_MIN}M to {_EDGES_M_MAX}M, such as 17.7M")
    return edges


def run(edges: float, *, json_path: Path | None = None, peers_python: Path | None = None) -> dict[str, Any]:
    """Prints, and gives back, the figures of a synthetic power-law graph of so many million saves.

    The graph is written as a snapshot, opened, checked and taken into the process's own memory, as the product does.
    The limit is the machine's time for an overlapped random read over an array of that size, times the mean number of
    distinct 64-byte lines that a step touches, counted by the plain twin over the same random numbers.
    """
    console = Console(width=120)
    warming.warm()
    garbage.settle()
    with tempfile.TemporaryDirectory(prefix="pinwalk-bench-") as folder:
        boards, pins = synthetic.saves(round(edges * 1e6), seed=1)
        order = np.random.default_rng(2).permutation(boards.size)
        boards, pins = boards[order], pins[order]
        del order
        flat, build_s = _timed(lambda: Flat.build(boards, pins))
        queries = synthetic.queries(pins, _REQUESTS, seed=3)
        starts = [query[0][0] for query in synthetic.queries(pins, _STARTS, seed=4)]
        path = Path(folder) / "bench.walk"
        snapshot.write(flat, path, snapshot.Origin(0, ""))
        del flat
        opened, open_s = _timed(lambda: snapshot.open_(path))
        _, verify_s = _timed(opened.verify)
        walked, own_s = _timed(opened.flat.owned)
        figures: dict[str, Any] = {"edges": int(boards.size)}
        even = synthetic.even_queries(int(walked.pin_at.size), _REQUESTS, seed=6)
        figures |= measured(walked, starts, queries, even)
        figures |= {"build_s": round(build_s, 2), "open_ms": round(open_s * 1e3, 2)}
        figures |= {"verify_ms": round(verify_s * 1e3, 1), "own_ms": round(own_s * 1e3, 1)}
        figures["bytes_per_edge"] = round(walked.nbytes / (2 * boards.size), 3)
        figures |= appended(walked, starts, pins, figures["ns_per_step"])
        figures["peers"] = {} if peers_python is None else peers.steps(peers_python, boards, pins, Path(folder))
    _show(console, figures)
    if json_path is not None:
        json_path.write_text(json.dumps(figures | {"machine": machine()}, indent=2) + "\n", "utf-8")
    return figures


def measured(flat: Flat, starts: Sequence[PinN], queries: Sequence[Query], even: Sequence[Query]) -> dict[str, Any]:
    """Nanoseconds of a step and of the machine's limit for it; milliseconds of whole requests, `even` of Pins that
    are all as likely."""
    read_ns = synthetic.random_read_ns(flat.words)
    lines = _lines(flat, starts[:_PLAIN_STARTS])
    ns, walked_ns = ns_per_step(flat, starts), ns_per_step(flat, starts, counted=False)
    read_ns = min(read_ns, synthetic.random_read_ns(flat.words))
    boards = _milliseconds(lambda q: deposit.recommend(flat, q, limit=LIMIT, exclude=(), seed=1), queries)
    evenly = _milliseconds(lambda q: deposit.recommend(flat, q, limit=LIMIT, exclude=(), seed=1), even)
    walks = _milliseconds(lambda q: pixie.recommend(flat, q, limit=LIMIT, steps=_STEPS, seed=1), queries)
    return {
        "ns_per_step": round(ns, 2),
        "ns_per_step_uncounted": round(walked_ns, 2),
        "limit_ns_per_step": round(lines * read_ns, 2),
        "lines_per_step": round(lines, 3),
        "random_read_ns": round(read_ns, 2),
        "share_of_limit": round(lines * read_ns / ns, 3),
        "msteps_per_s": round(1e3 / ns, 1),
        "deposit3000_p50_ms": round(float(np.percentile(evenly, 50)), 3),
        "deposit3000_p99_ms": round(float(np.percentile(evenly, 99)), 3),
        "deposit3000_popular_p50_ms": round(float(np.percentile(boards, 50)), 3),
        "deposit3000_popular_p99_ms": round(float(np.percentile(boards, 99)), 3),
        "pixie100k_p50_ms": round(float(np.percentile(walks, 50)), 3),
        "pixie100k_p99_ms": round(float(np.percentile(walks, 99)), 3),
    }


def ns_per_step(flat: Flat, starts: Sequence[PinN], turns: int = _TURNS, *, counted: bool = True) -> float:
    """The median over starts of the best time of some turns for a step Pin → board → Pin on one core: 100,000 steps,
    α = 0.5. Unless `counted` is False it includes that visits are summed by Pin."""
    best, rounds = [float("inf")] * len(starts), _STEPS // stepping.WALKERS
    size = rounds * stepping.WALKERS
    entries, boards, source_of = np.zeros(size, np.uint64), np.zeros(size, flat.words.dtype), np.zeros(rounds, np.int32)
    keys, value, via = np.zeros(size, np.uint64), np.zeros(size), np.zeros(size, np.int32)
    none, via_board = np.zeros(0, np.uint64), np.zeros(size, np.uint64)
    for _ in range(turns):
        for i, start in enumerate(starts):
            node = np.uint64(flat.pin_at[start])
            began = time.perf_counter()
            stepping.step(
                *(flat.words, node, rounds, np.uint64(1 << 31), np.uint64(int(start)), np.uint64(0), 1 << 40),
                *(none, np.uint64(0), 0, entries, boards),
            )
            if counted:
                entries.sort()
                stepping.counted(entries, boards, source_of, keys, value, via, via_board)
            best[i] = min(best[i], (time.perf_counter() - began) * 1e9 / size)
    return float(np.median(best))


def appended(flat: Flat, starts: Sequence[PinN], pins: NDArray[Any], before_ns: float) -> dict[str, Any]:
    """The cost of a step after 5 % of live appends, and while they go on, as ratios to that before."""
    more, rng = round(_APPENDS_SHARE * pins.size), np.random.default_rng(5)
    to_boards, to_pins = rng.integers(0, flat.board_at.size, more), pins[rng.integers(0, pins.size, more)]
    to_boards, to_pins = to_boards.astype(np.int64), to_pins.astype(np.int64)
    stop, during = threading.Event(), [0.0]

    def walking() -> None:
        times = []
        while not stop.is_set():
            with flat.gate.walking():
                times.append(ns_per_step(flat, starts[:2], 1))
        during[0] = float(np.median(times)) if times else 0.0

    walker = threading.Thread(target=walking)
    walker.start()
    began, done = time.perf_counter(), 0
    for low in range(0, more, _APPENDS_A_TURN):
        turn = slice(low, low + _APPENDS_A_TURN)
        adds = np.ones(to_boards[turn].size, np.bool_)
        size = flat.edit(to_boards[turn], to_pins[turn], adds)
        done += size
        if size < adds.size:
            break
        time.sleep(0.002)
    appending_s = time.perf_counter() - began
    stop.set()
    walker.join()
    after_ns = ns_per_step(flat, starts)
    again_ns = ns_per_step(flat, starts)
    moved = int((flat.words[flat.pin_at[flat.pin_at > 0]] == int(MOVED)).sum())
    return {
        "after_appends_ratio": round(min(after_ns, again_ns) / before_ns, 3),
        "during_appends_ratio": round(during[0] / before_ns, 3),
        "appends": done,
        "appends_per_s": round(done / max(appending_s, 1e-9)),
        "pin_lists_moved": moved,
    }


def _lines(flat: Flat, starts: Sequence[PinN]) -> float:
    return float(
        np.mean(
            [
                plain.steps(flat, start, _PLAIN_ROUNDS, restart=1 << 31, seed=int(start)).lines_per_step
                for start in starts
            ]
        )
    )


def _milliseconds(ask: Callable[[Query], Any], queries: Sequence[Query]) -> list[float]:
    """The best of some turns of each request: what it costs, not what else the machine did."""
    best = [float("inf")] * len(queries)
    for _ in range(_TURNS):
        for i, query in enumerate(queries):
            best[i] = min(best[i], _timed(partial(ask, query))[1] * 1e3)
    return best


def _timed(work: Callable[[], Any]) -> tuple[Any, float]:
    began = time.perf_counter()
    made = work()
    return made, time.perf_counter() - began


def _show(console: Console, figures: dict[str, Any]) -> None:
    table = Table("figure", "value", title=f"The walk over {figures['edges'] / 1e6:.1f}M saves")
    for name, value in figures.items():
        if name != "peers":
            table.add_row(name, f"{value:,}")
    for name, value in figures["peers"].items():
        table.add_row(f"peer {name}", str(value))
    console.print(table)
