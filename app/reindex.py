"""`pinwalk reindex`: moves a space to another model's vectors while everything goes on, and back if need be.

The command chooses, watches and checks; the worker fills (`app/backfill.py`). What is chosen is one fact in the graph,
so the command may be killed and given again at any time.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from rich.console import Console
from rich.table import Table

from app.connect import ready_graph
from app.settings import Settings
from app.spaces import MODEL_KINDS, STATE_LIFE_S, follow
from app.transfer.progress import Bars
from app.vector_check import Checked, check
from domain.errors import Conflict, Invalid, Unavailable
from graph import spaces, upkeep
from graph.client import Graph
from graph.spaces import Chosen, SpaceKind, SpaceState
from vectors import lookalike
from vectors.embedder import ModelInfo, ModelState
from vectors.milvus import MilvusIndex
from vectors.recall import RECALL_MIN
from vectors.remote import RemoteEmbedder

KINDS: Final[tuple[SpaceKind, ...]] = ("look", "text")
POLL_S: Final = 1.0
MODEL_WAIT_S: Final = 900.0
WORKER_SILENT_MS: Final = 15_000
ROUNDS: Final = 3
EXAMPLES: Final = 5


@dataclass(slots=True)
class Reindex:
    """The command over one space, with what it needs open."""

    settings: Settings
    graph: Graph
    embedder: RemoteEmbedder
    kind: SpaceKind
    console: Console = field(default_factory=lambda: Console(highlight=False, soft_wrap=True))
    quiet: bool = False

    async def move(self, name: str, *, accept_missing: bool) -> None:
        """Fills the vectors of the model `name` and lets readers follow; safe to repeat after a kill.

        Raises Invalid for a model that is nothing, Conflict while another move is not settled, or when what was filled
        does not hold up.
        """
        live = await self._live()
        model = await self._loaded(name)
        await spaces.change(self.graph, self.kind, spaces.begun(live, Chosen(name, model.label)))
        self.console.print(f"{self.kind}: {live.label} is read, {model.label} is being filled.")
        try:
            checked = await self._carried_out(accept_missing=accept_missing)
            how = f"{checked.pins:,} Pins, recall {checked.recall:.3f}: {model.label} is read now."
        except Conflict:
            state = await self._state()
            if state.next is not None or state.live.label != model.label:
                raise
            how = f"{model.label} is read now: another command that waited for the same move was first."
        self.console.print(
            f"{how}\n"
            f"{live.label} is kept, and kept up to date, until `pinwalk reindex --confirm`; `--back` returns to it."
        )

    async def _carried_out(self, *, accept_missing: bool) -> Checked:
        """What the check said before readers followed to what is being filled. Raises Conflict: they do not."""
        async with self._indexes() as held:
            checked = await self._filled(held)
            for _ in range(ROUNDS):
                if not checked.missing:
                    break
                await spaces.forget(self.graph, self.kind, checked.missing)
                checked = await self._filled(held)
            self._judge(checked, accept_missing=accept_missing)
            state = await spaces.change(self.graph, self.kind, spaces.switched)
            await held[state.live.label].promote()
        return checked

    async def back(self) -> None:
        """Readers return to what was kept. Raises Conflict when nothing is."""
        state = await spaces.change(self.graph, self.kind, spaces.back)
        async with self._indexes() as held:
            await held[state.live.label].promote()
        assert state.kept is not None  # noqa: S101  Going back keeps what it came from.
        self.console.print(f"{self.kind}: {state.live.label} is read again; {state.kept.label} is kept.")

    async def settle(self, *, confirm: bool) -> None:
        """Lets go of what was kept (`confirm`), or of what was being filled. Raises Conflict when there is nothing."""
        state = await spaces.get(self.graph, self.kind)
        gone = None if state is None else state.kept if confirm else state.next
        if state is None or gone is None:
            raise Conflict("Nothing is kept: there is no move to confirm." if confirm else "Nothing is being filled.")
        async with self._indexes() as held:
            await held[state.live.label].promote()  # What readers follow is never dropped.
            marks = [await index.mark_of(label) for label, index in held.items()]
            version = spaces.goal([mark for mark in marks if mark])
            await spaces.change(self.graph, self.kind, spaces.settled(version))
            await asyncio.sleep(2 * STATE_LIFE_S)  # Until every worker has heard: one that writes would make it anew.
            await held[gone.label].drop()
        self.console.print(f"{self.kind}: {state.live.label} is read; {gone.label} is gone.")

    async def _live(self) -> Chosen:
        state = await spaces.get(self.graph, self.kind)
        if state is not None:
            return state.live
        info = await self.embedder.info()
        model = info.image if self.kind == "look" else info.text
        if not model.ready:
            raise Unavailable(f"The present model of the {self.kind} is {model.state.value}. {model.detail}".strip())
        name = self.settings.text_model if self.kind == "text" else self.settings.image_model or lookalike.NAME
        return Chosen(name, model.label)

    async def _loaded(self, name: str) -> ModelInfo:
        """The model, loaded by the embedder; waited for."""
        began = time.monotonic()
        with self.console.status(f"loading {name}"):
            while True:
                model = await self.embedder.use(MODEL_KINDS[self.kind], name)
                if model.ready:
                    return model
                if model.state in (ModelState.FAILED, ModelState.OFF):
                    raise Invalid(f"The model {name} is {model.state.value}. {model.detail}".strip())
                if time.monotonic() - began > MODEL_WAIT_S:
                    raise Unavailable(f"The model {name} is still loading after {MODEL_WAIT_S:.0f} s. Try again later.")
                await asyncio.sleep(POLL_S)

    @asynccontextmanager
    async def _indexes(self) -> AsyncIterator[dict[str, MilvusIndex]]:
        """The collections of the chosen models by label, as the worker made them."""
        state = await self._state()
        index = follow(self.settings, self.kind)
        try:
            yield {chosen.label: index.labelled(chosen.label) for chosen in state.all}
        finally:
            await index.close()

    async def _filled(self, held: dict[str, MilvusIndex]) -> Checked:
        """What the check says of the collection being filled, once the worker finds nothing more to do."""
        state = await self._state()
        if state.next is None:
            raise Conflict("The move was given up, or finished, by somebody else meanwhile.")
        with Bars(quiet=self.quiet) as bars:
            await self._wait(held, state, bars)
            pins = await spaces.count_all(self.graph)
            with bars.bar("checking", pins) as moved:
                filled, read = held[state.next.label], held[state.live.label]
                return await check(self.graph, filled, read, moved)

    async def _wait(self, held: dict[str, MilvusIndex], state: SpaceState, bars: Bars) -> None:
        total, done = await spaces.count_all(self.graph), 0
        with bars.bar("filling", total) as moved:
            while True:
                marks = [await index.mark_of(label) for label, index in held.items()]
                if None not in marks:  # Else the worker has not heard of it yet.
                    versions = spaces.whole([mark for mark in marks if mark], state.as_good)
                    now = await spaces.count(self.graph, self.kind, versions)
                    moved(now - done)
                    done = now
                    if not await spaces.unmarked(self.graph, self.kind, versions, limit=1):
                        return
                await self._worker_lives()
                await asyncio.sleep(POLL_S)

    async def _worker_lives(self) -> None:
        beat = await upkeep.last_beat(self.graph)
        if beat is not None and time.time_ns() // 1_000_000 - beat < WORKER_SILENT_MS:
            return
        if not self.quiet:
            self.console.print(
                "No worker lives that could fill it: start one with `pinwalk serve` or `pinwalk worker`."
            )
        await asyncio.sleep(WORKER_SILENT_MS / 3_000)

    async def _state(self) -> SpaceState:
        state = await spaces.get(self.graph, self.kind)
        if state is None:
            raise Conflict("No other model was ever chosen: begin with `pinwalk reindex --embedder NAME`.")
        return state

    def _judge(self, checked: Checked, *, accept_missing: bool) -> None:
        if checked.recall < RECALL_MIN:
            raise Conflict(
                f"Only {checked.recall:.3f} of the nearest that an exact search finds are found, {RECALL_MIN} is the "
                "least. What is read stays as it is; see the search parameters of the vector server."
            )
        if checked.missing and not accept_missing:
            some = ", ".join(str(n) for n in checked.missing[:EXAMPLES])
            raise Conflict(
                f"{len(checked.missing):,} Pins have a vector now and none of the new model (such as {some}). What is "
                "read stays as it is. `--accept-missing` moves all the same."
            )


@asynccontextmanager
async def opened(settings: Settings, kind: SpaceKind, *, quiet: bool = False) -> AsyncIterator[Reindex]:
    """The command with its graph and embedder open. Raises Unavailable when one does not answer."""
    async with ready_graph(settings) as graph:
        embedder = RemoteEmbedder(settings.embedder_url or "", timeout_s=settings.embedder_timeout_s)
        try:
            yield Reindex(settings, graph.patient(10.0), embedder, kind, quiet=quiet)
        finally:
            await embedder.close()


async def run(
    settings: Settings,
    *,
    space: SpaceKind | None,
    name: str | None,
    act: str | None,
    accept_missing: bool,
    quiet: bool,
) -> None:
    """What the command line asks for: a model's name, one of `confirm`, `back` and `cancel`, or how things stand."""
    if act is not None and space is None:
        space = await _unsettled(settings)
    async with opened(settings, space or "look", quiet=quiet) as command:
        if name is not None:
            await command.move(name, accept_missing=accept_missing)
        elif act == "back":
            await command.back()
        elif act is not None:
            await command.settle(confirm=act == "confirm")
        else:
            command.console.print(await _table(command))


async def _unsettled(settings: Settings) -> SpaceKind:
    """The one space with a move that is not settled."""
    async with ready_graph(settings) as graph:
        found: list[SpaceKind] = []
        for kind in KINDS:
            state = await spaces.get(graph, kind)
            if state is not None and len(state.all) > 1:
                found.append(kind)
    if len(found) > 1:
        raise Invalid("Both spaces have a move that is not settled: say which with --space look or --space text.")
    return found[0] if found else "look"


async def _table(command: Reindex) -> Table:
    table = Table("space", "read", "being filled", "kept")
    info = await command.embedder.info()
    for kind in KINDS:
        state = await spaces.get(command.graph, kind)
        model = info.image if kind == "look" else info.text
        if state is None:
            table.add_row(kind, model.label if model.ready else model.state.value, "", "")
        else:
            names = (each.label if each else "" for each in (state.live, state.next, state.kept))
            table.add_row(kind, *names)
    return table
