"""The walk's own copy of the public saves, kept up with the graph."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import structlog

from discovery.walk import deposit, keeping, pixie, warming
from discovery.walk.arranged import Arranged, Arranging
from discovery.walk.flat import Flags, Flat
from discovery.walk.hits import Ranking, WalkHit, hits_of
from discovery.walk.kernels import Ints
from discovery.walk.present import Named, Present, chunks, present_of
from discovery.walk.pruning import PinTopics
from discovery.walk.rebuild import Edits, Rebuild
from discovery.walk.topical import Bias
from domain.events import Event
from domain.ids import BoardN, PinN, TopicN
from domain.limits import WALK_BOARDS_MAX
from graph import export, outbox
from graph.client import Graph

log = structlog.get_logger(__name__)

_REBUILD_S_MAX: Final = 600.0
_EDITS_A_TURN: Final = 20_000
"""How many edits are made while walks wait: some 2 ms of work."""

_SAMPLE_TRIES: Final = 20


class LiveWalk:
    """Walks over an in-memory copy of the public saves. One per process; its methods may be called from any thread."""

    def __init__(self, flat: Flat, *, seq: int = 0, graph: Graph | None = None) -> None:
        self._flat = flat
        self._writing = threading.Lock()
        self._rebuild: Rebuild | None = None
        self._waiting: list[Edits] = []
        """Changes that the copy has no room for, with all that came after them: the next rebuild makes them."""
        self._arranged: Arranged | None = None
        self._arranging: Arranging | None = None
        self._seq = seq
        self._graph = graph
        self._following = asyncio.Lock()

    @classmethod
    async def load(cls, graph: Graph, path: Path | None = None) -> LiveWalk:
        """A walk over all public saves, its loops compiled: from the snapshot at `path`, if it holds one of this
        graph, else from the graph, which takes some 3 s for 925k saves. Follow the events after `seq`."""
        found = None if path is None else await keeping.opened(graph, path)
        if found is None:
            return await cls._exported(graph)
        walk = cls(found[0], seq=found[1], graph=graph)
        await walk.catch_up()
        log.info("walk_opened", saves=walk.saves, seq=walk.seq)
        return walk

    @classmethod
    async def _exported(cls, graph: Graph) -> LiveWalk:
        seq = await outbox.last_seq(graph)  # Before the saves: what comes meanwhile is followed after it.
        boards, pins = [], []
        async for batch in export.edges(graph):
            for board, held in batch:
                boards.append(np.full(len(held), board, np.int64))
                pins.append(np.array(held, np.int64))
        none = np.zeros(0, np.int64)
        flat = await asyncio.to_thread(_built, np.concatenate([none, *boards]), np.concatenate([none, *pins]))
        log.info("walk_loaded", saves=flat.saves, seq=seq)
        return cls(flat, seq=seq, graph=graph)

    async def catch_up(self) -> None:
        """Follows the events that there are by now. Raises Unavailable when the graph does not answer."""
        while self._graph is not None and (events := await outbox.after(self._graph, self._seq)):
            await self.follow(events)

    async def keep(self, path: Path) -> bool:
        """Writes the copy as a snapshot, once nothing waits for a rebuild; False when there is no event to know it by,
        or no memory for that rebuild. Raises Unavailable when the disk is full or the graph does not answer."""
        if self._graph is None:
            return False
        async with self._following:
            if self._waiting:
                await asyncio.to_thread(self.rebuilt, _REBUILD_S_MAX)
            if self._waiting:  # A file without it would say that it has it.
                log.warning("snapshot_not_written", reason="the walk has no room yet for what was saved last")
                return False
            return await keeping.kept(self._graph, self._flat, self._seq, path)

    def pairs(self) -> tuple[Ints, Ints]:
        """All public saves: boards, Pins."""
        with self._writing:
            return self._flat.pairs(0, self._flat.board_at.size)

    @property
    def seq(self) -> int:
        """The event position that the copy is known to include."""
        return self._seq

    @property
    def saves(self) -> int:
        """How many public saves the copy has."""
        return self._flat.saves

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
                await self.apply(await present_of(self._graph, named))
            self._seq = max([self._seq, *(event.seq for event in events)])

    async def apply(self, present: Present) -> None:
        """Makes the copy agree with the present state of some pairs, boards and Pins. Safe to repeat."""
        await asyncio.to_thread(self._apply, present)

    def _apply(self, present: Present) -> None:
        with self._writing:
            edits: dict[tuple[BoardN, PinN], bool] = dict(present.pairs)
            edits.update(dict.fromkeys(self._waiting_of(present), False))
            for board, held in present.boards.items():
                edits.update({(board, PinN(int(pin))): False for pin in self._flat.pins_of(board)})
                edits.update({(board, pin): True for pin in held})
            for pin, on in present.pins.items():
                edits.update({(BoardN(int(board)), pin): False for board in self._flat.boards_of(pin)})
                edits.update({(board, pin): True for board in on})
            for turn in chunks(list(edits.items()), _EDITS_A_TURN):
                pairs = np.array([pair for pair, _ in turn], np.int64).reshape(-1, 2)
                self._edit(pairs[:, 0].copy(), pairs[:, 1].copy(), np.array([add for _, add in turn], np.bool_))

    def _waiting_of(self, present: Present) -> Iterator[tuple[BoardN, PinN]]:
        """The pairs of these boards and Pins that the copy has no room for yet. `_writing` is held."""
        named = np.array(list(present.boards), np.int64), np.array(list(present.pins), np.int64)
        for boards, pins, _ in self._waiting:
            some = np.isin(boards, named[0]) | np.isin(pins, named[1])
            yield from zip(map(BoardN, boards[some].tolist()), map(PinN, pins[some].tolist()), strict=True)

    def _edit(self, boards: Ints, pins: Ints, adds: Flags) -> None:
        """Edits the copies, and notes the edits for one that is being made. `_writing` is held."""
        for making in (self._rebuild, self._arranging):
            if making is not None:
                making.note(boards, pins, adds)
        if self._arranged is not None:
            self._arranged.edit(boards, pins, adds)
        done = self._flat.edit(boards, pins, adds)
        if self._waiting:
            self._waiting.append((boards, pins, adds))
        elif done < boards.size:
            self._waiting.append((boards[done:], pins[done:], adds[done:]))
        if done < boards.size:
            # The tail is full: what is taken off is off at once, what is added waits for the rebuild.
            off = ~adds[done:]
            self._flat.edit(boards[done:][off], pins[done:][off], adds[done:][off])
        if (self._waiting or self._flat.worn) and self._rebuild is None:
            self._start_rebuild()

    def _start_rebuild(self) -> None:
        self._rebuild = rebuild = Rebuild(self._flat, self._writing, self._waiting)
        threading.Thread(target=self._run_rebuild, args=(rebuild,), name="walk rebuild", daemon=True).start()

    def _run_rebuild(self, rebuild: Rebuild) -> None:
        try:
            with rebuild.finished() as flat:  # Holds `_writing`: no edit falls between the last one and the swap.
                self._flat, self._rebuild, self._waiting = flat, None, []
            log.info("walk_rebuilt", saves=flat.saves, bytes=flat.nbytes)
        except MemoryError as error:
            log.warning(
                "walk_not_rebuilt", error=str(error) or "no memory", then="at the next change it is tried again"
            )
        finally:
            with self._writing:
                if self._rebuild is rebuild:  # It failed: another may begin.
                    self._rebuild = None
            rebuild.over.set()

    def rebuilt(self, timeout_s: float) -> bool:
        """Waits until no rebuild is under way; False when it takes longer."""
        rebuild = self._rebuild
        return rebuild is None or rebuild.over.wait(timeout_s)

    def recommend(
        self,
        query_pins: Sequence[tuple[PinN, float]],
        *,
        limit: int,
        exclude: Collection[PinN] = (),
        seed: int = 0,
        boards_max: int = WALK_BOARDS_MAX,
        vias: int = 1,
    ) -> list[WalkHit]:
        """At most `limit` Pins near the query Pins (Pin, weight > 0), best first, without those and `exclude`.

        Each says through which query Pins and boards it was reached, at most `vias`.

        Query Pins that no public board holds are skipped. Deterministic for one copy and one seed.
        CPU-bound, about a millisecond, mostly without the GIL: call it in a thread.
        """
        found = self.ranked(query_pins, limit=limit, exclude=exclude, seed=seed, boards_max=boards_max, vias=vias)
        return hits_of(found)

    def ranked(
        self,
        query_pins: Sequence[tuple[PinN, float]],
        *,
        limit: int,
        exclude: Collection[PinN] = (),
        seed: int = 0,
        boards_max: int = WALK_BOARDS_MAX,
        vias: int = 1,
        stepped: bool = False,
    ) -> Ranking:
        """What `recommend` gives, or `stepped` gives, as arrays."""
        if stepped:
            return pixie.ranked(
                self._flat, query_pins, limit=limit, exclude=exclude, seed=seed, early_stop=pixie.EARLY_STOP, vias=vias
            )
        return deposit.ranked(
            self._flat, query_pins, limit=limit, exclude=exclude, seed=seed, boards_max=boards_max, vias=vias
        )

    def stepped(
        self,
        query_pins: Sequence[tuple[PinN, float]],
        *,
        limit: int,
        exclude: Collection[PinN] = (),
        seed: int = 0,
        vias: int = 1,
    ) -> list[WalkHit]:
        """What `recommend` gives, by Pixie's walk with the paper's early stop: a few milliseconds, mostly without the
        GIL."""
        return hits_of(self.ranked(query_pins, limit=limit, exclude=exclude, seed=seed, vias=vias, stepped=True))

    @property
    def unarranged(self) -> bool:
        """Whether `arrange` should be called before walks about a topic: never done, or too long ago."""
        return self._arranging is None and (self._arranged is None or self._arranged.stale)

    def arrange(self, about: PinTopics) -> None:
        """Makes the copy for walks about a topic from what Pins are about, the main topic of each first. Takes as long
        as a build, and as much memory again; call it in a thread. What is taken off meanwhile does not come back."""
        with self._writing:
            if self._arranging is not None:
                return
            self._arranging = making = Arranging(self._flat, self._writing, about)
        try:
            with making.finished() as flat:
                if making.parts is not None:
                    self._arranged = Arranged(flat, making.parts)
                self._arranging = None
            log.info("walk_arranged", saves=flat.saves, topics=about.count)
        except MemoryError as error:
            log.warning("walk_not_arranged", error=str(error) or "no memory")
        finally:
            self._arranging = None

    def about(
        self,
        topic: TopicN,
        query_pins: Sequence[tuple[PinN, float]],
        *,
        limit: int,
        exclude: Collection[PinN] = (),
        seed: int = 0,
        vias: int = 1,
    ) -> list[WalkHit]:
        """What `stepped` gives, keeping to boards and Pins about a topic where there are some; everywhere before the
        lists are arranged, and where that leads nowhere."""
        arranged = self._arranged
        if arranged is not None:
            bias, stop = Bias(arranged.parts, topic), pixie.EARLY_STOP
            found = pixie.recommend(
                *(arranged.flat, query_pins),
                limit=limit,
                exclude=exclude,
                seed=seed,
                early_stop=stop,
                bias=bias,
                vias=vias,
            )
            if found:
                return found
        return self.stepped(query_pins, limit=limit, exclude=exclude, seed=seed, vias=vias)

    def public(self) -> list[PinN]:
        """The Pins that are on a public board."""
        return [PinN(n) for n in np.flatnonzero(self._on_boards()).tolist()]

    @property
    def public_pins(self) -> int:
        """How many Pins are on a public board."""
        return int(self._on_boards().sum())

    def _on_boards(self) -> Flags:
        flat = self._flat
        with flat.gate.walking():
            return np.asarray(flat.degrees(flat.nodes(flat.pin_at, np.arange(flat.pin_at.size))) > 0)

    def sample(self, limit: int, *, seed: int = 0) -> list[PinN]:
        """At most `limit` different public Pins, any as likely as another."""
        rng = np.random.default_rng(seed & 0xFFFFFFFFFFFFFFFF)
        flat, chosen = self._flat, np.zeros(0, np.int64)
        with flat.gate.walking():
            if flat.pin_at.size <= 4 * limit:
                all_ = np.arange(flat.pin_at.size)
                public = all_[flat.degrees(flat.nodes(flat.pin_at, all_)) > 0]
                chosen = rng.choice(public, size=min(limit, public.size), replace=False)
            else:
                for _ in range(_SAMPLE_TRIES):
                    drawn = rng.integers(0, flat.pin_at.size, 2 * limit)
                    drawn = drawn[flat.degrees(flat.nodes(flat.pin_at, drawn)) > 0]
                    chosen = np.array(list(dict.fromkeys([*chosen.tolist(), *drawn.tolist()])), np.int64)
                    if chosen.size >= limit:
                        break
        return [PinN(int(n)) for n in chosen[:limit]]

    def pins_of(self, board: BoardN) -> list[PinN]:
        """The Pins of a public board, in no order; empty for any other."""
        flat = self._flat
        with flat.gate.walking():
            return [PinN(int(n)) for n in flat.pins_of(board)]

    def boards_of(self, pin: PinN) -> list[BoardN]:
        """The public boards that hold a Pin, in no order."""
        flat = self._flat
        with flat.gate.walking():
            return [BoardN(int(n)) for n in flat.boards_of(pin)]


def _built(boards: Ints, pins: Ints) -> Flat:
    flat = Flat.build(boards, pins)
    warming.warm_for(flat)
    return flat
