"""The steps between a feed's sources and its slate."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final

import structlog

from discovery import diversify, filters, rank, shares
from discovery.candidate import Candidate
from discovery.facts import KnownPins, Neighbours
from discovery.heeding import heeded
from discovery.leaning_store import KeptLeanings
from discovery.pipeline import Run, Stage, Step
from domain.errors import Unavailable
from domain.ids import BoardN, PinN, UserN
from domain.limits import PAGE_ITEMS_DEFAULT
from graph import export, narrowing, pins, visibility
from graph.client import Graph
from vectors.embedder import FloatArray

log = structlog.get_logger(__name__)

WEIGHING: Final = frozenset({"blend", "leading"})
"""The stages that go by the feed's weights."""
INFORMED: Final = frozenset({"one_picture", "heed", "space", "space_home"})
"""The stages that go by what `facts` brings."""
SHORTLIST: Final = 500
"""How many of the best go on to the steps that cost a statement."""
_LOOKS: Final = 300
"""How many of them are spaced by look: some twelve pages."""
_LOOKS_LIMIT_S: Final = 0.4
_SPACING_LIMIT_S: Final = 0.45  # Twice on a home page, within the step's own limit.


class Stages:
    """The steps that need the graph or the looks of Pins, and those that are pure."""

    def __init__(
        self, graph: Graph, known: KnownPins, looks: Neighbours | None, leanings: KeptLeanings | None = None
    ) -> None:
        self._graph, self._known, self._looks, self._leanings = graph, known, looks, leanings

    def by_name(self) -> Mapping[str, Stage]:
        """What a declared feed may use."""
        return {
            "unseen": self.unseen,
            "blend": self.blend,
            "leading": self.leading,
            "fused": self.fused,
            "visible": self.visible,
            "facts": self.facts,
            "one_picture": self.one_picture,
            "heed": self.heed,
            "narrow": self.narrow,
            "visible_off_board": self.visible_off_board,
            "space": self.space,
            "space_home": self.space_home,
            "slate": self.cut,
        }

    async def unseen(self, run: Run, _: Step, candidates: list[Candidate]) -> list[Candidate]:
        """Without what the query excludes, and without the query Pins themselves."""
        asked = {pin.pin_n for pin in run.query.query_pins}
        return filters.without(candidates, run.query.excluded | asked)

    async def blend(self, run: Run, _: Step, candidates: list[Candidate]) -> list[Candidate]:
        """The best SHORTLIST by the blend of all sources, some of each source among them: of a rare one is promised."""
        weights = rank.warmed(run.feed.weights, run.query.saves)
        if run.feed.learns and self._leanings is not None:
            run.factors = self._leanings.factors
        return rank.blend(candidates, weights, now_ms=run.query.now_ms, factors=run.factors, most=SHORTLIST)

    async def leading(self, run: Run, _: Step, candidates: list[Candidate]) -> list[Candidate]:
        """In the order of the feed's weightiest source, the rest after it."""
        return rank.leading(candidates, max(run.feed.weights, key=lambda s: run.feed.weights[s]))

    async def fused(self, _run: Run, _: Step, candidates: list[Candidate]) -> list[Candidate]:
        """By the sources' own scores together."""
        return rank.fused(candidates)

    async def visible(self, run: Run, _: Step, candidates: list[Candidate]) -> list[Candidate]:
        """What the viewer may see: one statement."""
        if not candidates:
            return []
        seen = await visibility.visible(self._graph, run.query.viewer, [c.pin_n for c in candidates])
        return filters.only(candidates, seen)

    async def facts(self, run: Run, _: Step, candidates: list[Candidate]) -> list[Candidate]:
        """Learns creators, boards, pictures and topics of all, and the looks of the best; passes nothing on."""
        asked, seen = [pin.pin_n for pin in run.query.query_pins], list(run.query.seen)
        ns = [c.pin_n for c in candidates]
        run.facts.known, run.facts.vectors = await asyncio.gather(
            self._known.of(asked + seen + ns),
            self._vectors([*seen, *run.query.disliked, *ns[:_LOOKS]], _LOOKS_LIMIT_S * run.patience),
        )
        return []

    async def _vectors(self, ns: list[PinN], limit_s: float) -> dict[PinN, FloatArray]:
        if self._looks is None or not ns:
            return {}
        try:
            async with asyncio.timeout(limit_s):
                return await self._looks.vectors(ns)
        except (TimeoutError, Unavailable) as late:
            # A page not spaced by look is better than none.
            log.warning("looks_unavailable", error=str(late) or "late")
            return {}

    async def one_picture(self, run: Run, _: Step, candidates: list[Candidate]) -> list[Candidate]:
        """One Pin of each picture, none of a query Pin's."""
        asked = [pin.pin_n for pin in run.query.query_pins]
        return filters.one_of_each_picture(candidates, run.facts.known, asked)

    async def heed(self, run: Run, _: Step, candidates: list[Candidate]) -> list[Candidate]:
        """Lower what the viewer was shown and left alone, and what looks like Pins that they hid."""
        query = run.query
        return heeded(candidates, looks=query.looks, disliked=query.disliked, vectors=run.facts.vectors)

    async def narrow(self, run: Run, _: Step, candidates: list[Candidate]) -> list[Candidate]:
        """What the viewer may see and the query's filter lets pass, varied by title: one statement."""
        if not candidates:
            return []
        ns = [c.pin_n for c in candidates]
        return filters.varied(candidates, await narrowing.narrowed(self._graph, run.query.viewer, ns, run.query.filter))

    async def visible_off_board(self, run: Run, step: Step, candidates: list[Candidate]) -> list[Candidate]:
        """What the viewer may see and is not on the board that the query names."""
        ns = [c.pin_n for c in candidates]
        seen, held = await asyncio.gather(
            self.visible(run, step, candidates), self._on_board(run.query.viewer, run.query.filter.board_n, ns)
        )
        return filters.without(seen, held)

    async def _on_board(self, viewer: UserN, board: BoardN | None, ns: list[PinN]) -> set[PinN]:
        """Those on the board: publicly, or on a board of the viewer's own."""
        if board is None or not ns:
            return set()
        public, own = await asyncio.gather(
            export.states(self._graph, [(board, n) for n in ns]), pins.viewer_saves(self._graph, viewer, ns)
        )
        mine = {n for n, saves in own.items() if any(save.board_n == board for save in saves)}
        return {n for _, n in public} | mine

    async def space(self, run: Run, _: Step, candidates: list[Candidate]) -> list[Candidate]:
        """Spaced as the feed declares, from what the viewer saw last on, in a thread; as they are when that is late."""
        try:
            async with asyncio.timeout(_SPACING_LIMIT_S * run.patience):
                return await asyncio.to_thread(
                    diversify.spaced,
                    *(candidates, run.facts.known, run.facts.vectors, run.feed.spacing, run.query.seen),
                )
        except TimeoutError:
            # A page that is not spaced is better than none.
            log.warning("spacing_late", feed=run.feed.name, candidates=len(candidates))
            return candidates

    async def space_home(self, run: Run, step: Step, candidates: list[Candidate]) -> list[Candidate]:
        """Spaced; then the first page gets what it is promised, and is spaced again."""
        promises = shares.of_home(run.query, run.facts.known)
        spaced = await self.space(run, step, candidates)
        settled = shares.promised(spaced, promises)
        before = {candidate.pin_n for candidate in spaced[:PAGE_ITEMS_DEFAULT]}
        run.promised = frozenset(c.pin_n for c in settled[:PAGE_ITEMS_DEFAULT] if c.pin_n not in before)
        first = await self.space(run, step, settled[:PAGE_ITEMS_DEFAULT])
        return first + settled[PAGE_ITEMS_DEFAULT:]

    async def cut(self, _run: Run, step: Step, candidates: list[Candidate]) -> list[Candidate]:
        """The slate: the first `quota`."""
        return candidates[: step.quota]
