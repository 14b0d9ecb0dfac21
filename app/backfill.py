"""Fills in what is missing without a job: vectors of Pins that were imported, or that a new model has not seen."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

import structlog

from app.spaces import MilvusSpaces
from domain.ids import PinN
from events.handlers.embed import Embed
from graph import pin_writes
from graph.client import Graph

log = structlog.get_logger(__name__)

PINS_A_STEP: Final = 64
PINS_A_PART: Final = 8
PARTS_AT_ONCE: Final = 2
WORDS_A_STEP: Final = 128
_IDLE_S: Final = 2.0
_TRIES: Final = 3


class Backfill:
    """Goes over the Pins that lack a vector, oldest first, in parts small enough that a job is not held up by them.

    A Pin that cannot be embedded is tried three times while this process lives, then marked FAILED.
    """

    def __init__(self, graph: Graph, embed: Embed, spaces: MilvusSpaces) -> None:
        self._graph = graph
        self._embed = embed
        self._spaces = spaces
        self._tries: dict[PinN, int] = {}
        self._behind = True

    async def run(self) -> None:
        """Runs until it is cancelled. Raises Unavailable when a part does not answer: start it again later."""
        while True:
            done = await self.step()
            if done:
                self._behind = True
                continue
            if self._behind:  # Nothing is missing (any more): what readers follow is whole.
                await self._spaces.promote()
                self._behind = False
            await asyncio.sleep(_IDLE_S)

    async def step(self) -> int:
        """Embeds some of the Pins that lack a vector; how many that were (0: none is missing)."""
        return await self._looks() or await self._words()

    async def _looks(self) -> int:
        look = await self._spaces.look()
        pins = await self._missing(look=look.mark, text=None, limit=PINS_A_STEP)
        at_once = asyncio.Semaphore(PARTS_AT_ONCE)

        async def one(part: Sequence[PinN]) -> None:
            async with at_once:
                await self._embed_part(part)

        parts = (pins[start : start + PINS_A_PART] for start in range(0, len(pins), PINS_A_PART))
        for outcome in await asyncio.gather(*(one(part) for part in parts), return_exceptions=True):
            if outcome is not None:
                raise outcome
        return len(pins)

    async def _embed_part(self, pins: Sequence[PinN]) -> None:
        failed = await self._embed.run(pins)
        for n, why in failed.items():
            self._tries[n] = self._tries.get(n, 0) + 1
            log.warning("backfill_failed", pin_n=n, attempt=self._tries[n], reason=why)
        spent = [n for n in failed if self._tries[n] >= _TRIES]
        if spent:
            await self._embed.give_up(spent)

    async def _words(self) -> int:
        text = await self._spaces.text()
        if text is None:
            return 0
        pins = await self._missing(look=None, text=text.mark, limit=WORDS_A_STEP)
        if pins:
            await self._embed.run_words(pins)
        return len(pins)

    async def _missing(self, *, look: str | None, text: str | None, limit: int) -> list[PinN]:
        """Pins that lack the vector, without those that have failed too often."""
        after: PinN | None = None
        while True:
            found = await pin_writes.unindexed(self._graph, look=look, text=text, after=after, limit=limit)
            left = [n for n in found if self._tries.get(n, 0) < _TRIES]
            if left or len(found) < limit:
                return left
            after = found[-1]
