"""`pinwalk jobs`: how many jobs wait and run, and those that were given up."""

from __future__ import annotations

from datetime import UTC, datetime

from rich.console import Console
from rich.table import Table

from app.connect import ready_graph
from app.settings import Settings
from graph import endpoints, jobs


async def run(settings: Settings, *, retry: bool) -> None:
    """Prints two tables; with `retry`, gives the jobs that were given up new attempts first."""
    console = Console(highlight=False)
    async with ready_graph(settings) as graph:
        if retry:
            console.print(f"{await jobs.retry_dead(graph, datetime.now(UTC))} jobs will be tried again.")
        counts = Table("jobs", "count")
        for name, count in sorted((await jobs.counts(graph)).items()):
            counts.add_row(name, str(count))
        for state, count in sorted((await endpoints.counts(graph)).items()):
            counts.add_row(f"webhook.{state}", str(count))
        console.print(counts)
        dead = await jobs.dead(graph)
        if dead:
            table = Table("given up", "pin", "attempts", "last error")
            for job in dead:
                table.add_row(job.kind, str(job.pin_n), str(job.attempts), job.error)
            console.print(table)
