"""What the worker learns from the public saves: the walk's snapshot and the model, on a schedule and on demand."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from typing import Final

import structlog

from app.connect import ready_graph
from app.settings import Settings
from discovery.training import store
from discovery.training.learning import Learnt, learn
from discovery.walk.live import LiveWalk
from graph.client import Graph

log = structlog.get_logger(__name__)

SNAPSHOT: Final = "walk.snapshot"
MODEL: Final = "ials.npz"
_FIRST_AFTER_S: Final = 60.0
_SAVES_MIN: Final = 1_000
"""With fewer saves there is nothing to be learnt that the walk does not know."""
_CHANGED_MIN: Final = 0.01
"""The share of saves that must have come or gone for another training."""


async def run(settings: Settings) -> None:
    """Trains once, whatever has changed, and says what came of it."""
    async with ready_graph(settings) as graph:
        learnt = await once(graph, settings.walk_dir, always=True)
    if learnt is None:
        sys.stdout.write(f"The snapshot is up to date. A model needs {_SAVES_MIN:,} saves or more.\n")
    else:
        sys.stdout.write(
            f"Trained on {learnt.saves:,} saves of {learnt.model.ns.size:,} pins; "
            f"the model weighs {learnt.weight:g} to the walk's 1.\n"
        )


async def keep(graph: Graph, folder: Path, every_s: float) -> None:
    """Writes the snapshot, and trains when enough has changed, every so many seconds until cancelled."""
    await asyncio.sleep(min(_FIRST_AFTER_S, every_s))
    while True:
        await once(graph, folder)
        await asyncio.sleep(every_s)


async def once(graph: Graph, folder: Path, *, always: bool = False) -> Learnt | None:
    """One turn: the snapshot brought up to date, the model too when enough has changed, or `always`. Gives the model
    that was trained. Raises Unavailable when the graph or the disk does not take it."""
    walk = await LiveWalk.load(graph, folder / SNAPSHOT)
    await walk.keep(folder / SNAPSHOT)
    kept = store.KeptModel(folder / MODEL)
    await asyncio.to_thread(kept.refresh)
    before = kept.learnt.saves if kept.learnt else 0
    if walk.saves < _SAVES_MIN or (not always and abs(walk.saves - before) <= _CHANGED_MIN * before):
        return None
    began = time.perf_counter()
    learnt = await asyncio.to_thread(_learn, walk)
    await asyncio.to_thread(store.write, learnt, folder / MODEL)
    log.info(
        "model_trained",
        saves=learnt.saves,
        pins=learnt.model.ns.size,
        weight=learnt.weight,
        seconds=round(time.perf_counter() - began, 1),
    )
    return learnt


def _learn(walk: LiveWalk) -> Learnt:
    # One core: the machine has other things to do.
    return learn(*walk.pairs(), cores=1)
