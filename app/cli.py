"""The command line: `pinwalk serve` and its parts, imports, benchmarks. A command imports what it runs."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AbstractContextManager, nullcontext
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from app import settings
from app.settings import Settings
from domain.errors import ProductError

if TYPE_CHECKING:
    from app.transfer.report import Report
    from app.watch.figures import Process

FAILED: Final = 2
ABOUT: Final = """
Pinwalk: save pictures to boards, walk the graph of saves, be shown more of what you love.

[bold]Examples[/bold]

  pinwalk serve --demo                   everything, with a demo world
  pinwalk import saves saves.csv.gz      from rows of board,pin
  pinwalk import folder holiday.zip      each folder becomes a board
  PINWALK_PORT=9000 pinwalk serve        settings are environment variables
  pinwalk status                         what runs, and how it is doing

All settings: docs/settings.md
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
benches = typer.Typer(help="Measure this installation: tables of p50, p99 and counts; --json FILE keeps them.")
app.add_typer(imports, name="import", no_args_is_help=True)
app.add_typer(benches, name="bench", no_args_is_help=True)

Json = Annotated[Path | None, typer.Option("--json", help="Write the figures to this file as well.")]
Url = Annotated[str, typer.Option(help="Address of the API. Default: the one that runs on this data folder.")]


def main() -> None:
    """Runs a command. Expected failures are one message on stderr and exit code 2."""
    try:
        app()
    except ProductError as error:
        typer.secho(error.message, fg="red", err=True)
        raise SystemExit(FAILED) from None


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

    known = _settings("serve")
    _fetch(known)
    raise typer.Exit(asyncio.run(run(known, demo=demo, terminal=Terminal())))


@app.command()
def api() -> None:
    """The API alone, against a graph, vectors and an embedder that run elsewhere."""
    from app.main import serve as run

    known = _settings("api")
    with _traced("api"):
        run(known)


@app.command()
def worker() -> None:
    """The worker alone: renders and embeds what was uploaded, gives events their order. Several may run."""
    from app.worker import run

    known = _settings("worker")
    with _traced("worker"):
        _until_stopped(run(known))


@app.command()
def embedder() -> None:
    """The embedder alone: pictures and words to vectors. May be another machine (PINWALK_EMBEDDER_HOST, _PORT)."""
    from app.embedder import run

    known = _settings("embedder")
    with _traced("embedder"):
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

    _around(work, needs=("neo4j",))


@app.command()
def demo() -> None:
    """Load the demo world if it is not there, and print how to log in."""
    from app.demo.load import run

    async def work(known: Settings) -> None:
        loaded = await run(known)
        typer.echo(f"{loaded.pins} pins on {loaded.boards} boards of {loaded.users} users.")
        typer.echo(f"Log in as {loaded.username}, password {loaded.password}")

    _around(work, needs=("neo4j",))


@app.command()
def jobs(
    *,
    retry: Annotated[bool, typer.Option("--retry", help="Give every job that was given up new attempts.")] = False,
) -> None:
    """How many jobs wait and run, and those that were given up."""
    from app.jobs_report import run

    async def work(known: Settings) -> None:
        await run(known, retry=retry)

    _around(work, needs=("neo4j",))


@app.command()
def status() -> None:
    """What runs on this data folder, and how each part is doing."""
    from app.status import run

    raise typer.Exit(run(_settings("status")))


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


@benches.command("api")
def bench_api(
    *,
    url: Url = "",
    users: Annotated[int, typer.Option(help="Accounts to ask as.")] = 100,
    pages: Annotated[int, typer.Option(help="Pages to ask for.")] = 500,
    json: Json = None,
) -> None:
    """What home pages cost over HTTP, for one client and for eight."""
    from app.bench.api import run

    _bench(lambda known: run(known, url=url or known.base_url, users=users, pages=pages, json_path=json))


