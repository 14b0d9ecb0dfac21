"""`pinwalk bench limits`: what the limits cost an operation that they let pass."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

from app.auth import Caller
from app.bench.api import HOME
from app.bench.report import Timings, show
from app.transports.admission import Rooms
from app.transports.quotas import Quotas, read
from domain.ids import UserId, UserN
from domain.model import Viewer
from schema.api import schema
from schema.limits import measure
from schema.operation import Operations
from shared.buckets import Buckets

PINS: Final = 50
_ACCOUNTS: Final = 200
_WARM: Final = 50
_SCOPE: Final[dict[str, Any]] = {
    "type": "http",
    "path": "/graphql",
    "headers": [(b"content-type", b"application/json"), (b"accept", b"application/graphql-response+json")],
}

Act = Callable[[int], Awaitable[object]]


def run(*, operations: int = 2_000, json_path: Path | None = None) -> None:
    """Prints what it takes to bound a home page of 50 Pins that is within all bounds, each part by itself.

    Room in the process, then the document (measured and validated once, and then known by its text), then the shipped
    quotas of 200 accounts, in this process. The first time of a document is shown beside it: it has to be parsed and
    validated without any limits as well.
    """
    asyncio.run(_run(operations, json_path))


async def _run(operations: int, json_path: Path | None) -> None:
    known, rooms = Operations(schema), Rooms(requests_max=500, streams_max=5_000)
    quotas, variables = Quotas(read(None), Buckets()), {"first": PINS, "after": None}
    figures = known.prepare(HOME, None, variables).figures

    _, found, operation = known.select(HOME, None)
    document = found.document

    async def enter(_: int) -> None:
        room = rooms.of(_SCOPE)
        if room is not None:
            with room.place():
                pass

    async def prepare(_: int) -> None:
        known.prepare(HOME, None, variables)

    async def spend(number: int) -> None:
        await quotas.spend(_caller(number), figures)

    async def everything(number: int) -> None:
        await enter(number)
        await prepare(number)
        await spend(number)

    async def measured(_: int) -> None:
        measure(schema._schema, document, operation, variables)  # noqa: SLF001 - Strawberry has no public name for it.

    async def anew(number: int) -> None:
        known.prepare(f"{HOME} # {number}", None, variables)

    acts: tuple[tuple[str, Act], ...] = (
        ("room in the process", enter),
        ("the document, known by its text", prepare),
        ("the quotas", spend),
        ("all of these", everything),
        ("depth, cost and counts of a document, the first time", measured),
        ("a document parsed, measured and validated, the first time", anew),
    )
    rows = [await _timed(name, act, operations) for name, act in acts]
    facts: dict[str, object] = {row.name: f"{1_000 * (row.percentile(0.5) or 0):.0f} µs" for row in rows}
    show(f"What limits add to a page of {PINS} Pins", rows, {"cost": figures.cost, **facts}, json_path)


async def _timed(name: str, act: Act, count: int) -> Timings:
    timings = Timings(name)
    gc.collect()
    for number in range(-_WARM, count):
        began = time.perf_counter()
        await act(number)
        if number >= 0:
            timings.ms.append((time.perf_counter() - began) * 1_000)
    return timings


def _caller(number: int) -> Caller:
    n = number % _ACCOUNTS
    return Caller(Viewer(UserN(n + 1), UserId(f"user_{n}")), address=f"192.0.2.{n}")
