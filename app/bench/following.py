"""`pinwalk bench following`: the feed of somebody who follows much, a creator whom many follow, every list."""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

from rich.console import Console

from app.bench import crowd, ingest, operations
from app.bench.client import Client, Failed, token_for
from app.bench.crowd import Person
from app.bench.report import Timings, show
from app.connect import ready_graph
from app.settings import Settings
from domain import limits
from domain.errors import Unavailable
from graph import samples
from graph.client import Graph

_SEED: Final = 29
_WARM: Final = 5
_PIN: Final = "id title image { url } creator { username }"
_FEED: Final = f"edges {{ node {{ {_PIN} }} score reasons {{ source text }} }} pageInfo {{ endCursor }} degraded"
FOLLOWING: Final = f"query ($after: String) {{ followingFeed(after: $after) {{ {_FEED} }} }}"
_USER: Final = "query ($u: String!) {{ user(username: $u) {{ {} }} }}".format
_ON_BOARD: Final = "query ($b: ID!) {{ node(id: $b) {{ ... on Board {{ {} }} }} }}".format
_ON_PIN: Final = "query ($p: ID!) {{ node(id: $p) {{ ... on Pin {{ {} }} }} }}".format
HOME: Final = f"{{ homeFeed(first: {limits.PAGE_ITEMS_MAX}) {{ edges {{ cursor node {{ id }} }} }} }}"
RECORD: Final = "mutation ($events: [EngagementInput!]!) { recordEngagement(input: {events: $events}) { accepted } }"
LISTS: Final[Mapping[str, str]] = {
    "homeFeed": f"{{ homeFeed {{ {_FEED} }} }}",
    "trendingPins": f"{{ trendingPins {{ {_FEED} }} }}",
    "searchPins": f"query ($w: String!) {{ searchPins(query: $w) {{ {_FEED} }} }}",
    "searchPins by colour": (
        f'query ($w: String!) {{ searchPins(query: $w, filter: {{color: "#aa3311"}}) {{ {_FEED} }} }}'
    ),
    "searchBoards": "query ($w: String!) { searchBoards(query: $w) { nodes { id title pinCount } } }",
    "searchUsers": 'query { searchUsers(query: "bench") { nodes { id username followerCount } } }',
    "suggestSearches, one letter": "query ($l: String!) { suggestSearches(prefix: $l) }",
    "suggestSearches": "query ($start: String!) { suggestSearches(prefix: $start) }",
    "topics": "{ topics { nodes { id name pinCount } } }",
    "User.boards": _USER("boards { nodes { id title pinCount } }"),
    "User.pins": _USER(f"pins {{ nodes {{ {_PIN} }} }}"),
    "User.followers": _USER("followers { nodes { id username followerCount } }"),
    "User.following": _USER("following { nodes { id username } }"),
    "User.followedBoards": _USER("followedBoards { nodes { id title } }"),
    "Board.pins": _ON_BOARD(f"pins {{ edges {{ savedAt node {{ {_PIN} saveCount }} }} }}"),
    "Board.moreIdeas": _ON_BOARD(f"moreIdeas {{ {_FEED} }}"),
    "Pin.boards": _ON_PIN("boards { nodes { id title owner { username } } }"),
    "Pin.related": _ON_PIN(f"related {{ {_FEED} }}"),
    "Pin.similar": _ON_PIN(f"similar {{ {_FEED} }}"),
    "Pin.duplicates": _ON_PIN(f"duplicates {{ nodes {{ {_PIN} }} }}"),
}
"""Every list, as a page of 25 with what a page shows."""


class _Asker(NamedTuple):
    """Who asks, and what each variable of a list is drawn from."""

    client: Client
    token: str
    keys: Mapping[str, Callable[[random.Random], str]]


