"""Where the worker's vectors go: the collections of the live models, opened once their models are known."""

from __future__ import annotations

import asyncio
import time
from typing import Final

import structlog

from app.settings import Settings
from domain.errors import Unavailable
from events.handlers.embed import Space
from vectors.embedder import ModelInfo, ModelState
from vectors.milvus import PROFILES, Kind, MilvusIndex
from vectors.remote import RemoteEmbedder

log = structlog.get_logger(__name__)

_INFO_LIFE_S: Final = 10.0


class MilvusSpaces:
    """The two collections, each opened at its first use and kept; a model's name decides which collection that is."""

    def __init__(self, settings: Settings, embedder: RemoteEmbedder) -> None:
        self._settings = settings
        self._embedder = embedder
        self._open: dict[Kind, tuple[str, MilvusIndex]] = {}
        self._opening = asyncio.Lock()
        self._info_at = -_INFO_LIFE_S
        self._models: dict[Kind, ModelInfo] = {}

    @property
    def image_label(self) -> str | None:
        """Name and version of the image model in use; None while none is."""
        return self._open["look"][0] if "look" in self._open else None

    @property
    def text_label(self) -> str | None:
        """Name and version of the text model in use; None while none is."""
        return self._open["text"][0] if "text" in self._open else None

    async def look(self) -> Space:
        """The collection of the live image model. Raises Unavailable while there is none."""
        model = await self._model("look")
        if not model.ready:
            raise Unavailable(f"The image model is {model.state.value}. {model.detail}".strip())
        return await self._space("look", model)

    async def text(self) -> Space | None:
        """The collection of the live text model; None while it is off or failed. Raises Unavailable while it loads."""
        model = await self._model("text")
        if model.state in (ModelState.OFF, ModelState.FAILED):
            return None
        if not model.ready:
            raise Unavailable("The text model is loading.")
        return await self._space("text", model)

    async def promote(self) -> None:
        """Readers are pointed at the collections in use: called when every Pin is in them."""
        for _, index in list(self._open.values()):
            await index.promote()

    async def close(self) -> None:
        """Gives back the connections."""
        for _, index in self._open.values():
            await index.close()
        self._open.clear()

    async def _model(self, kind: Kind) -> ModelInfo:
        known = self._models.get(kind)
        if known is None or not known.ready or time.monotonic() - self._info_at > _INFO_LIFE_S:
            info = await self._embedder.info()
            self._models = {"look": info.image, "text": info.text}
            self._info_at = time.monotonic()
        return self._models[kind]

    async def _space(self, kind: Kind, model: ModelInfo) -> Space:
        async with self._opening:
            held = self._open.get(kind)
            if held is None or held[0] != model.label:
                if held is not None:
                    await held[1].close()
                held = self._open[kind] = (model.label, await self._open_index(kind, model))
                log.info("collection_opened", kind=kind, model=model.label, created=held[1].created)
        return Space(held[1], held[1].mark)

    async def _open_index(self, kind: Kind, model: ModelInfo) -> MilvusIndex:
        settings = self._settings
        if settings.vectors_uri is None:
            raise Unavailable("No vector server is known: set PINWALK_VECTORS_URI, or use `pinwalk serve`.")
        return await MilvusIndex.open(
            settings.vectors_uri,
            kind=kind,
            embedder=model.name,
            version=model.version,
            dim=model.dim,
            token=settings.vectors_token,
            options=PROFILES[settings.vectors_profile],
        )
