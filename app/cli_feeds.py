"""The commands `pinwalk feeds …`. Each imports what it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.launch import around, prepared

feeds = typer.Typer(help="What the feeds are made of, why a page is as it is, how variants do.")

Servers = ("neo4j", "milvus")


@feeds.command("show")
def show_feed(name: Annotated[str, typer.Argument(help="The feed or variant, such as home.")]) -> None:
    """A declared feed as a picture: its steps, limits, quotas, weights, spacing, and what was learnt of the weights."""
    from app.feeds_report import show

    typer.echo(show(name, prepared("command").walk_dir))


@feeds.command("explain")
def explain_page(
    username: Annotated[str, typer.Argument(help="Whose home page.")],
    *,
    variant: Annotated[str | None, typer.Option(help="As this variant makes it. Default: as they get it.")] = None,
) -> None:
    """A home page made now for this user, candidate by candidate: source, score, what dropped it, its place and why."""
    from app.feeds_report import explain

    around(lambda known: explain(known, username, variant=variant), needs=Servers)


@feeds.command("compare")
def compare_variants(
    name: Annotated[str, typer.Argument(help="The feed whose variants are compared.")] = "home",
    *,
    days: Annotated[float, typer.Option(help="Acts of so many days back count.", min=0.01, max=365)] = 7.0,
    json: Annotated[Path | None, typer.Option("--json", help="Write the figures to this file as well.")] = None,
) -> None:
    """What the viewers of each declared variant did, beside those of the feed itself."""
    from app.feeds_compare import compare

    around(lambda known: compare(known, name, days=days, json_path=json), needs=("neo4j",))
