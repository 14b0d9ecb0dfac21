"""The embedder process: pictures and texts into vectors, by address. Models are loaded after the socket is open."""

from __future__ import annotations

import asyncio
import importlib
import json
import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
import structlog
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.more_models import KINDS, ModelKind, MoreModels, kind_of
from app.settings import Settings
from app.watch.metrics import Metrics
from app.watch.page import answer_metrics
from domain.calls import MODEL, Call, watched
from domain.errors import Invalid, TooLarge, Unavailable
from vectors import lookalike, models, wire
from vectors.batcher import Batcher
from vectors.embedder import TEXTS_MAX, EmbedderInfo, FloatArray, ModelInfo, ModelState
from vectors.models import Place

_BATCH: Final = 32
_IMAGES_WAITING_MAX: Final = 512
_TEXTS_WAITING_MAX: Final = 1_024
_NAME_CHARS_MAX: Final = 1_000
_STOP_S: Final = 5

log = structlog.get_logger(__name__)


class Model(Protocol):
    """A loaded model. `vectors` blocks: it is called in a thread."""

    name: str
    version: str
    dim: int

    def vectors(self, items: Sequence[Any], /) -> Sequence[FloatArray | Invalid]: ...


@dataclass(frozen=True, slots=True)
class Wanted:
    """A model to be: what is known of it before it is loaded, and how to load it (None: it is off)."""

    info: ModelInfo
    load: Callable[[], Model] | None


class Slot:
    """One model of the process: off, loading, ready with its queue, or failed."""

    def __init__(self, name: str, wanted: Wanted, *, waiting_max: int) -> None:
        self.name = name
        self.info = wanted.info
        self._load = wanted.load
        self._waiting_max = waiting_max
        self._batcher: Batcher[Any] | None = None

    async def load(self) -> None:
        """Loads the model in a thread; what goes wrong becomes its state, for whoever asks."""
        if self._load is None:
            return
        loading = asyncio.ensure_future(asyncio.to_thread(self._load))
        await asyncio.wait([loading])
        error = loading.exception()
        if error is not None:
            self.info = replace(self.info, state=ModelState.FAILED, detail=f"{type(error).__name__}: {error}")
            log.error("model_failed", model=self.info.name, exc_info=error)
            return
        model = loading.result()
        self._batcher = Batcher(model.vectors, batch=_BATCH, queue=self._waiting_max, name=f"embed-{model.name}")
        self.info = ModelInfo(model.name, model.version, model.dim, ModelState.READY)
        log.info("model_ready", model=model.name, version=model.version, dim=model.dim)

    async def rows(self, items: Sequence[Any]) -> FloatArray:
        """A unit row per item. Raises Unavailable unless the model is ready."""
        if self._batcher is None:
            detail = f" {self.info.detail}" if self.info.detail else ""
            raise Unavailable(f"The model {self.info.name} is {self.info.state.value}.{detail}")
        if not items:
            return np.zeros((0, self.info.dim), dtype=np.float32)
        with Call(MODEL, self.name, about=self.info.name, count=len(items)):
            return await self._batcher.rows(items)

    @property
    def waiting(self) -> int:
        """How many items wait for the model."""
        return 0 if self._batcher is None else self._batcher.waiting

    async def close(self) -> None:
        if self._batcher is not None:
            await self._batcher.close()


def wanted_image(setting: str | None, *, threads: int) -> Wanted:
    """The image model of a setting; None is the look-alike embedder. Raises Invalid for a name that is nothing."""
    if setting is None:
        info = ModelInfo(lookalike.NAME, lookalike.VERSION, lookalike.DIM, ModelState.LOADING)
        return Wanted(info, lookalike.Lookalike)
    place = _known(models.find_image(setting))
    return Wanted(_loading(place), lambda: _sentence("SentenceImages", place, threads))