@benches.command("ingest")
def bench_ingest(
    path: Annotated[
        Path | None, typer.Argument(help="A folder or zip file of pictures to import.", exists=True)
    ] = None,
    *,
    url: Url = "",
    pins: Annotated[int, typer.Option(help="Pins to make through the API.")] = 50,
    json: Json = None,
) -> None:
    """How fast pictures become pins that can be found."""
    from app.bench.ingest import run

    _bench(lambda known: run(known, url=url or known.base_url, path=path, pins=pins, json_path=json))


@benches.command("visual")
def bench_visual(
    gallery: Annotated[Path, typer.Argument(help="Zip file of pictures to find.", exists=True)],
    queries: Annotated[Path, typer.Argument(help="Zip file of pictures to ask with.", exists=True)],
    *,
    json: Json = None,
) -> None:
    """How often the picture embedder finds the same kind and the same product."""
    from app.bench.visual import run

    run(gallery, queries, json_path=json)


@benches.command("watching")
def bench_watching(
    *, operations: Annotated[int, typer.Option(help="Operations to watch.")] = 2_000, json: Json = None
) -> None:
    """What the log, metrics and traces cost an operation."""
    from app.bench.watching import run

    run(operations=operations, json_path=json)


@app.command(hidden=True)
def healthy(role: Annotated[Role, typer.Argument(help="Whose process on this machine is meant.")]) -> None:
    """Whether the API, worker or embedder of this machine does its work: exit code 0 or 1, for health checks."""
    from app import healthy

    ask = {Role.API: healthy.api, Role.WORKER: healthy.worker, Role.EMBEDDER: healthy.embedder}[role]
    wrong = asyncio.run(ask(_settings("healthy")))
    typer.echo(f"{role.value}: {wrong or 'healthy'}")
    raise typer.Exit(0 if wrong is None else 1)


@app.command(hidden=True)
def fetch() -> None:
    """Fetch what `serve` needs and is not in a wheel: the Neo4j server."""
    _fetch(_settings("fetch"))


@app.command(hidden=True)
def archive() -> None:
    """Make the archive of the Neo4j server's classes, which halves the time that its start takes."""
    from app.class_archive import make

    make(_settings("archive"))


@app.command(hidden=True)
def warm() -> None:
    """Compile the loops of walks and feeds, so that the first start does not."""
    from discovery.diversify import warm as compile_spacing
    from discovery.walk.warming import warm as compile_walks

    compile_walks()
    compile_spacing()


def _settings(process: str) -> Settings:
    from app.logging import configure

    known = settings.load()
    configure(known.log_level, process=process)
    return known


def _traced(process: Process) -> AbstractContextManager[None]:
    """Sends traces while the block lasts, where the environment names a collector."""
    if not settings.traces_wanted():
        return nullcontext()
    from app.watch.traces import traced

    return traced(process)


def _fetch(known: Settings) -> None:
    from graph.embedded import jars

    if known.graph_uri is not None or jars.complete(known.cache_dir):
        return
    from app.fetching import fetch as run

    run(known.cache_dir)


def _until_stopped(work: Coroutine[Any, Any, Any]) -> None:
    """Runs `work` until it ends or a signal cancels it."""

    async def run() -> None:
        task = asyncio.create_task(work)
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
        try:
            await task
        except asyncio.CancelledError:
            if not task.cancelled():
                raise

    asyncio.run(run())


def _around(work: Callable[[Settings], Awaitable[None]], *, needs: tuple[str, ...]) -> None:
    """Runs `work` with the addresses of what it needs: running already, or started for this once."""
    from app.supervisor import around
    from app.terminal import Terminal

    known = _settings("command")
    _fetch(known)

    async def run() -> None:
        async with around(known, needs, Terminal()) as joined:
            await work(joined)

    _until_stopped(run())


def _import(run: Callable[[Settings], Awaitable[Report]]) -> None:
    async def work(known: Settings) -> None:
        typer.echo(str(await run(known)))

    _around(work, needs=("neo4j",))


def _bench(run: Callable[[Settings], Awaitable[None]]) -> None:
    _around(run, needs=())


if __name__ == "__main__":
    main()
