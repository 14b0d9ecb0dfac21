"""Vectors against the graph: each chosen collection has a vector of every Pin that should have one, and no more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from typing import Final

import numpy as np

from app.doctor.finding import Case, Finding, State, Suspects, finding
from app.spaces import follow
from domain.errors import Unavailable
from domain.ids import PinN
from domain.model import PinStatus
from graph import census, pins, spaces
from graph.census import Counted
from graph.spaces import SpaceKind
from vectors.embedder import EmbedderInfo, ModelState
from vectors.milvus import MilvusIndex

KINDS: Final[tuple[SpaceKind, ...]] = ("look", "text")
SECOND_LOOK_S: Final = 3.0
SAMPLE: Final = 512
SAME: Final = 0.999
_BATCH: Final = 2_000
_TEXTS: Final = 128
_FILL_POLL_S: Final = 1.0
_FILL_STALLED_S: Final = 120.0
_MADE: Final = "the worker makes them from the pictures and texts"


async def examine(case: Case) -> AsyncIterator[Finding]:
    """Findings for each kind of vector. Raises Unavailable when a part does not answer."""
    info = await case.embedder.info()
    for kind in KINDS:
        labels = await _labels(case, kind, info)
        if labels is None:
            continue
        index = follow(case.settings, kind)
        try:
            yield await _alias(case, kind, index, labels[0])
            yield await _leftover_collections(case, kind, index, labels)
            lost: set[PinN] = set()
            for label in labels:
                found = await _missing(case, kind, index, label)
                lost |= {PinN(n) for n in found.held}
                yield finding(
                    kind,
                    f"vectors in {label}",
                    await spaces.count_all(case.graph),
                    found.held,
                    more=found.more,
                    state=State.MISSING,
                    remedy=_MADE,
                    fixed=await _refill(case, kind, found) if case.fix else 0,
                )
                yield await _extra(case, kind, index, label)
            if kind == "text" and await index.live_label() == labels[0]:
                yield await _stale(case, index, labels[0], lost)
        finally:
            await index.close()


async def _labels(case: Case, kind: SpaceKind, info: EmbedderInfo) -> list[str] | None:
    """The models that vectors should be there of, the one that is read first; None while the kind is switched off."""
    state = await spaces.get(case.graph, kind)
    if state is not None:
        return [each.label for each in state.all]
    model = info.image if kind == "look" else info.text
    if model.state is ModelState.OFF:
        return None
    if not model.ready:
        raise Unavailable(f"The model of the {kind} is {model.state.value}: examine it again when it is ready.")
    return [model.label]


async def _alias(case: Case, kind: SpaceKind, index: MilvusIndex, label: str) -> Finding:
    """Whether readers follow what is chosen."""
    named = await index.live_label()
    if named == label or (named is not None and await index.mark_of(label) is None):
        return Finding(kind, "what readers follow", 1)
    fixed = 0
    if case.fix and await index.mark_of(label) is not None:
        await index.labelled(label).promote()
        fixed = 1
    return finding(
        kind,
        "what readers follow",
        1,
        [named or "nothing"],
        state=State.WRONG,
        remedy=f"points the alias at {label}",
        fixed=fixed,
    )


async def _leftover_collections(case: Case, kind: SpaceKind, index: MilvusIndex, labels: Sequence[str]) -> Finding:
    """Collections of models that nobody reads, fills or keeps."""
    every = await index.collections()
    named = await index.live_label()
    left = [label for label in every if label not in labels and label != named]
    if case.fix:
        for label in left:
            await index.labelled(label).drop()
    return finding(
        kind,
        "collections",
        len(every),
        left,
        state=State.EXTRA,
        remedy="drops those of models that are not in use",
        fixed=len(left) if case.fix else 0,
    )


async def _missing(case: Case, kind: SpaceKind, index: MilvusIndex, label: str) -> Suspects:
    """Pins that should be in this collection and are not, at two looks some seconds apart."""
    suspects = Suspects()
    with case.bar(f"{kind}s", await spaces.count_all(case.graph)) as moved:
        async for batch in census.pins(case.graph, batch=_BATCH):
            suspects.add(await _absent(kind, index, label, batch))
            moved(len(batch))
    if not suspects.held:
        return suspects
    await asyncio.sleep(SECOND_LOOK_S)  # What was just being made is there now.
    again = Suspects(more=suspects.more)
    ns = sorted(suspects.held)
    for start in range(0, len(ns), _BATCH):
        present = await census.of(case.graph, [PinN(n) for n in ns[start : start + _BATCH]])
        again.add(await _absent(kind, index, label, present))
    return again


async def _absent(kind: SpaceKind, index: MilvusIndex, label: str, batch: Sequence[Counted]) -> set[PinN]:
    expected = [
        pin.n
        for pin in batch
        if not pin.waits and pin.status is not PinStatus.FAILED and (kind == "look" or pin.worded)
    ]
    try:
        return set(expected) - await index.labelled(label).present(expected)
    except Unavailable:
        if await index.mark_of(label) is None:
            return set(expected)  # There is no such collection.
        raise


async def _refill(case: Case, kind: SpaceKind, found: Suspects) -> int:
    """How many Pins have their vector again: the worker is told, and waited for as long as it makes any."""
    ns = [PinN(n) for n in sorted(found.held)]
    for start in range(0, len(ns), _BATCH):
        await spaces.forget(case.graph, kind, ns[start : start + _BATCH])
    if not ns:
        return 0
    left, stalled_s = len(ns), 0.0
    with case.bar("making", left) as moved:
        while left and stalled_s < _FILL_STALLED_S:
            await asyncio.sleep(_FILL_POLL_S)
            now = sum([await _unfilled(case, kind, ns[start : start + _BATCH]) for start in range(0, len(ns), _BATCH)])
            stalled_s = 0.0 if now < left else stalled_s + _FILL_POLL_S
            moved(left - now)
            left = now
    return len(ns) - left


async def _unfilled(case: Case, kind: SpaceKind, ns: Sequence[PinN]) -> int:
    present = await census.of(case.graph, ns)
    return sum(not (pin.look if kind == "look" else pin.text) for pin in present if pin.status is not PinStatus.FAILED)


async def _extra(case: Case, kind: SpaceKind, index: MilvusIndex, label: str) -> Finding:
    """Vectors of Pins that are no more, and of Pins without words among the words."""
    rows, suspects, after = 0, Suspects(), PinN(-1)
    reader = index.labelled(label)
    with suppress(Unavailable):  # Nothing is too much in a collection that is not there.
        while found := await reader.after(after, _BATCH):
            rows += len(found)
            suspects.add(await _unknown(case, kind, found))
            after = found[-1]
    ns = [PinN(n) for n in sorted(suspects.held)]
    still = [n for at in range(0, len(ns), _BATCH) for n in await _unknown(case, kind, ns[at : at + _BATCH])]
    if case.fix:
        for start in range(0, len(still), _BATCH):
            await reader.delete(still[start : start + _BATCH])
    return finding(
        kind,
        f"rows of {label}",
        rows,
        still,
        more=suspects.more,
        state=State.EXTRA,
        remedy="deletes vectors of Pins that are gone",
        fixed=len(still) if case.fix else 0,
    )


async def _unknown(case: Case, kind: SpaceKind, ns: Sequence[PinN]) -> list[PinN]:
    known = {pin.n for pin in await census.of(case.graph, ns) if kind == "look" or pin.worded}
    return [n for n in ns if n not in known]


async def _stale(case: Case, index: MilvusIndex, label: str, lost: set[PinN]) -> Finding:
    """Vectors of words that are not those of the Pin's present title, description and alt text."""
    suspects, looked_at = Suspects(), 0
    reader = index.labelled(label)
    if case.deep:
        with case.bar("words", await spaces.count_all(case.graph)) as moved:
            async for batch in census.pins(case.graph, batch=_TEXTS):
                ns = [pin.n for pin in batch if pin.worded and not pin.waits]
                suspects.add(await _differing(case, reader, label, ns))
                looked_at += len(ns)
                moved(len(batch))
    else:
        ns = await census.spread(case.graph, SAMPLE)
        for start in range(0, len(ns), _TEXTS):
            suspects.add(await _differing(case, reader, label, ns[start : start + _TEXTS]))
        looked_at = len(ns)
    suspects.held -= {int(n) for n in lost}
    still: list[PinN] = []
    if suspects.held:
        await asyncio.sleep(SECOND_LOOK_S)
        ns = [PinN(n) for n in sorted(suspects.held)]
        for start in range(0, len(ns), _TEXTS):
            still += await _differing(case, reader, label, ns[start : start + _TEXTS])
    found = Suspects({int(n) for n in still}, suspects.more)
    return finding(
        "text",
        "vectors against titles" + ("" if case.deep else f" ({SAMPLE} of them; --deep: all)"),
        looked_at,
        still,
        more=found.more,
        state=State.STALE,
        remedy="the worker embeds the words again",
        fixed=await _refill(case, "text", found) if case.fix else 0,
    )


async def _differing(case: Case, reader: MilvusIndex, label: str, ns: Sequence[PinN]) -> list[PinN]:
    texts = {n: said for n, said in (await pins.texts(case.graph, ns)).items() if said.strip()}
    held = await reader.fetch(list(texts))
    asked = [n for n in texts if n in held]
    if not asked:
        return []
    rows = await case.embedder.texts([texts[n] for n in asked], model=label)
    cosines = np.sum(np.stack([held[n] for n in asked]) * rows, axis=1)
    return [n for n, cosine in zip(asked, cosines, strict=True) if cosine < SAME]
