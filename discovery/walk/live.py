"""The walk's own copy of the public saves, kept up with the graph."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

import numpy as np
import structlog

from discovery.walk import deposit, kernels
from discovery.walk.deposit import WalkHit
from discovery.walk.layout import Layout
from domain.events import Event, Kind
from domain.ids import BoardN, PinN
from domain.limits import WALK_BOARDS_MAX
from graph import export, outbox
from graph.client import Graph

log = structlog.get_logger(__name__)

T = TypeVar("T")

_PAIRS_A_READ: Final = 2_000
_BOARDS_A_READ: Final = 200
_PINS_A_READ: Final = 500
_EDITS_A_TURN: Final = 20_000
"""How many edits are made while walks wait: some 2 ms of work."""

_PAIR_KINDS: Final = frozenset({Kind.SAVED, Kind.UNSAVED, Kind.PIN_CREATED})
_BOARD_KINDS: Final = frozenset({Kind.PRIVACY, Kind.BOARD_DELETED})


@dataclass(slots=True)
class Named:
    """What a run of events says may have changed."""

    pairs: set[tuple[BoardN, PinN]] = field(default_factory=set)
    boards: set[BoardN] = field(default_factory=set)
    pins: set[PinN] = field(default_factory=set)

    @classmethod
    def of(cls, events: Sequence[Event]) -> Named:
        """The pairs, boards and Pins that the events name. A board named whole takes its pairs along."""
        named = cls()
        for event in events:
            if event.kind in _PAIR_KINDS:
                named._pair(event)
            elif event.kind in _BOARD_KINDS and event.board is not None:
                named.boards.add(event.board)
            elif event.kind is Kind.PIN_DELETED and event.pin is not None:
                named.pins.add(event.pin)
            elif event.kind is Kind.IMPORTED:
                named.boards.update(event.boards)
                named.pins.update(() if event.boards else event.pins)
        named.pairs = {(b, p) for b, p in named.pairs if b not in named.boards and p not in named.pins}
        return named

    def _pair(self, event: Event) -> None:
        if event.pin is not None and event.board is not None:
            self.pairs.add((event.board, event.pin))
        elif event.pin is not None:
            self.pins.add(event.pin)
        elif event.board is not None:
            self.boards.add(event.board)


@dataclass(slots=True)
class Present:
    """The present public state of what was named: a board's Pins, a Pin's boards, pairs that are or are not."""

    pairs: dict[tuple[BoardN, PinN], bool] = field(default_factory=dict)
    boards: dict[BoardN, list[PinN]] = field(default_factory=dict)
    pins: dict[PinN, list[BoardN]] = field(default_factory=dict)


class LiveWalk:
    """Walks over an in-memory copy of the public saves. One per process; its methods may be called from any thread."""

    def __init__(self, layout: Layout, *, seq: int = 0, graph: Graph | None = None) -> None:
        self._layout = layout
        self._seq = seq
        self._graph = graph
        self._following = asyncio.Lock()

    @classmethod
    async def load(cls, graph: Graph) -> LiveWalk:
        """A walk over all public saves, its loops compiled. It has read the event position before the saves: follow
        the events after `seq`. 925k saves take some 3 s."""
        seq = await outbox.last_seq(graph)
        boards, pins = [], []
        async for batch in export.edges(graph):
            for board, held in batch:
                boards.append(np.full(len(held), board, np.int64))
                pins.append(np.array(held, np.int64))
        none = np.zeros(0, np.int64)
        layout = await asyncio.to_thread(_built, np.concatenate([none, *boards]), np.concatenate([none, *pins]))
        log.info("walk_loaded", saves=layout.saves, seq=seq)
        return cls(layout, seq=seq, graph=graph)

    @property
    def seq(self) -> int:
        """The event position that the copy is known to include."""
        return self._seq

    @property
    def saves(self) -> int:
        """How many public saves the copy has."""
        return self._layout.saves

    async def follow(self, events: Sequence[Event]) -> None:
        """Brings the copy up to the present state of what these events name.

        Repeats and any order are harmless. Raises Unavailable when the graph does not answer; then nothing of the
        events is lost if they are given again.
        """
        if not events:
            return
        if self._graph is None:
            raise ValueError("a walk that was not loaded from a graph follows nothing")
        # One at a time, reading included: of two overlapping reads the older could be applied last.
        async with self._following:
            named = Named.of(events)
            if named.pairs or named.boards or named.pins:
                await self.apply(await _present(self._graph, named))
            self._seq = max([self._seq, *(event.seq for event in events)])

    async def apply(self, present: Present) -> None:
        """Makes the copy agree with the present state of some pairs, boards and Pins. Safe to repeat."""
        await asyncio.to_thread(self._apply, present)

    def _apply(self, present: Present) -> None:
        edits: dict[tuple[BoardN, PinN], bool] = dict(present.pairs)
        for board, held in present.boards.items():
            edits.update({(board, PinN(int(pin))): False for pin in self._layout.boards.of(board)})
            edits.update({(board, pin): True for pin in held})
        for pin, on in present.pins.items():
            edits.update({(BoardN(int(board)), pin): False for board in self._layout.pins.of(pin)})
            edits.update({(board, pin): True for board in on})
        for turn in _chunks(list(edits.items()), _EDITS_A_TURN):
            pairs = np.array([pair for pair, _ in turn], np.int64).reshape(-1, 2)
            adds = np.array([add for _, add in turn], np.bool_)
            self._layout.edit(pairs[:, 0].copy(), pairs[:, 1].copy(), adds)

    def recommend(
        self,
        query_pins: Sequence[tuple[PinN, float]],
        *,
        limit: int,
        exclude: Collection[PinN] = (),
        seed: int = 0,
        boards_max: int = WALK_BOARDS_MAX,
    ) -> list[WalkHit]:
        """At most `limit` Pins near the query Pins (Pin, weight > 0), best first, without those and `exclude`.

        Query Pins that no public board holds are skipped. Deterministic for one copy and one seed.
        CPU-bound, about a millisecond, mostly without the GIL: call it in a thread.
        """
        return deposit.recommend(
            self._layout, query_pins, limit=limit, exclude=exclude, seed=seed, boards_max=boards_max
        )

    def sample(self, limit: int, *, seed: int = 0) -> list[PinN]:
        """At most `limit` different public Pins, any as likely as another."""
        with self._layout.gate.walking():
            public = np.flatnonzero(self._layout.pins.size)
        rng = np.random.default_rng(seed & 0xFFFFFFFFFFFFFFFF)
        chosen = rng.choice(public, size=min(limit, public.size), replace=False)
        return [PinN(int(n)) for n in chosen]

    def pins_of(self, board: BoardN) -> list[PinN]:
        """The Pins of a public board, in no order; empty for any other."""
        with self._layout.gate.walking():
            return [PinN(int(n)) for n in self._layout.boards.of(board)]

    def boards_of(self, pin: PinN) -> list[BoardN]:
        """The public boards that hold a Pin, in no order."""
        with self._layout.gate.walking():
            return [BoardN(int(n)) for n in self._layout.pins.of(pin)]


def _built(boards: kernels.Ints, pins: kernels.Ints) -> Layout:
    kernels.warm()
    return Layout(boards, pins)


async def _present(graph: Graph, named: Named) -> Present:
    present = Present()
    for pairs in _chunks(sorted(named.pairs), _PAIRS_A_READ):
        held = await export.states(graph, pairs)
        present.pairs.update({pair: pair in held for pair in pairs})
    for boards in _chunks(sorted(named.boards), _BOARDS_A_READ):
        pins = await export.board_pins(graph, boards)
        present.boards.update({board: pins.get(board, []) for board in boards})
    for wanted in _chunks(sorted(named.pins), _PINS_A_READ):
        on = await export.pin_boards(graph, wanted)
        present.pins.update({pin: on.get(pin, []) for pin in wanted})
    return present


def _chunks(values: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    return (values[i : i + size] for i in range(0, len(values), size))
