"""`pinwalk bench plot`: pictures of what `bench quality` and `bench walk` wrote, as SVG."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any, Final

from domain.errors import Invalid

_WIDTH, _HEIGHT = 720, 420
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 20, 44, 56
_INK: Final = "#24292f"
_COLOURS: Final = ("#0b6e4f", "#b23a48", "#3d5a80", "#8f6c00")
Point = tuple[float, float, str]


@dataclass(frozen=True, slots=True)
class Axis:
    """From `low` to `high`, logarithmic or not, with marks at `marks`."""

    title: str
    low: float
    high: float
    marks: tuple[float, ...]
    log: bool = False

    def share(self, value: float) -> float:
        """Where a value lies between the ends, 0 to 1."""
        at: Callable[[float], float] = math.log if self.log else float
        return (at(value) - at(self.low)) / (at(self.high) - at(self.low))


def run(*, quality: Path | None, walks: Sequence[Path], folder: Path) -> list[Path]:
    """The pictures that were made: quality against time a request, the cost of a step against the size of the graph.
    Raises Invalid for a file that is not what those commands write."""
    made = []
    folder.mkdir(parents=True, exist_ok=True)
    if quality is not None:
        made.append(_write(folder / "quality.svg", of_quality(_read(quality))))
    if walks:
        made.append(_write(folder / "steps.svg", of_steps([_read(path) for path in walks])))
    return made


def of_quality(rows: Sequence[dict[str, Any]]) -> str:
    """NDCG@10 of each method against its milliseconds a request."""
    points = [(max(float(row["ms_per_request"]), 1e-3), float(row["ndcg10"]), str(row["method"])) for row in rows]
    points.sort()
    x = _log_axis("milliseconds a request, one core", [x for x, _, _ in points])
    y = _axis("NDCG@10 among 99 others", [y for _, y, _ in points])
    return picture("Quality against time", x, y, [("", [point]) for point in points])


def of_steps(runs: Sequence[dict[str, Any]]) -> str:
    """Nanoseconds of a step against the number of saves: the walk, what memory allows, other libraries."""
    lines: dict[str, list[Point]] = {}
    for run_ in sorted(runs, key=lambda run_: float(run_["edges"])):
        edges = float(run_["edges"])
        lines.setdefault("this walk", []).append((edges, float(run_["ns_per_step"]), ""))
        lines.setdefault("what memory allows", []).append((edges, float(run_["limit_ns_per_step"]), ""))
        for name, value in run_.get("peers", {}).items():
            if name.endswith("_ns_per_step"):
                lines.setdefault(name.removesuffix("_ns_per_step"), []).append((edges, float(value), ""))
    named = [(name, [*points[:-1], (*points[-1][:2], name)]) for name, points in lines.items()]
    every = [point for _, points in named for point in points]
    x = _log_axis("saves", [x for x, _, _ in every], wide=True)
    y = _log_axis("nanoseconds a step", [y for _, y, _ in every])
    return picture("The cost of a step", x, y, named)


def picture(title: str, x: Axis, y: Axis, lines: Sequence[tuple[str, Sequence[Point]]]) -> str:
    """Lines of named points between two axes, as SVG."""
    wide, high = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM

    def at(point: tuple[float, float]) -> tuple[float, float]:
        return round(_LEFT + wide * x.share(point[0]), 1), round(_TOP + high * (1 - y.share(point[1])), 1)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>',
        f'<g font-family="sans-serif" font-size="13" fill="{_INK}">',
        f'<text x="{_LEFT}" y="24" font-size="16" font-weight="bold">{escape(title)}</text>',
        f'<text x="{_LEFT + wide / 2}" y="{_HEIGHT - 12}" text-anchor="middle">{escape(x.title)}</text>',
        f'<text transform="translate(18 {_TOP + high / 2}) rotate(-90)" text-anchor="middle">{escape(y.title)}</text>',
    ]
    for mark in x.marks:
        left, _ = at((mark, y.low))
        parts.append(f'<path d="M{left} {_TOP}V{_TOP + high}" stroke="#d8dee4"/>')
        parts.append(f'<text x="{left}" y="{_TOP + high + 18}" text-anchor="middle">{_said(mark)}</text>')
    for mark in y.marks:
        _, down = at((x.low, mark))
        parts.append(f'<path d="M{_LEFT} {down}H{_LEFT + wide}" stroke="#d8dee4"/>')
        parts.append(f'<text x="{_LEFT - 8}" y="{down + 4}" text-anchor="end">{_said(mark)}</text>')
    for i, (_, points) in enumerate(lines):
        colour, places = _COLOURS[i % len(_COLOURS)], [at(point[:2]) for point in points]
        if len(places) > 1:
            path = "L".join(f"{left} {down}" for left, down in places)
            parts.append(f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        for (left, down), (_, _, name) in zip(places, points, strict=True):
            end = left > _LEFT + 0.8 * wide
            beside = 18 if len(points) == 1 and i % 2 else -7  # Names of neighbours stand above and below in turn.
            parts.append(f'<circle cx="{left}" cy="{down}" r="4" fill="{colour}"/>')
            parts.append(
                f'<text x="{left - 7 if end else left + 7}" y="{down + beside}" '
                f'text-anchor="{"end" if end else "start"}">{escape(name)}</text>'
            )
    return "\n".join([*parts, "</g></svg>"]) + "\n"


def _axis(title: str, values: Sequence[float]) -> Axis:
    low, high = min(0.0, *values), max(values)
    step = 10 ** math.floor(math.log10(max(high - low, 1e-9)))
    marks = tuple(round(step * i, 9) for i in range(math.ceil(high / step) + 1))
    return Axis(title, low, marks[-1], marks)


def _log_axis(title: str, values: Sequence[float], *, wide: bool = False) -> Axis:
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    high = max(high, low + 1)
    if wide:
        return Axis(title, min(values) / 2, max(values) * 2, tuple(sorted(set(values))), log=True)
    return Axis(title, 10.0**low, 10.0**high, tuple(10.0**power for power in range(low, high + 1)), log=True)


def _said(value: float) -> str:
    return f"{value / 1e6:.3g}M" if value >= 1e6 else f"{value:.3g}"


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise Invalid(f"{path} cannot be read as what a benchmark wrote: {error}") from error


def _write(path: Path, text: str) -> Path:
    path.write_text(text, "utf-8")
    return path
