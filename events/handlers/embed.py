"""Gives Pins their vectors: look and words, into the indexes, then READY in the graph, which announces them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from domain.errors import Invalid, NotFound, Unavailable
from domain.ids import PinN
from domain.model import Picture, PinStatus
from graph import jobs, pin_writes
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
GONE: Final = "its picture cannot be opened any more"


@dataclass(frozen=True, slots=True)
class Space:
    """An index that vectors go to, and the mark that says in the graph that a Pin is in it."""

    index: VectorIndex
    mark: str


class Spaces(Protocol):
    """Where vectors go at present. Both raise Unavailable while a model is loading or a server is away."""

    async def look(self) -> Space:
        """The index of the live image model."""

    async def text(self) -> Space | None:
        """The index of the live text model; None while words have no model, by choice or because it failed."""


class Embed:
    """The handler of embed jobs, and of the backfill. One at a time writes to the indexes."""

    kind: jobs.JobKind = "embed"

    def __init__(self, graph: Graph, pictures: Pictures, embedder: RemoteEmbedder, spaces: Spaces) -> None:
        self._graph = graph
        self._pictures = pictures
        self._embedder = embedder
        self._spaces = spaces
        self._writing = asyncio.Lock()

    async def run(self, pins: Sequence[PinN]) -> Mapping[PinN, str]:
        """Embeds the look and the words of these Pins and marks them READY; the ones that cannot be, each with why.

        Pins that are gone lose their vectors. Raises Unavailable when a part does not answer.
        """
        look, text = await self._spaces.look(), await self._spaces.text()
        pictures, words = await asyncio.gather(
            graph_pictures.of_pins(self._graph, pins), graph_pins.texts(self._graph, pins)
        )
        present = [n for n in pins if n in pictures]
        failed = await self._embed_looks(look, {n: pictures[n] for n in present})
        whole = [n for n in present if n not in failed]
        if text is not None:
            await self._embed_words(text, {n: words.get(n, "") for n in whole})
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
        words = await graph_pins.texts(self._graph, pins)
        await self._embed_words(text, words)
        await self._mark(list(words), None, text)

    async def give_up(self, pins: Sequence[PinN]) -> None:
        """Marks the Pins FAILED: they are shown all the same, without a vector."""
        await pin_writes.mark(self._graph, pins, status=PinStatus.FAILED, look=None, text=None)

    async def _embed_looks(self, look: Space, pictures: Mapping[PinN, Picture]) -> dict[PinN, str]:
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
        files = {n: found for n, found in fetched if isinstance(found, bytes)}
        vectors = await self._vectors(files, failed)
        if files:
            async with self._writing:
                await look.index.upsert(list(files), vectors)
        return failed

    async def _vectors(self, files: dict[PinN, bytes], failed: dict[PinN, str]) -> FloatArray:
        """The vectors of `files`, from which what the embedder refuses moves to `failed`."""
        while True:
            try:
                return await self._embedder.images(list(files.values()))
            except Invalid as error:
                position = int(error.field[1]) if len(error.field) == 2 and error.field[1].isdigit() else None
                if position is None or position >= len(files):
                    raise
                n = list(files)[position]
                del files[n]
                failed[n] = error.message

    async def _embed_words(self, text: Space, words: Mapping[PinN, str]) -> None:
        said = {n: phrase for n, phrase in words.items() if phrase.strip()}
        silent = [n for n in words if n not in said]
        vectors = await self._embedder.texts(list(said.values())) if said else None
        async with self._writing:
            if vectors is not None:
                await text.index.upsert(list(said), vectors)
            if silent:  # Words that were taken away again must not be found; there is no vector for nothing.
                await text.index.delete(silent)

    async def _forget(self, pins: Sequence[PinN], look: Space, text: Space | None) -> None:
        async with self._writing:
            await look.index.delete(pins)
            if text is not None:
                await text.index.delete(pins)

    async def _mark(self, pins: Sequence[PinN], look: Space | None, text: Space | None) -> None:
        if pins:
            marks = {"look": look.mark if look else None, "text": text.mark if text else None}
            await pin_writes.mark(self._graph, pins, status=PinStatus.READY, **marks)
