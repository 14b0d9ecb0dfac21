"""Loads the demo world: some 600 Pins of 60 people on 200 boards, the same everywhere."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import structlog

from app import secret_files
from app.auth import PasswordAccounts
from app.connect import ready_graph
from app.demo import world
from app.demo.mark import WORLD
from app.demo.subjects import TOPICS
from app.demo.world import DEMO, PlannedBoard, World
from app.settings import Settings
from app.transfer.people import NO_PASSWORD
from app.transfer.saves import picture
from app.transfer.tables import batches
from domain.errors import Invalid, Taken, Unavailable
from domain.ids import BoardN, PinN, UserN
from domain.model import BoardPrivacy, Topic
from graph import follows, imports, saves, topics, upkeep, users
from graph.client import Graph
from graph.imports import ImportBoard, ImportPin, ImportSave, ImportUser
from media.decode import Decoder
from media.facts import Facts

log = structlog.get_logger(__name__)

PINS_A_BATCH: Final = 10
_AT_ONCE: Final = 8
_PAUSES_S: Final = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)


@dataclass(frozen=True, slots=True)
class Loaded:
    """How to log in to the demo world, and whether this call made it."""

    username: str
    password: str
    fresh: bool
    pins: int
    boards: int
    users: int


async def run(settings: Settings) -> Loaded:
    """Loads the demo world if it is not there yet (some seconds); otherwise says how to log in, at once.

    The password is `settings.demo_password`, or one that is made once and kept in `data_dir/secrets/demo-password`
    (0600). A changed setting changes the account's password. A load that was cut short goes on where it stopped.
    Raises Invalid in production, Taken when somebody else is called `demo`.
    """
    if settings.env == "production":
        raise Invalid("The demo world has a known account: it is not loaded with PINWALK_ENV=production.")
    password = secret_files.demo_password(settings)
    accounts = PasswordAccounts(secret_files.session_key(settings))
    plan = await asyncio.to_thread(world.plan)
    try:
        for pause_s in (*_PAUSES_S, None):
            try:
                fresh = await _once(settings, accounts, plan, password)
                break
            except Unavailable:  # A graph that has just started is slow to answer what it was never asked before.
                if pause_s is None:
                    raise
                await asyncio.sleep(pause_s)
    finally:
        accounts.close()
    return Loaded(DEMO, password, fresh, len(plan.pins), len(plan.boards), len(plan.people) - 1)


async def _once(settings: Settings, accounts: PasswordAccounts, plan: World, password: str) -> bool:
    """Loads what is missing, as far as the graph answers; whether anything was."""
    async with ready_graph(settings) as graph:
        fresh = await upkeep.position(graph, WORLD) == 0
        if fresh:
            await _load(graph, settings, plan, datetime.now(UTC))
            await upkeep.reach(graph, WORLD, len(plan.pins))
        await _set_password(graph, accounts, password)
    return fresh


async def _set_password(graph: Graph, accounts: PasswordAccounts, password: str) -> None:
    found = await users.credentials(graph, DEMO)
    if found is None:
        raise Taken("The demo world is there, but its user `demo` is gone.")
    user, known = found
    if known == NO_PASSWORD or not await accounts.verify_password(password, known):
        await users.password(graph, user.n, await accounts.hash_password(password))


async def _load(graph: Graph, settings: Settings, plan: World, now: datetime) -> None:
    """Every step is safe to repeat, so a load that was cut short is simply begun again."""
    decoder = Decoder(processes=settings.decoders)
    looks = asyncio.create_task(decoder.facts_of([pin.recipe for pin in plan.pins]))
    try:
        subjects = await _topics(graph, plan)
        people = await _people(graph, plan)
        boards = await _boards(graph, plan, people, subjects)
        pins = await _pins(graph, plan, people, subjects, looks=await looks, now=now)
    finally:
        looks.cancel()
        await decoder.close()
    rows = [
        ImportSave(board_n=boards[board.key], pin_n=pins[i], at_ms=_ms(now, days))
        for board in plan.boards
        if not board.secret
        for i, days in board.pins
    ]
    for batch in batches(rows, 2_000):
        await imports.saves(graph, batch)
    await _all(_secret_save(graph, people[b.owner], boards[b.key], pins[i]) for b in _secret(plan) for i, _ in b.pins)
    await _follow(graph, plan, people, boards, subjects)
    log.info("demo_loaded", pins=len(pins), boards=len(boards), saves=len(rows))


async def _topics(graph: Graph, plan: World) -> dict[str, Topic]:
    found = {}
    for name in plan.topics:
        slug = "-".join(name.lower().split())
        found[name] = await topics.ensure(graph, name=name, slug=slug, description=TOPICS.get(name))
    return found


async def _people(graph: Graph, plan: World) -> dict[str, UserN]:
    rows = [
        ImportUser(
            ext=f"{WORLD}:user:{person.username}",
            username=person.username,
            email=f"{person.username}@demo.invalid",
            display_name=person.display_name,
            password_hash=NO_PASSWORD,
            bio=person.bio,
        )
        for person in plan.people
    ]
    known = await imports.users(graph, rows)
    return {row.username: known[row.ext] for row in rows}


async def _boards(graph: Graph, plan: World, people: dict[str, UserN], subjects: dict[str, Topic]) -> dict[str, BoardN]:
    rows = {
        board.key: ImportBoard(
            ext=f"{WORLD}:board:{board.key}",
            owner_n=people[board.owner],
            title=board.title,
            topic_n=subjects[board.topic].n,
            privacy=BoardPrivacy.SECRET if board.secret else BoardPrivacy.PUBLIC,
        )
        for board in plan.boards
    }
    known = await imports.boards(graph, list(rows.values()))
    return {key: known[row.ext] for key, row in rows.items()}


async def _pins(
    graph: Graph,
    plan: World,
    people: dict[str, UserN],
    subjects: dict[str, Topic],
    *,
    looks: Sequence[Facts],
    now: datetime,
) -> list[PinN]:
    rows = [
        ImportPin(
            ext=f"{WORLD}:pin:{pin.recipe}",
            creator_n=people[pin.creator],
            title=pin.said.title,
            description=pin.said.description,
            alt_text=pin.said.alt_text,
            picture=picture(pin.recipe, facts),
            topic_ns=tuple(subjects[name].n for name in pin.said.topics),
        )
        for pin, facts in zip(plan.pins, looks, strict=True)
    ]
    known: dict[str, PinN] = {}
    for batch, planned in zip(batches(rows, PINS_A_BATCH), batches(plan.pins, PINS_A_BATCH), strict=True):
        made_at = now - timedelta(days=max(pin.days_ago for pin in planned))
        known |= await imports.pins(graph, batch, now=made_at)
    return [known[row.ext] for row in rows]


async def _secret_save(graph: Graph, by: UserN, board_n: BoardN, pin_n: PinN) -> None:
    await saves.save(graph, by=by, pin_n=pin_n, board_n=board_n)


async def _follow(
    graph: Graph, plan: World, people: dict[str, UserN], boards: dict[str, BoardN], subjects: dict[str, Topic]
) -> None:
    for person in plan.people:
        n = people[person.username]
        await users.set_interests(graph, n, [subjects[name].id for name in person.tastes])
    await _all(
        follows.follow_user(graph, people[p.username], people[name]) for p in plan.people for name in p.follows_users
    )
    await _all(
        follows.follow_board(graph, people[p.username], boards[key]) for p in plan.people for key in p.follows_boards
    )


async def _all(works: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Runs them, eight at once."""
    at_once = asyncio.Semaphore(_AT_ONCE)

    async def one(work: Coroutine[Any, Any, None]) -> None:
        async with at_once:
            await work

    await asyncio.gather(*(one(work) for work in works))


def _secret(plan: World) -> list[PlannedBoard]:
    return [board for board in plan.boards if board.secret]


def _ms(now: datetime, days_ago: float) -> int:
    return int((now - timedelta(days=days_ago)).timestamp() * 1_000)
