"""The commands `pinwalk bench …`. Each imports what it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.launch import around
from app.settings import Settings

benches = typer.Typer(help="Measure this installation: tables of p50, p99 and counts; --json FILE keeps them.")

Json = Annotated[Path | None, typer.Option("--json", help="Write the figures to this file as well.")]
Url = Annotated[str, typer.Option(help="Address of the API. Default: the one that runs on this data folder.")]


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

    around(lambda known: run(known, url=url or known.base_url, users=users, pages=pages, json_path=json), needs=())


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

    around(lambda known: run(known, url=url or known.base_url, path=path, pins=pins, json_path=json), needs=())


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


@benches.command("copies")
def bench_copies(
    archive: Annotated[Path, typer.Argument(help="Zip file of photographs with pins.csv.", exists=True)],
    *,
    pictures: Annotated[int, typer.Option(help="Photographs to copy, drawn at random.", min=2)] = 220,
    json: Json = None,
) -> None:
    """How often copies made in several ways are found, and how near other pictures of one scene come."""
    from app.bench.copies import run

    run(archive, pictures=pictures, json_path=json)


@benches.command("following")
def bench_following(
    *,
    pins: Annotated[int, typer.Option(help="Pins that there shall be.")] = 100_000,
    saves: Annotated[int, typer.Option(help="Saves that there shall be.")] = 1_000_000,
    follows: Annotated[int, typer.Option(help="Users and boards that the reader follows.", max=10_000)] = 1_000,
    followers: Annotated[int, typer.Option(help="Users that follow the creator.")] = 100_000,
    pages: Annotated[int, typer.Option(help="Pages of each list to ask for.")] = 100,
    json: Json = None,
) -> None:
    """The following feed at size, a creator whom many follow, and every list. Generates what is missing, and leaves it:
    give it a data folder of its own (PINWALK_DATA_DIR)."""
    from app.bench.following import run

    sizes = {"pins": pins, "saves": saves, "follows": follows, "followers": followers}
    needs = ("neo4j", "milvus", "embedder", "api")
    around(lambda known: run(known, url=known.base_url, pages=pages, json_path=json, **sizes), needs=needs)


@benches.command("search")
def bench_search(
    archive: Annotated[Path, typer.Argument(help="Zip with pins.csv (product, description), imported.", exists=True)],
    *,
    queries: Annotated[int, typer.Option(help="Queries to ask.", min=1)] = 500,
    json: Json = None,
) -> None:
    """How often the right product is in the first ten, by words, by vectors and by both, with one letter wrong."""
    from app.bench.search import run

    needs = ("neo4j", "milvus", "embedder")
    around(lambda known: run(known, archive, queries=queries, json_path=json), needs=needs)


@benches.command("soak")
def bench_soak(
    *,
    url: Url = "",
    minutes: Annotated[float, typer.Option(help="How long.", min=1)] = 60.0,
    rate: Annotated[float, typer.Option(help="Operations a second in all, about.", min=0.1)] = 5.0,
    json: Json = None,
) -> None:
    """Whether memory stays where it is under a mixed load, each process; exit code 1 when it does not."""
    from app.bench.soak import run

    flat: list[bool] = []

    async def work(known: Settings) -> None:
        flat.append(await run(known, url=url or known.base_url, minutes=minutes, rate=rate, json_path=json))

    around(work, needs=())
    raise typer.Exit(0 if flat == [True] else 1)


@benches.command("sockets")
def bench_sockets(
    *,
    url: Url = "",
    sockets: Annotated[int, typer.Option(help="Sockets to hold open.", min=1, max=20_000)] = 1_000,
    json: Json = None,
) -> None:
    """By how much the API's memory grows with open sockets, idle and with a subscription each. Some two minutes."""
    from app.bench.sockets import run

    around(lambda known: run(known, url=url or known.base_url, sockets=sockets, json_path=json), needs=())


@benches.command("limits")
def bench_limits(
    *, operations: Annotated[int, typer.Option(help="Operations to bound.", min=1)] = 2_000, json: Json = None
) -> None:
    """What limits and quotas add to a page that they let pass."""
    from app.bench.limits import run

    run(operations=operations, json_path=json)


@benches.command("watching")
def bench_watching(
    *, operations: Annotated[int, typer.Option(help="Operations to watch.")] = 2_000, json: Json = None
) -> None:
    """What the log, metrics and traces cost an operation."""
    from app.bench.watching import run

    run(operations=operations, json_path=json)


@benches.command("quality")
def bench_quality(
    *,
    saves: Annotated[Path, typer.Option(help="CSV or CSV.gz with the columns board,pin.", exists=True)],
    held_out: Annotated[Path, typer.Option(help=".npz with held_out (boards,), negatives (boards, 99).", exists=True)],
    boards: Annotated[int | None, typer.Option(help="Ask a random sample of so many boards. Default: all.")] = None,
    method: Annotated[list[str] | None, typer.Option(help="Only this method; may be given again.")] = None,
    json: Json = None,
) -> None:
    """How well each method finds the pin taken off each board. 37,500 boards take some eight minutes."""
    from app.bench.quality import run

    run(saves, held_out, json_path=json, boards=boards, only=method or ())


@benches.command("feeds")
def bench_feeds(
    *,
    users: Annotated[int, typer.Option(help="Accounts whose first pages are made.", min=1)] = 1_000,
    json: Json = None,
) -> None:
    """Diversity, coverage, freshness and exposure of home pages with and without each stage; some 0.3 s an account."""
    from app.bench.feeds import run

    around(lambda known: run(known, users=users, json_path=json), needs=("neo4j", "milvus"))


@benches.command("plot")
def bench_plot(
    *,
    quality: Annotated[Path | None, typer.Option(help="What `bench quality --json` wrote.", exists=True)] = None,
    walk: Annotated[
        list[Path] | None, typer.Option(help="What `bench walk --json` wrote; several.", exists=True)
    ] = None,
    out: Annotated[Path, typer.Option(help="The folder for the pictures.")] = Path("docs/pictures"),
) -> None:
    """Pictures of what was measured: quality against time, the cost of a step against the size of the graph."""
    from app.bench.plots import run

    for path in run(quality=quality, walks=walk or (), folder=out):
        typer.echo(str(path))


@benches.command("walk")
def bench_walk(
    *,
    edges: Annotated[str, typer.Option(help="Saves of the synthetic graph, in millions: 17.7M or 176M.")] = "17.7M",
    peers: Annotated[Path | None, typer.Option(help="A Python that has igraph or torch-cluster.", exists=True)] = None,
    json: Json = None,
) -> None:
    """What a step and a request of the walk cost, against this machine's memory. 176M takes 8 GB and two minutes."""
    from app.bench.walk import edges_of, run

    run(edges_of(edges), json_path=json, peers_python=peers)
