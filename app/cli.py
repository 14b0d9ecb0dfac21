"""The command line: `pinwalk serve` and its parts, imports, benchmarks. A command imports what it runs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from app import settings
from app.bench.commands import benches
from app.children import FAILED
from app.cli_feeds import feeds
from app.cli_upkeep import doctor, moderation, quotas, reindex
from app.launch import around, prepared, traced, until_stopped
from app.launch import fetch as fetch_server
from app.settings import Settings
from domain.errors import ProductError

if TYPE_CHECKING:
    from app.transfer.report import Report

ABOUT: Final = """
Pinwalk: save pictures to boards, walk the graph of saves, be shown more of what you love.

[bold]Examples[/bold]

  pinwalk serve --demo                   everything, with a demo world
  pinwalk import saves saves.csv.gz      from rows of board,pin
  pinwalk import folder holiday.zip      each folder becomes a board
  PINWALK_PORT=9000 pinwalk serve        settings are environment variables
  pinwalk status                         what runs, and how it is doing

All settings: pinwalk settings
"""


class Role(StrEnum):
    """A process that a health check asks after."""

    API = "api"
    WORKER = "worker"
    EMBEDDER = "embedder"


app = typer.Typer(
    help=ABOUT, no_args_is_help=True, rich_markup_mode="rich", add_completion=False, pretty_exceptions_enable=False
)
imports = typer.Typer(help="Bring boards, saves and pictures in. Safe to repeat; goes on where it stopped.")
app.add_typer(imports, name="import", no_args_is_help=True)
app.add_typer(benches, name="bench", no_args_is_help=True)
app.add_typer(moderation, name="moderate", no_args_is_help=True)
app.add_typer(feeds, name="feeds", no_args_is_help=True)
app.command()(reindex)
app.command()(doctor)
app.command()(quotas)


def main() -> None:
    """Runs a command. Expected failures are one message on stderr and exit code 2."""
    settings.one_thread_a_product()
    try:
        app()
    except ProductError as error:
        typer.secho(error.message, fg="red", err=True)
        raise SystemExit(FAILED) from None


def _version(wanted: bool) -> None:
    from app.version import version

    if wanted:
        typer.echo(f"pinwalk {version()}")
        raise typer.Exit


@app.callback()
def options(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """What stands before a command."""


@app.command()
def serve(
    *,
    demo: Annotated[bool, typer.Option("--demo", help="Load the demo world at the first start.")] = False,
) -> None:
    """Everything on this machine: graph, vectors, embedder, worker and API. Ctrl-C stops it all.

    Servers that the environment names (PINWALK_GRAPH_URI, PINWALK_VECTORS_URI, PINWALK_EMBEDDER_URL) are not started.
    """
    from app.supervisor import serve as run
    from app.terminal import Terminal

    known = prepared("serve")
    if known.quotas is not None:  # The API would only die of it.
        from app.transports.quotas import read

        read(known.quotas)
    fetch_server(known)
    raise typer.Exit(asyncio.run(run(known, demo=demo, terminal=Terminal())))


@app.command()
def api() -> None:
    """The API alone, against a graph, vectors and an embedder that run elsewhere."""
    from app.main import serve as run

    known = prepared("api")
    doors = {}
    if known.mcp != "off":  # Takes a second to import.
        from app.mcp_door import PATH, opening

        doors[PATH] = opening(known.mcp)
    with traced("api"):
        run(known, doors)


@app.command()
def worker() -> None:
    """The worker alone: renders and embeds what was uploaded, gives events their order. Several may run."""
    from app.worker import run

    known = prepared("worker")
    with traced("worker"):
        until_stopped(run(known))


@app.command()
def embedder() -> None:
    """The embedder alone: pictures and words to vectors. May be another machine (PINWALK_EMBEDDER_HOST, _PORT)."""
    from app.embedder import run

    known = prepared("embedder")
    with traced("embedder"):
        run(known)


@app.command()
def migrate() -> None:
    """Bring the graph's schema up to date, and make the bucket when it is missing. The second run does nothing.

    Waits PINWALK_START_TIMEOUT_S for each server.
    """
    from app import stores
    from app.connect import ready_graph

    async def work(known: Settings) -> None:
        async with ready_graph(known, within_s=known.start_timeout_s):
            typer.echo("The graph's schema is up to date.")
        if await stores.make(known, within_s=known.start_timeout_s):
            typer.echo(f"The bucket {known.s3_bucket!r} has been made.")
        elif known.s3_endpoint is not None:
            typer.echo(f"The bucket {known.s3_bucket!r} is there.")

    around(work, needs=("neo4j",))


@app.command()
def demo() -> None:
    """Load the demo world if it is not there, and print how to log in."""
    from app.demo.load import run

    async def work(known: Settings) -> None:
        loaded = await run(known)
        typer.echo(f"{loaded.pins} pins on {loaded.boards} boards of {loaded.users} users.")
        typer.echo(f"Log in as {loaded.username}, password {loaded.password}")

    around(work, needs=("neo4j",))


@app.command()
def jobs(
    *,
    retry: Annotated[bool, typer.Option("--retry", help="Give every job that was given up new attempts.")] = False,
) -> None:
    """How many jobs wait and run, and those that were given up."""
    from app.jobs_report import run

    async def work(known: Settings) -> None:
        await run(known, retry=retry)

    around(work, needs=("neo4j",))


@app.command()
def train() -> None:
    """Bring the walk's snapshot and the model up to date now, not when the worker's turn comes."""
    from app.learning import run

    around(run, needs=("neo4j",))


@app.command()
def status() -> None:
    """What runs on this data folder, and how each part is doing."""
    from app.status import run

    raise typer.Exit(run(prepared("status")))


@app.command("settings")
def list_settings() -> None:
    """Every environment variable that configures Pinwalk, its default and what it is."""
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=True)
    for name, default, says in settings.table():
        console.print(f"[bold]{name}[/bold]" + (f" (default {default})" if default else ""))
        console.print(f"  {says}")


@app.command()
def licences(
    *, texts: Annotated[bool, typer.Option("--texts", help="Print the full texts instead of a table.")] = False
) -> None:
    """The software of others that Pinwalk uses and runs, and its licences."""
    from app.licences import run

    run(texts=texts)


@imports.command("saves")
def import_saves(
    file: Annotated[Path, typer.Argument(help="FILE.csv or FILE.csv.gz with the columns board,pin.", exists=True)],
    *,
    owner: Annotated[str | None, typer.Option(help="Username that gets every board. Default: one user per 20.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress bars.")] = False,
) -> None:
    """Boards and saves; pins come with generated pictures.

    Example: pinwalk import saves saves.csv.gz
    """
    from app.transfer.saves import run

    _import(lambda known: run(known, file, owner=owner, quiet=quiet))


@imports.command("folder")
def import_folder(
    path: Annotated[
        Path, typer.Argument(help="A folder or zip file of pictures; its folders become boards.", exists=True)
    ],
    *,
    csv: Annotated[str | None, typer.Option(help="A table beside the pictures: file, board, title, …")] = None,
    owner: Annotated[str | None, typer.Option(help="Username that gets the boards. Default: import.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress bars.")] = False,
) -> None:
    """Pictures, as boards by subfolder or by the columns of a table.

    Example: pinwalk import folder groceries.zip --csv products.csv
    """
    from app.transfer.folder import run

    _import(lambda known: run(known, path, csv=csv, owner=owner, quiet=quiet))


@app.command(hidden=True)
def healthy(role: Annotated[Role, typer.Argument(help="Whose process on this machine is meant.")]) -> None:
    """Whether the API, worker or embedder of this machine does its work: exit code 0 or 1, for health checks."""
    from app import healthy

    ask = {Role.API: healthy.api, Role.WORKER: healthy.worker, Role.EMBEDDER: healthy.embedder}[role]
    wrong = asyncio.run(ask(prepared("healthy")))
    typer.echo(f"{role.value}: {wrong or 'healthy'}")
    raise typer.Exit(0 if wrong is None else 1)


@app.command(hidden=True)
def fetch() -> None:
    """Fetch what `serve` needs and is not in a wheel: the Neo4j server."""
    fetch_server(prepared("fetch"))


@app.command(hidden=True)
def archive() -> None:
    """Make the archive of the Neo4j server's classes, which halves the time that its start takes."""
    from app.class_archive import make

    make(prepared("archive"))


@app.command(hidden=True)
def warm() -> None:
    """Compile the loops of walks, feeds and training, so that the first start does not."""
    from discovery.diversify import warm as compile_spacing
    from discovery.training.learning import warm as compile_training
    from discovery.walk.warming import warm as compile_walks

    compile_walks()
    compile_spacing()
    compile_training()


def _import(run: Callable[[Settings], Awaitable[Report]]) -> None:
    async def work(known: Settings) -> None:
        typer.echo(str(await run(known)))

    around(work, needs=("neo4j",))


if __name__ == "__main__":
    main()
