"""What a process's copy of the public saves amounts to, for comparing it with the graph without sending it.

A digest is the sum, modulo 2⁶⁴, of a well-mixed number for each (Board, Pin): the order of saves does not matter, and a
change of one save changes it. Asked over ranges of Boards, then over single ones.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from discovery.walk.live import LiveWalk
from domain.errors import Unavailable
from domain.ids import BoardN

PATH: Final = "/walk/digest"
RANGE_BOARDS: Final = 2_000
_N_MAX: Final = 1 << 31


@dataclass(frozen=True, slots=True)
class Digest:
    """How many saves some Boards have, and their digest."""

    saves: int
    digest: int


def digest(boards: Iterable[tuple[int, Sequence[int]]]) -> Digest:
    """The digest of these Boards with their Pins; pairs that come twice count twice."""
    saves, total = 0, 0
    for board, pins in boards:
        if len(pins):
            saves += len(pins)
            total += int(_mixed(board, np.asarray(pins, dtype=np.uint64)).sum(dtype=np.uint64))
    return Digest(saves, total & 0xFFFFFFFFFFFFFFFF)


def _mixed(
    board: int, pins: np.ndarray[tuple[int], np.dtype[np.uint64]]
) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    """SplitMix64's finaliser over board and Pin. Source: Steele, Lea, Flood, OOPSLA 2014."""
    mixed = pins + np.uint64((board * 0x9E3779B97F4A7C15) & 0xFFFFFFFFFFFFFFFF)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


def of_walk(walk: LiveWalk, low: int, high: int) -> Digest:
    """The digest of the Boards from `low` to before `high` in a process's copy: milliseconds, call it in a thread."""
    return digest((board, walk.pins_of(BoardN(board))) for board in range(low, high))


def signature(key: bytes, low: int, high: int) -> str:
    """What a question has to carry: only who knows the installation's secret may ask."""
    return hmac.new(key, f"walk\n{low}\n{high}".encode(), hashlib.sha256).hexdigest()


def answer(walk: Callable[[], LiveWalk], key: Callable[[], bytes]) -> Callable[[Request], Awaitable[Response]]:
    """The handler of `GET /walk/digest?low=&high=&s=`: 404 for whoever may not ask, 503 while there is no walk."""

    async def respond(request: Request) -> Response:
        low, high, signed = (request.query_params.get(name, "") for name in ("low", "high", "s"))
        if not (
            low.isdecimal() and high.isdecimal() and 0 <= int(low) < int(high) <= min(int(low) + RANGE_BOARDS, _N_MAX)
        ):
            return Response(status_code=404)
        if not hmac.compare_digest(signed.encode(), signature(key(), int(low), int(high)).encode()):
            return Response(status_code=404)
        try:
            found = await asyncio.to_thread(of_walk, walk(), int(low), int(high))
        except Unavailable as error:
            return JSONResponse({"error": error.message}, 503)
        return JSONResponse(
            {"saves": found.saves, "digest": f"{found.digest:016x}"}, headers={"cache-control": "no-store"}
        )

    return respond
