"""How this process is doing: `/healthz` (it runs) and `/readyz` (each part by name)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.keeping import DOWN, OFF, READY, STARTING
from app.resources import Resources
from domain.errors import Unavailable
from graph import upkeep
from vectors.embedder import ModelInfo, ModelState

if TYPE_CHECKING:
    from vectors.milvus import MilvusIndex

PROBE_S_MAX: Final = 1.0
_NOTHING: Final = "nothing/here"  # Asked for, so that the media store answers.
KEPT_S: Final = 0.5
BEAT_AGE_MS_MAX: Final = 10_000
TAIL_SILENT_S_MAX: Final = 5.0


@dataclass(frozen=True, slots=True)
class Health:
    """How a part is doing."""

    state: str
    detail: str = ""


class Readiness:
    """The report of `/readyz`, made at most twice a second however often it is asked for."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._made_at = -KEPT_S
        self._report: dict[str, Health] = {}
        self._making = asyncio.Lock()

    async def report(self) -> dict[str, Health]:
        """Each part by name, asked at once, each for at most a second."""
        async with self._making:
            if time.monotonic() - self._made_at >= KEPT_S:
                self._report = await self._ask()
                self._made_at = time.monotonic()
            return self._report

    @property
    def settled(self) -> bool:
        """Whether the first answers have been given, or nobody asked for any."""
        return self._resources.settled.is_set()

    async def _ask(self) -> dict[str, Health]:
        resources = self._resources
        models = resources.models
        probes: dict[str, Awaitable[Health]] = {
            "graph": _probe(self._graph),
            "walk": _probe(self._walk),
            "look": _probe(lambda: _index(resources.look, models.images if models else ())),
            "text": _probe(lambda: _index(resources.text, models.texts if models else ())),
            "worker": _probe(self._worker),
            "media": _probe(self.media),
        }
        answers = dict(zip(probes, await asyncio.gather(*probes.values()), strict=True))
        answers["redis"] = self._redis()
        if resources.settings.text_model == OFF:
            answers["text"] = Health(OFF, "PINWALK_TEXT_MODEL is off: search is by words alone")
        for name in ("embedder", "recall"):
            answers[name] = Health(resources.parts[name].state, resources.parts[name].detail)
        return answers

    async def _graph(self) -> Health:
        part = self._resources.parts["graph"]
        if part.state != READY:
            return Health(part.state, part.detail)
        return Health(READY) if await self._resources.graph.ready() else Health(DOWN, "The graph does not answer.")

    async def _walk(self) -> Health:
        part, silent_s = self._resources.parts["walk"], self._resources.tail.silent_s
        if part.state == READY and silent_s is not None and silent_s > TAIL_SILENT_S_MAX:
            return Health(DOWN, f"It has not heard of changes for {silent_s:.0f} s.")
        return Health(part.state, part.detail)

    async def media(self) -> Health:
        """Whether pictures can be opened and their store answers. Raises Unavailable when that does not."""
        part = self._resources.parts["media"]
        if part.state == READY:
            await self._resources.store.size(_NOTHING)
        return Health(part.state, part.detail)

    def _redis(self) -> Health:
        shared = self._resources.shared
        if shared is None:
            return Health(OFF, "PINWALK_REDIS_URL is not set: slates and limits are this process's own.")
        return (
            Health(READY) if shared.up else Health(DOWN, f"{shared.reason} Slates and limits are this process's own.")
        )

    async def _worker(self) -> Health:
        at = await upkeep.last_beat(self._resources.graph)
        if at is None:
            return Health(DOWN, "No worker has ever run: new Pins stay unprocessed.")
        age_ms = time.time_ns() // 1_000_000 - at
        if age_ms > BEAT_AGE_MS_MAX:
            return Health(DOWN, f"No worker for {age_ms // 1000} s: new Pins stay unprocessed, live updates stop.")
        return Health(READY)


def answer_health(_: Request) -> Response:
    """200 as soon as the process serves."""
    return JSONResponse({"status": "ok"}, headers={"cache-control": "no-store"})


def answer_readiness(readiness: Callable[[], Readiness]) -> Callable[[Request], Awaitable[Response]]:
    """The handler of `/readyz`: 200 with every part's state; 503 while the graph is missing.

    `settled` says whether the first answers have been given: from then on a start may load what is heavy.
    """

    async def answer(_: Request) -> Response:
        report = await readiness().report()
        parts: dict[str, Any] = {name: {"state": part.state, "detail": part.detail} for name, part in report.items()}
        ready = report["graph"].state == READY
        return JSONResponse(
            {"ready": ready, "settled": readiness().settled, "parts": parts},
            200 if ready else 503,
            headers={"cache-control": "no-store"},
        )

    return answer


async def _index(index: MilvusIndex, models: Sequence[ModelInfo]) -> Health:
    """How an index is doing whose vectors are made by one of these models, by rights the first."""
    if models and all(each.state is ModelState.OFF for each in models):
        return Health(OFF, models[0].detail)
    live = await index.live_label()
    model = next((each for each in models if each.ready and each.label == live), models[0] if models else None)
    if live is None:
        return Health(STARTING, "There is no collection yet: the worker makes it.")
    if model is not None and model.ready and live != model.label:
        return Health(READY, f"Vectors of {live}; those of {model.label} are being made.")
    if model is not None and not model.ready:
        return Health(DOWN if model.state is ModelState.FAILED else STARTING, model.detail or "The model is loading.")
    return Health(READY, live)


async def _probe(ask: Callable[[], Awaitable[Health]]) -> Health:
    try:
        async with asyncio.timeout(PROBE_S_MAX):
            return await ask()
    except Unavailable as error:
        return Health(DOWN, error.message)
    except TimeoutError:
        return Health(DOWN, f"No answer within {PROBE_S_MAX:g} s.")