async def run(
    settings: Settings,
    *,
    url: str,
    pins: int,
    saves: int,
    follows: int,
    followers: int,
    pages: int = 100,
    json_path: Path | None = None,
) -> None:
    """Prints p50 and p99 of the following feed of an account that follows `follows` users and boards, of Pins made by
    one whom `followers` follow and by one whom nobody does, of what a viewer did, and of each list.

    Generates what the graph lacks of `pins`, `saves` and follows, and leaves it there: use a data folder of its own.
    """
    console = Console()
    async with ready_graph(settings) as graph:
        await crowd.top_up(graph, pins=pins, saves=saves, tell=console.print)
        reader, star = await crowd.following(graph, follows=follows, followers=followers, tell=console.print)
        sizes = await samples.sizes(graph)
        keys = await _keys(graph)
    token = token_for(settings, reader.n, reader.id)
    async with Client(url) as client:
        asker = _Asker(client, token, keys)
        rows = [
            await _timed("followingFeed, first page", FOLLOWING, asker, pages),
            await _next(client, token, pages),
        ]
        rows.append(await _recorded(client, token, pages))
        rows += await _made(client, settings, reader, star, max(10, pages // 5))
        for name, query in LISTS.items():
            rows.append(await _timed(name, query, asker, pages))
    show(
        f"Following, and every list ({url})",
        rows,
        {"graph": sizes, "follows": follows, "followers": followers},
        json_path,
    )


async def _keys(graph: Graph) -> dict[str, Callable[[random.Random], str]]:
    """What each variable of the lists is drawn from."""
    boards = [id_ for _, id_ in await samples.boards(graph, 1_000)]
    pins = await samples.pin_ids(graph, 1_000)
    return {
        "b": lambda rng: rng.choice(boards),
        "p": lambda rng: rng.choice(pins),
        "u": lambda rng: rng.choice((crowd.READER, crowd.STAR, "bench_owner")),
        "w": lambda rng: f"{rng.choice(crowd.KINDS)} {rng.choice(crowd.THINGS)}",
        "l": lambda rng: rng.choice(crowd.THINGS)[0],
        "start": lambda rng: rng.choice(crowd.THINGS)[: rng.randint(2, 4)],
    }


async def _timed(name: str, query: str, asker: _Asker, pages: int) -> Timings:
    client, token, keys = asker
    timings = Timings(name)
    rng = random.Random(_SEED)
    wanted = [name for name in keys if f"${name}:" in query]
    for i in range(pages + _WARM):
        variables = {name: keys[name](rng) for name in wanted}
        try:
            ms, _ = await client.timed(query, token, **variables)
        except (Failed, Unavailable) as error:
            timings.errors += i >= _WARM
            timings.note = str(error)[:80]
            continue
        if i >= _WARM:
            timings.ms.append(ms)
    return timings


async def _next(client: Client, token: str, pages: int) -> Timings:
    """Deep scrolls: past its head the feed is sought anew."""
    timings, after = Timings("followingFeed, next pages"), None
    for _ in range(pages):
        ms, data = await client.timed(FOLLOWING, token, after=after)
        if after is not None:
            timings.ms.append(ms)
        after = data["followingFeed"]["pageInfo"]["endCursor"]
    return timings


async def _recorded(client: Client, token: str, calls: int) -> Timings:
    """As many events as a call may tell, of the Pins of a home page: nine impressions for each closeup."""
    timings = Timings(f"recordEngagement, {limits.ENGAGEMENT_EVENTS_MAX} events")
    shown = (await client.ask(HOME, token))["homeFeed"]["edges"]
    if not shown:
        timings.note = "the home feed is empty"
        return timings
    for i in range(calls + _WARM):
        at = datetime.now(UTC).isoformat()
        events = [
            {
                "pinId": edge["node"]["id"],
                "kind": "IMPRESSION" if place % 10 else "CLOSEUP",
                "at": at,
                "feedCursor": edge["cursor"],
            }
            for place, edge in zip(range(limits.ENGAGEMENT_EVENTS_MAX), itertools.cycle(shown), strict=False)
        ]
        ms, data = await client.timed(RECORD, token, events=events)
        if i >= _WARM:
            timings.ms.append(ms)
            timings.errors += data["recordEngagement"]["accepted"] != len(events)
    return timings


async def _made(client: Client, settings: Settings, reader: Person, star: Person, count: int) -> list[Timings]:
    """Pins by the star and by somebody without followers, and how soon the reader's feed has the star's."""
    loner = await operations.account(client)
    stars = operations.Account(star.id, token_for(settings, star.n, star.id))
    board = {id(who): await operations.board(client, who, "Bench: following") for who in (stars, loner)}
    by_star, by_loner = Timings("createPin, followed by many"), Timings("createPin, followed by nobody")
    heard = Timings("in a follower's feed after createPin")
    token = token_for(settings, reader.n, reader.id)
    for i in range(count):
        for who, timings in ((stars, by_star), (loner, by_loner)):
            picture = ingest.picture(3, shade=time.time_ns() % 10**9 + i)
            began = time.perf_counter()
            pin = await operations.make_pin(client, who, board[id(who)], picture, f"Bench {i}")
            timings.ms.append((time.perf_counter() - began) * 1_000)
            if who is stars:
                began = time.perf_counter()
                data = await client.ask(FOLLOWING, token)
                heard.ms.append((time.perf_counter() - began) * 1_000)
                heard.errors += data["followingFeed"]["edges"][0]["node"]["id"] != pin
    return [by_star, by_loner, heard]
