"""Runs a feed's declared graph of steps: sources at once, the other steps each after their inputs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from graphlib import CycleError, TopologicalSorter
from math import isfinite
from typing import Final

import structlog

from discovery.candidate import Candidate, CandidateSource, FeedQuery
from discovery.facts import Facts
from discovery.spacing import Spacing
from domain.calls import SOURCE, Call
from domain.errors import Unavailable
from domain.ids import PinN
from domain.limits import SLATE_PINS_MAX
from domain.model import Source

log = structlog.get_logger(__name__)

CANDIDATES_MAX: Final = 1_000
"""The most candidates that the sources of one feed may bring together."""


class StepKind(Enum):
    """What a step does with candidates. FACTS brings what is known of them and passes none on."""

    SOURCE = "source"
    FILTER = "filter"
    FACTS = "facts"
    RANK = "rank"
    DIVERSIFY = "diversify"
    CUT = "cut"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a feed. `uses` names the part that does it, by default the part of the step's own name.

    `limit_ms` is its time limit: a late source is left out, a late DIVERSIFY leaves the order as it is, any other late
    step fails the feed. `quota` is the most candidates that a source brings or a cut lets pass.
    """

    name: str
    kind: StepKind
    after: tuple[str, ...] = ()
    limit_ms: int = 0
    quota: int = 0
    uses: str = ""

    @property
    def part(self) -> str:
        """The name of the part that does the step."""
        return self.uses or self.name


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed as a graph of steps. `limit_ms` bounds the whole; `weights` are the ranker's, by source; `spacing` is what
    its DIVERSIFY steps go by; with `learns` the weights lean to what viewers take of this feed."""

    name: str
    limit_ms: int
    steps: tuple[Step, ...]
    weights: Mapping[Source, float] = field(default_factory=dict)
    spacing: Spacing = field(default_factory=Spacing)
    learns: bool = False

    @property
    def has_sources(self) -> bool:
        """Whether anything is left to draw from."""
        return any(step.kind is StepKind.SOURCE for step in self.steps)

    def of_sources(self, known: Collection[str]) -> Feed:
        """The feed without the sources that are switched off: those not among `known`."""
        off = {step.name for step in self.steps if step.kind is StepKind.SOURCE and step.part not in known}
        steps = tuple(
            replace(step, after=tuple(name for name in step.after if name not in off))
            for step in self.steps
            if step.name not in off
        )
        return replace(self, steps=steps)


@dataclass(slots=True)
class SourceReport:
    """How one source did: `candidates` is None when it was late or Unavailable."""

    name: str
    source: Source
    candidates: int | None


@dataclass(slots=True)
class Run:
    """One run of a feed: the question, what became known on the way, and how the sources did."""

    feed: Feed
    query: FeedQuery
    facts: Facts = field(default_factory=Facts)
    reports: list[SourceReport] = field(default_factory=list)
    patience: float = 1.0
    """What the steps' time limits are multiplied by."""
    explaining: bool = False
    """Whether what each step was given and passed on is kept."""
    brought: list[tuple[str, Candidate]] = field(default_factory=list)
    """Every candidate of every source step, by the step's name."""
    passed: list[tuple[str, list[Candidate], list[Candidate]]] = field(default_factory=list)
    promised: frozenset[PinN] = frozenset()
    """What is on the first page because of a promise, not of its score (discovery/shares.py)."""
    factors: Mapping[Source, float] = field(default_factory=dict)
    """What was learnt of the sources, where the feed learns."""
    least_k: int | None = None
    """The smallest sort key that a source brought: where a feed by time goes on."""

    @property
    def degraded(self) -> tuple[Source, ...]:
        """The sources that did not answer, each once, in the order of their names."""
        late = {report.source for report in self.reports if report.candidates is None}
        return tuple(sorted(late, key=lambda source: source.name))


Stage = Callable[[Run, Step, list[Candidate]], Awaitable[list[Candidate]]]
"""What does a step that is no source."""


class BadFeed(ValueError):
    """A declared feed that could not run; the message names the feed and the step."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What steps may use, by name. `weighing` are the stages that go by the feed's weights, `informed` those that need
    what a FACTS step brings."""

    sources: Mapping[str, CandidateSource]
    stages: Mapping[str, Stage]
    weighing: Collection[str] = ()
    informed: Collection[str] = ()


