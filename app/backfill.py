"""Fills in what is missing without a job: vectors of Pins that were imported, or that a new model has not seen."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping, Sequence
from typing import Final

import structlog

from app.spaces import MilvusSpaces
from domain.ids import PinN
from events.handlers.embed import Embed
from graph import spaces
from graph.client import Graph
from graph.spaces import SpaceKind

log = structlog.get_logger(__name__)

PINS_A_LOOK: Final = 2_000
PINS_A_STEP: Final = 64
PINS_A_PART: Final = 32
WORDS_A_STEP: Final = 128
_IDLE_S: Final = 2.0
_TRIES: Final = 3


class Backfill:
    """Goes over the Pins that lack a vector, in parts small enough that a job is not held up by them.

    Looking for them costs as much as there are, so it looks for many at once and takes them in random order: several
    workers seldom do the same. A Pin that cannot be embedded is tried three times while this process lives, then
    marked FAILED.
    """

    def __init__(self, graph: Graph, embed: Embed, spaces: MilvusSpaces) -> None:
        self._graph = graph
        self._embed = embed
        self._spaces = spaces
        self._tries: dict[PinN, int] = {}
        self._looks = _Missing(graph, "look", self._tries)
        self._words = _Missing(graph, "text", self._tries)

    async def run(self) -> None:
        """Runs until it is cancelled. Raises Unavailable when a part does not answer: start it again later."""
        while True:
            done = await self.step()
            if done:
                continue
            await self._spaces.point()  # Nothing is missing (any more): what readers follow is whole.
            await asyncio.sleep(_IDLE_S)

    async def step(self) -> int:
        """Embeds some of the Pins that lack a vector; how many that were (0: none is missing)."""
        return await self._step_looks() or await self._step_words()

    async def _step_looks(self) -> int:
        look = await self._spaces.look()
        pins = await self._looks.take(PINS_A_STEP, look.versions)
        parts = (pins[start : start + PINS_A_PART] for start in range(0, len(pins), PINS_A_PART))
        for outcome in await asyncio.gather(*(self._embed_part(part) for part in parts), return_exceptions=True):
            if outcome is not None:
                raise outcome
        return len(pins)

    async def _embed_part(self, pins: Sequence[PinN]) -> None:
        failed = await self._embed.run(pins, anew=False)
        for n, why in failed.items():
            self._tries[n] = self._tries.get(n, 0) + 1
            log.warning("backfill_failed", pin_n=n, attempt=self._tries[n], reason=why)
        spent = [n for n in failed if self._tries[n] >= _TRIES]
        if spent:
            await self._embed.give_up(spent)

    async def _step_words(self) -> int:
        text = await self._spaces.text()
        if text is None:
            return 0
        pins = await self._words.take(WORDS_A_STEP, text.versions)
        if pins:
            await self._embed.run_words(pins)
        return len(pins)


class _Missing:
    """The Pins that lack a vector of one kind, found many at a time."""

    def __init__(self, graph: Graph, kind: SpaceKind, tries: Mapping[PinN, int]) -> None:
        self._graph = graph
        self._kind: SpaceKind = kind
        self._tries = tries
        self._found: list[PinN] = []

    async def take(self, limit: int, versions: Sequence[str]) -> list[PinN]:
        """At most `limit` Pins that lack the vector now, without those that have failed too often; [] when none do."""
        while True:
            if not self._found:
                self._found = await self._find(versions)
                if not self._found:
                    return []
            part, self._found = self._found[:limit], self._found[limit:]
            # Meanwhile a job or another worker may have done it.
            left = await spaces.still_unmarked(self._graph, self._kind, part, versions)
            if left:
                return left

    async def _find(self, versions: Sequence[str]) -> list[PinN]:
        after: PinN | None = None
        while True:
            found = await spaces.unmarked(self._graph, self._kind, versions, after=after, limit=PINS_A_LOOK)
            left = [n for n in found if self._tries.get(n, 0) < _TRIES]
            if left or len(found) < PINS_A_LOOK:
                return random.sample(left, len(left))
            after = found[-1]
