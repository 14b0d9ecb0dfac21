"""Gives Pins their vectors: look and words, into the indexes, then READY in the graph, which announces them."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from domain.errors import Invalid, NotFound, Unavailable
from domain.ids import PinN
from domain.model import Picture, PinStatus
from graph import jobs, pin_writes, spaces
from graph import pictures as graph_pictures
from graph import pins as graph_pins
from graph.client import Graph
from media.pictures import Pictures
from vectors.embedder import FloatArray
from vectors.index import VectorIndex
from vectors.remote import RemoteEmbedder

RENDITION: Final = "564"
"""The rendition that is embedded: it exists before a Pin does."""

_AT_ONCE: Final = 4
Held = Mapping[PinN, Collection[str]]
"""The marks of the indexes that Pins are in already."""
GONE: Final = "its picture cannot be opened any more"


@dataclass(frozen=True, slots=True)
class Target:
    """An index that vectors go to, the mark that says that a Pin is in it, and its model's label."""

    index: VectorIndex
    mark: str
    model: str | None = None


@dataclass(frozen=True, slots=True)
class Space:
    """Where one kind of vector goes: the live index first, and others that are filled or kept beside it.

    `as_good` are versions of Pins from earlier moves that may stand for these vectors as well.
    """

    targets: tuple[Target, ...]
    as_good: tuple[str, ...] = ()

    @property
    def goal(self) -> str:
        """The version that a Pin gets in the graph when all its vectors are there."""
        return spaces.goal([target.mark for target in self.targets])

    @property
    def versions(self) -> list[str]:
        """Every version that says so."""
        return spaces.whole([target.mark for target in self.targets], self.as_good)


class Spaces(Protocol):
    """Where vectors go at present. Both raise Unavailable while a model is loading or a server is away."""

    async def look(self) -> Space:
        """The indexes of looks."""

    async def text(self) -> Space | None:
        """The indexes of words; None while words have no model, by choice or because it failed."""


class Embed:
    """The handler of embed jobs, and of the backfill. One at a time writes to the indexes."""

    kind: jobs.JobKind = "embed"

    def __init__(self, graph: Graph, pictures: Pictures, embedder: RemoteEmbedder, spaces: Spaces) -> None:
        self._graph = graph
        self._pictures = pictures
        self._embedder = embedder
        self._spaces = spaces
        self._writing = asyncio.Lock()

    async def run(self, pins: Sequence[PinN], *, anew: bool = True) -> Mapping[PinN, str]:
        """Embeds the look and the words of these Pins and marks them READY; the ones that cannot be, each with why.

        A look never changes: it goes only where the Pin is not yet. Words do, and are embedded again unless `anew` is
        False. Pins that are gone lose their vectors. Raises Unavailable when a part does not answer.
        """
        look, text = await self._spaces.look(), await self._spaces.text()
        pictures, words, held = await asyncio.gather(
            graph_pictures.of_pins(self._graph, pins),
            graph_pins.texts(self._graph, pins),
            spaces.marks(self._graph, pins),
        )
        present = [n for n in pins if n in pictures]
        looks, told = ({n: marks[at] for n, marks in held.items()} for at in (0, 1))
        failed = await self._embed_looks(look, {n: pictures[n] for n in present}, looks)
        whole = [n for n in present if n not in failed]
        if text is not None:
            await self._embed_words(text, {n: words.get(n, "") for n in whole}, {} if anew else told)
        gone = [n for n in pins if n not in pictures]
        if gone:
            await self._forget(gone, look, text)
        await self._mark(whole, look, text)
        return failed

    async def run_words(self, pins: Sequence[PinN]) -> None:
        """Embeds only the words of Pins whose look is indexed already. Does nothing while words have no model."""
        text = await self._spaces.text()
        if text is None:
            return
        words, held = await asyncio.gather(graph_pins.texts(self._graph, pins), spaces.marks(self._graph, pins))
        await self._embed_words(text, words, {n: marks[1] for n, marks in held.items()})
        await self._mark(list(words), None, text)

    async def give_up(self, pins: Sequence[PinN]) -> None:
        """Marks the Pins FAILED, or READY without this look: they are shown all the same, and not tried again."""
        look = await self._spaces.look()
        await pin_writes.mark(self._graph, pins, status=PinStatus.FAILED, look=look.goal, text=None)

    async def _embed_looks(self, look: Space, pictures: Mapping[PinN, Picture], held: Held) -> dict[PinN, str]:
        """Looks go to the indexes that the Pins are not `held` by yet; the Pins that failed, each with why."""
        wanted = {n: picture for n, picture in pictures.items() if _missing(look, n, held)}
        files, failed = await self._files(wanted)
        for target in look.targets:
            its = {n: file for n, file in files.items() if n not in failed and target.mark not in held.get(n, ())}
            vectors = await self._vectors(its, failed, target.model)
            if its:
                async with self._writing:
                    await target.index.upsert(list(its), vectors)
        return failed

    async def _files(self, pictures: Mapping[PinN, Picture]) -> tuple[dict[PinN, bytes], dict[PinN, str]]:
        at_once = asyncio.Semaphore(_AT_ONCE)
        away: list[Unavailable] = []

        async def fetch(n: PinN, picture: Picture) -> tuple[PinN, bytes | str]:
            async with at_once:
                try:
                    return n, await self._pictures.rendition(picture, RENDITION)
                except (NotFound, Invalid) as error:
                    return n, f"{GONE}: {error.message}"
                except Unavailable as error:
                    away.append(error)
                    return n, error.message

        fetched = await asyncio.gather(*(fetch(n, picture) for n, picture in pictures.items()))
        if away and len(away) == len(pictures):  # Some alone: it is these pictures, not the part that opens them.
            raise away[0]
        failed = {n: found for n, found in fetched if isinstance(found, str)}
        return {n: found for n, found in fetched if isinstance(found, bytes)}, failed

    async def _vectors(self, files: dict[PinN, bytes], failed: dict[PinN, str], model: str | None) -> FloatArray:
        """The vectors of `files`, from which what the embedder refuses moves to `failed`."""
        while True:
            try:
                return await self._embedder.images(list(files.values()), model=model)
            except Invalid as error:
                position = int(error.field[1]) if len(error.field) == 2 and error.field[1].isdigit() else None
                if position is None or position >= len(files):
                    raise
                n = list(files)[position]
                del files[n]
                failed[n] = error.message

    async def _embed_words(self, text: Space, words: Mapping[PinN, str], held: Held) -> None:
        for target in text.targets:
            its = {n: phrase for n, phrase in words.items() if target.mark not in held.get(n, ())}
            said = {n: phrase for n, phrase in its.items() if phrase.strip()}
            silent = [n for n in its if n not in said]
            vectors = await self._embedder.texts(list(said.values()), model=target.model) if said else None
            async with self._writing:
                if vectors is not None:
                    await target.index.upsert(list(said), vectors)
                if silent:  # Words that were taken away again must not be found; there is no vector for nothing.
                    await target.index.delete(silent)

    async def _forget(self, pins: Sequence[PinN], look: Space, text: Space | None) -> None:
        async with self._writing:
            for target in (*look.targets, *(text.targets if text else ())):
                await target.index.delete(pins)

    async def _mark(self, pins: Sequence[PinN], look: Space | None, text: Space | None) -> None:
        if pins:
            versions = {"look": look.goal if look else None, "text": text.goal if text else None}
            await pin_writes.mark(self._graph, pins, status=PinStatus.READY, **versions)


def _missing(space: Space, n: PinN, held: Held) -> bool:
    return any(target.mark not in held.get(n, ()) for target in space.targets)