def check(feed: Feed, parts: Parts) -> None:
    """Raises BadFeed unless the feed can run: every name known and used once, no cycle, one end, limits that add up,
    weights for all that is weighed, facts for all that goes by them."""
    steps = {step.name: step for step in feed.steps}
    if len(steps) != len(feed.steps):
        raise BadFeed(f"{feed.name}: two steps share a name")
    for step in feed.steps:
        _check_step(feed, step, steps, parts)
    try:
        order = tuple(TopologicalSorter({s.name: s.after for s in feed.steps}).static_order())
    except CycleError as cycle:
        raise BadFeed(f"{feed.name}: the steps {' → '.join(cycle.args[1])} wait for each other") from None
    used = {name for step in feed.steps for name in step.after}
    ends = [step for step in feed.steps if step.name not in used]
    if len(ends) != 1 or ends[0].kind is not StepKind.CUT:
        raise BadFeed(f"{feed.name}: it must end in one cut, not in {', '.join(s.name for s in ends) or 'nothing'}")
    _check_limits(feed, order, steps, ends[0])
    _check_weights(feed, parts)
    _check_facts(feed, order, steps, parts)


def _check_step(feed: Feed, step: Step, steps: Mapping[str, Step], parts: Parts) -> None:
    where = f"{feed.name}.{step.name}"
    known = parts.sources if step.kind is StepKind.SOURCE else parts.stages
    if step.part not in known:
        raise BadFeed(f"{where}: there is no {step.kind.value} named {step.part}")
    for name in step.after:
        if name not in steps:
            raise BadFeed(f"{where}: it comes after {name}, which is no step")
    if (step.kind is StepKind.SOURCE) == bool(step.after):
        raise BadFeed(f"{where}: a source comes after nothing, every other step after something")
    if step.limit_ms <= 0:
        raise BadFeed(f"{where}: it needs a time limit")
    if (step.kind in {StepKind.SOURCE, StepKind.CUT}) != (step.quota > 0):
        raise BadFeed(f"{where}: a source and a cut need a quota, no other step takes one")


def _check_limits(feed: Feed, order: Sequence[str], steps: Mapping[str, Step], end: Step) -> None:
    done: dict[str, int] = {}
    for name in order:
        done[name] = steps[name].limit_ms + max((done[before] for before in steps[name].after), default=0)
    if done[end.name] > feed.limit_ms:
        raise BadFeed(f"{feed.name}: its steps may take {done[end.name]} ms, more than its {feed.limit_ms} ms")
    brought = sum(step.quota for step in feed.steps if step.kind is StepKind.SOURCE)
    if brought > CANDIDATES_MAX:
        raise BadFeed(f"{feed.name}: its sources may bring {brought} candidates, more than {CANDIDATES_MAX}")
    if end.quota > min(SLATE_PINS_MAX, brought):
        raise BadFeed(f"{feed.name}: its slate of {end.quota} is longer than {min(SLATE_PINS_MAX, brought)}")


def _check_weights(feed: Feed, parts: Parts) -> None:
    for source, weight in feed.weights.items():
        if not (isfinite(weight) and weight >= 0):
            raise BadFeed(f"{feed.name}: the weight of {source.name} is {weight}, not a number from 0 on")
    weighing = [step.name for step in feed.steps if step.part in parts.weighing]
    for step in feed.steps:
        if weighing and step.kind is StepKind.SOURCE and parts.sources[step.part].source not in feed.weights:
            named = parts.sources[step.part].source.name
            raise BadFeed(f"{feed.name}.{weighing[0]}: it needs a weight for {named}, which {step.name} brings")


def _check_facts(feed: Feed, order: Sequence[str], steps: Mapping[str, Step], parts: Parts) -> None:
    informed: dict[str, bool] = {}
    for name in order:
        before = any(informed[each] for each in steps[name].after)
        if steps[name].part in parts.informed and not before:
            raise BadFeed(f"{feed.name}.{name}: it needs what is known of Pins, and comes after no step with facts")
        informed[name] = before or steps[name].kind is StepKind.FACTS


