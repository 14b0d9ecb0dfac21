"""The fetch of the Neo4j server, as a person sees it: what, how large, how far."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from graph.embedded import install, jars


def fetch(cache: Path) -> None:
    """Fetches what is missing, with a bar. Raises Unavailable with the ways out."""
    console = Console(stderr=True, soft_wrap=True)
    console.print(f"Fetching the Neo4j server: {jars.FETCH_MB} MB, once; kept in {jars.folder(cache)}")
    columns = (
        TextColumn("  {task.completed:>3.0f} of {task.total:.0f} jars"),
        BarColumn(),
        TextColumn("{task.fields[megabytes]:.0f} MB"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("jars", total=len(jars.locked()), megabytes=0.0)

        def show(progress: install.Progress) -> None:
            bar.update(task, completed=progress.jars_done, megabytes=progress.bytes_done / 1e6)

        install.install(cache, show)
