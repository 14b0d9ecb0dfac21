"""`pinwalk moderate`: what people reported of Pins, and settling it."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from app.connect import ready_graph
from app.settings import Settings
from domain.ids import ReportId
from domain.limits import REPORTS_LISTED_MAX
from graph import reports
from graph.reports import ReportState


async def show(settings: Settings, *, settled: bool, console: Console | None = None) -> None:
    """Prints the oldest reports that are open, or of each way to settle them, and how many are open in all."""
    told = console or Console(highlight=False)
    states = (ReportState.DISMISSED, ReportState.TAKEN_DOWN) if settled else (ReportState.OPEN,)
    async with ready_graph(settings) as graph:
        found = [report for state in states for report in await reports.listed(graph, state, REPORTS_LISTED_MAX)]
        waiting = await reports.count_open(graph)
    table = Table("report", "state", "kind", "Pin", "title", "by", "at", "says")
    for report in found:
        table.add_row(
            report.id,
            report.state.value,
            report.kind.value,
            report.pin_id,
            report.pin_title,
            report.reporter or "(gone)",
            f"{report.at:%Y-%m-%d %H:%M}",
            report.text or "",
        )
    if found:
        told.print(table)
    told.print(f"{waiting} reports wait." if waiting != 1 else "1 report waits.")


async def settle(settings: Settings, report: str, *, take_down: bool, console: Console | None = None) -> None:
    """Settles a report with every open one of the same Pin, and prints what was done. Raises NotFound, Conflict."""
    told = console or Console(highlight=False)
    state = ReportState.TAKEN_DOWN if take_down else ReportState.DISMISSED
    async with ready_graph(settings) as graph:
        done = await reports.settle(graph, ReportId(report), state)
    what = "was gone already" if take_down else "stays"
    if done.taken_down:
        what = "has been taken down, off every board"
    told.print(f"“{done.pin_title}” {what}. Reports settled: {done.reports}.")
