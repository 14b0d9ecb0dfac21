"""Which model's vectors are read, which are being filled, which are kept: one fact a space, changed in one transaction.

A space is the vectors of looks or of words. While nothing was ever chosen for one, the embedder's own model counts.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from domain.errors import Conflict
from domain.ids import PinN
from graph.client import Graph, Tx

SpaceKind = Literal["look", "text"]
_AS_GOOD_MAX: Final = 8

GET: Final = "MATCH (s:Space {kind: $kind}) RETURN s.state AS state"
LOCK: Final = "MERGE (s:Space {kind: $kind}) SET s.lk = $lk RETURN s.state AS state"
SET: Final = "MATCH (s:Space {kind: $kind}) SET s.state = $state"
# A Pin is whole when its version is one of a few; an index knows ranges alone, so the gaps between them are searched.
UNMARKED_LOOKS: Final = """
UNWIND $gaps AS gap
CALL (gap) { MATCH (p:Pin) USING INDEX p:Pin(lookVersion)
  WHERE p.lookVersion >= gap[0] AND p.lookVersion < gap[1] AND p.n > $after AND p.status <> 'FAILED'
  RETURN p }
WITH p WHERE NOT EXISTS { MATCH (j:Job {p: p.n}) WHERE j.kind = 'embed' AND j.state = 'ready' }
WITH p.n AS n ORDER BY n LIMIT $limit
RETURN collect(n) AS ns"""
UNMARKED_WORDS: Final = UNMARKED_LOOKS.replace("lookVersion", "textVersion")
STILL_UNMARKED_LOOKS: Final = """
UNWIND $ns AS n MATCH (p:Pin {n: n})
WHERE NOT p.lookVersion IN $versions AND p.status <> 'FAILED'
  AND NOT EXISTS { MATCH (j:Job {p: p.n}) WHERE j.kind = 'embed' AND j.state = 'ready' }
