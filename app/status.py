"""`pinwalk status`: what runs on a data folder, and how each part is doing."""

from __future__ import annotations

import json

from rich.console import Console
from rich.table import Table

from app import hold, parts
from app.settings import Settings


def run(settings: Settings) -> int:
    """Prints a table; 0 when the API answers and every part is ready, else 1."""
    console = Console(highlight=False)
    running = hold.running(settings.data_dir)
    url = running.api_url if running and running.api_url else settings.base_url
    code, body = parts.get(f"{url}/readyz")
    if running:
        console.print(f"`pinwalk serve` (process {running.pid}) holds {settings.data_dir}")
    if code == 0:
        console.print(f"No API answers at {url}.")
        return 1
    table = Table("part", "state", "detail", title=url)
    for name, part in json.loads(body).get("parts", {}).items():
        table.add_row(name, str(part.get("state", "")), str(part.get("detail", "")))
    console.print(table)
    if running:
        pages = (running.api_url, running.worker_url, running.embedder_url)
        console.print("Metrics:", *(f"{page}/metrics" for page in pages if page))
    return 0 if code == 200 else 1
