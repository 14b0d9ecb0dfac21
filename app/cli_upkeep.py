"""Commands that look after what runs: `reindex`, `doctor`, `moderate`, `quotas`. Each imports what it needs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from app.children import FAILED
from app.launch import around
from app.settings import Settings

SERVERS: Final = ("neo4j", "milvus", "embedder", "worker")


def reindex(
    *,
    embedder: Annotated[str | None, typer.Option(help="The model to move to: `lookalike`, a folder, a name.")] = None,
    space: Annotated[str | None, typer.Option(help="`look` (pictures, the default) or `text` (words).")] = None,
    confirm: Annotated[bool, typer.Option("--confirm", help="Let go of the vectors of before.")] = False,
    back: Annotated[bool, typer.Option("--back", help="Return to the vectors of before.")] = False,
    cancel: Annotated[bool, typer.Option("--cancel", help="Give up what is being filled.")] = False,
    accept_missing: Annotated[bool, typer.Option("--accept-missing", help="Move even if some Pins lack one.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress bars.")] = False,
) -> None:
    """Move to another model's vectors while everything goes on. Without options: how things stand.

    May be killed and given again. Example: pinwalk reindex --embedder clip-ViT-B-32
    """
    from app.reindex import KINDS, run

    acts = [name for name, asked in (("confirm", confirm), ("back", back), ("cancel", cancel)) if asked]
    kind = next((each for each in KINDS if each == space), None)
    if len(acts) + (embedder is not None) > 1:
        raise typer.BadParameter("give one of --embedder, --confirm, --back and --cancel")
    if space is not None and kind is None:
        raise typer.BadParameter("--space is look or text")

    async def work(known: Settings) -> None:
        act = acts[0] if acts else None
        await run(known, space=kind, name=embedder, act=act, accept_missing=accept_missing, quiet=quiet)

    around(work, needs=SERVERS)


def doctor(
    *,
    fix: Annotated[bool, typer.Option("--fix", help="Repair what was found. Safe while everything runs.")] = False,
    deep: Annotated[bool, typer.Option("--deep", help="Embed every Pin's words again, to compare.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress bars.")] = False,
) -> None:
    """Hold vectors, pictures, walk and jobs against the graph. Exit code 0: all is sound; 1: something is not.

    Uses what `pinwalk serve` runs; without it, starts the servers for this once.
    """
    from rich.console import Console

    from app.doctor.command import run
    from app.terminal import Terminal

    codes: list[int] = []

    async def work(known: Settings) -> None:
        codes.append(await run(known, fix=fix, deep=deep, as_json=as_json, quiet=quiet))

    told = Terminal(console=Console(stderr=True, highlight=False, soft_wrap=True))
    around(work, needs=SERVERS, terminal=told)
    raise typer.Exit(codes[0] if codes else FAILED)


moderation = typer.Typer(help="What people reported of Pins: look at it, and settle it.")


@moderation.command("list")
def list_reports(
    *, settled: Annotated[bool, typer.Option("--settled", help="Those that were dismissed or taken down.")] = False
) -> None:
    """The oldest 100 reports that wait, with who reported which Pin and why."""
    from app.moderation import show

    around(lambda known: show(known, settled=settled), needs=("neo4j",))


@moderation.command("settle")
def settle_report(
    report: Annotated[str, typer.Argument(help="A report's id, as `moderate list` prints it.")],
    *,
    dismiss: Annotated[bool, typer.Option("--dismiss", help="Nothing is wrong with the Pin.")] = False,
    take_down: Annotated[bool, typer.Option("--take-down", help="The Pin goes, off every board, for good.")] = False,
) -> None:
    """Settle a report, and with it every open one of the same Pin.

    Example: pinwalk moderate settle report_01J8… --take-down
    """
    from app.moderation import settle

    if dismiss == take_down:
        raise typer.BadParameter("give one of --dismiss and --take-down")
    around(lambda known: settle(known, report, take_down=take_down), needs=("neo4j",))


def quotas(
    *,
    check: Annotated[Path | None, typer.Option(help="Read this file instead, and say whether it is right.")] = None,
    shipped: Annotated[bool, typer.Option("--print", help="Print the file that ships, to begin one's own.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Who may ask the API for how much, and how much of that is used: spent, refused, and who has the least left.

    Own rules: pinwalk quotas --print > quotas.toml, change it, and set PINWALK_QUOTAS=quotas.toml
    """
    from app.launch import prepared
    from app.transports.quotas_report import run

    run(prepared("quotas"), path=check, shipped=shipped, as_json=as_json)
