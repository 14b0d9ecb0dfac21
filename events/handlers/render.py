"""Makes the sized copies of Pins' pictures ahead of the first look at them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

from domain.errors import Invalid, NotFound, Unavailable
from domain.ids import PinN
from domain.model import Picture, Rendition
from graph import jobs
from graph import pictures as graph_pictures
from graph.client import Graph
from media.pictures import Pictures

_AT_ONCE: Final = 2


class Render:
    """The handler of render jobs."""

    kind: jobs.JobKind = "render"

    def __init__(self, graph: Graph, pictures: Pictures) -> None:
        self._graph = graph
        self._pictures = pictures

    async def run(self, pins: Sequence[PinN]) -> Mapping[PinN, str]:
        """Makes every rendition of these Pins' pictures and notes their sizes; the ones that failed, each with why.

        Pins that are gone need none. Raises Unavailable when the media store or the decoders do not answer.
        """
        pictures = await graph_pictures.of_pins(self._graph, pins)
        at_once = asyncio.Semaphore(_AT_ONCE)
        away: list[Unavailable] = []

        done: dict[str, tuple[Rendition, ...]] = {}

        async def make(n: PinN, picture: Picture) -> tuple[PinN, str | None]:
            async with at_once:
                try:
                    done[picture.key] = await self._pictures.make_all(picture)
                except (NotFound, Invalid) as error:
                    return n, error.message
                except Unavailable as error:
                    away.append(error)
                    return n, error.message
                return n, None

        made = await asyncio.gather(*(make(n, picture) for n, picture in pictures.items()))
        if done:
            await graph_pictures.set_renditions(self._graph, done)
        if away and len(away) == len(pictures):  # Some alone: it is these pictures, not the part that opens them.
            raise away[0]
        return {n: why for n, why in made if why is not None}