def wanted_text(setting: str, *, threads: int) -> Wanted:
    """The text model of a setting. Raises Invalid for a name that is nothing."""
    place = models.find_text(setting)
    if place is None:
        switched = "It is switched off." if setting == models.OFF else "Its packages (the extra `models`) are missing."
        return Wanted(ModelInfo(setting, "", 0, ModelState.OFF, switched), None)
    known = _known(place)
    return Wanted(_loading(known), lambda: _sentence("SentenceTexts", known, threads))


def create_app(
    image: Wanted,
    text: Wanted,
    *,
    given: tuple[str, str] = (lookalike.NAME, ""),
    threads: int = 1,
    folders: Path | None = None,
) -> Starlette:
    """The embedder's application: GET /healthz, /info, /metrics; POST /images, /texts, /models. See vectors/wire.py.

    `given` are the names under which the two models were asked for. `?model=LABEL` asks another model that is loaded.
    Others are loaded by their names on the hub, or from folders under `folders`.
    """
    images = Slot("images", image, waiting_max=_IMAGES_WAITING_MAX)
    texts = Slot("texts", text, waiting_max=_TEXTS_WAITING_MAX)

    metrics = Metrics("embedder")

    async def find(kind: ModelKind, name: str) -> Slot:
        if name not in (lookalike.NAME, models.OFF):
            models.refuse_outside(name, folders)
        wanted = await asyncio.to_thread(_wanted, kind, name, threads)
        return Slot(f"{kind}s", wanted, waiting_max=_IMAGES_WAITING_MAX if kind == "image" else _TEXTS_WAITING_MAX)

    held: MoreModels[Slot] = MoreModels({"image": (given[0], images), "text": (given[1], texts)}, find)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        # One after the other: the look-alike embedder is ready within a second, torch takes its time.
        loading = asyncio.create_task(_load_all(images, texts))
        with watched(metrics):
            yield
        loading.cancel()
        await held.close()

    async def info(_: Request) -> Response:
        more = {kind: tuple(held.infos(kind)) for kind in KINDS}
        return JSONResponse(
            wire.info_json(EmbedderInfo(images.info, texts.info, more_images=more["image"], more_texts=more["text"]))
        )

    async def health(_: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def post_images(request: Request) -> Response:
        slot = held.labelled("image", request.query_params.get("model"))
        return await _answer(slot, wire.unpack_pictures(await _body(request)))

    async def post_texts(request: Request) -> Response:
        slot = held.labelled("text", request.query_params.get("model"))
        return await _answer(slot, _texts(await _body(request)))

    async def post_models(request: Request) -> Response:
        kind, name = _model_named(await _body(request))
        return JSONResponse(wire.model_json(await held.use(kind, name)))

    return Starlette(
        routes=[
            Route("/healthz", health),
            Route("/info", info),
            Route("/metrics", answer_metrics(lambda: metrics, lambda: _look(metrics, held))),
            Route("/images", post_images, methods=["POST"]),
            Route("/texts", post_texts, methods=["POST"]),
            Route("/models", post_models, methods=["POST"]),
        ],
        exception_handlers={
            Unavailable: _refusal(503),
            TooLarge: _refusal(413),
            Invalid: _refusal(422),
        },
        lifespan=lifespan,
    )


async def _look(metrics: Metrics, held: MoreModels[Slot]) -> None:
    """Notes for the metrics what is loaded, and how much waits for it."""
    states: dict[tuple[str, ...], float] = {}
    waiting: dict[str, int] = {}
    for slot in held.all():
        waiting[slot.name] = waiting.get(slot.name, 0) + slot.waiting
        if slot.info.state is not ModelState.OFF:
            states[slot.name, slot.info.name, slot.info.version] = slot.info.ready
    for name, items in waiting.items():
        metrics.set("pinwalk_model_waiting", items, name)
    metrics.set_all("pinwalk_model_ready", states)


def run(settings: Settings) -> None:
    """Serves until SIGINT or SIGTERM. Raises Invalid before anything is opened when a model's name is nothing."""
    threads = max(1, min(4, (os.cpu_count() or 2) // 2))
    image = wanted_image(settings.image_model, threads=threads)
    text = wanted_text(settings.text_model, threads=threads)
    uvicorn.run(
        create_app(
            image,
            text,
            given=(settings.image_model or lookalike.NAME, settings.text_model),
            threads=threads,
            folders=settings.model_folders,
        ),
        host=settings.embedder_host,
        port=settings.embedder_listens,
        log_config=None,
        access_log=False,
        lifespan="on",
        timeout_graceful_shutdown=_STOP_S,
    )


async def _load_all(*slots: Slot) -> None:
    for slot in slots:
        await slot.load()


async def _answer(slot: Slot, items: Sequence[Any]) -> Response:
    rows = await slot.rows(items)
    headers = {wire.ROWS_HEADER: str(rows.shape[0]), wire.DIM_HEADER: str(rows.shape[1])}
    return Response(wire.pack_rows(rows), media_type=wire.BINARY, headers=headers)


async def _body(request: Request) -> bytes:
    """The body, refused as soon as it is longer than a request may be."""
    size = 0
    chunks = []
    async for chunk in request.stream():
        size += len(chunk)
        if size > wire.REQUEST_BYTES_MAX:
            raise TooLarge(f"At most {wire.REQUEST_BYTES_MAX} bytes in one request.")
        chunks.append(chunk)
    return b"".join(chunks)


def _texts(body: bytes) -> list[str]:
    try:
        sent = json.loads(body)
    except ValueError as error:
        raise Invalid(f"This is no JSON: {error}", ("texts",)) from error
    texts = sent.get("texts") if isinstance(sent, dict) else None
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise Invalid('Send {"texts": ["…", …]}.', ("texts",))
    if len(texts) > TEXTS_MAX:
        raise Invalid(f"At most {TEXTS_MAX} texts in one request.", ("texts",))
    return texts


def _model_named(body: bytes) -> tuple[ModelKind, str]:
    try:
        sent = json.loads(body)
    except ValueError as error:
        raise Invalid(f"This is no JSON: {error}", ("model",)) from error
    name = sent.get("model") if isinstance(sent, dict) else None
    if not isinstance(name, str) or not 0 < len(name) <= _NAME_CHARS_MAX:
        raise Invalid('Send {"kind": "image" or "text", "model": "a name or folder"}.', ("model",))
    return kind_of(sent.get("kind")), name


def _wanted(kind: ModelKind, name: str, threads: int) -> Wanted:
    if kind == "text":
        return wanted_text(name, threads=threads)
    return wanted_image(None if name == lookalike.NAME else name, threads=threads)


def _refusal(status: int) -> Callable[[Request, Exception], Response]:
    def respond(_: Request, error: Exception) -> Response:
        field = list(getattr(error, "field", ()))
        return JSONResponse({"error": str(error), "field": field}, status_code=status)

    return respond


def _loading(place: Place) -> ModelInfo:
    return ModelInfo(place.name, place.version, 0, ModelState.LOADING)


def _known(place: Place) -> Place:
    """The place, after asking for a name on the hub whether there is such a model: its folder if it is here."""
    if place.folder is not None:
        return place
    hub = _heavy("vectors.hub")
    folder: Path | None = hub.cached(place.name)
    if folder is None:
        return replace(place, name=hub.check(place.name))
    return replace(place, folder=folder, version=folder.name[:8])


def _sentence(kind: str, place: Place, threads: int) -> Model:
    folder = place.folder or _heavy("vectors.hub").fetch(place.name)
    version = place.version or models.folder_version(folder)
    model: Model = getattr(_heavy("vectors.sentence"), kind)(folder, name=place.name, version=version, threads=threads)
    return model


def _heavy(module: str) -> Any:
    """A module that needs the extra `models` and seconds to import: only when it is wanted."""
    return importlib.import_module(module)