async def run(
    feed: Feed, parts: Parts, query: FeedQuery, *, patience: float = 1.0, explaining: bool = False
) -> tuple[list[Candidate], Run]:
    """The feed's candidates in their final order, and how the run went. The feed must have passed `check`.

    A source that is late or Unavailable brings nothing and is named in `degraded`; Unavailable from any other step,
    or its being late, is raised as Unavailable; anything else is a bug and raised as it is.
    """
    this = Run(feed, query, patience=patience, explaining=explaining)
    tasks: dict[str, asyncio.Task[list[Candidate]]] = {}
    by_name = {step.name: step for step in feed.steps}
    try:
        for name in TopologicalSorter({s.name: s.after for s in feed.steps}).static_order():
            step = by_name[name]
            before = [(by_name[b].kind, tasks[b]) for b in step.after]
            tasks[name] = asyncio.create_task(_step(this, parts, step, before), name=f"{feed.name}.{name}")
        # Every step leads to the one end, which is last in this order: what fails anywhere is raised here.
        return await tasks[name], this
    finally:
        for task in tasks.values():
            task.cancel()
        await asyncio.gather(*tasks.values(), return_exceptions=True)


async def _step(
    this: Run, parts: Parts, step: Step, before: Sequence[tuple[StepKind, asyncio.Task[list[Candidate]]]]
) -> list[Candidate]:
    if step.kind is StepKind.SOURCE:
        return await _source(this, parts.sources[step.part], step)
    given = [(kind, await task) for kind, task in before]
    candidates = merge([found for kind, found in given if kind is not StepKind.FACTS])
    try:
        async with asyncio.timeout(step.limit_ms / 1000 * this.patience):
            passed = await parts.stages[step.part](this, step, candidates)
    except TimeoutError:
        if step.kind is StepKind.DIVERSIFY:  # A page that is not spaced is better than none.
            log.warning("step_late", feed=this.feed.name, step=step.name)
            return candidates
        raise Unavailable(f"The step {this.feed.name}.{step.name} took too long. Try again.") from None
    if this.explaining and step.kind is not StepKind.FACTS:
        this.passed.append((step.name, candidates, passed))
    return passed


async def _source(this: Run, source: CandidateSource, step: Step) -> list[Candidate]:
    found: list[Candidate] | None = None
    try:
        with Call(SOURCE, step.name, about=this.feed.name) as call:
            async with asyncio.timeout(step.limit_ms / 1000 * this.patience):
                found = await source.fetch(_with_limit(this.query, step.quota))
            call.count = len(found)
    except (TimeoutError, Unavailable) as late:
        log.warning("source_unavailable", feed=this.feed.name, source=step.name, error=str(late) or "late")
    keys = [candidate.k for candidate in found or () if candidate.k]
    this.least_k = min([*keys, *([] if this.least_k is None else [this.least_k])], default=None)
    count = None if found is None else len(found)
    this.reports.append(SourceReport(step.name, source.source, count))
    if this.explaining:
        this.brought.extend((step.name, candidate) for candidate in found or ())
    return found or []


def _with_limit(query: FeedQuery, limit: int) -> FeedQuery:
    return replace(query, limit=limit)


def merge(lists: Sequence[Sequence[Candidate]]) -> list[Candidate]:
    """Each Pin once, in order of first appearance: reasons joined, scores added, weak only where all were."""
    if len(lists) == 1:
        return list(lists[0])
    merged: dict[int, Candidate] = {}
    for candidate in (c for found in lists for c in found):
        have = merged.get(candidate.pin_n)
        merged[candidate.pin_n] = candidate if have is None else _joined(have, candidate)
    return list(merged.values())


def _joined(one: Candidate, other: Candidate) -> Candidate:
    # By identity: an enum's own hash is slow, and this runs for every candidate of several sources.
    said = {(id(reason.source), reason.words) for reason in one.reasons}
    reasons = one.reasons + tuple(r for r in other.reasons if (id(r.source), r.words) not in said)
    return Candidate(
        one.pin_n, reasons, score=one.score + other.score, k=max(one.k, other.k), weak=one.weak and other.weak
    )