RETURN collect(n) AS ns"""
STILL_UNMARKED_WORDS: Final = STILL_UNMARKED_LOOKS.replace("lookVersion", "textVersion")
MARKS: Final = """
RETURN COLLECT { UNWIND $ns AS n MATCH (p:Pin {n: n}) RETURN [p.n, p.lookVersion, p.textVersion] } AS rows"""
COUNT_LOOKS: Final = """
UNWIND $marks AS mark MATCH (p:Pin) USING INDEX p:Pin(lookVersion) WHERE p.lookVersion = mark RETURN count(*) AS n"""
COUNT_WORDS: Final = COUNT_LOOKS.replace("lookVersion", "textVersion")
COUNT_ALL: Final = "MATCH (p:Pin) WHERE p.status <> 'FAILED' RETURN count(*) AS n"
FORGET_LOOKS: Final = """
UNWIND $ns AS n MATCH (p:Pin {n: n}) SET p.lk = $lk, p.lookVersion = ''
FOREACH (_ IN CASE WHEN p.status = 'FAILED' THEN [1] ELSE [] END | SET p.status = 'PROCESSING')"""
FORGET_WORDS: Final = "UNWIND $ns AS n MATCH (p:Pin {n: n}) SET p.lk = $lk, p.textVersion = ''"


@dataclass(frozen=True, slots=True)
class Chosen:
    """A model: the name it is asked for by, as in the settings, and its label, which names its collection."""

    name: str
    label: str


@dataclass(frozen=True, slots=True)
class SpaceState:
    """What is chosen for a space. Vectors are written for all of them, so that each stays whole.

    `live` is read; `next` is being filled and takes over once it is whole; `kept` is the one to go back to until the
    move is confirmed. `as_good` are versions that Pins may still carry that stand for these vectors as well.
    """

    live: Chosen
    next: Chosen | None = None
    kept: Chosen | None = None
    as_good: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[Chosen, ...]:
        """The models that vectors are made with."""
        return tuple(each for each in (self.live, self.next, self.kept) if each is not None)


def goal(marks: Collection[str]) -> str:
    """The version of a Pin whose vectors are in all these collections."""
    return "+".join(sorted(marks))


def held(version: str | None) -> frozenset[str]:
    """The marks of the collections that a Pin of this version is in."""
    return frozenset((version or "").split("+")) - {""}


def whole(marks: Collection[str], as_good: Collection[str]) -> list[str]:
    """Every version that means that a Pin is in all these collections."""
    return sorted({goal(marks), *(version for version in as_good if held(version) >= set(marks))})


async def get(graph: Graph, kind: SpaceKind) -> SpaceState | None:
    """What is chosen for a space; None while nothing ever was."""
    row = await graph.one(GET, kind=kind)
    return _state_of(row["state"]) if row and row["state"] else None


async def change(graph: Graph, kind: SpaceKind, work: Callable[[SpaceState | None], SpaceState]) -> SpaceState:
    """The new state, which `work` makes of the present one, in one transaction. What `work` raises changes nothing."""
    lk = graph.keys.k()

    async def write(tx: Tx) -> SpaceState:
        rows = await tx.run(LOCK, kind=kind, lk=lk)
        text = rows[0]["state"]
        state = work(_state_of(text) if text else None)
        await tx.run(SET, kind=kind, state=json.dumps(dataclasses.asdict(state)))
        return state

    return await graph.write(write)


def begun(live: Chosen, following: Chosen) -> Callable[[SpaceState | None], SpaceState]:
    """The change that begins to fill the vectors of another model; the same again changes nothing."""

    def work(state: SpaceState | None) -> SpaceState:
        state = state or SpaceState(live)
        if state.kept is not None:
            raise Conflict(
                f"The move from {state.kept.label} to {state.live.label} is not settled yet: confirm it with "
                "`pinwalk reindex --confirm`, or go back first with `--back`."
            )
        if following.label == state.live.label:
            raise Conflict(f"{following.label} is what is read already.")
        if state.next is not None and state.next.label != following.label:
            raise Conflict(f"{state.next.label} is being filled. Finish that, or give it up with `--cancel`.")
        return dataclasses.replace(state, next=following)

    return work


def switched(state: SpaceState | None) -> SpaceState:
    """What was filled is read; what was read is kept."""
    state = _chosen(state)
    if state.next is None:
        raise Conflict("Nothing is being filled: begin with `pinwalk reindex --embedder NAME`.")
    return SpaceState(live=state.next, kept=state.live)


def back(state: SpaceState | None) -> SpaceState:
    """What was kept is read again; what was read is kept."""
    state = _chosen(state)
    if state.kept is None:
        raise Conflict("There is nothing to go back to: the last move was confirmed, or there was none.")
    return dataclasses.replace(state, live=state.kept, kept=state.live)


def settled(version: str) -> Callable[[SpaceState | None], SpaceState]:
    """The change that lets go of what was being filled, or of what was kept; Pins go on with this version for now."""

    def work(state: SpaceState | None) -> SpaceState:
        state = _chosen(state)
        if state.next is None and state.kept is None:
            raise Conflict("There is nothing to let go of: no other vectors are filled or kept.")
        as_good = tuple(dict.fromkeys((*state.as_good, version)))[-_AS_GOOD_MAX:]
        return SpaceState(live=state.live, as_good=as_good)

    return work


async def unmarked(
    graph: Graph, kind: SpaceKind, versions: Sequence[str], *, after: PinN | None = None, limit: int
) -> list[PinN]:
    """Pins after `after` by `n`, ascending, whose version is none of these: some vector of theirs is missing.

    Pins that have an embed job waiting, and FAILED ones, are left out.
    """
    query = UNMARKED_LOOKS if kind == "look" else UNMARKED_WORDS
    start = -1 if after is None else after
    row = await graph.one(query, gaps=_gaps(versions), after=start, limit=limit, timeout_s=10)
    return [PinN(n) for n in row["ns"]] if row else []


async def still_unmarked(graph: Graph, kind: SpaceKind, ns: Collection[PinN], versions: Sequence[str]) -> list[PinN]:
    """Those of the Pins that `unmarked` would still find."""
    query = STILL_UNMARKED_LOOKS if kind == "look" else STILL_UNMARKED_WORDS
    row = await graph.one(query, ns=list(ns), versions=list(versions))
    return [PinN(n) for n in row["ns"]] if row else []


async def marks(graph: Graph, ns: Collection[PinN]) -> dict[PinN, tuple[frozenset[str], frozenset[str]]]:
    """For each Pin, the marks of the collections that its look and its words are in."""
    row = await graph.one(MARKS, ns=list(ns))
    return {PinN(n): (held(look), held(text)) for n, look, text in row["rows"]} if row else {}


async def count(graph: Graph, kind: SpaceKind, versions: Sequence[str]) -> int:
    """How many Pins have one of these versions."""
    row = await graph.one(COUNT_LOOKS if kind == "look" else COUNT_WORDS, marks=list(versions), timeout_s=30)
    return int(row["n"]) if row else 0


async def count_all(graph: Graph) -> int:
    """How many Pins are to have vectors."""
    row = await graph.one(COUNT_ALL, timeout_s=30)
    return int(row["n"]) if row else 0


async def forget(graph: Graph, kind: SpaceKind, ns: Collection[PinN]) -> None:
    """Notes that these Pins have no vector of the kind, so that the worker makes them; FAILED ones are tried again."""
    lk = graph.keys.k()

    async def work(tx: Tx) -> None:
        await tx.run(FORGET_LOOKS if kind == "look" else FORGET_WORDS, ns=sorted(ns), lk=lk)

    await graph.write(work)


def _gaps(versions: Sequence[str]) -> list[list[str]]:
    """The ranges, from inclusive to exclusive, of every version but these. U+0000 after a text is the next text."""
    low = ""
    gaps = []
    for version in sorted(versions):
        gaps.append([low, version])
        low = version + "\0"
    return [*gaps, [low, "\U0010ffff"]]


def _chosen(state: SpaceState | None) -> SpaceState:
    if state is None:
        raise Conflict("No other model was ever chosen: begin with `pinwalk reindex --embedder NAME`.")
    return state


def _state_of(text: str) -> SpaceState:
    values = json.loads(text)
    model = {name: Chosen(**values[name]) if values[name] else None for name in ("next", "kept")}
    return SpaceState(Chosen(**values["live"]), model["next"], model["kept"], tuple(values["as_good"]))
