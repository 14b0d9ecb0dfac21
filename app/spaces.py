"""Where the worker's vectors go: the collections of the chosen models, opened once their models are known."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Final, Literal

import structlog

from app.settings import Settings
from app.vector_server import milvus_options
from domain.errors import Invalid, Unavailable
from events.handlers.embed import Space, Target
from graph import spaces
from graph.client import Graph
from graph.spaces import Chosen, SpaceState
from vectors.embedder import EmbedderInfo, ModelInfo, ModelState
from vectors.milvus import Kind, MilvusIndex
from vectors.remote import RemoteEmbedder

log = structlog.get_logger(__name__)

INFO_LIFE_S: Final = 10.0
STATE_LIFE_S: Final = 1.0
"""How long a worker believes what is chosen: the bound within which it follows when that changes."""
MODEL_KINDS: Final[dict[Kind, Literal["image", "text"]]] = {"look": "image", "text": "text"}


class MilvusSpaces:
    """The collections that vectors are written to, each opened at its first use and kept.

    What is chosen in the graph decides (`graph/spaces.py`); while nothing is, the model of the embedder's settings.
    """

    def __init__(self, settings: Settings, embedder: RemoteEmbedder, graph: Graph) -> None:
        self._settings = settings
        self._embedder = embedder
        self._graph = graph
        self._open: dict[tuple[Kind, str], MilvusIndex] = {}
        self._opening = asyncio.Lock()
        self._info: EmbedderInfo | None = None
        self._info_at = 0.0
        self._states: dict[Kind, tuple[float, SpaceState | None]] = {}
        self._live: dict[Kind, str] = {}
        self._promoted: dict[Kind, str] = {}

    @property
    def image_label(self) -> str | None:
        """Name and version of the image model in use; None while none is."""
        return self._live.get("look")

    @property
    def text_label(self) -> str | None:
        """Name and version of the text model in use; None while none is."""
        return self._live.get("text")

    async def look(self) -> Space:
        """The collections of looks. Raises Unavailable while there is no image model."""
        state = await self._state("look")
        model = (await self._known()).image if state is None else await self._found("look", state.live)
        if not model.ready:
            raise Unavailable(f"The image model is {model.state.value}. {model.detail}".strip())
        return await self._space("look", model, state)

    async def text(self) -> Space | None:
        """The collections of words; None while their model is off or failed. Raises Unavailable while it loads."""
        state = await self._state("text")
        model = (await self._known()).text if state is None else await self._found("text", state.live)
        if model.state in (ModelState.OFF, ModelState.FAILED):
            return None
        if not model.ready:
            raise Unavailable("The text model is loading.")
        return await self._space("text", model, state)

    async def point(self) -> None:
        """Points readers at the collections in use: called when every Pin is in them."""
        for kind, label in list(self._live.items()):
            index = self._open.get((kind, label))
            if index is not None and self._promoted.get(kind) != label:
                await index.promote()
                self._promoted[kind] = label

    async def close(self) -> None:
        """Gives back the connections."""
        for index in self._open.values():
            await index.close()
        self._open.clear()

    async def _state(self, kind: Kind) -> SpaceState | None:
        read_at, state = self._states.get(kind, (0.0, None))
        if not read_at or time.monotonic() - read_at > STATE_LIFE_S:
            state = await spaces.get(self._graph, kind)
            self._states[kind] = (time.monotonic(), state)
        return state

    async def _known(self, *, anew: bool = False) -> EmbedderInfo:
        known = self._info
        settled = known is not None and known.image.ready and known.text.state is not ModelState.LOADING
        if known is None or anew or not settled or time.monotonic() - self._info_at > INFO_LIFE_S:
            known = self._info = await self._embedder.info()
            self._info_at = time.monotonic()
        return known

    async def _found(self, kind: Kind, chosen: Chosen) -> ModelInfo:
        """The chosen model as the embedder has it, which is asked to load it when it has not."""
        known = await self._known()
        for model in known.images if kind == "look" else known.texts:
            if model.ready and model.label == chosen.label:
                return model
        try:
            model = await self._embedder.use(MODEL_KINDS[kind], chosen.name)
        except Invalid as error:
            return ModelInfo(chosen.name, "", 0, ModelState.FAILED, error.message)
        await self._known(anew=True)
        if model.ready and model.label != chosen.label:
            detail = f"{chosen.name} is now {model.label}: the files of the model {chosen.label} have changed."
            return ModelInfo(chosen.name, "", 0, ModelState.FAILED, detail)
        return model

    async def _space(self, kind: Kind, live: ModelInfo, state: SpaceState | None) -> Space:
        beside = () if state is None else tuple(each for each in (state.next, state.kept) if each is not None)
        models = [live, *[model for model in [await self._found(kind, each) for each in beside] if model.ready]]
        async with self._opening:
            targets = [await self._target(kind, model, first=model is live) for model in models]
            await self._close_others(kind, [model.label for model in models])
            as_good = () if state is None else state.as_good
            if len(models) <= len(beside):
                as_good = (*as_good, await self._complete(kind, live, beside))
        self._live[kind] = live.label
        return Space(tuple(targets), as_good)

    async def _complete(self, kind: Kind, live: ModelInfo, beside: Sequence[Chosen]) -> str:
        """The version of a Pin that is in all collections, also of a model that is not there at the moment.

        Pins do not wait for a model that nobody reads yet, or any more; those that it has seen are as good as any.
        """
        index = self._open[kind, live.label]
        marks = [index.mark, *[await index.mark_of(each.label) for each in beside]]
        return spaces.goal([mark for mark in marks if mark is not None])

    async def _target(self, kind: Kind, model: ModelInfo, *, first: bool) -> Target:
        index = self._open.get((kind, model.label))
        if index is None:
            index = self._open[kind, model.label] = await self._open_index(kind, model, first=first)
            log.info("collection_opened", kind=kind, model=model.label, created=index.created)
        return Target(index, index.mark, model.label)

    async def _close_others(self, kind: Kind, labels: Sequence[str]) -> None:
        for held in [held for held in self._open if held[0] == kind and held[1] not in labels]:
            await self._open.pop(held).close()

    async def _open_index(self, kind: Kind, model: ModelInfo, *, first: bool) -> MilvusIndex:
        return await open_index(self._settings, kind, model.name, model.version, model.dim, first=first)


async def open_index(settings: Settings, kind: Kind, name: str, version: str, dim: int, *, first: bool) -> MilvusIndex:
    """The collection of a model, made when missing (see `MilvusIndex.open`)."""
    if settings.vectors_uri is None:
        raise Unavailable("No vector server is known: set PINWALK_VECTORS_URI, or use `pinwalk serve`.")
    return await MilvusIndex.open(
        settings.vectors_uri,
        kind=kind,
        embedder=name,
        version=version,
        dim=dim,
        token=settings.vectors_token,
        options=milvus_options(settings),
        first=first,
    )


def follow(settings: Settings, kind: Kind) -> MilvusIndex:
    """A reader of what the alias of this kind names (see `MilvusIndex.follow`)."""
    if settings.vectors_uri is None:
        raise Unavailable("No vector server is known: set PINWALK_VECTORS_URI, or use `pinwalk serve`.")
    return MilvusIndex.follow(
        settings.vectors_uri, kind=kind, token=settings.vectors_token, options=milvus_options(settings)
    )
