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
    username: Annotated[
        str | None, typer.Argument(help="Whose page. Without: somebody's who is not signed in.")
    ] = None,
    *,
    feed: Annotated[
        str | None,
        typer.Option(
            help="home (the default), following, trending, trending_in_topic, related, similar, more_ideas or search."
        ),
    ] = None,
    variant: Annotated[
        str | None,
        typer.Option(
            help="As this variant makes it, or as the feed itself does, by its name. Default: as they get it."
        ),
    ] = None,
    about: Annotated[
        str | None,
        typer.Option(
            help="What the feed starts from: for related and similar a Pin, for more_ideas a Board, for "
            "trending_in_topic a Topic, each by id or number (a Topic by slug too); for search the words."
        ),
    ] = None,
) -> None:
    """A page made now for this user, candidate by candidate: source, score, what dropped it, its place and why.

    Examples

      pinwalk feeds explain ana
      pinwalk feeds explain ana --variant home_pixie
      pinwalk feeds explain ana --variant related_about --about pin_01K9…
      pinwalk feeds explain --feed search --about "oak table"
    """
    from app.feeds_explain import checked, explain

    checked(feed, variant, about)  # Before anything is started for it.
    around(lambda known: explain(known, username, feed=feed, variant=variant, about=about), needs=Servers)


@feeds.command("compare")
def compare_variants(
    name: Annotated[str, typer.Argument(help="The feed whose variants are compared.")] = "home",
    *,
    days: Annotated[float, typer.Option(help="Acts of so many days back count.", min=0.01, max=365)] = 7.0,
    json: Annotated[Path | None, typer.Option("--json", help="Write the figures to this file as well.")] = None,
) -> None:
    """What the viewers of each declared variant did, beside those of the feed itself."""
    from app.feeds_compare import checked, compare

    checked(name)  # Before anything is started for it.
    around(lambda known: compare(known, name, days=days, json_path=json), needs=("neo4j",))
