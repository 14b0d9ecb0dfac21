"""Opens pictures that strangers sent, in processes that may die."""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import BrokenExecutor
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import structlog
from pebble import ProcessExpired, ProcessPool

from domain.calls import DECODER, Call
from domain.errors import Invalid, Unavailable
from media import header, pixels
from media.facts import Facts
from media.pixels import Made
from media.renditions import NAMES

T = TypeVar("T")

log = structlog.get_logger(__name__)

_PROCESSES: Final = 2
_WAITING_MAX: Final = 64
_TASKS_A_PROCESS: Final = 2_000
_MEASURE_TIMEOUT_S: Final = 20.0
_RENDER_TIMEOUT_S: Final = 50.0
_RECIPES_A_TASK: Final = 64


@dataclass(frozen=True, slots=True)
class Decoded:
    """An original as it was found to be: upright size in pixels, looks, and its 564 rendition as WebP."""

    sha256: str
    content_type: str
    width: int
    height: int
    dominant_color: str
    palette: tuple[str, ...]
    thumb_hash: str
    signature: str
    crops: tuple[str, ...]
    rendition_564: bytes


class Decoder:
    """A small pool of processes, each with its own bounds of memory and time; one that dies is replaced.

    At most 64 pictures wait; who comes after that is told to come back. Processes start with the first task, or
    with `warm`.
    """

    def __init__(self, *, processes: int = _PROCESSES) -> None:
        # A server of its own forks them: they inherit neither threads, locks nor connections, and start in no time.
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["media.pixels"])
        self._pool = ProcessPool(
            max_workers=processes, max_tasks=_TASKS_A_PROCESS, initializer=pixels.enter, context=context
        )
        self._processes = processes
        self._places = asyncio.Semaphore(_WAITING_MAX)

    async def warm(self) -> None:
        """Returns when the processes are up: the first picture then waits for nobody."""
        await asyncio.gather(*(self._run(_RENDER_TIMEOUT_S, pixels.facts_of, ()) for _ in range(self._processes)))

    async def measure(self, data: bytes, *, content_type: str | None = None) -> Decoded:
        """The facts of a file and its 564 rendition.

        Raises UnsupportedMedia when it is of no kind that is taken, or not of the type it was announced as; TooLarge
        past 20 MiB, 50 megapixels or 16,383 pixels a side, told from the header; Invalid when it is empty, cut short
        or broken; Unavailable when too many wait.
        """
        header.read(data, announced=content_type)  # Here already: what is refused at once costs no process anything.
        sha256, found, looks, first = await self._run(_MEASURE_TIMEOUT_S, pixels.measure, data, content_type)
        return Decoded(
            sha256=sha256,
            content_type=found,
            width=looks.width,
            height=looks.height,
            dominant_color=looks.dominant_color,
            palette=looks.palette,
            thumb_hash=looks.thumb_hash,
            signature=looks.signature,
            crops=looks.crops,
            rendition_564=first,
        )

    async def cut(self, rendition: bytes, box: tuple[float, float, float, float]) -> bytes:
        """The part of a rendition between left, top, right and bottom, as shares of it; as WebP."""
        return await self._run(_MEASURE_TIMEOUT_S, pixels.cut, rendition, box)

    async def renditions(self, data: bytes, names: Sequence[str] = NAMES) -> Made:
        """Width, height and WebP bytes of each rendition named, made from an original. Raises as `measure` does."""
        header.read(data)
        return await self._run(_RENDER_TIMEOUT_S, pixels.make, data, tuple(names))

    async def paint(self, recipe: str, names: Sequence[str] = NAMES) -> Made:
        """The same for a generated picture."""
        return await self._run(_RENDER_TIMEOUT_S, pixels.paint, recipe, tuple(names))

    async def facts_of(self, recipes: Sequence[str]) -> list[Facts]:
        """The facts of generated pictures, in order: for imports, in batches over all processes."""
        batches = [recipes[at : at + _RECIPES_A_TASK] for at in range(0, len(recipes), _RECIPES_A_TASK)]
        found: list[Facts] = []
        for at in range(0, len(batches), self._processes):
            together = batches[at : at + self._processes]
            answers = await asyncio.gather(*(self._run(_RENDER_TIMEOUT_S, pixels.facts_of, b) for b in together))
            found.extend(facts for answer in answers for facts in answer)
        return found

    async def close(self) -> None:
        """Ends the processes; what was under way fails."""
        self._pool.stop()
        await asyncio.to_thread(self._pool.join)

    async def _run(self, timeout_s: float, work: Callable[..., T], *args: Any) -> T:
        if self._places.locked():
            raise Unavailable("Too many pictures are waiting to be read. Try again in a moment.")
        with Call(DECODER, work.__name__):
            return await self._done(timeout_s, work, *args)

    async def _done(self, timeout_s: float, work: Callable[..., T], *args: Any) -> T:
        async with self._places:
            try:
                future = self._pool.schedule(work, args=args, timeout=timeout_s)
                answer: T = await asyncio.wrap_future(future)
            except (ProcessExpired, BrokenExecutor) as error:
                log.warning("decoder_died", work=work.__name__, error=str(error))
                raise header.broken() from None
            except TimeoutError:
                log.warning("decoder_timed_out", work=work.__name__, timeout_s=timeout_s)
                raise Invalid("The picture could not be read: it takes too long. Make it smaller.") from None
            except MemoryError:
                raise header.broken() from None
        return answer
