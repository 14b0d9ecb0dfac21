"""`pinwalk quotas` and the page that it asks: the rules, and how much of them is used."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import typer
from rich.console import Console
from rich.table import Table
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app import hold, parts, secret_files
from app.settings import Settings
from app.transports.quotas import SHIPPED, Quota, Quotas, check, read
from app.watch.page import REFUSAL, is_bearer
from schema.api import root_fields

PATH: Final = "/quotas"
_EVERY_S: Final = ((86_400, "d"), (3_600, "h"), (60, "m"), (1, "s"))


def answer(quotas: Callable[[], Quotas], token: Callable[[], str]) -> Callable[[Request], Awaitable[Response]]:
    """The handler of `/quotas`: what one process has counted, for whoever sends the token of `/metrics`."""

    async def show(request: Request) -> Response:
        if not is_bearer(request.headers.get("authorization", ""), token()):
            return JSONResponse({"error": REFUSAL}, 401, headers={"www-authenticate": "Bearer"})
        usage = [asdict(used) for used in quotas().usage()]
        return JSONResponse({"quotas": usage}, headers={"cache-control": "no-store"})

    return show


def run(settings: Settings, *, path: Path | None, shipped: bool, as_json: bool) -> None:
    """Prints the quotas of the API that runs, with their use; those of a file when it does not, or one is given.

    Raises Invalid for a file that says something wrong.
    """
    console = Console(highlight=False)
    if not console.is_terminal:  # A file or a pipe has no width: keep each row on one line.
        console = Console(width=140, highlight=False)
    if shipped:
        typer.echo(SHIPPED.read_text(encoding="utf-8"), nl=False)  # As it is: it is to be read again.
        return
    rules = read(path or settings.quotas)
    check(rules, root_fields())
    used = _asked(settings) if path is None else []
    if as_json:
        console.print_json(json.dumps({"quotas": used or [{"quota": asdict(rule)} for rule in rules]}))
        return
    console.print(_table([Quota(**entry["quota"]) for entry in used] or rules, used))
    if not used and path is None:
        console.print("No API answers here: these are the rules, and nothing is counted.")


def _asked(settings: Settings) -> list[dict[str, Any]]:
    running = hold.running(settings.data_dir)
    url = running.api_url if running and running.api_url else settings.base_url
    bearer = {"authorization": f"Bearer {secret_files.metrics_token(settings)}"}
    code, body = parts.get(f"{url}{PATH}", headers=bearer)
    found: list[dict[str, Any]] = json.loads(body)["quotas"] if code == 200 else []
    return found


def _table(rules: list[Quota], used: list[dict[str, Any]]) -> Table:
    table = Table(
        "quota", "for each", "of", "amount", "per", "callers", "spent", "refused", "least left", title="Quotas"
    )
    for number, rule in enumerate(rules):
        use = used[number] if used else {}
        busiest = ", ".join(f"{who} {share:.0%}" for who, share in use.get("busiest", [])[:3])
        counted = [str(use.get(name, "")) for name in ("callers", "spent", "refused")]
        table.add_row(rule.name, rule.who, rule.of, f"{rule.amount:,}", _every(rule.per_s), *counted, busiest)
    return table


def _every(seconds: int) -> str:
    return next(f"{seconds // unit}{name}" for unit, name in _EVERY_S if seconds % unit == 0)
