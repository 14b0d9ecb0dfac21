"""What the worker learns, on a schedule and on demand: from the public saves the walk's snapshot and the model, from
what viewers took of what they were shown how much each source of the home feed counts."""

from __future__ import annotations

import asyncio
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import numpy as np
import structlog

from app import stores
from app.connect import ready_graph
from app.settings import Settings
from discovery import leaning_store, leanings, parts
from discovery.leanings import Exposures, Leanings
from discovery.training import store
from discovery.training.learning import Learnt, learn
from discovery.walk.live import LiveWalk
from domain.acts import WEIGHTS
from graph.client import Graph
from media import exposures
from media.exposures import Acts
from media.store import MediaStore

log = structlog.get_logger(__name__)

SNAPSHOT: Final = "walk.snapshot"
MODEL: Final = "model.npz"
LEANINGS: Final = "leanings.json"
_LEARNING_FEED: Final = "home"
_ACTS_DAYS: Final = 30
_ACTS_MAX: Final = 500_000
_FIRST_AFTER_S: Final = 60.0
_SAVES_MIN: Final = 1_000
"""With fewer saves there is nothing to be learnt that the walk does not know."""
_CHANGED_MIN: Final = 0.01
"""The share of saves that must have come or gone for another training."""


async def run(settings: Settings) -> None:
    """Trains once, whatever has changed, and says what came of it."""
    async with ready_graph(settings) as graph, stores.open_store(settings) as media:
        learnt = await once(graph, settings.walk_dir, settings.ease_pins, always=True)
        leant = await lean(media, settings.walk_dir, datetime.now(UTC))
    if learnt is None:
        sys.stdout.write(f"The snapshot is up to date. A model needs {_SAVES_MIN:,} saves or more.\n")
    else:
        sys.stdout.write(
            f"Trained on {learnt.saves:,} saves. To the walk's 1 iALS, of {learnt.pins:,} pins, weighs "
            f"{sum(learnt.weights[:-1]):.2f}, and EASE, of the {learnt.ease.ns.size:,} on most boards, "
            f"{learnt.weights[-1]:.2f}.\n"
        )
    sys.stdout.write(told(leant) + "\n")


async def keep(graph: Graph, media: MediaStore, folder: Path, every_s: float, ease_pins: int) -> None:
    """Writes the snapshot, trains when enough has changed, and learns from what viewers took, every so many seconds
    until cancelled."""
    await asyncio.sleep(min(_FIRST_AFTER_S, every_s))
    while True:
        await once(graph, folder, ease_pins)
        await lean(media, folder, datetime.now(UTC))
        await asyncio.sleep(every_s)


async def once(graph: Graph, folder: Path, ease_pins: int, *, always: bool = False) -> Learnt | None:
    """One turn: the snapshot brought up to date, the models too when enough has changed, or `always`; EASE of at most
    `ease_pins`. Gives the models that were trained. Raises Unavailable when the graph or the disk does not take it."""
    walk = await LiveWalk.load(graph, folder / SNAPSHOT)
    await walk.keep(folder / SNAPSHOT)
    kept = store.KeptModel(folder / MODEL)
    await asyncio.to_thread(kept.refresh)
    before = kept.learnt.saves if kept.learnt else 0
    if walk.saves < _SAVES_MIN or (not always and abs(walk.saves - before) <= _CHANGED_MIN * before):
        return None
    began = time.perf_counter()
    learnt = await asyncio.to_thread(_learn, walk, ease_pins)
    await asyncio.to_thread(store.write, learnt, folder / MODEL)
    log.info(
        "model_trained",
        saves=learnt.saves,
        pins=learnt.pins,
        head=learnt.ease.ns.size,
        weights=learnt.weights,
        seconds=round(time.perf_counter() - began, 1),
    )
    return learnt


def _learn(walk: LiveWalk, ease_pins: int) -> Learnt:
    # One core: the machine has other things to do.
    return learn(*walk.pairs(), cores=1, head=ease_pins)


async def lean(media: MediaStore, folder: Path, now: datetime) -> Leanings | None:
    """Learns what each source of the home feed counts from the acts of the last 30 days and writes it down; None, and
    what was written before stays, while there are too few. Raises Unavailable when a store does not take it."""
    since = now - timedelta(days=_ACTS_DAYS)
    acts = await exposures.acts(media, feed=_LEARNING_FEED, since=since, rows_max=_ACTS_MAX)
    found = await asyncio.to_thread(_lean, acts, int(now.timestamp() * 1000))
    if found is not None:
        await asyncio.to_thread(leaning_store.write, found, folder / LEANINGS)
        named = {source.name: factor for source, factor in found.factors.items()}
        log.info("leanings_learnt", **named, taken=found.taken, viewers=found.viewers, gain=found.gain)
    return found


def told(found: Leanings | None) -> str:
    """The leanings in a line, for a person."""
    if found is None:
        least = f"{leanings.TAKEN_MIN} pins taken by {leanings.VIEWERS_MIN} viewers"
        return f"Nothing is learnt yet of what the sources of {_LEARNING_FEED} count: that needs {least}."
    said = ", ".join(f"{source.name} ×{factor:.2f}" for source, factor in found.factors.items())
    seen = f"from {found.taken:,} pins that {found.viewers:,} viewers took"
    return f"learnt: {said or 'the declared weights are as good'} ({seen}; {found.gain:+.4f} nats a pin on others)"


def _lean(acts: Acts, now_ms: int) -> Leanings | None:
    return leanings.learn(exposed(acts), now_ms=now_ms)


def exposed(acts: Acts) -> Exposures:
    """Each Pin of a slate once, with the strongest thing that was done with it; of each viewer the newest slates."""
    worth = {kind.value: weight for kind, weight in WEIGHTS.items()}
    taken = np.array([worth.get(kind, 0.0) for kind in acts.kind], np.float64)
    pairs, slates = np.unique(np.stack([acts.user, acts.slate], axis=1), axis=0, return_inverse=True)
    slates = slates.reshape(-1).astype(np.int64)
    latest = np.full(len(pairs), -1, np.int64)
    np.maximum.at(latest, slates, acts.at_ms)
    order = np.lexsort((-latest, pairs[:, 0]))
    _, starts, sizes = np.unique(pairs[order, 0], return_index=True, return_counts=True)
    place = np.empty(len(pairs), np.int64)
    place[order] = np.arange(len(pairs)) - np.repeat(starts, sizes)
    order = np.lexsort((-taken, acts.pin, slates))
    order = order[place[slates[order]] < leanings.SLATES_EACH_MAX]
    keys = np.stack([slates[order], acts.pin[order]], axis=1)
    _, first = np.unique(keys, axis=0, return_index=True)
    rows = order[first]
    told_of = parts.unpacked([acts.parts[i] for i in rows])
    return Exposures(slates[rows], acts.user[rows], told_of, acts.propensity[rows], taken[rows])
