"""A crowd for benchmarks: generated Pins, saves, people and follows on top of what an installation holds."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from domain.ids import SIGNED_OUT, BoardN, PinN, UserId, UserN
from domain.model import User
from graph import imports, samples, users
from graph.client import Graph
from graph.imports import ImportBoard, ImportPin, ImportSave, ImportUser
from graph.pictures import NewPicture

READER: Final = "bench_reader"
STAR: Final = "bench_star"
_BATCH: Final = 5_000
_SEED: Final = 23
_BOARD_PINS: Final = 100
THINGS: Final = ("lamp", "chair", "garden", "river", "bread", "window", "kettle", "forest", "poster", "tile", "bridge")
KINDS: Final = ("red", "old", "quiet", "small", "wooden", "bright", "woven", "stone", "paper", "summer", "blue", "tall")

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Person:
    """An account of the crowd."""

    n: UserN
    id: UserId


async def top_up(graph: Graph, *, pins: int, saves: int, tell: Tell) -> None:
    """Makes Pins, on boards of 100, until the graph holds so many, then saves until it holds so many."""
    sizes = await samples.sizes(graph)
    missing = max(0, pins - sizes["pins"])
    owner = (await imports.users(graph, [_account("bench_owner")]))["bench:bench_owner"]
    rng = random.Random(_SEED + sizes["pins"])
    for start in range(0, missing, _BATCH):
        count = min(_BATCH, missing - start)
        tag = f"{sizes['pins'] + start}"
        named = [ImportBoard(f"bench:board:{tag}:{i}", owner, _title(rng)) for i in range(-(-count // _BOARD_PINS))]
        boards = list((await imports.boards(graph, named)).values())
        made = [_pin(f"{tag}:{i}", owner, rng) for i in range(count)]
        ns = list((await imports.pins(graph, made)).values())
        await imports.saves(graph, [ImportSave(boards[i // _BOARD_PINS], n) for i, n in enumerate(ns)])
        tell(f"{start + count:,} of {missing:,} Pins")
    await _more_saves(graph, saves, rng, tell)


async def _more_saves(graph: Graph, saves: int, rng: random.Random, tell: Tell) -> None:
    held = (await samples.sizes(graph))["saves"]
    boards = [n for n, _ in await samples.boards(graph, 20_000)]
    pins = await samples.public_pins(graph, 100_000)
    while held < saves:
        count = min(_BATCH, saves - held)
        pairs = {(rng.choice(boards), rng.choice(pins)) for _ in range(count)}
        held += await imports.saves(graph, [ImportSave(BoardN(b), PinN(p)) for b, p in sorted(pairs)])
        tell(f"{held:,} of {saves:,} saves")


async def following(graph: Graph, *, follows: int, followers: int, tell: Tell) -> tuple[Person, Person]:
    """The reader, who follows so many users and boards, half of each; and the star, whom so many users follow, the
    reader among them."""
    names = [READER, STAR]
    ns = list((await imports.users(graph, [_account(name) for name in names])).values())
    reader, star = [Person(n, user.id) for n, user in zip(ns, await _users(graph, ns), strict=True)]
    boards = [n for n, _ in await samples.boards(graph, follows // 2)]
    creators = await samples.creators(graph, follows - len(boards))
    crowd: list[UserN] = []
    if len(creators) < follows - len(boards):
        crowd = await _people(graph, follows - len(boards) - len(creators), tell)
    await imports.follow_users(graph, [(reader.n, n) for n in [*creators, *crowd, star.n] if n != reader.n])
    await imports.follow_boards(graph, [(reader.n, n) for n in boards])
    people = await _people(graph, followers, tell)
    for start in range(0, len(people), _BATCH):
        await imports.follow_users(graph, [(n, star.n) for n in people[start : start + _BATCH]])
        tell(f"{min(start + _BATCH, len(people)):,} of {followers:,} followers")
    return reader, star


async def people(graph: Graph, count: int) -> list[Person]:
    """So many accounts of the crowd: those that are there, and new ones."""
    ns = await _people(graph, count, lambda _: None)
    return [Person(n, user.id) for n, user in zip(ns, await _users(graph, ns), strict=True)]


async def _people(graph: Graph, count: int, tell: Tell) -> list[UserN]:
    made: list[UserN] = []
    for start in range(0, count, _BATCH):
        rows = [_account(f"bench_{i}") for i in range(start, min(start + _BATCH, count))]
        made += (await imports.users(graph, rows)).values()
        tell(f"{len(made):,} of {count:,} people")
    return made


async def _users(graph: Graph, ns: Sequence[UserN]) -> list[User]:
    by_n = {user.n: user for user in await users.by_ns(graph, SIGNED_OUT, ns)}
    return [by_n[n] for n in ns]


def _account(name: str) -> ImportUser:
    return ImportUser(f"bench:{name}", name, f"{name}@bench.invalid", name, password_hash="!")  # noqa: S106  No password has this hash.


def _title(rng: random.Random) -> str:
    return f"{rng.choice(KINDS)} {rng.choice(THINGS)}s".capitalize()


def _pin(tag: str, owner: UserN, rng: random.Random) -> ImportPin:
    digest = hashlib.sha256(f"bench {tag}".encode()).hexdigest()
    color = f"#{digest[:6]}"
    picture = NewPicture(digest, 600, 800, "image/jpeg", color, (color, f"#{digest[6:12]}"), "AAAA", digest)
    words = f"{rng.choice(KINDS)} {rng.choice(THINGS)} and {rng.choice(KINDS)} {rng.choice(THINGS)}"
    return ImportPin(f"bench:pin:{tag}", owner, words.capitalize(), picture, f"A {words}, number {tag}.")
