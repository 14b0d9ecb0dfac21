"""The copies of the public saves that API processes walk over, held against the graph."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Final

import httpx

from app import secret_files, walk_digest
from app.doctor.finding import Case, Finding, State, finding
from app.walk_digest import PATH, RANGE_BOARDS, Digest
from domain.errors import Unavailable
from domain.events import Kind
from domain.ids import BoardN
from graph import export, outbox
from graph.client import Tx

LOOKS: Final = 4
LOOK_S: Final = 1.0
BOARDS_AN_EVENT: Final = 200
TIMEOUT_S: Final = 10.0
HEARD_S: Final = 60.0


async def examine(case: Case) -> AsyncIterator[Finding]:
    """A finding over the copy of the API process of these settings; none when no API answers."""
    async with httpx.AsyncClient(base_url=case.settings.base_url, timeout=TIMEOUT_S, trust_env=False) as client:
        try:
            (await client.get("/healthz")).raise_for_status()
        except httpx.HTTPError:
            yield Finding("walk", f"no API answers at {case.settings.base_url}: it loads its copy when it starts", 0)
            return
        end = await export.boards_end(case.graph)
        wrong: list[int] = []
        with case.bar("walk", end) as moved:
            for low in range(0, end, RANGE_BOARDS):
                high = min(low + RANGE_BOARDS, end)
                if await _differs(case, client, low, high):
                    wrong += [n for n in range(low, high) if await _differs(case, client, n, n + 1)]
                moved(high - low)
        yield finding(
            "walk",
            "boards in the walk's copy",
            end,
            wrong,
            state=State.STALE,
            remedy="tells every API process to read these boards again",
            fixed=await _tell(case, client, wrong) if case.fix else 0,
        )


async def _differs(case: Case, client: httpx.AsyncClient, low: int, high: int) -> bool:
    """Whether copy and graph differ at several looks: a save that was just made reaches the copy within a second."""
    for look in range(LOOKS):
        if look:
            await asyncio.sleep(LOOK_S)
        before = await _copy(case, client, low, high)
        if await _present(case, low, high) == before:
            return False
    return True


async def _copy(case: Case, client: httpx.AsyncClient, low: int, high: int) -> Digest:
    signed = walk_digest.signature(secret_files.walk_key(case.settings), low, high)
    try:
        answer = await client.get(PATH, params={"low": low, "high": high, "s": signed})
        if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE:
            raise Unavailable("The API has not loaded its walk yet. Try again in a moment.")
        if answer.status_code == httpx.codes.NOT_FOUND:
            raise Unavailable("The API does not know our secret: give this command the settings that the API has.")
        body = answer.raise_for_status().json()
        return Digest(int(body["saves"]), int(body["digest"], 16))
    except (httpx.HTTPError, ValueError, KeyError) as error:
        raise Unavailable(f"The API at {case.settings.base_url} does not say what its walk holds: {error}") from error


async def _present(case: Case, low: int, high: int) -> Digest:
    held = await export.boards_between(case.graph, low, high)
    return await asyncio.to_thread(walk_digest.digest, held)


async def _tell(case: Case, client: httpx.AsyncClient, boards: list[int]) -> int:
    """How many boards are right again: an event names them, and every API process reads the present state of those."""
    for start in range(0, len(boards), BOARDS_AN_EVENT):
        named = [BoardN(n) for n in boards[start : start + BOARDS_AN_EVENT]]

        async def work(tx: Tx, named: list[BoardN] = named) -> None:
            await outbox.append(tx, outbox.event(Kind.IMPORTED, boards=named))

        await case.graph.write(work)
    left, waited_s = list(boards), 0.0
    while left and waited_s < HEARD_S:
        await asyncio.sleep(LOOK_S)
        waited_s += LOOK_S
        left = [n for n in left if await _copy(case, client, n, n + 1) != await _present(case, n, n + 1)]
    return len(boards) - len(left)
