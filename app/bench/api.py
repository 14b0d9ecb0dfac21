"""`pinwalk bench api`: what a home page costs over HTTP, for one client and for eight."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from app.bench.beside import Beside
from app.bench.client import Client, Failed, token_for
from app.bench.report import Timings, show
from app.connect import ready_graph
from app.settings import Settings
from domain.errors import Invalid, Unavailable
from graph import follows, samples
from graph.client import Graph
from graph.samples import Saver

HOME: Final = """query Home($first: Int!, $after: String) {
  homeFeed(first: $first, after: $after) {
    edges {
      node {
        id title image { url(width: 564) width height dominantColor }
        creator { id username displayName }
        boards(first: 1) { nodes { id title } }
      }
      score
      reasons { source text pin { id } board { id } }
    }
    pageInfo { hasNextPage endCursor }
    degraded
  }
}"""
CLIENTS: Final = 8
FOLLOWS_EACH: Final = 10
NEXT_PAGES: Final = 3
_SEED: Final = 11


async def run(
    settings: Settings, *, url: str, users: int = 100, pages: int = 500, json_path: Path | None = None
) -> None:
    """Prints p50, p99 and counts of home pages of 25 with creators and boards, against a running server.

    Asks as `users` accounts that save, each made to follow 10 users and 10 boards first, with access tokens signed
    with this data folder's key. The client runs on the same machine and takes its share of it.
    Raises Invalid when nobody has saved anything yet.
    """
    async with ready_graph(settings) as graph:
        savers = await samples.savers(graph, users)
        if not savers:
            raise Invalid("Nobody has saved anything yet: import some boards first.")
        await _follow(graph, savers)
        sizes = await samples.sizes(graph)
    tokens = [token_for(settings, saver.n, saver.id) for saver in savers]
    async with Client(url) as client:
        for token in tokens[:20]:  # The first requests of a process compile and fill what all later ones use.
            await _page(client, token, None, Timings("warm"))
        degraded: dict[str, int] = {}
        with Beside(url, "/healthz meanwhile") as alone:
            first, later, sources = await _one_client(client, tokens, pages, degraded)
    with Beside(url, "/healthz meanwhile") as among:
        many, seconds = await _clients(url, tokens, pages)
    show(
        f"Home pages of 25 over HTTP ({url})",
        [first, later, alone.timings, many, among.timings],
        {
            "graph": sizes,
            "pins by best reason, one client": sources,
            "sources that were late, one client": degraded or "none",
            f"{CLIENTS} clients": f"{len(many.ms) / seconds:.1f} pages a second, {many.errors} errors",
        },
        json_path,
    )


async def _follow(graph: Graph, savers: Sequence[Saver]) -> None:
    rng = random.Random(_SEED)
    boards = await samples.boards(graph, 2_000)
    for saver in savers:
        for other in rng.sample(list(savers), min(FOLLOWS_EACH, len(savers))):
            if other.n != saver.n:
                await follows.follow_user(graph, saver.n, other.n)
        for board_n, _ in rng.sample(boards, min(FOLLOWS_EACH, len(boards))):
            await follows.follow_board(graph, saver.n, board_n)


async def _one_client(
    client: Client, tokens: Sequence[str], pages: int, degraded: dict[str, int]
) -> tuple[Timings, Timings, dict[str, int]]:
    first, later = Timings("first page, one client"), Timings("next pages, one client")
    sources: dict[str, int] = {}
    for i in range(pages):
        token = tokens[i % len(tokens)]
        feed = await _page(client, token, None, first)
        if feed is None:
            continue
        for edge in feed["edges"]:
            source = edge["reasons"][0]["source"]
            sources[source] = sources.get(source, 0) + 1
        for name in feed["degraded"]:
            degraded[name] = degraded.get(name, 0) + 1
        for _ in range(NEXT_PAGES if i < pages // NEXT_PAGES else 0):
            if feed is None or not feed["pageInfo"]["hasNextPage"]:
                break
            feed = await _page(client, token, feed["pageInfo"]["endCursor"], later)
    return first, later, sources


async def _page(client: Client, token: str, after: str | None, timings: Timings) -> dict[str, Any] | None:
    try:
        ms, data = await client.timed(HOME, token, first=25, after=after)
    except (Failed, Unavailable) as error:
        timings.errors += 1
        timings.note = str(error)[:80]
        return None
    timings.ms.append(ms)
    feed: dict[str, Any] = data["homeFeed"]
    return feed


async def _clients(url: str, tokens: Sequence[str], pages: int) -> tuple[Timings, float]:
    timings = Timings(f"first page, {CLIENTS} clients")

    async def one(i: int) -> None:
        async with Client(url) as client:
            for page in range(pages // CLIENTS):
                await _page(client, tokens[(i + page * CLIENTS) % len(tokens)], None, timings)

    started = time.perf_counter()
    await asyncio.gather(*(one(i) for i in range(CLIENTS)))
    return timings, time.perf_counter() - started
